"""Jobs of this subject; importing the module registers them."""
