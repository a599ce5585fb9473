"""The form of an event as it is asked now: from the database, remembered by version; and what is known of somebody."""

from typing import Any, Protocol
from uuid import UUID

import msgspec

from app.core import clock, db
from app.core.errors import Invalid
from app.core.forms import Form
from app.core.web import Actor
from events.asking.schema import PREFIX, Question, Schema, Wrong, checked, value_of

_schemas: dict[tuple[UUID, int], Schema] = {}
"""Published versions never change: each is read once by a process."""
_MOST_KEPT = 500
LENIENT = ("desk", "demo", "delegation", "transfer")
"""Ways of registering in which somebody else types: what is missing may be filled in later."""
NOTHING = Schema()


async def schema_of(event: UUID) -> Schema:
    """The newest published form; without questions where none was published."""
    number = await db.fetchval("SELECT max(number) FROM event_form WHERE event = $1", event)
    return await version_of(event, number or 0)


async def version_of(event: UUID, number: int) -> Schema:
    """One version of an event's form; number 0, or one that is not there, has no questions."""
    if not number:
        return NOTHING
    key = (event, number)
    if key not in _schemas:
        rows = await db.fetchval("SELECT questions FROM event_form WHERE event = $1 AND number = $2", event, number)
        if rows is None:
            return NOTHING
        if len(_schemas) >= _MOST_KEPT:
            _schemas.clear()
        _schemas[key] = Schema(number, msgspec.convert(rows, tuple[Question, ...]))
    return _schemas[key]


class Wished(Protocol):
    """What a registration says of itself before it is written."""

    @property
    def ticket_type(self) -> str: ...
    @property
    def answers(self) -> dict[str, Any]: ...
    @property
    def source(self) -> str: ...


async def kept(event: UUID, number: int, wish: Wished) -> dict[str, Any]:
    """Answers as a registration keeps them, by this version of the form. Raises Invalid, by the fields of the page."""
    schema = await version_of(event, number)
    lenient = wish.source in LENIENT
    return checked(schema, wish.ticket_type, wish.answers, clock.now().isoformat(), lenient=lenient)


_EARLIER = """
SELECT answers FROM registration WHERE person = $1 AND answers <> '{}' ORDER BY registered_at DESC LIMIT 5
"""
_PROFILE = "SELECT province_code, country FROM person_profile WHERE person = $1 AND ended_at IS NULL"


async def known_of(actor: Actor, schema: Schema) -> dict[str, Any]:
    """What somebody signed in answered to the same questions before, or says in the own profile; consents never."""
    if actor.id is None or not schema.questions:
        return {}
    found: dict[str, Any] = {}
    earlier = [row["answers"] for row in await db.fetch(_EARLIER, actor.id)]
    profile = await db.fetchrow(_PROFILE, actor.id)
    own = {"province": profile["province_code"], "country": profile["country"]} if profile else {}
    for question in schema.questions:
        if question.kind in ("consent", "file"):
            continue
        for given in (*(one.get(question.code) for one in earlier), own.get(question.kind)):
            if given is not None and _fits(question, given):
                found[question.code] = given
                break
    return found


def _fits(question: Question, given: Any) -> bool:
    try:
        return value_of(question, given) is not None
    except Wrong:
        return False


def also_checked(form: Form[Any], schema: Schema, raw: dict[str, Any]) -> Form[Any]:
    """The form of a page with what is wrong about the answers as well, so that all errors are shown at once."""
    try:
        checked(schema, form.raw.get("ticket_type", ""), raw, "")
    except Invalid as error:
        form.take(error)
    return form


def raw_from(form: dict[str, list[str]], schema: Schema) -> dict[str, Any]:
    """The answers among the fields of a page."""
    return {question.code: form[question.field] for question in schema.questions if form.get(question.field)}


def given_in(form: dict[str, list[str]]) -> dict[str, Any]:
    """What a page sent as answers, whatever the form asks: what it does not ask is dropped when it is checked."""
    return {name.removeprefix(PREFIX): values for name, values in form.items() if name.startswith(PREFIX) and values}


def form_of(schema: Schema, answers: dict[str, Any]) -> dict[str, Any]:
    """Kept answers as the fields of a page show them."""
    found: dict[str, Any] = {}
    for question in schema.questions:
        given = answers.get(question.code)
        if given is None or question.kind == "file":
            continue
        if question.kind == "consent":
            found[question.field] = ["yes"]
        elif question.kind == "yes_no":
            found[question.field] = ["yes" if given else "no"]
        else:
            found[question.field] = [str(one) for one in given] if isinstance(given, list) else [str(given)]
    return found


async def change_answers(registration: UUID, event: UUID, ticket_type: str, raw: dict[str, Any]) -> bool:
    """Write a guest's own change of answers; what was consented to before keeps its moment. Locks the registration.

    Returns whether anything changed. Raises Invalid.
    """
    async with db.tx():
        row = await db.fetchrow("SELECT answers, status FROM registration WHERE id = $1 FOR UPDATE", registration)
        if row is None or row["status"] in ("cancelled", "refused", "expired"):
            raise Invalid
        schema = await schema_of(event)
        new = checked(schema, ticket_type, raw, clock.now().isoformat())
        before: dict[str, Any] = row["answers"]
        for code, given in before.items():
            question = schema.of(code)
            if question is None or question.kind == "file":
                new.setdefault(code, given)
            elif question.kind == "consent" and code in new and isinstance(given, dict):
                new[code] = given
        if new == before:
            return False
        await db.execute("UPDATE registration SET answers = $2, changed_at = now() WHERE id = $1", registration, new)
        return True


async def columns(event: UUID) -> list[Question]:
    """The questions whose answers a list or a file of this event's guests has columns for: all that were ever asked."""
    rows = await db.fetch("SELECT questions FROM event_form WHERE event = $1 ORDER BY number DESC LIMIT 50", event)
    found: dict[str, Question] = {}
    for row in rows:
        for question in msgspec.convert(row["questions"], tuple[Question, ...]):
            found.setdefault(question.code, question)
    return list(found.values())
