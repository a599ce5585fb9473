"""One search over everything that has a page: the first hits of each kind with counts, and suggestions while typing."""

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from app.core import db
from app.core.i18n import N_, Phrase, current_locale, pick
from app.directory import places
from app.directory.credentials.badges import BADGES
from app.directory.search import forgiving, spelling
from app.directory.search.lines import asked_words
from app.directory.vocabulary import CREDENTIAL_TYPES, KINDS

TABS: dict[str, Phrase] = {
    "organisation": N_("Organisations"),
    "person": N_("People"),
    "event": N_("Events"),
    "programme": N_("Programmes"),
    "technology_offer": N_("Technologies on offer"),
    "technology_need": N_("Technologies wanted"),
}
ALL = N_("All results")
ONE: dict[str, Phrase] = {
    "organisation": N_("Organisation"),
    "person": N_("Person"),
    "event": N_("Event"),
    "programme": N_("Programme"),
    "technology_offer": N_("Technology on offer"),
    "technology_need": N_("Technology wanted"),
}
FIRST = 5
PAGE = 24
FURTHEST = 40
"""Pages of one kind that can be leafed through; who looks further asks for more words."""
SUGGESTED = 8
FEWEST_LETTERS = 2
SHORT = 3
"""So few letters are looked for at the beginnings of names only."""
MOST_NAMES, MOST_MENTIONS = 2_000, 4_000


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found, as it is shown."""

    kind: str
    title: str
    other_title: str
    subtitle: str
    url: str
    sample: bool
    logo: UUID | None = None
    badges: tuple[str, ...] = ()
    """What is verified of an organisation and holds today, in words."""


class Everything(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, by kind; `corrected` are the words that were searched for instead of those typed."""

    counts: dict[str, int]
    hits: dict[str, list[Hit]]
    corrected: str = ""
    alike: bool = False
    more: bool = False

    @property
    def total(self) -> int:
        return sum(self.counts.values())


SHOWN = f"""f.id, f.kind, f.title, f.title_en, f.subtitle_vi, f.subtitle_en, f.url, f.sample,
    o.kinds, o.country, o.state, o.region, o.city, o.province_code, o.ward_code,
    o.logo_file, {BADGES}"""

_CLASS = r"""CASE WHEN title_folded = $1 THEN 0
    WHEN strpos(names, E'\n' || $1 || E'\n') > 0 OR strpos(names, E'\nzq' || replace($1, ' ', '') || E'\n') > 0 THEN 1
    WHEN strpos(names, E'\n' || $1) > 0 THEN 2 ELSE 3 END"""


def _matching(names: int, mentions: int) -> str:
    """Rows with the words ($2 in names, $3 anywhere) that this reader may find ($4), with how well they fit."""
    parts = []
    for scope in (forgiving.ORGANISATIONS, forgiving.OTHERS):
        where = f"listed AND {scope} AND tier <= $4"
        parts.append(
            f"(SELECT id, kind, weight, title_folded, {_CLASS} AS class FROM findable"  # noqa: S608  constants only
            f" WHERE {where} AND title_vector @@ to_tsquery('simple', $2) LIMIT {names})"
        )
        parts.append(
            f"(SELECT id, kind, weight, title_folded,"  # noqa: S608  constants only
            " CASE WHEN strpos(names, E'\\nzq' || replace($1, ' ', '') || E'\\n') > 0 THEN 1 ELSE 5 END FROM findable"
            f" WHERE {where} AND vector @@ to_tsquery('simple', $3) LIMIT {mentions})"
        )
    every_way = " UNION ALL ".join(parts)
    return f"SELECT DISTINCT ON (id) id, kind, weight, title_folded, class FROM ({every_way}) w ORDER BY id, class"  # noqa: S608


_BY_KIND = f"""
    WITH matching AS MATERIALIZED ({_matching(MOST_NAMES, MOST_MENTIONS)}), placed AS (
        SELECT id,
            row_number() OVER (PARTITION BY kind ORDER BY class, weight DESC, title_folded COLLATE "C", id) AS place,
            count(*) OVER (PARTITION BY kind) AS of_kind
        FROM matching
    )
    SELECT p.place, p.of_kind, {SHOWN} FROM placed p JOIN findable f USING (id)
    LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject
    WHERE p.place = 1 OR (($5 = '' OR f.kind = $5) AND p.place > $6 AND p.place <= $6 + $7)
    ORDER BY f.kind, p.place
"""  # noqa: S608  constants only


def _suggesting(matching: str) -> str:
    """The best few of these rows, as they are shown."""
    return f"""
        WITH matching AS MATERIALIZED ({matching}), best AS (
            SELECT id, class, weight, title_folded FROM matching
            ORDER BY class, weight DESC, title_folded COLLATE "C", id LIMIT {SUGGESTED}
        )
        SELECT {SHOWN} FROM best b JOIN findable f USING (id)
        LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject
        ORDER BY b.class, b.weight DESC, b.title_folded COLLATE "C", b.id
    """  # noqa: S608  constants only


