"""JSON of one's own data, under /api/v1/me: consents, requests, who has seen it, a copy of everything.

Erasing has a page only: it needs the password, the consequences before one's eyes, and a word typed.
"""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from app.core.bodies import takes
from app.core.forms import read_json
from app.core.web import Actor, own_account
from app.people.rights import consent, copying, register, requests, seen
from app.people.rights.consent import Standing
from app.people.two_step import require_recent
from app.people.where import origin_of

AnyRequest = Request[Any, Any, Any]


class ConsentOut(msgspec.Struct, frozen=True):
    """`by` consent: off until given; `by` service: on until withdrawn. `text_version` names the text shown now."""

    purpose: str
    by: str
    holds: bool
    decided_at: datetime | None
    asks_again: bool
    label_vi: str
    label_en: str
    text_vi: str
    text_en: str
    stops_vi: str
    stops_en: str
    text_version: str


class Consents(msgspec.Struct, frozen=True):
    items: list[ConsentOut]


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Agreeing names the text that was read; withdrawing needs none."""

    given: bool
    text_version: str = ""


class RequestIn(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["access", "correction", "deletion", "withdrawal", "objection"]
    said: str


class RequestOut(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    kind: str
    said: str
    state: str
    received_at: datetime
    respond_by: date
    act_by: date
    answer: str


class Requests(msgspec.Struct, frozen=True):
    items: list[RequestOut]


class Look(msgspec.Struct, frozen=True):
    """Somebody opened the details: in what capacity, for which event or organisation, and what."""

    at: datetime
    role: str
    place: str
    kind: str


class Looks(msgspec.Struct, frozen=True):
    items: list[Look]


class Copy(msgspec.Struct, frozen=True):
    """`state` is asked while it is being made, then ready until `expires_at`."""

    id: UUID
    state: str
    asked_at: datetime
    expires_at: datetime | None
    size: int
    records: int


class Copies(msgspec.Struct, frozen=True):
    items: list[Copy]


def _consent(standing: Standing) -> ConsentOut:
    purpose, text = standing.purpose, standing.purpose.text
    return ConsentOut(
        purpose=purpose.code,
        by=purpose.by,
        holds=standing.holds,
        decided_at=standing.at,
        asks_again=standing.asks_again,
        label_vi=purpose.label_vi,
        label_en=purpose.label_en,
        text_vi=text.vi,
        text_en=text.en,
        stops_vi=purpose.stops_vi,
        stops_en=purpose.stops_en,
        text_version=text.version,
    )


@get("/me/consents", guards=[own_account], tags=["people"], summary="What one has agreed to")
async def consents(actor: NamedDependency[Actor]) -> Consents:
    return Consents([_consent(standing) for standing in await consent.standing_of(actor.person_id)])


@put(
    "/me/consents/{purpose:str}",
    guards=[own_account],
    tags=["people"],
    summary="Agree or withdraw",
    operation_class=takes(Decision),
)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], purpose: FromPath[str]) -> ConsentOut:
    """Withdrawing takes effect at once and everywhere. The same decision again changes nothing."""
    body = read_json(await request.body(), Decision)
    channel: consent.Channel = "api" if actor.via == "token" else "web"
    await consent.decide(actor.person_id, purpose, body.given, text_version=body.text_version, channel=channel)
    standings = await consent.standing_of(actor.person_id)
    return next(_consent(standing) for standing in standings if standing.purpose.code == purpose)


@get("/me/requests", guards=[own_account], tags=["people"], summary="One's own requests")
async def own_requests(actor: NamedDependency[Actor]) -> Requests:
    return Requests([_request(row) for row in await register.own_requests(actor)])


@post("/me/requests", guards=[own_account], tags=["people"], summary="Ask", operation_class=takes(RequestIn))
async def ask(request: AnyRequest, actor: NamedDependency[Actor]) -> RequestOut:
    """Register a request about one's own data; it is answered within the law's days."""
    body = read_json(await request.body(), RequestIn)
    number = await requests.ask(actor, body.kind, body.said[:4000])
    return next(_request(row) for row in await register.own_requests(actor) if row["id"] == number)


def _request(row: Any) -> RequestOut:
    return RequestOut(**{field: row[field] for field in RequestOut.__struct_fields__})


@get("/me/seen-by", guards=[own_account], tags=["people"], summary="Who has seen one's data")
async def seen_by(actor: NamedDependency[Actor]) -> Looks:
    """The newest thirty looks of the last year."""
    rows = (await seen.seen_of(actor.person_id))[: seen.PAGE]
    return Looks([Look(row["at"], row["viewer_role"], row["place"], row["kind"]) for row in rows])


@post("/me/copies", guards=[own_account], status_code=202, tags=["people"], summary="Ask for a copy of everything")
async def ask_for_copy(request: AnyRequest, actor: NamedDependency[Actor]) -> Copy:
    """The copy is made by a job; while one is being made, that one is given. A browser confirms the password first."""
    _recent(actor)
    number = await copying.ask(actor, origin_of(request))
    return next(_copy(row) for row in await copying.copies_of(actor.person_id) if row["id"] == number)


@get("/me/copies", guards=[own_account], tags=["people"], summary="Copies that are there")
async def copies(actor: NamedDependency[Actor]) -> Copies:
    return Copies([_copy(row) for row in await copying.copies_of(actor.person_id)])


@get("/me/copies/{number:uuid}/file", guards=[own_account], tags=["people"], summary="Fetch a copy")
async def file(request: AnyRequest, actor: NamedDependency[Actor], number: FromPath[UUID]) -> Response[Any]:
    """A ZIP file. 409 while it is being made, 404 after a week."""
    _recent(actor)
    row = await copying.copy_for(actor, number)
    await copying.fetched(actor, number, origin_of(request))
    headers = {"Content-Disposition": 'attachment; filename="ket-noi.zip"', "Content-Length": str(row["size"])}
    return Stream(copying.pieces(number), media_type="application/zip", headers=headers)


def _copy(row: Any) -> Copy:
    return Copy(**{field: row[field] for field in Copy.__struct_fields__})


def _recent(actor: Actor) -> None:
    """A token was made with a password on purpose; a browser's session has to have confirmed it lately."""
    if actor.via != "token":
        require_recent(actor)


HANDLERS = (consents, decide, own_requests, ask, seen_by, ask_for_copy, copies, file)
