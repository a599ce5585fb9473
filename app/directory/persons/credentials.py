"""What was certified about a person and checked by the department: valid on the day, open to everybody."""

from app.directory.credentials.reading import badges_of_person as credentials_of

__all__ = ["credentials_of"]
