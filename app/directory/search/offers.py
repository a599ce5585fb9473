"""What organisations offer and look for, in the search: their technologies, challenges and programmes, as far as shown.

Called whenever an organisation's profile has changed; decides nothing, and reads who may see a list from `seeing`.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core import db
from app.directory.fields import COLLECTIONS, Tier
from app.directory.search.index import Entry, put_all
from app.directory.seeing import tier_of
from app.directory.vocabulary import SECTORS, TECHNOLOGIES

_ROWS = """
    SELECT o.slug, o.name, o.kinds AS held_by, o.tiers, o.sample, l.* FROM organisation o JOIN (
        SELECT 'technology_offer' AS kind, id, organisation, title_vi, title_en,
            ARRAY[text_vi, text_en, application_vi, application_en] AS texts, sectors, technologies
        FROM technology_offer WHERE organisation = ANY($1) AND ended_at IS NULL
        UNION ALL
        SELECT 'technology_need', id, organisation, title_vi, title_en,
            ARRAY[problem_vi, problem_en, target_vi, target_en], sectors, technologies
        FROM technology_need WHERE organisation = ANY($1) AND ended_at IS NULL
        UNION ALL
        SELECT 'programme', id, organisation, name_vi, name_en, ARRAY[text_vi, text_en], sectors, '{}'
        FROM programme WHERE organisation = ANY($1) AND ended_at IS NULL
    ) l ON l.organisation = o.id
"""
KINDS = ("technology_offer", "technology_need", "programme")


async def keep_findable(organisation: UUID) -> None:
    """Let the search have the lists as they are now, in the open transaction. One query where there are none."""
    await keep_all_findable([organisation])


async def keep_all_findable(organisations: Sequence[UUID]) -> None:
    """The same for several organisations, in as many statements."""
    rows = [row for row in await db.fetch(_ROWS, list(organisations)) if _tier(row) is not None]
    rows = [row for row in rows if row["title_vi"] or row["title_en"]]
    await db.execute(
        "DELETE FROM findable WHERE owner = ANY($1) AND kind = ANY($2) AND subject <> ALL($3::uuid[])",
        *(list(organisations), list(KINDS), [row["id"] for row in rows]),
    )
    await put_all([_entry(row) for row in rows])


def _entry(row: Any) -> Entry:
    return Entry(
        kind=row["kind"],
        subject=row["id"],
        owner=row["organisation"],
        title=row["title_vi"] or row["title_en"],
        title_en=row["title_en"],
        subtitle_vi=row["name"],
        subtitle_en=row["name"],
        texts=(
            *row["texts"],
            SECTORS.search_words(row["sectors"]),
            TECHNOLOGIES.search_words(row["technologies"]),
        ),
        url=f"/organisations/{row['slug']}#list-{row['kind']}",
        tier=_tier(row) or 0,
        sample=row["sample"],
    )


def _tier(row: Any) -> int | None:
    """0 for everybody, 1 for members; None for a list that is shown to fewer, or that its page no longer has."""
    kind = COLLECTIONS[row["kind"]]
    if not kind.fits(row["held_by"]):
        return None
    tier = tier_of(kind, row["tiers"])
    return int(tier) if tier <= Tier.MEMBERS else None
