"""Who sees what: every field and list of the registry, before every kind of reader, on page, API, list and search.

One organisation says everything, each text with a mark of its own; every surface is asked once for each reader, and
the marks found on it are compared with what the registry and the owner's choices allow.
"""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from app.core import db as database
from app.core.i18n import in_language
from app.core.web import NOBODY, Actor
from app.directory import access, notes, profiles, rows, views
from app.directory.fields import COLLECTIONS, FIELDS, Collection, Field, Tier, fields_for
from app.directory.importing.exporting import write_one
from app.directory.seeing import EVERYBODY, THE_ENGINE, Viewer, shown, shown_rows, tier_of
from tests.conftest import MakeClient
from tests.directory.conftest import Cast

KINDS = ["startup", "investor", "incubator", "company"]
BUT = {"file", "organisation"}
"""Set by acts of their own: pictures are served by their own rule, other organisations are links."""

Marks = dict[str, str]


def mark_of(name: str) -> str:
    """Letters only, so that no surface breaks or folds it."""
    return "mark" + "".join(letter for letter in name if letter.isalpha()) + "end"


def canary(field: Field, mark: str) -> Any:
    """A value for the field: with the mark in it where it is a text, else anything that is taken."""
    first = field.vocabulary.codes[0] if field.vocabulary else ""
    return {
        "line": mark[: field.most or None],
        "text": mark,
        "phone": mark[:40],
        "email": f"{mark[:50]}@example.org",
        "url": f"https://{mark[:60]}.example.org",
        "lines": [f"https://{mark}.example.org"] if field.name in ("socials", "links") else [mark],
        "code": first,
        "level": 3,
        "codes": [first],
        "countries": ["JP"],
        "regions": ["JP"],
        "country": "VN",
        "province": "01",
        "ward": None,
        "state": None,
        "currency": "VND",
        "integer": max(field.low, 7),
        "money": Decimal(7),
        "amount": Decimal(7),
        "percent": Decimal(7),
        "date": date(2099, 1, 7),
        "year": date(2016, 1, 1),
        "flag": True,
        "maybe": True,
    }[field.type]


MARKED = ("line", "text", "phone", "email", "url", "lines")
NOT_MARKED = {"name", "enterprise_code", "vsic_codes", "city"}


def marked(field: Field) -> bool:
    return field.type in MARKED and field.name not in NOT_MARKED


def values_of_all() -> dict[str, Any]:
    found = {name: canary(field, mark_of(name)) for name, field in FIELDS.items() if field.type not in BUT}
    return found | {
        "kinds": KINDS, "name": "Nguyễn Đức Robot", "status": "active", "enterprise_code": "0101234567",
        "vsic_codes": ["6201"],
        "founded_precision": "year", "city": "",
    }  # fmt: skip


@pytest.fixture
async def everything(cast: Cast) -> Cast:
    """The cast's organisation with a value in every field and a row in every list."""
    await profiles.edit_organisation(cast.owner, cast.id, values_of_all())
    for kind in COLLECTIONS.values():
        await rows.add_row(cast.owner, cast.id, kind.name, a_row(kind))
    return cast


def a_row(collection: Collection) -> dict[str, Any]:
    row = {field.name: canary(field, mark_of(f"{collection.name}{field.name}")) for field in collection.fields}
    return row | ({"year": 2024} if collection.name == "yearly_update" else {})


def allowed(viewer: Viewer, tiers: dict[str, int]) -> set[str]:
    """The marks that a viewer may find, as the registry and the owner's choices say."""
    found = {mark_of(f.name) for f in fields_for(KINDS) if marked(f) and viewer.sees(tier_of(f, tiers))}
    for kind in COLLECTIONS.values():
        if kind.fits(KINDS) and viewer.sees(tier_of(kind, tiers)):
            found |= {mark_of(f"{kind.name}{f.name}") for f in kind.fields if marked(f) and viewer.sees(f.tier)}
    return found


