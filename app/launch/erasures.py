"""The ledger of erasures around a restore: what the database knows is put into the file before it is replaced.

The file is written and read by `app.people.rights.ledger`; here it is looked at without loading the application.
"""

import asyncpg

from app.core.settings import Settings

FILE = "erasures.jsonl"
_TABLE = "SELECT to_regclass('public.erasure') IS NOT NULL"


def known(settings: Settings) -> bool:
    """Whether this data folder has a ledger."""
    return (settings.data_path / FILE).is_file()


async def saved(settings: Settings) -> int:
    """Write every erasure of the database that is about to be replaced into the file; how many lines were added."""
    con = await asyncpg.connect(settings.database_url, timeout=10)
    try:
        if not await con.fetchval(_TABLE):
            return 0
        rows = await con.fetch("SELECT id, person, salt, address_hashes, erased_at FROM erasure ORDER BY erased_at, id")
    finally:
        await con.close()
    if not rows:
        return 0
    from app.people.rights import ledger  # noqa: PLC0415 - only where somebody was erased

    file = settings.data_path / FILE
    there = {entry.id for entry in ledger.read(file)}
    return ledger.append(file, (ledger.entry_of(row) for row in rows if row["id"] not in there))