_NAMES = _suggesting(
    f"SELECT id, kind, weight, title_folded, {_CLASS} AS class FROM findable"  # noqa: S608  constants only
    " WHERE id = ANY(ARRAY(SELECT id FROM ("
    "(SELECT id FROM findable WHERE listed AND weight >= 3 AND tier <= $3 AND title_folded ~>=~ $1"
    " AND title_folded ~<~ $4 LIMIT 60)"
    " UNION (SELECT id FROM findable WHERE listed AND tier <= $3 AND title_folded ~>=~ $1 AND title_folded ~<~ $4"
    " LIMIT 60)"
    f" UNION (SELECT id FROM findable WHERE listed AND {forgiving.ORGANISATIONS} AND tier <= $3"
    " AND title_vector @@ to_tsquery('simple', $2) LIMIT 400)"
    f" UNION (SELECT id FROM findable WHERE listed AND {forgiving.OTHERS} AND tier <= $3"
    " AND title_vector @@ to_tsquery('simple', $2) LIMIT 400)) named))"
)
"""Names with the words ($2), among them what is best known of those that begin so ($1 up to $4)."""

_MENTIONS = _suggesting(_matching(100, 200))

_BEGINNING = f"""
    WITH best AS (
        SELECT id, title_folded, weight FROM (
            (SELECT id, title_folded, weight FROM findable
                WHERE listed AND weight >= 3 AND tier <= $3 AND title_folded ~>=~ $1 AND title_folded ~<~ $2
                ORDER BY title_folded USING ~<~ LIMIT 300)
            UNION
            (SELECT id, title_folded, weight FROM findable
                WHERE listed AND tier <= $3 AND title_folded ~>=~ $1 AND title_folded ~<~ $2
                ORDER BY title_folded USING ~<~ LIMIT 60)
        ) begins ORDER BY (title_folded = $1) DESC, weight DESC, title_folded COLLATE "C", id LIMIT {SUGGESTED}
    )
    SELECT {SHOWN} FROM best b JOIN findable f USING (id)
    LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject
    ORDER BY (b.title_folded = $1) DESC, b.weight DESC, b.title_folded COLLATE "C", b.id
"""  # noqa: S608  constants only

_BY_ID = f"""
    SELECT {SHOWN} FROM unnest($1::bigint[]) WITH ORDINALITY AS near (id, place)
    JOIN findable f USING (id) LEFT JOIN organisation o ON f.kind = 'organisation' AND o.id = f.subject
    ORDER BY near.place
"""  # noqa: S608  constants only


async def search(q: str, *, kind: str = "", page: int = 1, tier: int = 0) -> Everything:
    """The first hits of every kind; with a `kind`, one page of that kind beside the counts of all.

    One query where the words are found; where they were mistyped, a few more.
    """
    asked = asked_words(q)
    if not asked:
        return Everything(counts={}, hits={})
    kind, page = (kind if kind in TABS else ""), max(1, min(page, FURTHEST))
    found = await _with_all_words(asked, kind, page, tier)
    if found.counts:
        return found
    if meant := spelling.as_if_typed_in_telex(asked):
        found = await _with_all_words(meant, kind, page, tier)
        if found.counts:
            return _merged(found, {}, kind, page, meant)
    known = await spelling.lexicon()
    if meant := spelling.corrected(asked, known):
        found = await _with_all_words(meant, kind, page, tier)
        if found.counts:
            return _merged(found, await _nearest(known, asked, tier), kind, page, meant)
    near = await _nearest(known, asked, tier)
    near = near or await _nearest(known, spelling.as_if_typed_in_telex(asked), tier)
    return _merged(Everything(counts={}, hits={}), near, kind, page, "")


async def suggest(q: str, *, tier: int = 0) -> list[Hit]:
    """What somebody who has typed so much may mean; nothing before the second letter. Names first, then mentions."""
    asked = asked_words(q)
    if len(asked) < FEWEST_LETTERS:
        return []
    rows = await db.fetch(_BEGINNING, asked, _next(asked), tier)
    if len(rows) == SUGGESTED or (rows and len(asked) <= SHORT):
        return [hit_of(row) for row in rows]
    for meant in (asked, spelling.as_if_typed_in_telex(asked)):
        if meant and (hits := await _with_these_words(meant, tier)):
            return hits
    known = await spelling.lexicon()
    near = await _nearest(known, asked, tier)
    near = near or await _nearest(known, spelling.as_if_typed_in_telex(asked), tier)
    hits = [hit for ones in near.values() for hit in ones]
    if len(hits) < SUGGESTED and (meant := spelling.corrected(asked, known)):
        there = {hit.url for hit in hits}
        hits += [hit for hit in await _with_these_words(meant, tier) if hit.url not in there]
    return hits[:SUGGESTED]


def _next(beginning: str) -> str:
    """The first text, letter by letter, that no longer begins so."""
    return beginning[:-1] + chr(ord(beginning[-1]) + 1)


