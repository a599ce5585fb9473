"""Answers that are files: sent from the ticket's own page, seen by the event's organizers alone, erased with the guest.

They are never taken from the registration form: nobody stores files here before an address has had its mail.
"""

from typing import Any
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files import keeping
from app.core.files.purposes import SCAN, Purpose, Stored, register
from app.core.files.uploads import Upload
from app.core.forms import REQUIRED
from app.core.i18n import N_
from app.core.web import Actor
from events.access import MANAGERS
from events.asking import asked
from events.asking.schema import Question, Schema, asked_of
from events.states import ENDED

OWNER = "registration"


class NotNow(Conflict):
    message = N_("This registration has ended: its answers are not changed any more.")


async def _may_see(actor: Actor, file: Stored) -> bool:
    """Who plans the event of the registration; not its desk, not the guest's own link, not who sent it."""
    if actor.has("admin"):
        return True
    return actor.id is not None and bool(
        await db.fetchval(
            "SELECT EXISTS (SELECT FROM registration r JOIN event_staff s ON s.event = r.event AND s.person = $2"
            " AND s.role = ANY ($3) AND s.ended_at IS NULL WHERE r.id = $1)",
            *(file.owner_id, actor.id, list(MANAGERS)),
        )
    )


ANSWER_FILE = register(
    Purpose(name="event_answer", pictures=SCAN, documents=True, tier=4, lasting=False, may_see=_may_see)
)


class Sent(msgspec.Struct, frozen=True):
    """A file question of a ticket, and what was sent for it."""

    question: Question
    name: str = ""


def wanted(schema: Schema, row: Any) -> list[Sent]:
    """What this guest is asked to send after having answered so, with what is there."""
    answers: dict[str, Any] = row["answers"]
    return [
        Sent(question, str((answers.get(question.code) or {}).get("name", "")))
        for question in asked_of(schema, row["type_code"], answers)
        if question.kind == "file"
    ]


def missing(schema: Schema, row: Any) -> list[str]:
    """What this guest still has to send, in words."""
    return [one.question.label for one in wanted(schema, row) if one.question.required and not one.name]


async def _question(row: Any, code: str) -> Question:
    schema = await asked.schema_of(row["event"])
    found = next((one.question for one in wanted(schema, row) if one.question.code == code), None)
    if found is None:
        raise NotFound
    if row["status"] in ENDED:
        raise NotNow
    return found


async def send(actor: Actor, row: Any, code: str, upload: Upload | None) -> None:
    """Keep a guest's file as the answer to a question; one that was there is erased. Raises NotFound, NotNow, Invalid.

    Uploads are counted by the ticket where nobody is signed in.
    """
    question = await _question(row, code)
    if upload is None:
        raise Invalid(fields={"file": REQUIRED})
    draft = await keeping.prepare(actor, upload, ANSWER_FILE.name, near=str(row["id"]))
    async with db.tx():
        before = await _locked(row["id"], question.code)
        await keeping.erase_file(before)
        file = await keeping.keep(actor, draft, OWNER, row["id"])
        given = {"file": str(file), "name": draft.name, "variant": draft.best, "at": clock.now().isoformat()}
        await _write(row["id"], {question.code: given})


async def take_away(row: Any, code: str) -> None:
    """Erase what was sent for a question. Twice changes nothing."""
    question = await _question(row, code)
    async with db.tx():
        before = await _locked(row["id"], question.code)
        await keeping.erase_file(before)
        await db.execute(
            "UPDATE registration SET answers = answers - $2::text, changed_at = now() WHERE id = $1",
            *(row["id"], question.code),
        )


async def _locked(registration: UUID, code: str) -> UUID | None:
    answers = await db.fetchval("SELECT answers FROM registration WHERE id = $1 FOR NO KEY UPDATE", registration)
    file = ((answers or {}).get(code) or {}).get("file")
    return UUID(file) if file else None


async def _write(registration: UUID, given: dict[str, Any]) -> None:
    await db.execute(
        "UPDATE registration SET answers = answers || $2, changed_at = now() WHERE id = $1", registration, given
    )


def links(questions: list[Question], answers: dict[str, Any]) -> list[tuple[str, str, str]]:
    """For organizers: the question, the file's name and its address."""
    return [
        (question.label, given["name"], f"/files/{given['file']}/{given['variant']}")
        for question in questions
        if question.kind == "file" and isinstance(given := answers.get(question.code), dict)
    ]
