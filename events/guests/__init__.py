"""Working with everybody who registered: the list, what is done to many, files, one person's page, certificates."""
