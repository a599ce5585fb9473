"""What owners keep from members never reaches the engine, nor any card or answer: not even from lists made before."""

from decimal import Decimal
from typing import Any

import pytest

from app.connections import choices, discretion, lists, refresh
from app.connections.access import candidate_for
from app.connections.engine import as_company, as_investor
from app.connections.profiles import profile_of
from app.core import db as database
from app.core.errors import NotFound
from app.core.web import Actor
from app.directory import notes, profiles
from app.directory.access import organisation_for
from matching.explain import CODES
from tests.conftest import MakeClient
from tests.connections import make
from tests.connections.conftest import Market
from tests.directory.conftest import Cast, cast  # noqa: F401  a fixture

SAID: dict[str, Any] = {
    "kinds": ["startup", "investor"],
    "description_vi": "Robot kho vận",
    "technologies": ["t_ai"],
    "needs": ["capital"],
    "offers": ["training"],
    "raising_round": "seed",
    "raising_amount": Decimal(8 * 10**9),
    "raising_currency": "VND",
    "investor_types": ["angel"],
}
MANDATE = {
    "rounds": ["seed"], "sectors": ["agri"], "stages": ["early"], "geographies": ["VN-01"],
    "ticket_min": Decimal(10**9), "ticket_max": Decimal(9 * 10**9), "ticket_currency": "VND",
    "thesis_vi": "Công nghệ lõi",
}  # fmt: skip
HIDDEN = (
    "raising_round",
    "raising_amount",
    "raising_currency",
    "need_offer",
    "technologies",
    "description_vi",
    "mandate",
)


async def weighed(of: Cast) -> dict[str, Any]:
    row = await profile_of(of.id)
    assert row is not None
    company, investor = as_company(row), as_investor(row)
    asks = ("description", "technologies", "needs", "round_type", "amount_usd")
    gives = ("description", "technologies", "sectors", "stages", "rounds", "places", "ticket_max_usd", "offers")
    return {
        **{f"asks.{name}": getattr(company, name) for name in asks},
        **{f"gives.{name}": getattr(investor, name) for name in gives},
    }


async def test_what_members_may_see_is_weighed(cast: Cast) -> None:  # noqa: F811
    await profiles.edit_organisation(cast.owner, cast.id, SAID, mandate=MANDATE)

    found = await weighed(cast)

    assert all(found.values()), found


async def test_what_is_kept_from_members_is_not(cast: Cast) -> None:  # noqa: F811
    await profiles.edit_organisation(cast.owner, cast.id, SAID, mandate=MANDATE)
    await notes.set_tiers(cast.owner, cast.id, dict.fromkeys(HIDDEN, 2))

    found = await weighed(cast)

    sectors = list(found.pop("gives.sectors"))
    assert not any(found.values()), found
    assert sectors == ["hard"]


# --- stored lists -----------------------------------------------------------------------------------------------

CLOSED = dict.fromkeys(notes.CHOOSABLE, 2)
TOLD_BY_A_STARTUP: dict[str, dict[str, Any]] = {
    "company": {"rounds": 2},
    "stated_technology": {"technologies": ["t_ai"]},
    "stated_round": {"round_type": "series_a"},
    "stated_ticket": {"amount_usd": 310_000.0},
    "round": {"round_type": "series_a", "deals": 4},
    "amount": {"amount_usd": 310_000.0, "low_usd": 100_000.0, "high_usd": 900_000.0},
    "needs": {"needs": ["legal"]},
    "stated_sector": {"sectors": ["agri"]},
}
IN_THE_WORDS = (
    "They are raising money now",
    "They work with ",
    "They raise a kind of round that you join: Series A",
    "Their 310 thousand USD fits your ticket",
    "You joined 4 rounds of the kind they raise (Series A)",
    "Your rounds usually raise 100 thousand USD to 900 thousand USD, they raise 310 thousand USD",
    "They need what you offer: Legal",
)
TOLD_BY_A_FUND: dict[str, dict[str, Any]] = {
    "stated_sector": {"sectors": ["fin"]},
    "stated_technology": {"technologies": ["t_ai"]},
    "stated_stage": {"stage": "early"},
    "stated_round": {"round_type": "series_a"},
    "stated_ticket": {"amount_usd": 310_000.0},
    "stated_place": {"places": ["VN"]},
    "needs": {"needs": ["legal"]},
    "home": {"same": "country"},
}


async def stored(me: Any, candidate: Any, told: dict[str, dict[str, Any]]) -> None:
    """A list as it was made before the candidate closed anything."""
    reasons = [
        {"code": code, "for": "you", "contribution": 1.0, "params": dict(params)} for code, params in told.items()
    ]
    await database.execute(
        "UPDATE suggestion SET reasons = $3 WHERE organisation = $1 AND candidate = $2",
        *(me, candidate, reasons),
    )


