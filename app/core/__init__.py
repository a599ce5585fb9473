"""The ground: what every subject stands on. It knows no subject and imports libraries only."""
