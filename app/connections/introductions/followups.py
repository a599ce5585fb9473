"""What came of it, asked each side after 30, 90 and 180 days: one link in a mail, one press on its page.

Opening the link answers nothing: mail programs open links by themselves.
"""

from typing import Any
from uuid import UUID

from app.connections.introductions import habits, notices, steps
from app.connections.introductions.access import SELECT
from app.connections.introductions.states import CONNECTED, other_side
from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings

ANSWERS: dict[str, Phrase] = {
    "met": N_("We have met"),
    "resulted": N_("It led to something"),
    "nothing_yet": N_("Nothing yet"),
    "ask_no_more": N_("Please ask no more about this"),
}
AT_ONCE = 500

Row = dict[str, Any]


async def find_due() -> int:
    """Ask for the mails that are due: each once, and none for what has ended or has its answer. The number found."""
    async with db.tx():
        rows = await db.fetch(
            "UPDATE introduction_followup f SET asked_at = now() FROM (SELECT f.id FROM introduction_followup f"
            " JOIN introduction i ON i.id = f.introduction WHERE f.asked_at IS NULL AND f.due_at <= now()"
            " AND f.answered_at IS NULL AND i.state = ANY($1) ORDER BY f.due_at, f.id LIMIT $2"
            " FOR UPDATE OF f SKIP LOCKED) due WHERE f.id = due.id RETURNING f.id",
            *(list(CONNECTED), AT_ONCE),
        )
        for row in rows:
            await enqueue("introductions.follow_up", {"followup": str(row["id"])},
                          dedupe_key=f"introductions.follow_up:{row['id']}")  # fmt: skip
    return len(rows)


async def send(followup: UUID) -> None:
    """One mail to each of a side's people, with the link of the one question. Running twice sends no second one."""
    async with db.tx():
        found = await db.fetchrow("SELECT * FROM introduction_followup WHERE id = $1", followup)
        if found is None or found["answered_at"] is not None:
            return
        row = dict(await db.fetchrow(f"{SELECT} WHERE i.id = $1", found["introduction"]) or {})
        origin = get_settings().origin
        for person in await notices.people_of(row, found["side"]):
            if (await habits.habits_of(person["id"])).mails == "off":
                continue
            end = f"{origin}{habits.end_path(person['id'])}"
            await send_mail(
                to=person["email"],
                template="introductions/mail/follow_up.txt",
                message_key=f"introduction-follow-up:{followup}:{person['id']}",
                locale=person["locale"],
                context={
                    "name": person["name"],
                    "other": row[f"{other_side(found['side'])}_name"],
                    "days": found["days"],
                    "link": f"{origin}{path_of(followup, person['id'])}",
                    "end_link": end,
                },
                unsubscribe_url=end,
            )


def path_of(followup: UUID, person: UUID) -> str:
    """Where this person answers this question without signing in."""
    return f"/introductions/follow-up/{followup}/{person}/{habits.sign('follow-up', followup, person)}"


async def asked_for(followup: UUID, person: UUID, token: str) -> Row:
    """The question behind a link, for who still speaks for its side. NotFound for everybody else."""
    if not habits.fits(token, "follow-up", followup, person):
        raise NotFound
    row = await db.fetchrow(
        "SELECT f.*, i.state, a.name AS asker_name, r.name AS receiver_name FROM introduction_followup f"
        " JOIN introduction i ON i.id = f.introduction JOIN organisation a ON a.id = i.asker"
        " JOIN organisation r ON r.id = i.receiver JOIN membership m ON m.person = $2 AND m.ended_at IS NULL"
        " AND m.organisation = CASE WHEN f.side = 'asker' THEN i.asker ELSE i.receiver END"
        " AND m.role IN ('owner', 'editor') WHERE f.id = $1 AND f.asked_at IS NOT NULL",
        *(followup, person),
    )
    if row is None:
        raise NotFound
    return {**dict(row), "other_name": row[f"{other_side(row['side'])}_name"]}


async def answer(followup: UUID, person: UUID, said: str) -> None:
    """Keep the answer; the first of a side counts, pressing again changes it. `met` is a step, `ask_no_more` ends the
    later questions of this side. What it led to is stated by who is signed in."""
    if said not in ANSWERS:
        raise Invalid(fields={"answer": NOT_A_CHOICE})
    async with db.tx():
        found = await db.fetchrow("SELECT * FROM introduction_followup WHERE id = $1 FOR UPDATE", followup)
        if found is None:
            raise NotFound
        await db.execute(
            "UPDATE introduction_followup SET answer = $2, person = $3, answered_at = now() WHERE id = $1",
            *(followup, said, person),
        )
        if said == "ask_no_more":
            await db.execute(
                "UPDATE introduction_followup SET answer = 'ask_no_more', person = $3, answered_at = now()"
                " WHERE introduction = $1 AND side = $2 AND asked_at IS NULL",
                *(found["introduction"], found["side"], person),
            )
        row = await steps.lock(found["introduction"])
        if said in ("met", "resulted") and row["state"] == "accepted":
            await steps.step(row, "met", found["side"], person, f"after_{found['days']}_days")
