"""Delegations: one person registers many, and looks after them until the event."""