WITH_ANOTHER = {"file", "organisation", "currency", "province", "ward", "state"}
"""Types that the page tells together with another field, or as a picture or a link."""
AS_IT_STANDS = {"kinds", "country", "status", "founded_precision", "direction", "strength", "raising_since", "city"}
"""Told in other words: kinds with dots between, the country in the place, needs under their headings."""


def told_to(viewer: Viewer, tiers: dict[str, int]) -> dict[str, str]:
    """Every field without a mark that a reader may see, with the words in which the Vietnamese page tells it."""
    with in_language("vi"):
        values = values_of_all()
        found = {
            field.name: views.told(field, values)
            for field in fields_for(KINDS)
            if not marked(field) and viewer.sees(tier_of(field, tiers)) and field.name in values
            and field.type not in WITH_ANOTHER
        }  # fmt: skip
        for kind in COLLECTIONS.values():
            if kind.fits(KINDS) and viewer.sees(tier_of(kind, tiers)):
                row = a_row(kind)
                found |= {
                    f"{kind.name}.{field.name}": views.told(field, row)
                    for field in kind.fields
                    if not marked(field) and viewer.sees(field.tier) and field.type not in WITH_ANOTHER
                }
    return {name: text for name, text in found.items() if text and name.rpartition(".")[2] not in AS_IT_STANDS}


def every_mark() -> set[str]:
    return allowed(Viewer(staff=True), {})


def found_in(text: str) -> set[str]:
    return set(re.findall(r"mark[a-z]+?end(?![a-z])", text.lower())) & every_mark()


async def verified_actor(actor: Actor) -> None:
    """Somebody of another organisation that the department has verified."""
    await database.execute(
        "WITH made AS (INSERT INTO organisation (id, slug, name, name_folded, kinds, verified_at)"
        " VALUES (gen_random_uuid(), 'kiem-chung', 'Kiểm Chứng', 'kiem chung', '{investor}', now()) RETURNING id)"
        " INSERT INTO membership (id, organisation, person, role) SELECT gen_random_uuid(), id, $1, 'viewer' FROM made",
        actor.person_id,
    )


async def granted_actor(actor: Actor, organisation: Any) -> None:
    await database.execute(
        "WITH made AS (INSERT INTO organisation (id, slug, name, name_folded, kinds)"
        " VALUES (gen_random_uuid(), 'duoc-phep', 'Được Phép', 'duoc phep', '{investor}') RETURNING id),"
        " joined AS (INSERT INTO membership (id, organisation, person, role)"
        " SELECT gen_random_uuid(), id, $1, 'viewer' FROM made)"
        " INSERT INTO field_grant (id, organisation, viewer, granted_at, expires_at)"
        " SELECT gen_random_uuid(), $2, id, now(), now() + interval '1 day' FROM made",
        *(actor.person_id, organisation),
    )


OVERRIDES = {
    "as the registry says": {},
    "all opened": dict.fromkeys(notes.CHOOSABLE, 0),
    "all closed": dict.fromkeys(notes.CHOOSABLE, 3),
}


@pytest.mark.parametrize("choice", OVERRIDES)
async def test_every_field_and_list_before_every_reader(everything: Cast, make_client: MakeClient, choice: str) -> None:
    cast = everything
    await notes.set_tiers(cast.owner, cast.id, OVERRIDES[choice])
    tiers = await database.fetchval("SELECT tiers FROM organisation WHERE id = $1", cast.id)
    readers: list[tuple[Actor | None, Viewer]] = [
        (None, Viewer()),
        (cast.stranger, Viewer(tier=Tier.MEMBERS)),
        (cast.viewer, Viewer(member=True)),
        (cast.editor, Viewer(member=True)),
        (cast.owner, Viewer(member=True)),
        (cast.admin, Viewer(staff=True)),
    ]
    for actor, viewer in readers:
        await compare(make_client, cast, actor, viewer, tiers)

    await verified_actor(cast.stranger)
    await compare(make_client, cast, cast.stranger, Viewer(tier=Tier.VERIFIED), tiers)
    await granted_actor(cast.stranger, cast.id)
    await compare(make_client, cast, cast.stranger, Viewer(tier=Tier.GRANTED), tiers)


