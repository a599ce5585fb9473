"""Jobs of the directory; importing the module registers them. Counts beside facets need none: see `facets`."""

from app.core import db
from app.core.outbox import every
from app.directory.reminding import remind_of_what_is_due
from app.directory.rows import let_run_out

INVITATIONS_KEPT_DAYS = 90
DAY_SECONDS = 86_400


@every(DAY_SECONDS, "directory.forget_invitations")
async def forget_invitations() -> None:
    """Addresses of people who were invited and never came are not kept longer than needed."""
    await db.execute(
        "DELETE FROM organisation_invitation WHERE accepted_at IS NULL"
        " AND (withdrawn_at < now() - make_interval(days => $1) OR expires_at < now() - make_interval(days => $1))",
        INVITATIONS_KEPT_DAYS,
    )


@every(DAY_SECONDS, "directory.remind")
async def remind() -> None:
    """Owners hear what was last confirmed a year ago."""
    await remind_of_what_is_due()


@every(DAY_SECONDS, "directory.run_out")
async def run_out() -> None:
    """Needs and offers whose day has passed leave filters and engine by themselves."""
    await let_run_out()
