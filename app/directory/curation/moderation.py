"""Looking at new and changed profiles: what changed since the last look, approve, ask for a change, hide, show again.

A profile is shown at once and marked as not yet checked; with MODERATION=before it stays hidden until the first look.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory import history, views
from app.directory.curation import sides
from app.directory.curation.standing import Row, locked, owners_of
from app.directory.vocabulary import CHANGE_REASONS, words
from app.directory.writing import show

PAGE = 25
CHANGING = (
    "edited", "imported", "import_taken_back", "merged", "unmerged", "row_added", "row_edited", "row_ended",
    "row_imported", "row_import_edited",
    "row_brought_back", "picture_changed", "became_enterprise",
)  # fmt: skip
"""Acts of the history that change what a profile says."""
DECISIONS = ("approved", "change_asked", "hidden", "shown")
_ACTS = {"approved": "reviewed", "change_asked": "change_asked", "hidden": "hidden", "shown": "shown"}


class ChangedSince(Conflict):
    message = N_("The profile was changed while you were looking at it. Please look at what is new.")


class NotHidden(Conflict):
    message = N_("This profile is not hidden.")


async def decide_profile(
    actor: Actor, organisation: UUID, decision: str, *, version: int, reason: str = "", words: str = ""
) -> None:
    """Note what the department thinks of this version of a profile, and act on it.

    Locks the organisation; refused (ChangedSince) when it is newer than `version`, what the moderator saw. Owners get a
    mail in their language unless all is well. Raises Invalid, NotAllowed, NotFound, NotHidden.
    """
    actor.require("moderator")
    _check(decision, reason)
    async with db.tx():
        row = (await locked(organisation))[organisation]
        if row["version"] != version:
            raise ChangedSince
        await _carry_out(actor, row, decision, reason, clean(words))


async def approve_all(actor: Actor, seen: Sequence[tuple[UUID, int]]) -> int:
    """Approve several at once, each as it was seen; those that changed meanwhile stay in the queue. How many were."""
    actor.require("moderator")
    versions = dict(seen)
    async with db.tx():
        standing = await db.fetch(
            "SELECT id FROM organisation WHERE id = ANY($1::uuid[]) AND ended_at IS NULL ORDER BY id", list(versions)
        )
        rows = await locked(*(row["id"] for row in standing))
        for row in rows.values():
            if row["version"] == versions[row["id"]]:
                await _carry_out(actor, row, "approved", "", "")
        return sum(row["version"] == versions[row["id"]] for row in rows.values())


def _check(decision: str, reason: str) -> None:
    if decision not in DECISIONS:
        raise Invalid(fields={"decision": NOT_A_CHOICE})
    if decision in ("change_asked", "hidden"):
        if not reason:
            raise Invalid(fields={"reason": REQUIRED})
        if reason not in CHANGE_REASONS:
            raise Invalid(fields={"reason": NOT_A_CHOICE})


async def _carry_out(actor: Actor, row: Row, decision: str, reason: str, words: str) -> None:
    waiting = row["hidden_at"] is not None and await _waits_for_first_look(row["id"])
    if decision == "shown" and row["hidden_at"] is None:
        raise NotHidden
    await db.execute(
        "INSERT INTO profile_review (id, organisation, version, decision, reason, words, decided_at, decided_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, now(), $7)",
        *(new_id(), row["id"], row["version"], decision, reason or None, words, actor.person_id),
    )
    await db.execute(
        "UPDATE organisation SET reviewed_version = version, reviewed_at = now(), reviewed_by = $2 WHERE id = $1",
        *(row["id"], actor.person_id),
    )
    if decision == "hidden":
        await db.execute(
            "UPDATE organisation SET hidden_at = coalesce(hidden_at, now()), hidden_reason = $2, hidden_by = $3"
            " WHERE id = $1",
            *(row["id"], reason, actor.person_id),
        )
    elif decision == "shown" or (decision == "approved" and waiting):
        await db.execute(
            "UPDATE organisation SET hidden_at = NULL, hidden_reason = NULL, hidden_by = NULL WHERE id = $1", row["id"]
        )
    await history.record(row["id"], actor.id, _ACTS[decision], {"reason": (None, reason)} if reason else None)
    if decision in ("hidden", "shown") or waiting:
        await show(row["id"])
    if decision != "approved" or waiting:
        await _tell(row, "shown" if decision == "approved" else decision, reason, words)


async def _waits_for_first_look(organisation: UUID) -> bool:
    found: bool = await db.fetchval("SELECT hidden_reason = 'unchecked' FROM organisation WHERE id = $1", organisation)
    return found


async def _tell(row: Row, decision: str, reason: str, words: str) -> None:
    for owner in await owners_of(row["id"]):
        await send_mail(
            to=owner["email"],
            template="directory/curation/mail/reviewed.txt",
            message_key=f"reviewed:{row['id']}:{row['version']}:{decision}:{owner['id']}:{new_id()}",
            locale=owner["locale"],
            context={
                "name": owner["name"],
                "organisation": row["name"],
                "decision": decision,
                "reason": CHANGE_REASONS.label(reason, owner["locale"]),
                "words": words,
                "link": f"{get_settings().origin}/organisations/{row['slug']}/edit",
            },
        )


# --- the queue ------------------------------------------------------------------------------------------------

_OPEN = "o.ended_at IS NULL AND o.version > coalesce(o.reviewed_version, 0) AND (o.source = 'self' OR o.version > 1)"
_SHOWN = {
    "open": _OPEN,
    "new": f"{_OPEN} AND o.reviewed_version IS NULL",
    "changed": f"{_OPEN} AND o.reviewed_version IS NOT NULL",
    "asked": "o.ended_at IS NULL AND o.version = o.reviewed_version AND last.decision = 'change_asked'"
    " AND o.id IN (SELECT organisation FROM profile_review WHERE decision = 'change_asked')",
    "hidden": "o.hidden_at IS NOT NULL AND o.ended_at IS NULL",
}
_QUEUE = f"""
    SELECT o.id, o.slug, o.name, o.kinds, o.version, o.reviewed_version, o.reviewed_at, o.updated_at, o.created_at,
        o.hidden_at, o.hidden_reason, o.sample, o.verified_at, last.decision, last.reason, last.words, last.decided_at,
        r.name AS reviewed_by,
        ARRAY(SELECT p.name FROM membership m JOIN person p ON p.id = m.person WHERE m.organisation = o.id
            AND m.role = 'owner' AND m.ended_at IS NULL ORDER BY m.started_at) AS owners,
        ARRAY(SELECT DISTINCT c.field FROM organisation_change c WHERE c.organisation = o.id AND c.field <> ''
            AND c.act IN {CHANGING} AND c.at > coalesce(o.reviewed_at, 'infinity')) AS fields
    FROM organisation o LEFT JOIN person r ON r.id = o.reviewed_by
    LEFT JOIN LATERAL (SELECT decision, reason, words, decided_at FROM profile_review v WHERE v.organisation = o.id
        ORDER BY v.decided_at DESC, v.id DESC LIMIT 1) last ON true
