"""The demo: real CrunchBase facts, made-up people and events that say so. Never loaded in production."""
