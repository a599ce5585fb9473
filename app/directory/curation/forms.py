"""The forms of curation's pages."""

import msgspec

from app.core.forms import Email, Line, Text


class Claiming(msgspec.Struct, kw_only=True):
    method: Line
    email: Line = ""
    message: Text = ""


class Deciding(msgspec.Struct, kw_only=True):
    decision: Line
    reason: Line = ""
    words: Text = ""
    instead: bool = False


class Transferring(msgspec.Struct, kw_only=True):
    email: Email
    giver_becomes: Line = "editor"


class Answering(msgspec.Struct, kw_only=True):
    answer: Line


class Different(msgspec.Struct, kw_only=True):
    pairs: list[str] = []
    words: Text = ""


class Reviewing(msgspec.Struct, kw_only=True):
    decision: Line
    version: Line = ""
    reason: Line = ""
    words: Text = ""


class Approving(msgspec.Struct, kw_only=True):
    """Each as "id.version", as it was seen."""

    profiles: list[str] = []


class Reporting(msgspec.Struct, kw_only=True):
    kind: Line = ""
    words: Text = ""
    email: Line = ""


class Answered(msgspec.Struct, kw_only=True):
    decision: Line
    answer: Text = ""
