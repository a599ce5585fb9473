"""The forms of imports and exports, as they are read."""

import msgspec

from app.core.forms import Line


class Sent(msgspec.Struct):
    """A file comes beside it."""

    list_name: Line = ""
    subject: Line = "organisations"


class Read(msgspec.Struct):
    """How a file is to be read; the columns come as fields column-0, column-1 and so on."""

    script: Line = ""
    sheet: int | None = None
    titles: int | None = None
    people: Line = "keep"


class Decision(msgspec.Struct):
    decision: Line
    fate: Line = ""
    after: int = 0


class Wanted(msgspec.Struct):
    format: Line = "xlsx"
    query: Line = ""
    subject: Line = "organisations"
