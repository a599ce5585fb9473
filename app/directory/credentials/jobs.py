"""Jobs of credentials; importing the module registers them."""

from app.core.outbox import every
from app.directory.credentials import reminding

DAY = 86_400


@every(DAY, "credentials.remind")
async def remind() -> None:
    """Owners hear in time that a certificate runs out."""
    await reminding.remind()


@every(3_600, "credentials.look_again")
async def look_again() -> None:
    """On the day after its last a certificate leaves the lists' counts too."""
    await reminding.look_again()
