"""Identifiers: UUID version 7, so that new rows stand at the end of an index and cannot be guessed."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    return uuid7()
