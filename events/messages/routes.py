"""Pages of messages: writing, looking at what people will read, trying, sending, stopping, what became of each."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from app.core.errors import Invalid
from app.core.forms import Form, filled, read_form
from app.core.i18n import N_, Phrase, gettext, in_language
from app.core.templating import render
from app.core.web import Actor, done, page, public, signed_in
from events import rights
from events.access import EventSeen, managed_event_for, ticket_for
from events.guests import asking, listing
from events.messages import sending
from events.messages.sending import Draft

AnyRequest = Request[Any, Any, Any]
LOG = 100
STATES: dict[str, Phrase] = {
    "draft": N_("Draft"),
    "scheduled": N_("waits for its time"),
    "sending": N_("being sent"),
    "sent": N_("sent"),
    "stopped": N_("stopped"),
}
FATES: dict[str, Phrase] = {
    "waiting": N_("not yet"),
    "sent": N_("sent"),
    "no_consent": N_("did not agree to news"),
    "no_address": N_("no e-mail address"),
    "sample": N_("made up: gets no mail"),
    "stopped": N_("stopped before its turn"),
}
RATES = (("60", "60"), ("300", "300"), ("600", "600"), ("3000", "3000"))


@get("/events/{slug:str}/messages", guards=[signed_in])
async def index(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[str]:
    """What was written, and a new one to whom the address names."""
    event = await managed_event_for(actor, slug)
    asked = asking.read(request.query_params, [])
    return await _index(request, event, filled({"query": asked.query, "per_minute": 600}))


async def _index(request: AnyRequest, event: EventSeen, form: Form[Any], status: int = 200) -> Response[str]:
    query = form.raw.get("query", "")
    asked = asking.read_text(query)
    segment = {"event": event.id, "query": query, "promotion": "promotion" in form.raw}
    return page(
        request,
        "events/messages/index.html",
        status=status,
        event=event,
        form=form,
        messages=await sending.messages_of(event.id),
        chips=listing.chips(asked, await listing.choices(event.id), f"/events/{event.slug}/messages"),
        status_asked=asked.status,
        reach=await sending.reach(segment),
        states=STATES,
        rates=RATES,
        action=f"/events/{event.slug}/messages",
    )


@post("/events/{slug:str}/messages", guards=[signed_in], status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, Draft)
    if form.value is not None:
        try:
            number = await sending.save(actor, event.id, form.value)
        except Invalid as error:
            return await _index(request, event, form.take(error), 422)
        return done(request, to=f"/events/{slug}/messages/{number}")
    return await _index(request, event, form, 422)


@get("/events/{slug:str}/messages/{number:uuid}", guards=[signed_in])
async def show(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    number: FromPath[UUID],
    fate: FromQuery[str] = "",
    after: FromQuery[int] = 0,
) -> Response[str]:
    event = await managed_event_for(actor, slug)
    return await _show(request, actor, event, number, fate=fate, after=after)


async def _show(  # noqa: PLR0913  what the page is made of, by name
    request: AnyRequest,
    actor: Actor,
    event: EventSeen,
    number: UUID,
    *,
    form: Form[Any] | None = None,
    fate: str = "",
    after: int = 0,
) -> Response[str]:
    message = await sending.message_for(event.id, number)
    asked = asking.read_text(message["query"])
    fate = fate if fate in FATES else ""
    log = await sending.log_of(number, fate, max(after, 0), LOG)
    await rights.seen_by(actor, event, rights.GUEST_LIST, log[:LOG])
    return page(
        request,
        "events/messages/message.html",
        status=422 if form else 200,
        event=event,
        message=message,
        form=form or filled(dict(message)),
        open=message["state"] in ("draft", "scheduled"),
        letters=_letters(event, message),
        when=sending.when(message, event.starts_at),
        chips=listing.chips(asked, await listing.choices(event.id), f"/events/{event.slug}/guests"),
        status_asked=asked.status,
        reach=await sending.reach(message),
        counts=await sending.fate_counts(number),
        log=log[:LOG],
        more=log[LOG - 1]["place"] if len(log) > LOG else None,
        fate=fate,
        states=STATES,
        fates=FATES,
        rates=RATES,
        here=f"/events/{event.slug}/messages/{number}",
        action=f"/events/{event.slug}/messages/{number}",
    )


def _letters(event: EventSeen, message: Any) -> list[tuple[str, str, str]]:
    """What people will read, by language: made by what makes the mails."""
    found = []
    for locale in ("vi", "en") if message["subject_en"] else ("vi",):
        with in_language(locale):
            guest = {**dict(event.row), "full_name": "Nguyễn Thị Minh Khai", "secret": "…"}
            values = {**sending.letter(message, guest), "trial": False, "locale": locale}
            subject, body = (render("events/messages/mail.txt", values, part).strip() for part in ("subject", "body"))
            found.append((locale, " ".join(subject.split()), body))
    return found


@post("/events/{slug:str}/messages/{number:uuid}", guards=[signed_in], status_code=200)
async def change(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    form = await read_form(request, Draft)
    if form.value is not None:
        try:
            await sending.save(actor, event.id, form.value, number)
        except Invalid as error:
            return await _show(request, actor, event, number, form=form.take(error))
        return done(request, to=f"/events/{slug}/messages/{number}", message=gettext("The draft is saved."))
    return await _show(request, actor, event, number, form=form)


@post("/events/{slug:str}/messages/{number:uuid}/test", guards=[signed_in])
async def try_out(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await sending.try_out(actor, event.id, number)
    said = gettext("A test is on its way to %(address)s.", address=actor.email)
    return done(request, to=f"/events/{slug}/messages/{number}", message=said)


@post("/events/{slug:str}/messages/{number:uuid}/send", guards=[signed_in])
async def send(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await sending.schedule(actor, event.id, number)
    said = gettext("It goes out at its time. Until then you can change or stop it.")
    return done(request, to=f"/events/{slug}/messages/{number}", message=said)


@post("/events/{slug:str}/messages/{number:uuid}/stop", guards=[signed_in])
async def stop(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], number: FromPath[UUID]
) -> Response[Any]:
    event = await managed_event_for(actor, slug)
    await sending.stop(event.id, number)
    return done(request, to=f"/events/{slug}/messages/{number}", message=gettext("It was stopped."))


@get("/tickets/{secret:str}/no-news", opt=public)
async def no_news_page(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    """Asks before anything ends: mail programs look at links by themselves."""
    row = await ticket_for(secret)
    return page(request, "events/messages/no_news.html", secret=row["secret"], ended=row["news_consent_at"] is None)


@post("/tickets/{secret:str}/no-news", opt=public, status_code=200)
async def no_news(request: AnyRequest, secret: FromPath[str]) -> Response[str]:
    """One click, also by a mail program without a session (RFC 8058)."""
    row = await ticket_for(secret)
    await sending.no_news(row["id"])
    return page(request, "events/messages/no_news.html", secret=row["secret"], ended=True)


router = Router(
    "/",
    route_handlers=[index, create, show, change, try_out, send, stop, no_news_page, no_news],
    include_in_schema=False,
)
