"""The command centre: an event while it is going on, at a glance."""
