"""Connections: who is suggested to whom and why. The engine itself is `matching`."""
