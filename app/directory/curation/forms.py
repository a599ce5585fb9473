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
