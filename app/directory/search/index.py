"""Writing the index: what has a page is put in by its own verbs, in their transaction, and dropped by them.

Organisations need neither: triggers follow their rows.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from app.core import db
from app.directory.search.lines import names_text
from app.directory.search.phrases import as_single_words
from app.directory.vocabulary.terms import words

MOST_LETTERS = 12_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is found and how it is shown. Only what the public may read goes in; `tier` 1: what members may.

    `names`: every further name that leads here. `texts`: what else may be typed, in any language, as it was written.
    """

    kind: str
    subject: UUID
    title: str
    url: str
    title_en: str = ""
    subtitle_vi: str = ""
    subtitle_en: str = ""
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    owner: UUID | None = None
    tier: int = 0
    weight: int = 0
    sample: bool = False


_PUT = """
    INSERT INTO findable AS f (kind, subject, owner, title, title_en, title_folded, subtitle_vi, subtitle_en, names,
        text, url, tier, weight, sample, listed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, coalesce(
        (SELECT ended_at IS NULL AND hidden_at IS NULL FROM organisation WHERE id = $3), true))
    ON CONFLICT (kind, subject) DO UPDATE SET id = excluded.id, owner = excluded.owner, title = excluded.title,
        title_en = excluded.title_en, title_folded = excluded.title_folded, subtitle_vi = excluded.subtitle_vi,
        subtitle_en = excluded.subtitle_en, names = excluded.names, text = excluded.text, url = excluded.url,
        tier = excluded.tier, weight = excluded.weight, sample = excluded.sample, listed = excluded.listed
"""


async def put(entry: Entry) -> None:
    """Let this be found, or found as it is now; putting it in twice changes nothing."""
    await put_all([entry])


async def put_all(entries: Sequence[Entry]) -> None:
    """The same for many, sent together."""
    if entries:
        async with db.connection() as con:
            await con.executemany(_PUT, [_columns(entry) for entry in entries])


def _columns(entry: Entry) -> tuple[object, ...]:
    names = names_text((entry.title, entry.title_en, *entry.names))
    text = " ".join(folded for part in (*entry.texts, entry.subtitle_vi, entry.subtitle_en) if (folded := words(part)))
    return (
        *(entry.kind, entry.subject, entry.owner, entry.title, entry.title_en),
        words(entry.title) or entry.title.casefold()[:200],
        *(entry.subtitle_vi, entry.subtitle_en, names, f"{as_single_words(text)} {text}"[:MOST_LETTERS], entry.url),
        *(entry.tier, entry.weight, entry.sample),
    )


async def drop(kind: str, subject: UUID) -> None:
    """Let this be found no more, from the commit on; what is not there is left so."""
    await db.execute("DELETE FROM findable WHERE kind = $1 AND subject = $2", kind, subject)
