"""What time does to introductions: what nobody answered runs out, what ended with its organisation is closed."""

from app.connections.introductions import steps
from app.connections.introductions.states import CONNECTED, WAITING
from app.core import db

AT_ONCE = 200


async def run_out() -> int:
    """One batch of what is over; the number of introductions that changed. Running twice changes nothing more."""
    changed = 0
    rows = await db.fetch(
        "SELECT id FROM introduction WHERE expires_at <= now() AND (state = ANY($1) OR in_flight)"
        " ORDER BY expires_at LIMIT $2",
        *(list(WAITING), AT_ONCE),
    )
    for row in rows:
        async with db.tx():
            found = await db.fetchrow(
                "SELECT * FROM introduction WHERE id = $1 AND expires_at <= now() AND (state = ANY($2) OR in_flight)"
                " FOR UPDATE SKIP LOCKED",
                *(row["id"], list(WAITING)),
            )
            if found is None:
                continue
            if found["state"] in WAITING:
                await steps.step(dict(found), "expired", "policy", None, "no_answer")
            else:
                await db.execute("UPDATE introduction SET in_flight = false WHERE id = $1", row["id"])
            changed += 1
    return changed


async def close_ended() -> int:
    """Connections and requests of organisations that have ended or were taken off the pages: over, by policy."""
    changed = 0
    rows = await db.fetch(
        "SELECT i.id FROM introduction i JOIN organisation o ON o.id IN (i.asker, i.receiver)"
        " WHERE i.state = ANY($1) AND (o.ended_at IS NOT NULL OR o.hidden_at IS NOT NULL) GROUP BY i.id LIMIT $2",
        *([*CONNECTED, *WAITING], AT_ONCE),
    )
    for row in rows:
        async with db.tx():
            found = await db.fetchrow(
                "SELECT * FROM introduction WHERE id = $1 AND state = ANY($2) FOR UPDATE SKIP LOCKED",
                *(row["id"], [*CONNECTED, *WAITING]),
            )
            if found is not None:
                act = "closed" if found["state"] in CONNECTED else "expired"
                await steps.step(dict(found), act, "policy", None, "organisation_ended")
                changed += 1
    return changed
