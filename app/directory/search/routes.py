"""Pages of the search: everything at once, suggestions while typing. Saved searches and feeds stand beside it."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from app.core.text import clean_line
from app.core.web import Actor, page, public, wants_fragment
from app.directory.asking import MOST_LETTERS
from app.directory.search import by_code, comparing, everywhere, feeds, routes_saved, routes_shared
from app.directory.search.everywhere import address
from app.directory.search.news import state_from

AnyRequest = Request[Any, Any, Any]


def tier_of(actor: Actor) -> int:
    """What this reader may find: people who are signed in find what is meant for members too."""
    return 1 if actor.signed_in else 0


@get("/search", opt=public)
async def search(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    q: FromQuery[str] = "",
    kind: FromQuery[str] = "",
) -> Response[str]:
    """Everything that has the words: the first of each kind, or one kind page by page."""
    typed = clean_line(q)[:MOST_LETTERS].strip()
    chosen = kind if kind in everywhere.TABS else ""
    asked = request.query_params.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    found = await everywhere.search(typed, kind=chosen, page=number, tier=tier_of(actor))
    if coded := await by_code.with_code(actor, typed):
        found = everywhere.with_first(found, coded)
    tabs = [{"label": everywhere.ALL.text(), "href": address(typed), "count": found.total, "current": not chosen}]
    tabs += [
        {
            "label": label.text(),
            "href": address(typed, name),
            "count": found.counts.get(name, 0),
            "current": name == chosen,
        }
        for name, label in everywhere.TABS.items()
        if name in found.counts or name == chosen
    ]
    groups = [
        {"kind": name, "label": label.text(), "hits": found.hits[name], "count": found.counts[name],
         "url": f"/directory?{urlencode({'q': typed})}" if name == "organisation" else address(typed, name)}
        for name, label in everywhere.TABS.items()
        if found.hits.get(name)
    ]  # fmt: skip
    response = page(
        request,
        "directory/search/search.html",
        fragment="found",
        q=typed,
        kind=chosen,
        found=found,
        state=state_from("/search", address(typed, chosen).partition("?")[2]),
        tabs=tabs,
        groups=groups,
        next_url=address(typed, chosen, number + 1) if found.more else None,
        previous_url=address(typed, chosen, number - 1) if chosen and number > 1 else None,
    )
    if wants_fragment(request):
        response.set_header("HX-Push-Url", address(typed, chosen, number))
    return response


@get("/search/suggestions", opt=public)
async def suggestions(request: AnyRequest, actor: NamedDependency[Actor], q: FromQuery[str] = "") -> Response[str]:
    """What a search box shows while somebody types: a few things found, and the way to everything."""
    typed = clean_line(q)[:MOST_LETTERS].strip()
    hits = await by_code.with_code(actor, typed) or await everywhere.suggest(typed, tier=tier_of(actor))
    return page(request, "directory/search/suggestions.html", hits=hits, q=typed, all_url=address(typed))


@get("/compare", opt=public)
async def compare(request: AnyRequest, actor: NamedDependency[Actor], q: FromQuery[str] = "") -> Response[str]:
    """Up to four organisations side by side; words find another one to put beside them."""
    slugs = [slug[:100] for slug in request.query_params.getall("o", [])]
    found = await comparing.compare(actor, slugs)
    here = [column["slug"] for column in found.columns]
    typed = clean_line(q)[:MOST_LETTERS].strip()
    hits = (await everywhere.search(typed, tier=tier_of(actor))).hits.get("organisation", []) if typed else []
    return page(
        request,
        "directory/search/compare.html",
        found=found,
        here=here,
        q=typed,
        more=[
            (hit, compare_address([*here, slug])) for hit in hits if (slug := hit.url.rpartition("/")[2]) not in here
        ],
        without={slug: compare_address([other for other in here if other != slug]) for slug in here},
        full=len(here) >= comparing.MOST,
    )


def compare_address(slugs: list[str]) -> str:
    return "/compare" + ("?" + urlencode([("o", slug) for slug in slugs]) if slugs else "")


router = Router(
    "/",
    route_handlers=[search, suggestions, compare, *routes_saved.handlers, *feeds.handlers, *routes_shared.handlers],
    include_in_schema=False,
)
