"""What a profile shows to whom, by page and by API, and what never leaves the house."""

import html
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from app.core import db as database
from app.core.i18n import LOCALES
from app.directory import api, history, notes, profiles
from app.directory import vocabulary as terms
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import organisation, round_of

CONTACTS = ("lien-he@example.com", "+84 24 3869 2222")
FULL: dict[str, Any] = {
    "name_en": "Nguyen Duc Robotics", "kinds": ["startup", "investor", "incubator"], "sectors": ["hard", "ai"],
    "technologies": ["t_robot"], "business_models": ["subscription"], "customers": ["b2b"], "stage": "growth",
    "product_stage": "mvp", "trl": 7, "summary_vi": "Robot kho vận", "summary_en": "Warehouse robots",
    "description_vi": "Dòng một\n\nDòng hai", "description_en": "Line one\n\nLine two", "website": "https://duc.example",
    "contact_email": CONTACTS[0], "contact_phone": CONTACTS[1], "investor_types": ["angel"],
    "support_types": ["incubator"], "needs": ["capital"], "offers": ["training"], "raising_round": "seed",
    "raising_amount": 8 * 10**9, "raising_currency": "VND",
}  # fmt: skip
PRIVATE = ("contact_email", "contact_phone")


@pytest.fixture
async def full(cast: Cast) -> Cast:
    """A profile with everything filled in."""
    values = {**FULL, "raising_amount": Decimal(FULL["raising_amount"])}
    if "mvp" not in terms.PRODUCT_STAGES:
        values["product_stage"] = terms.PRODUCT_STAGES.codes[0]
    mandate = {"rounds": ["seed"], "geographies": ["VN-01"], "thesis_vi": "Công nghệ lõi", "thesis_en": "Deep tech"}
    await profiles.edit_organisation(cast.owner, cast.id, values, mandate=mandate)
    return cast


def text_of(response: httpx.Response) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text)))


WHO = {"nobody": False, "stranger": False, "viewer": True, "editor": True, "owner": True, "admin": True}


@pytest.mark.parametrize(("who", "sees"), WHO.items())
async def test_contacts_and_members_are_for_members(full: Cast, make_client: MakeClient, who: str, sees: bool) -> None:
    client = make_client(None if who == "nobody" else getattr(full, who))
    page = (await client.get(f"/organisations/{full.slug}")).text
    body = (await client.get(f"/api/v1/organisations/{full.id}")).json()

    for secret in (*CONTACTS, full.owner.email, full.viewer.email):
        assert (secret in page) is sees
    assert [body[name] for name in PRIVATE] == (list(CONTACTS) if sees else [None, None])
    assert (f"/organisations/{full.slug}/members" in page) is sees
    assert (f"/organisations/{full.slug}/edit" in page) is (who in ("editor", "owner", "admin"))


@pytest.mark.parametrize("typed", ["lien-he@example.com", "lien he", "3869", "Chủ hồ sơ", "person"])
async def test_nobody_is_found_by_what_is_private(full: Cast, client: httpx.AsyncClient, typed: str) -> None:
    body = (await client.get("/api/v1/organisations", params={"q": typed})).json()

    assert full.slug not in [item["slug"] for item in body["items"]]


async def test_lists_give_no_more_than_they_say(full: Cast, make_client: MakeClient) -> None:
    for who in (full.stranger, full.owner):
        item = (await make_client(who).get("/api/v1/organisations")).json()["items"][0]
        assert set(item) == {"id", "slug", "name", "kinds", "sectors", "country", "summary"}
        page = (await make_client(who).get("/directory")).text
        assert not any(secret in page for secret in CONTACTS)


async def test_the_api_gives_the_whole_profile_and_nothing_of_the_house(full: Cast, make_client: MakeClient) -> None:
    body = (await make_client(full.stranger).get(f"/api/v1/organisations/{full.id}")).json()

    assert set(body) == set(api.Profile.__struct_fields__)
    assert not {"search_text", "search_vector", "name_folded", "source_key", "number", "listing_version"} & set(body)
    for name in ("sectors", "technologies", "stage", "trl", "summary_vi", "description_en", "needs", "offers"):
        assert body[name] == FULL[name]
    assert (body["raising_amount"], body["raising_currency"]) == ("8000000000.00", "VND")
    assert body["mandate"]["geographies"] == ["VN-01"]
    assert body["version"] == 2


