"""What the worker does for people's rights: copies of everything, erasures that had to wait, the ledger, forgetting."""

from app.core.outbox import every
from app.people.rights import copying, ledger, replay, requests, seen

JOBS = (copying.make, copying.forget, ledger.copy_to_file, seen.forget)
"""Registered by their imports; named here so that the worker's list can be read in one place."""


@every(600, "people.erase_again")
async def erase_again() -> None:
    """Whoever a restored backup has brought back; on any other day one query finds that nothing is to be done."""
    await replay.replay()


@every(3600, "people.erase_confirmed")
async def erase_confirmed() -> None:
    """Erase who confirmed it while something was in the way, once nothing is any more."""
    await requests.carry_out_confirmed()