async def _with_these_words(asked: str, tier: int) -> list[Hit]:
    """Names with the words, and where they are few what mentions them."""
    terms, known = forgiving.terms_of(asked), await spelling.lexicon(fresh=False)
    rows = await db.fetch(_NAMES, asked, forgiving.all_words(known, terms), tier, _next(asked))
    if not rows and (begins := forgiving.beginnings(known, terms)):
        rows = await db.fetch(_NAMES, asked, begins, tier, _next(asked))
    if len(rows) < SUGGESTED:
        there = {row["id"] for row in rows}
        rows += [row for row in await _asked_with(_MENTIONS, asked, tier) if row["id"] not in there]
    return [hit_of(row) for row in rows[:SUGGESTED]]


async def _asked_with(query: str, asked: str, *further: object) -> list[Any]:
    terms, known = forgiving.terms_of(asked), await spelling.lexicon(fresh=False)
    texts = forgiving.anywhere(known, terms)
    rows = await db.fetch(query, asked, forgiving.all_words(known, terms), texts, *further)
    if not rows and (begins := forgiving.beginnings(known, terms)):
        rows = await db.fetch(query, asked, begins, texts, *further)
    return rows


async def _with_all_words(asked: str, kind: str, page: int, tier: int) -> Everything:
    skip, most = ((page - 1) * PAGE, PAGE) if kind else (0, FIRST)
    rows = await _asked_with(_BY_KIND, asked, tier, kind, skip, most)
    hits: dict[str, list[Hit]] = defaultdict(list)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["kind"]] = row["of_kind"]
        if (not kind or row["kind"] == kind) and skip < row["place"] <= skip + most:
            hits[row["kind"]].append(hit_of(row))
    more = bool(kind) and counts.get(kind, 0) > skip + most and page < FURTHEST
    return Everything(counts=counts, hits=dict(hits), more=more)


async def _nearest(known: spelling.Lexicon, asked: str, tier: int) -> dict[str, list[Hit]]:
    """Names that look like it, by kind, the nearest first."""
    if not asked:
        return {}
    near = [
        *await forgiving.alike(known, asked, tier=tier, most=SUGGESTED),
        *await forgiving.alike(known, asked, scope=forgiving.OTHERS, tier=tier, most=SUGGESTED),
    ]
    near.sort(key=lambda one: one.errors)
    found: dict[str, list[Hit]] = defaultdict(list)
    for row in await db.fetch(_BY_ID, [one.id for one in near]) if near else []:
        found[row["kind"]].append(hit_of(row))
    return found


def _merged(found: Everything, near: dict[str, list[Hit]], kind: str, page: int, meant: str) -> Everything:
    """What has the corrected words, behind the names that look like what was typed."""
    hits = {name: list(ones) for name, ones in found.hits.items()}
    counts = dict(found.counts)
    for name, ones in near.items():
        new = [hit for hit in ones if hit.url not in {known.url for known in hits.get(name, ())}]
        counts[name] = counts.get(name, 0) + len(new)
        if page == 1 and kind in ("", name):
            hits[name] = (new + hits.get(name, []))[: PAGE if kind else FIRST]
    return Everything(counts=counts, hits=hits, corrected=meant, alike=bool(near) and not found.counts, more=found.more)


def with_first(found: Everything, first: list[Hit]) -> Everything:
    """What was found, behind these organisations."""
    there = {hit.url for hit in first}
    known = found.hits.get("organisation", [])
    rest = [hit for hit in known if hit.url not in there]
    count = found.counts.get("organisation", 0) + len(first) - (len(known) - len(rest))
    counts = {**({} if found.alike else found.counts), "organisation": count if not found.alike else len(first)}
    hits = {**({} if found.alike else found.hits), "organisation": first + ([] if found.alike else rest)}
    return msgspec.structs.replace(found, counts=counts, hits=hits, alike=False)


def address(q: str, kind: str = "", number: int = 1) -> str:
    """The address of a state of the search."""
    pairs = [("q", q), ("kind", kind), ("page", str(number) if number > 1 else "")]
    return "/search?" + urlencode([(name, value) for name, value in pairs if value]) if q else "/search"


def hit_of(row: Any) -> Hit:
    """A row as it is shown in the reader's language."""
    vi = current_locale() == "vi"
    title, other = row["title"], row["title_en"]
    if row["kind"] != "organisation" and not vi and other:
        title, other = other, ""
    elif vi or other == title:
        other = ""
    return Hit(
        kind=row["kind"],
        title=title,
        other_title=other,
        subtitle=_subtitle(row),
        url=row["url"],
        sample=row["sample"],
        logo=row["logo_file"],
        badges=tuple(CREDENTIAL_TYPES.labels(row["badges"] or ())),
    )


def _subtitle(row: Any) -> str:
    if row["kind"] == "organisation":
        parts = [", ".join(KINDS.labels(row["kinds"] or ())), places.place_label(dict(row))]
    else:
        parts = [ONE[row["kind"]].text(), pick(row["subtitle_vi"], row["subtitle_en"])]
    return " · ".join(part for part in parts if part)