async def compare(
    make_client: MakeClient, cast: Cast, actor: Actor | None, viewer: Viewer, tiers: dict[str, int]
) -> None:
    client = make_client(actor) if actor else make_client()
    may = allowed(viewer, tiers)
    api = (await client.get(f"/api/v1/organisations/{cast.id}")).text
    pages = [(await client.get(f"/organisations/{cast.slug}?lang={lang}")).text for lang in ("vi", "en")]
    page = "".join(pages)
    listed = (await client.get("/directory")).text

    assert found_in(api) == may
    hidden = every_mark() - may
    assert cast.slug in page
    assert found_in(page) & hidden == set()
    assert may - found_in(page) == set()
    assert sorted(name for name, text in told_to(viewer, tiers).items() if escape(text) not in pages[0]) == []
    assert found_in(listed) & hidden == set()
    told = json.loads(api)
    for field in fields_for(KINDS):
        value = told[field.name] if field.name in told else told["details"][field.name]
        if not viewer.sees(tier_of(field, tiers)):
            assert value in (None, "", [], False), field.name
        elif field.type not in (*BUT, "ward", "state"):
            assert value not in (None, "", []) or field.name == "city", field.name


async def test_the_search_finds_what_everybody_may_see(everything: Cast) -> None:
    cast = everything
    before = await database.fetchval("SELECT search_text FROM organisation WHERE id = $1", cast.id)

    assert found_in(before) <= allowed(EVERYBODY, {})
    assert mark_of("description_vi") in before

    await notes.set_tiers(cast.owner, cast.id, {"description_vi": 2, "description_en": 2})

    after = await database.fetchval("SELECT search_text FROM organisation WHERE id = $1", cast.id)
    assert found_in(before) - found_in(after) == {mark_of("description_vi"), mark_of("description_en")}


@pytest.mark.parametrize("choice", OVERRIDES)
async def test_an_export_holds_what_its_reader_may_see(everything: Cast, tmp_path: Path, choice: str) -> None:
    cast = everything
    await notes.set_tiers(cast.owner, cast.id, OVERRIDES[choice])
    await verified_actor(cast.stranger)

    for actor in (NOBODY, cast.stranger, cast.viewer, cast.owner, cast.admin):
        seen = await access.organisation_for(actor, cast.slug)
        await write_one(seen, tmp_path / "one.csv", "csv")
        told = found_in((tmp_path / "one.csv").read_text(encoding="utf-8-sig"))
        fields = {mark_of(field.name) for field in fields_for(KINDS)}
        assert told == allowed(seen.viewer, seen.row["tiers"]) & fields


def another(field: Field, mark: str) -> Any:
    """A value of the field that is not `canary`'s."""
    codes = field.vocabulary.codes if field.vocabulary else ("", "")
    others: dict[str, Any] = {
        "code": codes[1], "codes": [codes[1]], "level": 8, "countries": ["SG"], "regions": ["SG"], "currency": "USD",
        "integer": field.low + 9, "money": Decimal(9), "amount": Decimal(9), "percent": Decimal(9),
        "date": date(2098, 2, 9), "year": date(2012, 1, 1), "flag": False, "maybe": False, "country": "SG",
        "province": "79",
    }  # fmt: skip
    if field.name == "enterprise_code":
        return "0109999999"
    return others[field.type] if field.type in others else canary(field, f"other{mark}")


async def others_in_what_is_hidden(cast: Cast, viewer: Viewer) -> int:
    """Give every field that this reader may not see another value, behind the verbs' back; how many there are."""
    fields = [field for field in fields_for(KINDS) if field.type not in (*BUT, "ward", "state")]
    told = [(field.table, field) for field in fields if not viewer.sees(tier_of(field, {}))]
    for kind in COLLECTIONS.values():
        hidden = not viewer.sees(kind.tier)
        told += [
            (kind.name, field) for field in kind.fields
            if kind.fits(KINDS) and field.type not in (*BUT, "ward", "state", "year") and field.name != "year"
            and (hidden or not viewer.sees(field.tier))
        ]  # fmt: skip
    for table in {table for table, _field in told}:
        fields = [field for of, field in told if of == table]
        sets = ", ".join(f"{field.name} = ${n}" for n, field in enumerate(fields, start=2))
        key = "id" if table == "organisation" else "organisation"
        values = [another(field, mark_of(field.name)) for field in fields]
        await database.execute(f"UPDATE {table} SET {sets} WHERE {key} = $1", cast.id, *values)
    return len(told)


