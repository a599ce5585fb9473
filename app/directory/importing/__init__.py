"""Import of lists of organisations, and their export in the same shape."""
