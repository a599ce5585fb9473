"""What somebody asks of a board: words and filters from an address, and the SQL that they mean."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from app.core.i18n import N_, Phrase
from app.core.text import clean_line, fold
from app.directory.vocabulary import SECTORS

MOST_LETTERS = 80
TODAY = "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
"""The day that it is for the team; the database's own begins seven hours later."""
DUE: dict[str, Phrase] = {
    "late": N_("Overdue"),
    "week": N_("Due within a week"),
    "none": N_("Without a next step"),
}
FIT: dict[str, Phrase] = {"strong": N_("Strong fit or better"), "fair": N_("Fair fit or better")}
_LEAST = {"strong": 2.2, "fair": 1.0}
ORDERS: dict[str, Phrase] = {
    "rank": N_("As on the board"),
    "next": N_("By the next step's day"),
    "fit": N_("By fit"),
    "changed": N_("What changed last"),
}
_ORDER_BY = {
    "rank": "s.place, s.id, c.rank",
    "next": "c.next_on NULLS LAST, o.name_folded, c.id",
    "fit": "c.fit_value DESC NULLS LAST, o.name_folded, c.id",
    "changed": "c.changed_at DESC, c.id DESC",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a board; equal states are equal values."""

    q: str = ""
    owner: str = ""
    """The id of somebody of the team, or "none"."""
    due: str = ""
    fit: str = ""
    sector: str = ""
    view: str = "board"
    order: str = "rank"

    @property
    def filtered(self) -> bool:
        return bool(self.q or self.owner or self.due or self.fit or self.sector)

    def query(self, **changed: Any) -> str:
        """The address's part behind the question mark; the defaults are left out."""
        state = msgspec.structs.replace(self, **changed)
        pairs = [(name, getattr(state, name)) for name in ("q", "owner", "due", "fit", "sector", "view", "order")]
        default = Asked()
        return urlencode([(name, value) for name, value in pairs if value != getattr(default, name)])

    def where(self, arguments: list[object]) -> str:
        """SQL that holds for the cards meant, to be put behind AND; its values are added to `arguments`."""
        found = []
        if self.q:
            arguments.append(f"%{_plain(fold(self.q))}%")
            found.append(f"(o.name_folded LIKE ${len(arguments)} AND o.ended_at IS NULL AND o.hidden_at IS NULL)")
        if self.owner == "none":
            found.append("c.owner IS NULL")
        elif self.owner:
            arguments.append(UUID(self.owner))
            found.append(f"c.owner = ${len(arguments)}")
        if self.due:
            found.append(
                {
                    "late": f"c.state = 'open' AND c.next_on < {TODAY}",
                    "week": f"c.state = 'open' AND c.next_on BETWEEN {TODAY} AND {TODAY} + 7",
                    "none": "c.state = 'open' AND c.next_on IS NULL AND c.next_step = ''",
                }[self.due]
            )
        if self.fit:
            found.append(f"c.fit_value >= {_LEAST[self.fit]}")
        if self.sector:
            arguments.append(self.sector)
            found.append(f"o.sectors @> ARRAY[${len(arguments)}::text]")
        return "".join(f" AND {condition}" for condition in found)

    @property
    def order_by(self) -> str:
        return _ORDER_BY[self.order]


def _plain(words: str) -> str:
    """Words in which no sign stands for others."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def asked_from(query: Mapping[str, str]) -> Asked:
    """The state that an address means; what means nothing here is left out."""

    def one_of(name: str, known: Mapping[str, object]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    sector = query.get("sector", "")
    return Asked(
        q=clean_line(query.get("q", ""))[:MOST_LETTERS].strip(),
        owner=_owner(query.get("owner", "")),
        due=one_of("due", DUE),
        fit=one_of("fit", FIT),
        sector=sector if sector in SECTORS else "",
        view="table" if query.get("view") == "table" else "board",
        order=one_of("order", ORDERS) or "rank",
    )


def _owner(text: str) -> str:
    if text == "none":
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return ""
