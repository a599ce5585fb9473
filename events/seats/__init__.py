"""Places: pools shared by ticket types, what is held back, who gets a place next and why not."""
