"""Forms about people that the registry does not draw: expertise, conflicts, listing, membership, requests."""

import msgspec

from app.core.forms import Line, Text


class Expertise(msgspec.Struct, kw_only=True):
    code: Line
    level: Line
    years: int | None = None


class Conflict(msgspec.Struct, kw_only=True):
    organisation: Line = ""
    ground: Line = ""
    q: Line = ""


class Listing(msgspec.Struct, kw_only=True):
    agree: Line = ""


class Accepting(msgspec.Struct, kw_only=True):
    accept: Line = ""


class Photo(msgspec.Struct, kw_only=True):
    remove_photo: bool = False


class Membership(msgspec.Struct, kw_only=True):
    title: Line = ""
    is_founder: bool = False
    is_legal_representative: bool = False
    contact_for: list[str] = []


class Showing(msgspec.Struct, kw_only=True):
    shown: bool = False
    agree: Line = ""


class Request(msgspec.Struct, kw_only=True):
    purpose: Line


class Reason(msgspec.Struct, kw_only=True):
    act: Line
    reason: Text = ""