async def surfaces(make_client: MakeClient, cast: Cast, actor: Actor | None, tmp_path: Path) -> dict[str, str]:
    """What a reader is given of the organisation anywhere, without what differs from request to request."""
    client = make_client(actor) if actor else make_client()
    here = f"/organisations/{cast.slug}"
    paths = [
        *(here, f"{here}?lang=en", f"/compare?o={cast.slug}", "/directory?q=robot", "/directory/feed"),
        *(f"/api/v1/organisations/{cast.id}", "/api/v1/organisations?q=robot", "/search?q=robot"),
        *("/search/suggestions?q=robot", f"{here}/export/csv"),
        *(f"{here}/export/csv?what={name}" for name in COLLECTIONS),
    ]
    answers = {path: await client.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    found = {path: answer.text for path, answer in answers.items()}
    return {path: re.sub(r'name="csrf_token" value="[^"]*"|nonce-[\w=+/-]+', "", text) for path, text in found.items()}


@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.MEMBERS, Tier.VERIFIED, Tier.GRANTED])
async def test_nothing_anywhere_depends_on_what_a_reader_may_not_see(
    everything: Cast, make_client: MakeClient, tmp_path: Path, tier: Tier
) -> None:
    """Numbers, days and terms too, which no mark can be put into: with other values behind, all reads the same."""
    cast = everything
    actor = None if tier is Tier.PUBLIC else cast.stranger
    if tier >= Tier.VERIFIED:
        await verified_actor(cast.stranger)
    if tier is Tier.GRANTED:
        await granted_actor(cast.stranger, cast.id)
    before = await surfaces(make_client, cast, actor, tmp_path)
    inside = await surfaces(make_client, cast, cast.owner, tmp_path)
    count = await others_in_what_is_hidden(cast, Viewer(tier=tier))
    after = await surfaces(make_client, cast, actor, tmp_path)

    assert count >= {Tier.PUBLIC: 60, Tier.MEMBERS: 30, Tier.VERIFIED: 10, Tier.GRANTED: 5}[tier]
    assert [path for path, text in before.items() if after[path] != text] == []
    assert all(text for text in before.values())
    seen_inside = await surfaces(make_client, cast, cast.owner, tmp_path)
    assert seen_inside[f"/api/v1/organisations/{cast.id}"] != inside[f"/api/v1/organisations/{cast.id}"]


def test_the_engine_is_given_what_every_member_may_see() -> None:
    row = shown({**values_of_all(), "tiers": {"technologies": 2}}, THE_ENGINE)

    assert (row["contact_email"], row["valuation"], row["technologies"]) == ("", None, [])
    assert row["raising_amount"] == Decimal(7)
    assert shown_rows(COLLECTIONS["yearly_update"], [a_row(COLLECTIONS["yearly_update"])], THE_ENGINE, {}) == []


async def test_the_matrix_would_notice(everything: Cast, make_client: MakeClient) -> None:
    """Negative control: a field that is shown one tier too far is found by the comparison."""
    cast = everything
    await notes.set_tiers(cast.owner, cast.id, {"market_vi": 0})

    with pytest.raises(AssertionError):
        await compare(make_client, cast, None, Viewer(), {})


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.fixed])
async def test_what_lists_are_made_of_stays_public(cast: Cast, name: str) -> None:
    with pytest.raises(notes.NotAllowed):
        await notes.set_tiers(cast.owner, cast.id, {name: 2})


async def test_yearly_figures_go_to_nobody_by_choice(cast: Cast) -> None:
    with pytest.raises(notes.NotAllowed):
        await notes.set_tiers(cast.owner, cast.id, {"yearly_update": 0})
