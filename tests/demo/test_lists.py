"""The demo's lists: every row is taken by its verb, of samples only, and made once."""

import asyncpg

from app.core import db as database
from app.demo import directory, lists, people
from app.directory.fields import COLLECTIONS


async def silently(_label: str, _share: float) -> None:
    return None


async def test_rows_of_every_sort_are_made_once_and_of_samples_only(db: asyncpg.Connection) -> None:
    await people.load(silently)
    await directory._load_samples()

    await lists.load(silently)
    counts = {name: await database.fetchval(f"SELECT count(*) FROM {name}") for name in COLLECTIONS}
    await lists.load(silently)

    assert {name: await database.fetchval(f"SELECT count(*) FROM {name}") for name in COLLECTIONS} == counts
    wanted = {name for _organisation, name, _values in lists.ROWS}
    assert all(counts[name] for name in wanted)
    assert await database.fetchval(
        "SELECT bool_and(o.sample) FROM need_offer n JOIN organisation o ON o.id = n.organisation"
    )
