"""Introductions as JSON: list, ask, accept, decline, withdraw. The same doors and verbs as the pages."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.connections.access import candidate_for
from app.connections.introductions import access, answering, asking, inbox
from app.connections.introductions.asking import Wish
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, read_json
from app.core.web import Actor, signed_in
from app.directory.access import editable_organisation_by_id_for, organisation_by_id_for


class Party(msgspec.Struct):
    id: UUID
    slug: str
    name: str


class IntroductionOut(msgspec.Struct):
    """An introduction as the side that asks is told it."""

    id: UUID
    side: str
    """asker, receiver, connector or coordinator."""
    state: str
    """A code of the connection states; a block by the other side looks like silence."""
    origin: str
    asker: Party
    receiver: Party
    purpose: str
    words: str
    reason: str | None
    note: str
    created_at: datetime
    expires_at: datetime | None
    accepted_at: datetime | None


class Introductions(msgspec.Struct):
    items: list[IntroductionOut]
    next_cursor: str | None


class AskBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who asks whom, what for, and why in 20 to 2000 letters."""

    asker: UUID
    receiver: UUID
    purpose: str
    words: str


class DeclineBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    note: str = ""


def _out(held: access.Held) -> IntroductionOut:
    row, state = held.row, held.state
    told = state == "declined"
    return IntroductionOut(
        id=held.id,
        side=held.side,
        state=state,
        origin=row["origin"],
        asker=Party(row["asker"], row["asker_slug"], row["asker_name"]),
        receiver=Party(row["receiver"], row["receiver_slug"], row["receiver_name"]),
        purpose=row["purpose"],
        words=row["words"],
        reason=row["own_reason"] if told else None,
        note=row["note"] if told and row["origin"] == "request" else "",
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        accepted_at=row["accepted_at"] if held.connected else None,
    )


@get("/introductions", guards=[signed_in], tags=["introductions"])
async def listed(
    actor: NamedDependency[Actor], box: FromQuery[str] = "received", cursor: FromQuery[str] = ""
) -> Introductions:
    """One box of the caller's organisations: received, sent, connections or past; 25 at a time."""
    if box not in inbox.BOXES:
        raise Invalid(fields={"box": NOT_A_CHOICE})
    offset = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 6 else 0
    found = await inbox.box(actor.person_id, box, None, offset)
    after = str(offset + inbox.PAGE) if len(found) > inbox.PAGE else None
    return Introductions([_out(one) for one in found[: inbox.PAGE]], after)


@get("/introductions/{introduction_id:uuid}", guards=[signed_in], tags=["introductions"])
async def one(actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> IntroductionOut:
    """One introduction, for who belongs to it."""
    return _out(await access.introduction_for(actor, introduction_id))


@post("/introductions", guards=[signed_in], tags=["introductions"])
async def ask(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> IntroductionOut:
    """Ask an organisation for an introduction. Asking again gives the first; both asking connects at once."""
    body = read_json(await request.body(), AskBody)
    asker = await editable_organisation_by_id_for(actor, body.asker)
    receiver = await organisation_by_id_for(actor, body.receiver)
    receiver_id = (await candidate_for(asker, receiver.slug))["id"]
    introduction = await asking.ask(actor, asker, receiver_id, Wish(purpose=body.purpose, words=body.words))
    return _out(await access.introduction_for(actor, introduction))


@post("/introductions/{introduction_id:uuid}/accept", guards=[signed_in], status_code=200, tags=["introductions"])
async def accept(actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> IntroductionOut:
    """Say yes."""
    await answering.accept(actor, await access.decided_for(actor, introduction_id))
    return _out(await access.introduction_for(actor, introduction_id))


@post("/introductions/{introduction_id:uuid}/decline", guards=[signed_in], status_code=200, tags=["introductions"])
async def decline(
    request: Request[Any, Any, Any], actor: NamedDependency[Actor], introduction_id: FromPath[UUID]
) -> IntroductionOut:
    """Say no, with a code of the reasons for declining."""
    held = await access.decided_for(actor, introduction_id)
    body = read_json(await request.body(), DeclineBody)
    await answering.decline(actor, held, body.reason, body.note)
    return _out(await access.introduction_for(actor, introduction_id))


@post("/introductions/{introduction_id:uuid}/withdraw", guards=[signed_in], status_code=200, tags=["introductions"])
async def withdraw(actor: NamedDependency[Actor], introduction_id: FromPath[UUID]) -> IntroductionOut:
    """Take back a request that waits."""
    await answering.withdraw(actor, await access.decided_for(actor, introduction_id))
    return _out(await access.introduction_for(actor, introduction_id))


router = Router("/api/v1", route_handlers=[listed, one, ask, accept, decline, withdraw])