@pytest.mark.parametrize("locale", LOCALES)
async def test_a_profile_speaks_the_readers_language_throughout(
    full: Cast, make_client: MakeClient, locale: Any
) -> None:
    reader = msgspec.structs.replace(full.stranger, locale=locale)
    response = await make_client(reader).get(f"/organisations/{full.slug}")
    page = text_of(response)

    for vocabulary, codes in (
        (terms.KINDS, FULL["kinds"]), (terms.SECTORS, FULL["sectors"]), (terms.TECHNOLOGIES, FULL["technologies"]),
        (terms.BUSINESS_MODELS, FULL["business_models"]), (terms.CUSTOMERS, FULL["customers"]),
        (terms.STAGES, [FULL["stage"]]), (terms.NEEDS, [*FULL["needs"], *FULL["offers"]]),
        (terms.INVESTOR_TYPES, FULL["investor_types"]), (terms.ROUNDS, ["seed"]),
    ):  # fmt: skip
        for label in vocabulary.labels(codes, locale):
            assert label in page
    own, other = ("Robot kho vận", "Warehouse robots") if locale == "vi" else ("Warehouse robots", "Robot kho vận")
    assert own in page
    folded = f'<details lang="{"en" if locale == "vi" else "vi"}">'
    assert response.text.partition(folded)[2].count(other) == response.text.count(other) == 1


@pytest.mark.parametrize(
    ("values", "vi", "en"),
    [
        ({"summary_vi": "Chỉ tiếng Việt"}, "Chỉ tiếng Việt", "Chỉ tiếng Việt"),
        ({"summary_en": "English only"}, "English only", "English only"),
        ({"summary_vi": "Cả hai", "summary_en": "Both"}, "Cả hai", "Both"),
        ({}, "", ""),
    ],
)
async def test_the_other_language_stands_in_where_one_is_missing(
    cast: Cast, client: httpx.AsyncClient, values: dict[str, str], vi: str, en: str
) -> None:
    if values:
        await profiles.edit_organisation(cast.owner, cast.id, values)

    for locale, text in (("vi", vi), ("en", en)):
        headers = {"Accept-Language": locale}
        body = (await client.get(f"/api/v1/organisations/{cast.id}", headers=headers)).json()
        item = (await client.get("/api/v1/organisations", headers=headers)).json()["items"][0]
        assert body["summary"] == item["summary"] == text
        assert text in (await client.get("/directory", headers=headers)).text


@pytest.mark.parametrize(
    ("source", "sample", "vi", "en"),
    [
        ("self", False, "Do chính tổ chức cung cấp.", "Written by the organisation itself."),
        ("self", True, "Hồ sơ giả định", "Made up for the demonstration."),
        ("import", False, "nhập từ một danh sách", "Taken over from a list"),
        ("crunchbase", False, "CrunchBase", "From CrunchBase"),
    ],
)
async def test_a_profile_says_where_it_comes_from(
    cast: Cast, client: httpx.AsyncClient, source: str, sample: bool, vi: str, en: str
) -> None:
    await database.execute(
        "UPDATE organisation SET source = $2, sample = $3, source_as_of = '2013-12-01' WHERE id = $1",
        *(cast.id, source, sample),
    )
    url = f"/organisations/{cast.slug}"

    assert en in text_of(await client.get(url, headers={"Accept-Language": "en"}))
    assert vi in text_of(await client.get(url))


@pytest.mark.parametrize("kinds", [["startup"], ["investor"], ["incubator"], ["institute"], ["company"], ["support"]])
async def test_an_empty_profile_of_any_kind_is_a_page(cast: Cast, make_client: MakeClient, kinds: list[str]) -> None:
    saved = await organisation(cast.owner, "Trống", tuple(kinds))

    for client in (make_client(), make_client(cast.owner)):
        for path in ("", "/portfolio"):
            response = await client.get(f"/organisations/{saved.slug}{path}")
            assert response.status_code == 200
            assert "None" not in text_of(response)
    assert (await make_client(cast.owner).get(f"/organisations/{saved.slug}/edit")).status_code == 200


async def test_codes_that_were_retired_are_shown_and_break_nothing(cast: Cast, make_client: MakeClient) -> None:
    await database.execute(
        "UPDATE organisation SET sectors = '{steam}', stage = 'teenage', country = 'XX', needs = '{gold}',"
        " listing_version = 1 WHERE id = $1",
        cast.id,
    )
    client = make_client(cast.owner)

    for path in ("", "/edit", "/history"):
        assert (await client.get(f"/organisations/{cast.slug}{path}")).status_code == 200
    page = await client.get("/directory")
    assert "steam" in page.text
    assert (await client.get(f"/api/v1/organisations/{cast.id}")).json()["sectors"] == ["steam"]


