"""Making somebody an owner in the open transaction, for claims, decisions and transfers; who held it before stays."""

from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.directory import history
from app.directory.curation.standing import Row


async def make_owner(row: Row, person: UUID, *, by: UUID) -> None:
    """The person owns the organisation from now on, whatever they were there before. Idempotent.

    The caller has locked the organisation. Enqueues connections.refresh.
    """
    before = await db.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(row["id"], person),
    )
    if before == "owner":
        return
    if before:
        await db.execute(
            "UPDATE membership SET role = 'owner' WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
            *(row["id"], person),
        )
    else:
        await db.execute(
            "INSERT INTO membership (id, organisation, person, role, started_at) VALUES ($1, $2, $3, 'owner', now())",
            *(new_id(), row["id"], person),
        )
    await history.record(row["id"], by, "became_owner", {"role": (before, "owner")})
    await enqueue("connections.refresh", {"organisation_id": str(row["id"])})


async def step_back(organisation: UUID, person: UUID, to: str, *, by: UUID) -> None:
    """An owner becomes editor or viewer, or leaves. The caller has locked the organisation and made another owner."""
    if to == "owner":
        return
    if to == "leaves":
        await db.execute(
            "UPDATE membership SET ended_at = now(), ended_by = $3 WHERE organisation = $1 AND person = $2"
            " AND ended_at IS NULL",
            *(organisation, person, by),
        )
    else:
        await db.execute(
            "UPDATE membership SET role = $3 WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
            *(organisation, person, to),
        )
    await history.record(organisation, by, "role_changed", {"role": ("owner", None if to == "leaves" else to)})


async def verify(row: Row, how: str, *, by: UUID) -> None:
    """An approved claim verifies the organisation: it counts as a counterpart to whom others show more. Idempotent."""
    if await db.execute(
        "UPDATE organisation SET verified_at = now(), verified_how = $2 WHERE id = $1 AND verified_at IS NULL",
        *(row["id"], f"claim:{how}"),
    ):
        await history.record(row["id"], by, "verified", {"verified_how": (None, how)})
