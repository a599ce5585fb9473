"""Who has seen whose personal data: written where somebody opens it, read by the person it is about, kept for a year.

One row per viewer, person, kind and hour. Colleagues of one organisation see each other and are not written down.
"""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from app.core import db
from app.core.i18n import N_, Phrase
from app.core.outbox import every
from app.core.web import Actor

PAGE = 30
KEPT_DAYS = 365

KINDS: dict[str, tuple[Phrase, Phrase]] = {
    "account": (N_("Your account: name, address, roles, what happened"), N_("Looking after accounts and roles")),
    "account_list": (N_("Name and address in a list of accounts"), N_("Looking for an account")),
    "request": (N_("Your request about your data"), N_("Answering the request")),
}
"""What was seen and why, by code. Subjects above add theirs with `kind`."""
ROLES: dict[str, Phrase] = {
    "admin": N_("Administrator of this site"),
    "moderator": N_("Moderator of this site"),
    "organizer": N_("Organiser of the event"),
    "desk": N_("Check-in desk of the event"),
    "member": N_("Member of an organisation"),
}


def kind(code: str, what: Phrase, why: Phrase) -> str:
    """Add a kind of look; its code."""
    if KINDS.setdefault(code, (what, why)) != (what, why):
        raise RuntimeError(f"two kinds of look named {code}")
    return code


async def note(actor: Actor, subjects: Iterable[UUID | None], kind: str, *, role: str = "", place: str = "") -> None:
    """Write down that the actor saw the data of these people: in one statement, at most once an hour for each.

    Oneself and people without an account are left out. `role` is in what capacity, by default the highest of the site.
    """
    people = sorted({subject for subject in subjects if subject is not None and subject != actor.id})
    if not people or actor.id is None:
        return
    await db.execute(
        "INSERT INTO data_access (subject, viewer, viewer_role, kind, place, at, hour_at)"
        " SELECT s, $2, $3, $4, $5, now(), date_trunc('hour', now()) FROM unnest($1::uuid[]) s"
        " ON CONFLICT (subject, viewer, kind, place, hour_at) DO NOTHING",
        *(people, actor.id, role or _capacity(actor), kind, place[:200]),
    )


def _capacity(actor: Actor) -> str:
    return next((name for name in ("admin", "moderator", "organizer", "desk") if name in actor.roles), "member")


async def seen_of(person: UUID, before: int | None = None) -> list[asyncpg.Record]:
    """Who saw a person's data, newest first, one more than a page. The viewer by role and place, not by name."""
    return await db.fetch(
        "SELECT id, viewer_role, kind, place, at FROM data_access WHERE subject = $1"
        " AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        *(person, before, PAGE + 1),
    )


@every(86_400, "people.forget_who_saw")
async def forget() -> None:
    """After a year nobody needs to know any more who looked."""
    await db.execute("DELETE FROM data_access WHERE at < now() - make_interval(days => $1)", KEPT_DAYS)
