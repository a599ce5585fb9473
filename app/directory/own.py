"""The organisations of a person as their page shows each: how complete it is, and how the department sees it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import N_, Phrase
from app.core.web import Actor
from app.directory import access, editing
from app.directory.details import details_of_each
from app.directory.fields import COLLECTIONS

STANDINGS: dict[str, tuple[Phrase, str]] = {
    "hidden": (N_("Hidden by the department"), "warn"),
    "change_asked": (N_("The department asks for a change"), "warn"),
    "waiting": (N_("Not yet checked"), "neutral"),
    "checked": (N_("Checked"), "ok"),
    "changed": (N_("Changed since the last check"), "neutral"),
}
"""What the department thinks of a profile, and how loudly that is said."""


class Own(msgspec.Struct, frozen=True):
    """One's organisation; `standing` is a code of STANDINGS, "" for a profile that was read in and never looked at."""

    seen: access.Seen
    percent: int
    standing: str


async def own_of(actor: Actor) -> list[Own]:
    """The person's organisations by name; four queries for any number of them."""
    found = await access.organisations_of(actor)
    ids = [seen.id for seen in found]
    if not ids:
        return []
    details = await details_of_each(ids)
    lists = await _lists_of(ids)
    asked = await _changes_asked(ids)
    return [
        Own(
            seen,
            editing.completeness({**seen.row, **details.get(seen.id, {})}, lists.get(seen.id, {}), "").percent,
            _standing(seen.row, asked=seen.id in asked),
        )
        for seen in found
    ]


async def _lists_of(ids: Sequence[UUID]) -> dict[UUID, dict[str, list[Any]]]:
    """Which lists of each organisation say anything."""
    parts = [
        f"SELECT DISTINCT organisation, '{name}' AS list FROM {name}"  # noqa: S608  names of the registry
        " WHERE organisation = ANY($1) AND ended_at IS NULL"
        for name in COLLECTIONS
    ]
    found: dict[UUID, dict[str, list[Any]]] = {}
    for row in await db.fetch(" UNION ALL ".join(parts), list(ids)):
        found.setdefault(row["organisation"], {})[row["list"]] = [True]
    return found


async def _changes_asked(ids: Sequence[UUID]) -> set[UUID]:
    """Those whose newest decision of the department was to ask for a change that has not been made since."""
    rows = await db.fetch(
        "SELECT v.organisation, v.decision, v.version = o.version AS unchanged FROM organisation o"
        " JOIN LATERAL (SELECT organisation, decision, version FROM profile_review WHERE organisation = o.id"
        " ORDER BY decided_at DESC, id DESC LIMIT 1) v ON true WHERE o.id = ANY($1)",
        list(ids),
    )
    return {row["organisation"] for row in rows if row["decision"] == "change_asked" and row["unchanged"]}


def _standing(row: dict[str, Any], *, asked: bool) -> str:
    if row["hidden_at"] is not None:
        return "hidden"
    if asked:
        return "change_asked"
    if not row["reviewed_version"]:
        return "waiting" if row["source"] == "self" else ""
    return "checked" if row["reviewed_version"] == row["version"] else "changed"