"""  # noqa: S608  constants only


async def profiles_queue(shown: str, offset: int = 0, q: str = "") -> list[Row]:
    """A page of profiles in one query, one more than a page; who waits longest comes first."""
    order = "o.hidden_at DESC, o.id" if shown == "hidden" else "o.updated_at, o.id"
    rows = await db.fetch(
        f"{_QUEUE} WHERE {_SHOWN[shown]} AND o.name_folded LIKE $2 ORDER BY {order} LIMIT {PAGE + 1} OFFSET $1",
        *(offset, f"%{words(q)}%"),
    )
    return [dict(row) for row in rows]


async def profile_for(organisation: UUID) -> Row:
    """One profile with what changed since the last look; of a new one everything that it says."""
    row = await db.fetchrow(f"{_QUEUE} WHERE o.id = $1 AND o.ended_at IS NULL", organisation)
    if row is None:
        raise NotFound
    found = dict(row)
    found["changes"] = await changes_since(organisation, row["reviewed_at"])
    whole = await sides.profile_row(organisation)
    found["whole"] = [line for line in sides.lines(whole, {}) if line.kept]
    found["reviews"] = [
        dict(one)
        for one in await db.fetch(
            "SELECT v.decision, v.reason, v.words, v.decided_at, p.name AS decided_by FROM profile_review v"
            " LEFT JOIN person p ON p.id = v.decided_by WHERE v.organisation = $1 ORDER BY v.decided_at DESC LIMIT 20",
            organisation,
        )
    ]
    return found


async def changes_since(organisation: UUID, moment: Any) -> list[Row]:
    """Each field that was changed since, in words: what it said then and what it says now; rows of lists by field."""
    if moment is None:
        return []
    rows = await db.fetch(
        "SELECT field, row, (array_agg(before ORDER BY id))[1] AS before, (array_agg(after ORDER BY id DESC))[1]"
        " AS after, max(at) AS at, max(id) AS id, (array_agg(act ORDER BY id DESC))[1] AS act"
        " FROM organisation_change WHERE organisation = $1 AND at > $2 AND field <> '' AND act = ANY($3)"
        " GROUP BY field, row ORDER BY max(id)",
        *(organisation, moment, list(CHANGING)),
    )
    return [
        views.change_of({**row, "person": None, "undoes": None})
        for row in rows
        if (row["before"] or None) != (row["after"] or None)
    ]
