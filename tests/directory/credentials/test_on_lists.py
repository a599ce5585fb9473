"""What is verified on lists: a filter with counts that follows every decision, badges and logos on cards, one query."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.db import count_queries
from app.core.web import Actor
from app.directory import facets
from app.directory.asking import Asked, asked_from
from app.directory.credentials import acts, reminding
from app.directory.credentials.reading import badges_of
from app.directory.credentials.rules import today
from app.directory.finding import find
from app.directory.search import everywhere
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import nothing_remembered, organisation

STE = "ste_2025"

CHANGES = {
    "draft": {"state": "draft", "verified_at": None, "verified_by": None, "verified_how": ""},
    "without evidence": {"evidence_url": ""},
    "begins tomorrow": {"issued_on": 1},
    "ran out yesterday": {"valid_until": -1},
    "withdrawn": {"ended_at": "now"},
}


async def badge(holder: UUID, by: Actor, **changed: Any) -> UUID:
    """A verified credential of the type, as if the department had entered it; `changed`: columns, days from today."""
    columns: dict[str, Any] = {
        "credential_type": STE, "regime": "decree_268_2025", "number": "12", "issuer": "Sở", "state": "valid",
        "issued_on": today() - timedelta(days=30), "evidence_url": "https://example.vn/12", "verified_how": "register",
        "verified_by": by.id, "size_class": "small",
    }  # fmt: skip
    for name, value in changed.items():
        columns[name] = today() + timedelta(days=value) if isinstance(value, int) else value
    verified, ended = columns.pop("verified_at", "now"), columns.pop("ended_at", None)
    names = list(columns)
    found: UUID = await database.fetchval(
        f"INSERT INTO credential (id, organisation, created_by, {', '.join(names)}, verified_at, ended_at)"
        f" VALUES (gen_random_uuid(), $1, $2, {', '.join(f'${n}' for n in range(3, len(names) + 3))},"
        f" {'now()' if verified else 'NULL'}, {'now()' if ended else 'NULL'}) RETURNING id",
        *(holder, by.id, *columns.values()),
    )
    nothing_remembered()
    return found


async def counted() -> dict[str, int]:
    found = await find(Asked())
    return {option.value: option.count for option in found.facets["credential"]}


async def listed(**filters: Any) -> list[str]:
    return [row["name"] for row in (await find(Asked(credential=(STE,), **filters))).rows]


async def test_the_filter_the_count_and_the_search_agree(cast: Cast) -> None:
    await organisation(cast.stranger, "Robot Khác")
    await badge(cast.id, cast.admin)
    name = await database.fetchval("SELECT name FROM organisation WHERE id = $1", cast.id)

    assert await counted() == {STE: 1}
    assert await listed() == await listed(order="name") == [name]
    assert (await find(Asked(q="robot", credential=(STE,)))).total == 1
    assert (await find(Asked(q="khac", credential=(STE,)))).total == 0


@pytest.mark.parametrize("why", CHANGES)
async def test_only_what_is_a_badge_counts(cast: Cast, why: str) -> None:
    await badge(cast.id, cast.admin, **CHANGES[why])

    assert (await counted(), await listed(), await badges_of([cast.id])) == ({}, [], {})


async def test_a_decision_shows_at_the_next_request(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sets in memory are those of an older version of the list: every act raises it."""
    monkeypatch.setattr(facets, "REBUILD_BELOW", 0)
    credential = await badge(cast.id, cast.admin)
    assert await counted() == {STE: 1}

    async with database.tx():
        rows = await acts.locked(credential)
        await database.execute("UPDATE credential SET ended_at = now() WHERE id = $1", credential)
        await acts.note(cast.admin, rows[credential], "withdrawn")

    assert await counted() == {}


async def test_a_badge_that_ran_out_overnight_leaves_the_counts(cast: Cast) -> None:
    credential = await badge(cast.id, cast.admin)
    assert await counted() == {STE: 1}
    await database.execute("UPDATE credential SET valid_until = $2 WHERE id = $1", credential, today() - timedelta(1))

    assert await reminding.look_again() == 1
    assert await counted() == {}


async def test_cards_and_suggestions_show_it_and_ask_as_much_for_three_as_for_one(
    cast: Cast, make_client: MakeClient
) -> None:
    await badge(cast.id, cast.admin)
    with count_queries() as one:
        await find(Asked())
    for number in range(2):
        saved = await organisation(cast.stranger, f"Robot {number}")
        await badge(saved.id, cast.admin)
    with count_queries() as three:
        await find(Asked())
    assert len(one) == len(three)

    label = "Giấy chứng nhận DN KH&amp;CN (NĐ 268/2025)"
    page = (await make_client().get(f"/directory?credential={STE}")).text
    assert page.count(f'<span class="badge badge-ok">{label}</span>') == 3
    assert f'value="{STE}" checked' in page
    hits = await everywhere.suggest("robot 1")
    assert [hit.badges for hit in hits if hit.title == "Robot 1"] == [("Giấy chứng nhận DN KH&CN (NĐ 268/2025)",)]
    assert label in (await make_client().get("/search/suggestions?q=robot+1")).text


def test_a_filter_has_an_address_of_its_own_and_unknown_types_are_named() -> None:
    asked, unknown = asked_from({"credential": [STE, "zz"]})

    assert (asked.url(), unknown) == (f"/directory?credential={STE}", ["zz"])
