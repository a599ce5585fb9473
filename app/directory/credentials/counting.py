"""How many credentials there are, as of any day: issued until then, valid on it, revoked, replaced and run out.

Four different figures from the same rows: what was issued is at every day the sum of what is valid and what ended,
each in its way. A day in the past is told by what is known today.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from app.core import db
from app.core.i18n import N_
from app.directory.credentials.acts import COLUMNS
from app.directory.credentials.queue import FROM_HOLDERS, HOLDER, holder_href
from app.directory.credentials.reading import label_of
from app.directory.importing.harmless import harmless
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.profiles import REGIMES

Row = dict[str, Any]

FATES = {
    "valid": N_("Valid on this day"),
    "expired": N_("Run out"),
    "revoked": N_("Revoked"),
    "superseded": N_("Replaced"),
}
PAGE = 50

_FATE = """CASE WHEN c.revoked_on <= $1 THEN 'revoked' WHEN c.valid_until < $1
    AND coalesce(c.superseded_on > c.valid_until, true) THEN 'expired'
    WHEN c.superseded_on <= $1 THEN 'superseded' ELSE 'valid' END"""
"""SQL: how a credential stood on the day $1. What came first counts: a paper that had run out was not replaced."""
_ISSUED = "c.state <> 'draft' AND c.ended_at IS NULL AND c.issued_on <= $1"


class Count(msgspec.Struct, kw_only=True):
    """The figures of one type under one basis."""

    credential_type: str = ""
    regime: str = ""
    valid: int = 0
    expired: int = 0
    revoked: int = 0
    superseded: int = 0
    sample: bool = False

    @property
    def issued(self) -> int:
        return self.valid + self.expired + self.revoked + self.superseded

    @property
    def type_label(self) -> str:
        return CREDENTIAL_TYPES.label(self.credential_type)

    @property
    def basis(self) -> str:
        return REGIMES.label(self.regime)


async def counts_on(day: date) -> list[Count]:
    """The figures as of a day, by type and basis in the order of the vocabulary. One query; no names."""
    rows = await db.fetch(
        f"SELECT c.credential_type, c.regime, {_FATE} AS fate, count(*) AS number,"  # noqa: S608
        " bool_or(coalesce(o.sample, p.sample)) AS sample FROM credential c LEFT JOIN organisation o"
        f" ON o.id = c.organisation LEFT JOIN person p ON p.id = c.person WHERE {_ISSUED} GROUP BY 1, 2, 3",
        day,
    )
    found: dict[tuple[str, str], Count] = {}
    for row in rows:
        key = (row["credential_type"], row["regime"])
        count = found.setdefault(key, Count(credential_type=key[0], regime=key[1]))
        setattr(count, row["fate"], row["number"])
        count.sample = count.sample or row["sample"]
    codes = {code: place for place, code in enumerate(CREDENTIAL_TYPES.codes)}
    return sorted(found.values(), key=lambda count: (codes.get(count.credential_type, 99), count.regime))


def total_of(counts: Iterable[Count]) -> Count:
    """The sum of the figures."""
    total = Count()
    for count in counts:
        for fate in FATES:
            setattr(total, fate, getattr(total, fate) + getattr(count, fate))
        total.sample = total.sample or count.sample
    return total


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows stand behind a figure: as of a day, of a type, a basis and a fate; "" for all of them."""

    day: date
    credential_type: str = ""
    regime: str = ""
    fate: str = ""


async def rows_behind(asked: Rows, *, offset: int = 0, limit: int | None = PAGE + 1) -> list[Row]:
    """The rows behind a figure, the newest first. One query."""
    rows = await db.fetch(
        f"SELECT {COLUMNS}, {HOLDER}, o.enterprise_code, {_FATE} AS fate {FROM_HOLDERS} WHERE {_ISSUED}"
        " AND ($2 = '' OR c.credential_type = $2) AND ($3 = '' OR c.regime = $3)"
        f" AND ($4 = '' OR {_FATE} = $4) ORDER BY c.issued_on DESC, c.id OFFSET $5 LIMIT $6",
        *(asked.day, asked.credential_type, asked.regime, asked.fate, offset, limit),
    )
    return [
        {**row, "label": label_of(row), "basis": REGIMES.label(row["regime"]), "holder_href": holder_href(row)}
        for row in rows
    ]


COLUMNS_OF_COUNTS = (
    N_("Type"), N_("Legal basis"), N_("Issued until then"), *FATES.values(),
)  # fmt: skip


def counts_as_cells(counts: Iterable[Count]) -> list[list[str]]:
    """The table of figures, first line its heads."""
    lines = [[phrase.text() for phrase in COLUMNS_OF_COUNTS]]
    for count in counts:
        figures = [count.issued, *(getattr(count, fate) for fate in FATES)]
        lines.append([harmless(count.type_label), harmless(count.basis), *map(str, figures)])
    return lines


COLUMNS_OF_ROWS = (
    N_("Holder"), N_("Enterprise code"), N_("Type"), N_("Legal basis"), N_("Number"), N_("Issued by"), N_("Issued on"),
    N_("Valid until"), N_("On this day"), N_("Revoked on"), N_("Ground"), N_("Replaced on"), N_("Verified on"),
)  # fmt: skip


def rows_as_cells(rows: Iterable[Row]) -> list[list[str]]:
    """The rows behind a figure, first line their heads; nothing that a spreadsheet would run."""
    lines = [[phrase.text() for phrase in COLUMNS_OF_ROWS]]
    for row in rows:
        cells = [
            *(row["holder"], row["enterprise_code"] or "", row["label"], row["basis"], row["number"], row["issuer"]),
            *(_day(row["issued_on"]), _day(row["valid_until"]), FATES[row["fate"]].text(), _day(row["revoked_on"])),
            *(row["revoked_ground"], _day(row["superseded_on"]), _day(row["verified_at"])),
        ]
        lines.append([harmless(cell) for cell in cells])
    return lines


def _day(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if value else ""
