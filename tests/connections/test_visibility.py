"""What owners keep from members never reaches the engine: not its features, not its reasons."""

from decimal import Decimal
from typing import Any

from app.connections.engine import as_company, as_investor
from app.connections.profiles import profile_of
from app.directory import notes, profiles
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
