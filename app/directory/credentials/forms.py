"""The forms of pages about credentials."""

from datetime import date

import msgspec

from app.core.forms import Line, Text
from app.directory.credentials.rules import Stated


class Stating(msgspec.Struct, kw_only=True):
    """What an owner says of a credential; which fields it must have is for `rules` to say, all at once."""

    credential_type: Line = ""
    regime: Line = ""
    number: Line = ""
    issuer: Line = ""
    title_vi: Line = ""
    title_en: Line = ""
    issued_on: date | None = None
    valid_until: date | None = None
    size_class: Line = ""
    evidence_url: Line = ""
    remove_evidence: bool = False
    version: Line = ""

    def stated(self) -> Stated:
        return Stated(**{name: getattr(self, name) for name in Stated.__struct_fields__})


class Entering(Stating, kw_only=True):
    """What the department enters itself: whose it is, and how it was verified."""

    holder: Line = ""
    how: Line = ""
    note: Text = ""
    register: Line = ""
    supersedes: Line = ""


class Verifying(msgspec.Struct, kw_only=True):
    version: Line = ""
    how: Line = ""
    note: Text = ""
    register: Line = ""
    supersedes: Line = ""


class Refusing(msgspec.Struct, kw_only=True):
    version: Line = ""
    reason: Text = ""


class Revoking(msgspec.Struct, kw_only=True):
    revoked_on: date | None = None
    ground: Text = ""
