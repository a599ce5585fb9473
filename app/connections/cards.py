"""From stored suggestions to what pages and the API show: who, how strong, why for both sides, one caveat."""

from typing import Any
from uuid import UUID

import msgspec

from app.connections import lists, reasons, strength
from app.connections.reasons import Said
from app.core.i18n import N_, pick
from app.directory.places import place_label
from app.directory.vocabulary import KINDS, SECTORS

TOP = 2
"""Reasons shown for each side; the rest stand below "why this list"."""
WORTH_SAYING = 0.05
"""Parts of a score below this are noise, not reasons."""


ASK_FIRST = N_("They want to be asked before an introduction")
PROGRAMME = N_("They take requests through coordinators only")
BUSY = N_("Already suggested to many: an answer may take longer")
SELDOM = N_("Seldom suggested so far: yours may be among the first requests")
EXPLORED = N_("From further down your list, to learn from your answer")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One suggestion as it is drawn."""

    id: UUID
    slug: str
    name: str
    kinds: list[str]
    sectors: list[str]
    place: str
    summary: str
    sample: bool
    source: str
    source_url: str
    saved: bool
    strength: str
    share: float
    for_you: list[Said]
    for_them: list[Said]
    caveat: Said | None
    others: list[Said]
    """What else speaks for and against it; folded away."""
    market: str
    """One line on how sought after they are, or nothing."""
    strongest: float


async def cards_of(organisation_id: UUID, kind: str, limit: int, *, saved: bool = False) -> list[Card]:
    """One list as cards; two queries, whatever its length."""
    rows = await lists.suggested(organisation_id, kind, limit, saved=saved)
    names = await lists.names_of(rows)
    return [card_of(row, reasons.reader_of(kind), names) for row in rows]


def card_of(row: dict[str, Any], role: reasons.Role, names: dict[str, str]) -> Card:
    """One row as a card, in the language of the request."""
    said = [reasons.say(reason, role, names) for reason in row["reasons"] if reasons.telling(reason, role)]
    worth = [line for line in said if line.contribution >= WORTH_SAYING]
    against = [line for line in said if line.contribution <= -WORTH_SAYING]
    fit = strength.fit_of(row["reasons"])
    for_you, for_them = _best(worth, "you"), _best(worth, "them")
    caveat = min(against, key=lambda line: line.contribution, default=None)
    shown = [*for_you, *for_them, caveat]
    return Card(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        kinds=KINDS.labels(row["kinds"]),
        sectors=SECTORS.labels(row["sectors"] or ())[:4],
        place=place_label(row),
        summary=pick(row["summary_vi"], row["summary_en"]),
        sample=row["sample"],
        source=row["source"],
        source_url=row["source_url"],
        saved=row["saved"],
        strength=strength.LABELS[strength.strength_of(fit)].text(),
        share=strength.share_of(fit),
        for_you=for_you,
        for_them=for_them,
        caveat=caveat,
        others=[line for line in worth + against if line not in shown],
        market=market_line(row),
        strongest=max((line.contribution for line in worth), default=1.0),
    )


def market_line(row: dict[str, Any]) -> str:
    """What to know before asking: the first that holds of how they take requests, how sought they are, why here."""
    for holds, phrase in (
        (row["accepts"] == "ask_first", ASK_FIRST),
        (row["accepts"] == "programme", PROGRAMME),
        (row["level"] == "busy", BUSY),
        (row["explored"], EXPLORED),
        (row["level"] == "seldom", SELDOM),
    ):
        if holds:
            return phrase.text()
    return ""


def _best(said: list[Said], audience: str) -> list[Said]:
    found = [line for line in said if line.audience == audience]
    return sorted(found, key=lambda line: -line.contribution)[:TOP]
