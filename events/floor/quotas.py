"""A village's own places: a pool under the event's whole, with a ticket type of its own that a code opens."""

from uuid import UUID

import asyncpg

from app.core import db
from app.core.errors import Invalid
from app.core.i18n import N_
from events import planning, tickets
from events.planning import TypePlan
from events.seats import book, pools, promoting

LONGEST_CODE = 40


class PlacesTaken(Invalid):
    message = N_("%(used)s places are taken already: the number of places cannot be lower.")

    def __init__(self, used: int) -> None:
        super().__init__(fields={"places": self.message}, used=used)


_POOL = "SELECT id, size FROM seat_pool WHERE event = $1 AND subject = $2"


async def set_places(event: UUID, village: asyncpg.Record, places: int | None) -> None:
    """Give a village so many places of its own, or none (None), inside the open transaction.

    The first time it gets a pool in the event's total and a ticket type that takes from it; afterwards both are
    resized, and who waits moves up. So many as it has change nothing. Locks the book. Raises PlacesTaken, DoesNotFit,
    Invalid where other pools lie in this one.
    """
    pool = await db.fetchrow(_POOL, event, village["id"])
    if places == (pool["size"] if pool else None):
        return
    held = await book.locked(event)
    pool = await db.fetchrow(_POOL, event, village["id"])
    used = held.units[pool["id"]].used if pool else 0
    if used > (places or 0):
        raise PlacesTaken(used)
    if pool is None:
        await _begin(event, held, village, places or 0)
        return
    await db.execute(
        "UPDATE ticket_type SET capacity = greatest($2, sold), excess = 0 WHERE id = $1",
        *(village["ticket_type"], places or 0),
    )
    if places is None:
        try:
            await pools.take_away(event, pool["id"])
        except pools.NotEmpty as error:
            raise Invalid(fields={"places": error.phrase}) from error
    else:
        await db.execute("UPDATE seat_pool SET size = $2, excess = 0 WHERE id = $1", pool["id"], places)
        await promoting.promote(await book.locked(event))


async def rename(village: asyncpg.Record) -> None:
    """Let the village's places be called as it is called now, inside the open transaction."""
    names = (village["name_vi"], village["name_en"])
    await db.execute("UPDATE seat_pool SET name_vi = $2, name_en = $3 WHERE subject = $1", village["id"], *names)
    await db.execute(
        "UPDATE ticket_type SET title_vi = $2, title_en = $3 WHERE id = $1", village["ticket_type"], *names
    )


async def _begin(event: UUID, held: book.Book, village: asyncpg.Record, places: int) -> None:
    kind = village["ticket_type"]
    if kind is None:
        plan = TypePlan(
            code=_free_code(village["slug"], {row["code"] for row in held.types.values()}),
            title_vi=village["name_vi"],
            title_en=village["name_en"],
            capacity=places,
            visibility="code",
            access_code=tickets.new_code(),
            self_change=False,
        )
        kind = await planning.insert_type(event, plan, len(held.types))
        await db.execute("UPDATE village SET ticket_type = $2 WHERE id = $1", village["id"], kind)
    else:
        await db.execute("UPDATE ticket_type SET capacity = greatest($2, sold) WHERE id = $1", kind, places)
    whole = await db.fetchval(
        "SELECT id FROM seat_pool WHERE event = $1 AND kind = 'total' ORDER BY depth, place LIMIT 1", event
    )
    own = pools.PoolPlan(
        name_vi=village["name_vi"],
        name_en=village["name_en"],
        size=places,
        kind="village",
        parent=whole,
        types=(kind,),
        subject=village["id"],
    )
    await pools.make(event, own)


def _free_code(slug: str, taken: set[str]) -> str:
    code = slug[:LONGEST_CODE].strip("-")
    number = 2
    while code in taken:
        code, number = f"{slug[: LONGEST_CODE - 4].strip('-')}-{number}", number + 1
    return code
