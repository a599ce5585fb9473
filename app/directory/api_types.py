"""Structs that the API reads, made from the registry: the fields of a profile and of the rows of its lists."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from app.directory.fields import COLLECTIONS, Field

NOT_SENT = ("file", "organisation")
"""Fields that are set by acts of their own."""

_TYPES: dict[str, Any] = {
    **dict.fromkeys(("line", "text", "email", "phone", "url"), str),
    **dict.fromkeys(("code", "country", "province", "ward", "state", "currency"), str | None),
    **dict.fromkeys(("codes", "lines", "countries", "regions"), list[str]),
    **dict.fromkeys(("integer", "level"), int | None),
    **dict.fromkeys(("money", "amount", "percent"), Decimal | None),
    **dict.fromkeys(("date", "year"), date | None),
    "flag": bool,
    "maybe": bool | None,
}


def generated(name: str, fields: Iterable[Field]) -> type[msgspec.Struct]:
    """A struct with these fields, each of which may be left out."""
    return msgspec.defstruct(
        name,
        [(one.name, _TYPES[one.type] | msgspec.UnsetType, msgspec.UNSET) for one in fields if one.type not in NOT_SENT],
        kw_only=True,
        forbid_unknown_fields=True,
        module=__name__,
    )


def values_sent(struct: Any) -> dict[str, Any]:
    """The fields that were sent."""
    names: tuple[str, ...] = struct.__struct_fields__
    return {name: value for name in names if (value := getattr(struct, name)) is not msgspec.UNSET}


ROWS_IN = {
    kind.name: generated(f"Row{kind.name.title().replace('_', '')}", kind.fields) for kind in COLLECTIONS.values()
}
