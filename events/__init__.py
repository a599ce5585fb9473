"""Events: registration, tickets and the door."""
