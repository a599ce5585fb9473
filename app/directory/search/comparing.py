"""Up to four organisations side by side: every field that says something of one of them and that the reader may see."""

from collections.abc import Sequence

import msgspec

from app.core import db
from app.core.i18n import current_locale
from app.core.web import Actor
from app.directory import places, views
from app.directory.access import Seen, organisations_by_id_for
from app.directory.details import details_of
from app.directory.fields import SECTIONS, fields_of
from app.directory.seeing import shown

MOST = 4


class Line(msgspec.Struct, frozen=True):
    """One field over all columns, "" where it says nothing; `differs`: not the same everywhere."""

    label: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


class Comparison(msgspec.Struct, frozen=True):
    columns: list[views.Row]
    parts: list[tuple[str, list[Line]]]
    """By section of the profile, those that say something."""


async def compare(actor: Actor, slugs: Sequence[str]) -> Comparison:
    """The first four of these that the reader finds, in their order; two queries and one for each."""
    wanted = list(dict.fromkeys(slugs))[: MOST * 2]
    rows = await db.fetch("SELECT id, slug FROM organisation WHERE slug = ANY($1)", wanted)
    ids = {row["slug"]: row["id"] for row in rows}
    found = await organisations_by_id_for(actor, [ids[slug] for slug in wanted if slug in ids])
    seen: list[Seen] = [found[ids[slug]] for slug in wanted if slug in ids and ids[slug] in found][:MOST]
    whole = [shown({**one.row, **await details_of(one.id)}, one.viewer) for one in seen]
    columns = [
        {**views.card_of(row, one.viewer), "place": places.place_label(row)}
        for one, row in zip(seen, whole, strict=True)
    ]
    parts = []
    for section in SECTIONS.values():
        facts = [dict(views.facts_of(fields_of(section.name), row)) for row in whole]
        labels = dict.fromkeys(label for column in facts for label in column)
        lines = [Line(label, tuple(column.get(label, "") for column in facts)) for label in labels]
        if lines:
            parts.append((section.label(current_locale()), lines))
    return Comparison(columns, parts)
