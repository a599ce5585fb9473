"""What the engine said of a card's organisation when it was added: kept as codes, told as far as may be told now."""

from typing import Any
from uuid import UUID

import msgspec

from app.connections import discretion, lists, reasons, strength
from app.connections.reasons import Said
from app.core import clock, db

Row = dict[str, Any]

TOP = 3


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """How a card fits, in words; `strength` "" where the engine said nothing."""

    strength: str = ""
    share: float = 0.0
    for_you: tuple[Said, ...] = ()
    for_them: tuple[Said, ...] = ()
    strongest: float = 1.0
    as_of: str = ""


async def snapshot(organisation: UUID, candidate: UUID) -> tuple[dict[str, Any], float | None]:
    """What stands about the candidate on the organisation's lists now, best place first; nothing when it is on none."""
    row = await db.fetchrow(
        "SELECT kind, score, reasons, model_version, rank FROM suggestion WHERE organisation = $1 AND candidate = $2"
        " ORDER BY rank LIMIT 1",
        *(organisation, candidate),
    )
    if row is None:
        return {}, None
    kept = {
        "kind": row["kind"],
        "reasons": row["reasons"],
        "model_version": row["model_version"],
        "rank": row["rank"],
        "as_of": clock.now().date().isoformat(),
    }
    return kept, strength.fit_of(row["reasons"])


def word_of(value: float | None) -> str:
    """How strong the fit is, in a word; "" where nothing is known."""
    return "" if value is None else strength.LABELS[strength.strength_of(value)].text()


async def told(fit: Row, candidate: UUID) -> Fit:
    """A snapshot in the language of the reader, without what the candidate has closed since; two queries."""
    stored = await _allowed(fit, candidate)
    if stored is None:
        return Fit()
    allowed, role, names = stored
    said = [reasons.say(reason, role, names) for reason in allowed if reasons.telling(reason, role)]
    worth = sorted((line for line in said if line.contribution > 0), key=lambda line: -line.contribution)
    value = strength.fit_of(fit["reasons"])
    return Fit(
        strength=word_of(value),
        share=strength.share_of(value),
        for_you=tuple(line for line in worth if line.audience == "you")[:TOP],
        for_them=tuple(line for line in worth if line.audience == "them")[:TOP],
        strongest=max((line.contribution for line in worth), default=1.0),
        as_of=fit["as_of"],
    )


async def told_in_both(fit: Row, candidate: UUID) -> list[tuple[Row, str, str]]:
    """The same reasons for programs: every one that may be told, with its sentences in Vietnamese and in English."""
    stored = await _allowed(fit, candidate)
    if stored is None:
        return []
    allowed, role, names = stored
    parts = [reason for reason in allowed if reasons.telling(reason, role)]
    said = (reasons.sentences(parts, role, names, locale) for locale in ("vi", "en"))
    return sorted(zip(parts, *said, strict=True), key=lambda line: -line[0]["contribution"])


async def _allowed(fit: Row, candidate: UUID) -> tuple[list[Row], reasons.Role, dict[str, str]] | None:
    """The stored reasons that may be told now, who reads them, and the names that they speak of."""
    if not fit:
        return None
    row = await db.fetchrow(
        "SELECT tiers, sectors, raising_round IS NOT NULL AS states_round, raising_amount IS NOT NULL AS states_amount"
        " FROM organisation WHERE id = $1 AND ended_at IS NULL AND hidden_at IS NULL",
        candidate,
    )
    if row is None:
        return None
    kind = fit["kind"]
    allowed = discretion.told(fit["reasons"], row, kind)
    for reason in allowed:
        if reason["code"] == "company":
            reason["params"]["raising"] = discretion.tells_raising(row)
    return allowed, reasons.reader_of(kind), await lists.names_of([{"reasons": allowed}])
