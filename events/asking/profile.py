"""Answers that the guest's own profile has a field for: differing ones are taken over there when the guest says so."""

from typing import Any

from app.core import db
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory.persons.profile import edit_profile
from events.asking.schema import Question, Schema, asked_of, in_words

FIELDS = {"province": "province_code", "country": "country"}
"""Kinds of questions, and the profile's fields that say the same."""


async def differing(actor: Actor, schema: Schema, row: Any) -> list[tuple[Question, str]]:
    """The questions that this guest, signed in, has answered otherwise than the own profile, with the answer in words.

    Without a profile there is nothing to keep right.
    """
    if actor.id is None or actor.id != row["person"]:
        return []
    profile = await db.fetchrow(
        "SELECT province_code, country FROM person_profile WHERE person = $1 AND ended_at IS NULL", actor.id
    )
    if profile is None:
        return []
    answers: dict[str, Any] = row["answers"]
    found: dict[str, Question] = {}
    for question in asked_of(schema, row["type_code"], answers):
        given = answers.get(question.code)
        if question.kind in FIELDS and given and given != profile[FIELDS[question.kind]]:
            found.setdefault(question.kind, question)
    return [(question, in_words(question, answers[question.code])) for question in found.values()]


async def take_over(actor: Actor, schema: Schema, row: Any) -> None:
    """Write the differing answers into the guest's own profile. Twice changes nothing. Raises NotFound, Invalid."""
    if actor.id is None or actor.id != row["person"]:
        raise NotFound
    values = {
        FIELDS[question.kind]: row["answers"][question.code] for question, _words in await differing(actor, schema, row)
    }
    if values:
        await edit_profile(actor, values)
