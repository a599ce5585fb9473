"""An enterprise code, typed whole, leads to its organisation: for whoever may see the code there."""

import re

from app.core import db
from app.core.web import Actor
from app.directory import places
from app.directory.access import organisations_by_id_for
from app.directory.fields import FIELDS
from app.directory.search.everywhere import Hit
from app.directory.seeing import tier_of
from app.directory.vocabulary import KINDS

_CODE = re.compile(r"[0-9]{10}(?:-?[0-9]{3})?")


async def with_code(actor: Actor, typed: str) -> list[Hit]:
    """The organisations with exactly this code; no query for anything that is no code, two for one that is."""
    text = "".join(typed.split())
    if not _CODE.fullmatch(text):
        return []
    rows = await db.fetch(
        "SELECT id FROM organisation WHERE enterprise_code = $1 AND enterprise_code <> ''"
        " AND ended_at IS NULL AND hidden_at IS NULL ORDER BY number LIMIT 3",
        text.replace("-", ""),
    )
    seen = await organisations_by_id_for(actor, [row["id"] for row in rows]) if rows else {}
    found = []
    for one in seen.values():
        if one.viewer.sees(tier_of(FIELDS["enterprise_code"], one.row["tiers"])):
            subtitle = [", ".join(KINDS.labels(one.row["kinds"])), places.place_label(one.row)]
            found.append(
                Hit(
                    kind="organisation",
                    title=one.name,
                    other_title="",
                    subtitle=" · ".join(part for part in subtitle if part),
                    url=f"/organisations/{one.slug}",
                    sample=one.row["sample"],
                )
            )
    return found