async def codes_told(me: Any, candidate: Any, kind: str) -> list[str]:
    [row] = [row for row in await lists.suggested(me, kind, 50) if row["id"] == candidate]
    return [reason["code"] for reason in row["reasons"]]


async def test_no_card_and_no_answer_tells_what_was_closed_since(
    market: Market, person: Actor, make_client: MakeClient
) -> None:
    fund, company = market["fund-agri-VN"], market["startup-agri-VN"]
    await make.member(person, fund)
    await refresh.refresh(fund)
    await make.change(company, raising_round="series_a", raising_amount=Decimal(310_000), raising_currency="USD")
    await stored(fund, company, TOLD_BY_A_STARTUP)
    client = make_client(person)
    slug = await make.slug_of(fund)

    async def told() -> dict[str, list[str]]:
        page = (await client.get(f"/suggestions?organisation={slug}&kind=startup&every=true&lang=en")).text
        panel = (await client.get(f"/organisations/{slug}/suggestions-panel?lang=en")).text
        answer = (await client.get(f"/api/v1/organisations/{fund}/suggestions?kind=startup&limit=50")).text
        return {
            name: [words for words in IN_THE_WORDS if words in text]
            for name, text in (("page", page), ("panel", panel), ("api", answer))
        }

    open_to_members = await told()
    await database.execute("UPDATE organisation SET tiers = $2 WHERE id = $1", company, CLOSED)
    closed = await told()

    assert (open_to_members["page"], open_to_members["api"]) == (list(IN_THE_WORDS), list(IN_THE_WORDS))
    assert open_to_members["panel"]
    assert closed == {"page": [], "panel": [], "api": []}
    assert await codes_told(fund, company, "startup") == ["company", "stated_sector"]


async def test_a_mandate_closed_since_is_told_by_no_reason(market: Market, person: Actor) -> None:
    company, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await make.member(person, company)
    await refresh.refresh(company)
    await stored(company, fund, TOLD_BY_A_FUND)

    before = await codes_told(company, fund, "investor")
    await database.execute("UPDATE organisation SET tiers = $2 WHERE id = $1", fund, CLOSED)
    after = await codes_told(company, fund, "investor")
    await database.execute("UPDATE organisation SET sectors = '{fin,agri}' WHERE id = $1", fund)

    assert before == list(TOLD_BY_A_FUND)
    assert after == ["home"]
    assert await codes_told(company, fund, "investor") == ["stated_sector", "home"]


@pytest.mark.parametrize("kind", ["startup", "investor"])
def test_what_stands_on_open_fields_is_told(kind: str) -> None:
    every = [{"code": code, "params": {}} for code in CODES]
    nobody: dict[str, Any] = {"tiers": {}, "sectors": []}
    history = [{"code": "round", "params": {"round_type": "", "deals": None}}, {"code": "amount", "params": {}}]

    assert discretion.told(every, nobody, kind) == every
    assert discretion.told(history, {"tiers": CLOSED, "sectors": []}, kind) == history


@pytest.mark.parametrize(
    ("closed", "flags", "raising"),
    [
        ((), (True, True), True),
        ((), (False, False), False),
        (("raising_round",), (True, False), False),
        (("raising_round",), (True, True), True),
        (("raising_amount",), (False, True), False),
        (("raising_round", "raising_amount"), (True, True), False),
    ],
)
def test_raising_is_told_by_what_members_may_see(
    closed: tuple[str, ...], flags: tuple[bool, bool], raising: bool
) -> None:
    row = {"tiers": dict.fromkeys(closed, 3), "states_round": flags[0], "states_amount": flags[1]}

    assert discretion.tells_raising(row) is raising


async def test_who_was_taken_down_is_not_named_and_not_found(market: Market, person: Actor) -> None:
    company, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await make.member(person, company)
    seen = await organisation_for(person, await make.slug_of(company))
    slug = await make.slug_of(fund)
    await choices.choose(company, fund, "hidden", "too_late")
    row = {"reasons": [{"params": {"investors": [str(fund)]}}]}
    await database.execute("INSERT INTO organisation_former_slug (slug, organisation) VALUES ('xua', $1)", fund)
    before = (await lists.names_of([row]), len(await choices.hidden_of(company)))
    assert (await candidate_for(seen, "xua"))["id"] == (await candidate_for(seen, slug))["id"] == fund

    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'abuse' WHERE id = $1", fund)

    assert before == ({str(fund): "Fund agri-VN"}, 1)
    assert (await lists.names_of([row]), await choices.hidden_of(company)) == ({}, [])
    for address in (slug, "xua"):
        with pytest.raises(NotFound):
            await candidate_for(seen, address)
