"""Atom feeds: what is new in a public state of the directory or the search, in a saved search, among events."""

from datetime import datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

from litestar import Request, Response, get
from litestar.params import FromPath

from app.core.clock import now
from app.core.i18n import current_locale, gettext
from app.core.settings import get_settings
from app.core.web import public
from app.directory.search import saving
from app.directory.search.everywhere import Hit
from app.directory.search.news import BEGINNING, State, new_since, shown, state_from

AnyRequest = Request[Any, Any, Any]

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 50

Entries = list[tuple[Hit, datetime, Any]]


def atom(*, title: str, path: str, page: str, entries: Entries) -> bytes:
    """The feed as XML. Its id is its address, an entry's is the subject's number: both stay when titles change."""
    origin = get_settings().origin
    feed = ET.Element("feed", {"xmlns": ATOM, "xml:lang": current_locale()})
    _add(feed, "id", f"{origin}{path}")
    _add(feed, "title", title)
    _add(feed, "updated", (entries[0][1] if entries else now()).isoformat(timespec="seconds"))
    ET.SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{origin}{path}")
    ET.SubElement(feed, "link", rel="alternate", type="text/html", href=f"{origin}{page}")
    _add(ET.SubElement(feed, "author"), "name", "Kết Nối")
    for hit, at, subject in entries:
        entry = ET.SubElement(feed, "entry")
        _add(entry, "id", f"urn:uuid:{subject}")
        _add(entry, "title", hit.title)
        _add(entry, "updated", at.isoformat(timespec="seconds"))
        _add(entry, "summary", hit.subtitle)
        ET.SubElement(entry, "link", rel="alternate", type="text/html", href=f"{origin}{hit.url}")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="utf-8")


def _add(parent: ET.Element, tag: str, text: str) -> None:
    # XML has no place for control characters, not even escaped
    ET.SubElement(parent, tag).text = "".join(c for c in text if c >= " " or c in "\n\t")


def answer(body: bytes) -> Response[bytes]:
    return Response(body, media_type="application/atom+xml; charset=utf-8")


async def entries_of(state: State, tier: int) -> Entries:
    (new,) = await new_since([(state, BEGINNING)], tier=tier)
    return await shown(new.ids[:ENTRIES])


async def _public(request: AnyRequest, path: str) -> Response[bytes]:
    """What everybody may find, whoever asks: feed readers have no session."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    state = state_from(path, query)
    title = " · ".join(part for part in (state.asked.q, gettext("New in the directory"), "Kết Nối") if part)
    here = f"{path}/feed" + (f"?{state.query}" if state.query else "")
    return answer(atom(title=title, path=here, page=state.url, entries=await entries_of(state, 0)))


@get("/directory/feed", opt=public)
async def directory_feed(request: AnyRequest) -> Response[bytes]:
    return await _public(request, "/directory")


@get("/search/feed", opt=public)
async def search_feed(request: AnyRequest) -> Response[bytes]:
    return await _public(request, "/search")


@get("/events/feed", opt=public)
async def events_feed() -> Response[bytes]:
    """Every event that everybody may find, the newest first."""
    state = State("/search", "kind=event")
    title = f"{gettext('Events')} · Kết Nối"
    return answer(atom(title=title, path="/events/feed", page="/events", entries=await entries_of(state, 0)))


@get("/saved/{saved_id:uuid}/feed/{token:str}", opt=public)
async def saved_feed(saved_id: FromPath[UUID], token: FromPath[str]) -> Response[bytes]:
    """A saved search under its private address."""
    saved = await saving.by_key(saved_id, token)
    body = atom(
        title=f"{saved.name} · Kết Nối",
        path=saved.feed_url,
        page=saved.state.url,
        entries=await entries_of(saved.state, 0),
    )
    return answer(body)


handlers = [directory_feed, search_feed, events_feed, saved_feed]