async def test_the_history_shows_before_and_after_of_every_sort_of_value(full: Cast, make_client: MakeClient) -> None:
    changes = {c["field"]: (c["before"], c["after"]) for c in await history.changes_of(full.id, limit=100)}
    page = text_of(await make_client(full.viewer).get(f"/organisations/{full.slug}/history"))

    assert changes["kinds"] == (["startup"], ["startup", "investor", "incubator"])
    assert changes["raising_amount"] == (None, "8000000000.00")
    assert changes["trl"] == (None, 7)
    assert changes["mandate.geographies"] == (None, ["VN-01"])
    for words in (
        "Doanh nghiệp khởi nghiệp, Nhà đầu tư, Vườn ươm",
        "8.000.000.000",
        "Cần – Vốn",
        "Công nghệ lõi",
        "Chủ hồ sơ",
    ):
        assert words in page


async def test_values_of_the_history_are_kept_as_plain_json(cast: Cast) -> None:
    values: dict[str, tuple[Any, Any]] = {
        "a": (Decimal("1.50"), date(2020, 5, 17)),
        "b": (datetime(2020, 5, 17, 8, tzinfo=UTC), UUID(int=7)),
        "c": ("ễ", ["x", "y"]),
        "d": (None, True),
    }
    await history.record(cast.id, None, "edited", values)
    found = {c["field"]: (c["before"], c["after"]) for c in await history.changes_of(cast.id) if c["field"]}

    assert found == {
        "a": ("1.50", "2020-05-17"),
        "b": ("2020-05-17T08:00:00+00:00", str(UUID(int=7))),
        "c": ("ễ", ["x", "y"]),
        "d": (None, True),
    }


async def test_a_renamed_organisation_is_found_by_all_its_addresses_until_it_ends(
    cast: Cast, make_client: MakeClient
) -> None:
    client = make_client()
    for name in ("Một", "Hai", "Ba"):
        await profiles.edit_organisation(cast.owner, cast.id, {"name": name})

    for slug in (cast.slug, "mot", "hai"):
        response = await client.get(f"/organisations/{slug}")
        assert (response.status_code, response.headers["Location"]) == (301, "/organisations/ba")
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", cast.id)
    assert {(await client.get(f"/organisations/{slug}")).status_code for slug in (cast.slug, "mot", "ba")} == {404}


async def test_the_source_is_named_beside_rounds_of_others(cast: Cast, client: httpx.AsyncClient) -> None:
    fund = await organisation(cast.owner, "Quỹ Sen", ("investor",))
    await round_of(cast.id, "2012-03-04", (fund.id,))

    for slug in (cast.slug, "quy-sen"):
        page = (await client.get(f"/organisations/{slug}")).text
        assert page.count("https://www.crunchbase.com") == 2


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"raising_round": "seed"}, True),
        ({"raising_round": None}, False),
    ],
)
async def test_who_is_raising_now_is_marked_in_the_list(
    cast: Cast, client: httpx.AsyncClient, make_client: MakeClient, values: dict[str, Any], shown: bool
) -> None:
    """For those who are signed in, unless its owner shows it to everybody."""
    await profiles.edit_organisation(cast.owner, cast.id, values)

    assert ("badge-ok" in (await make_client(cast.stranger).get("/directory")).text) is shown
    assert "badge-ok" not in (await client.get("/directory")).text

    await notes.set_tiers(cast.owner, cast.id, {"raising_round": 0})

    assert ("badge-ok" in (await client.get("/directory")).text) is shown


async def test_confirming_asks_nothing_and_changes_no_version(cast: Cast, make_client: MakeClient) -> None:
    await database.execute("UPDATE organisation SET confirmed_at = NULL WHERE id = $1", cast.id)
    response = await make_client(cast.editor).post(f"/organisations/{cast.slug}/confirm")
    row = await database.fetchrow("SELECT confirmed_at, version FROM organisation WHERE id = $1", cast.id)

    assert response.status_code == 303
    assert row is not None
    assert (row["confirmed_at"] is not None, row["version"]) == (True, 1)
    assert (await history.changes_of(cast.id))[0]["act"] == "confirmed"
