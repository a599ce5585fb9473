"""What crawlers read first: robots.txt, and sitemaps of everything public, each address in both languages."""

from collections.abc import AsyncIterator
from xml.sax.saxutils import escape

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream

from app.core import db
from app.core.errors import NotFound
from app.core.settings import get_settings
from app.core.web import public

PART = 20_000
"""Things a part; each is there in two languages, and a sitemap takes fifty thousand addresses."""
BATCH = 2_000
PAGES = ("/", "/directory", "/mentors", "/mentors/conduct", "/events", "/about")
NOT_FOR_CRAWLERS = (
    "/account", "/api/", "/demo/", "/language", "/reset", "/saved", "/search", "/sign-", "/staff", "/suggestions",
    "/tickets/", "/directory/feed", "/compare",
)  # fmt: skip

_SHOWN = "f.listed AND f.tier = 0 AND position('#' IN f.url) = 0"
"""What has a page of its own: a part of a page ("#...") is read with the page."""

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_XHTML = 'xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@get("/robots.txt", opt=public)
async def robots() -> Response[str]:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_FOR_CRAWLERS), ""]
    lines.append(f"Sitemap: {get_settings().origin}/sitemap.xml")
    return Response("\n".join(lines) + "\n", media_type="text/plain", headers=_KEPT)


_KEPT = {"Cache-Control": "public, max-age=3600"}


@get("/sitemap.xml", opt=public)
async def sitemap() -> Response[str]:
    """The index of the parts."""
    count: int = await db.fetchval(f"SELECT count(*) FROM findable f WHERE {_SHOWN}")  # noqa: S608  a constant
    origin = get_settings().origin
    parts = range(max(1, -(-count // PART)))
    found = "".join(f"<sitemap><loc>{origin}/sitemaps/{part}.xml</loc></sitemap>" for part in parts)
    body = f"{_HEAD}<sitemapindex {_SPACE}>{found}</sitemapindex>"
    return Response(body, media_type="application/xml; charset=utf-8", headers=_KEPT)


@get("/sitemaps/{name:str}", opt=public)
async def sitemap_part(name: FromPath[str]) -> Stream:
    """One part, sent as it is read: twenty thousand things never stand in memory together."""
    number = name.removesuffix(".xml")
    if not name.endswith(".xml") or not (number.isascii() and number.isdigit()) or len(number) > 4:
        raise NotFound
    return Stream(_part(int(number)), media_type="application/xml; charset=utf-8", headers=_KEPT)


async def _part(number: int) -> AsyncIterator[str]:
    yield f"{_HEAD}<urlset {_SPACE} {_XHTML}>"
    if number == 0:
        for path in PAGES:
            yield _entries(path, "")
    row = await db.fetchrow(
        f"SELECT kind, subject FROM findable f WHERE {_SHOWN} ORDER BY kind, subject OFFSET $1 LIMIT 1",  # noqa: S608
        number * PART,
    )
    after, left, reached = row, PART, True
    while after is not None and left > 0:
        rows = await db.fetch(
            "SELECT f.kind, f.subject, f.url, o.updated_at FROM findable f"  # noqa: S608  a constant
            " LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject"
            f" WHERE {_SHOWN} AND (f.kind, f.subject) >= ($1, $2)"
            " AND ($4 OR (f.kind, f.subject) <> ($1, $2)) ORDER BY f.kind, f.subject LIMIT $3",
            *(after["kind"], after["subject"], min(BATCH, left), reached),
        )
        yield "".join(_entries(r["url"], f"{r['updated_at']:%Y-%m-%d}" if r["updated_at"] else "") for r in rows)
        after, left, reached = rows[-1] if rows else None, left - len(rows), False
    yield "</urlset>"


def _entries(path: str, changed: str) -> str:
    """An address in both languages; each names the other."""
    there = escape(f"{get_settings().origin}{path}")
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{lang}" href="{there}?lang={lang}"/>' for lang in ("vi", "en")
    )
    last = f"<lastmod>{changed}</lastmod>" if changed else ""
    return "".join(f"<url><loc>{there}?lang={lang}</loc>{last}{links}</url>" for lang in ("vi", "en"))


handlers = [robots, sitemap, sitemap_part]
