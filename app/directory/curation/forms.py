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


class Suggesting(msgspec.Struct, kw_only=True):
    vocabulary: Line
    text: Line


class TermDecision(msgspec.Struct, kw_only=True):
    """What becomes of a suggested word: mapped to `code`, added with labels, or refused with a reason."""

    suggested: Line
    decision: Line
    code: Line = ""
    vi: Line = ""
    en: Line = ""
    parent: Line = ""
    reason: Line = ""


class TermEdit(msgspec.Struct, kw_only=True):
    """A change of a term that is there, or a new one: which, by `act`."""

    act: Line
    code: Line = ""
    vi: Line = ""
    en: Line = ""
    parent: Line = ""
    replacement: Line = ""
    synonym: Line = ""
