"""The directory: organisations and their profiles, membership, vocabularies, search, import."""
