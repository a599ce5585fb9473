"""Mentors and technologies put away: at once on page and API, taken back, for one organisation only, once in a race."""

import asyncio
import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.connections import pair_choices, pairing
from app.core import db as database
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.access import organisation_by_id_for
from app.mentoring import finding
from app.people.rights import consent
from tests.connections import make
from tests.connections.test_pairing import agreed, guide, row, titles
from tests.factories import make_person
from tests.mentoring.make import with_hours

HTMX = {"HX-Request": "true", "HX-Target": "lists"}
OFFER, NEED = "technology_offer", "technology_need"


async def health(name: str = "Sổ tay bệnh viện") -> UUID:
    return await make.startup(name, needs=["pilot_customer"], sectors=["health"], stage="early")


async def away(organisation: UUID, kind: str = "mentor") -> list[tuple[str, str, str]]:
    return [(one.title, one.owner, one.reason) for one in await pair_choices.hidden_of(organisation, kind)]


async def kept() -> list[tuple[str, bool]]:
    rows = await database.fetch("SELECT reason, ended_at IS NULL AS open FROM pairing_choice ORDER BY id")
    return [(one["reason"], one["open"]) for one in rows]


@pytest.fixture
async def sellers(db: asyncpg.Connection) -> list[Actor]:
    return [await guide("Bùi Lan"), await guide("Võ Kim", "marketing")]


@pytest.fixture
async def startup(db: asyncpg.Connection) -> UUID:
    return await health()


@pytest.fixture
async def factory_and_offers(db: asyncpg.Connection) -> tuple[UUID, dict[str, UUID]]:
    """Somebody who looks for a sensor, and two institutes that have one."""
    factory = await make.organisation("Nhà máy", ["company"])
    await row(NEED, factory, "Đo độ mặn ao nuôi tôm", technologies=["iot"])
    offers = {}
    for name in ("Viện Một", "Viện Hai"):
        lab = await make.organisation(name, ["institute"])
        offers[name] = await row(OFFER, lab, f"Cảm biến độ mặn của {name}", technologies=["iot"])
    return factory, offers


# --- the verbs ----------------------------------------------------------------------------------------------------


async def test_a_mentor_put_away_is_gone_for_this_organisation_alone(sellers: list[Actor], startup: UUID) -> None:
    other = await health("Phòng khám số")
    assert await titles(startup, "mentor") == ["Bùi Lan", "Võ Kim"]
    before = {one.title: one.found.score for one in await pairing.paired(startup, "mentor", 10)}

    await pair_choices.put_away(startup, "mentor", sellers[0].person_id, "known", None)

    assert (await titles(startup, "mentor"), await titles(other, "mentor")) == (["Võ Kim"], ["Bùi Lan", "Võ Kim"])
    assert (await away(startup), await away(other)) == ([("Bùi Lan", "", "known")], [])
    after = {one.title: one.found.score for one in await pairing.paired(startup, "mentor", 10)}
    assert after["Võ Kim"] == before["Võ Kim"]  # a hard limit, never a score


async def test_a_technology_put_away_makes_room_for_the_next_and_comes_back(
    factory_and_offers: tuple[UUID, dict[str, UUID]],
) -> None:
    factory, offers = factory_and_offers
    first, second = [one.found.candidate_id for one in await pairing.paired(factory, OFFER, 10)]

    await pair_choices.put_away(factory, OFFER, UUID(first), "too_early", None)
    assert [one.found.candidate_id for one in await pairing.paired(factory, OFFER, 1)] == [second]
    [(title, owner, reason)] = await away(factory, OFFER)
    assert (offers[owner], title, reason) == (UUID(first), f"Cảm biến độ mặn của {owner}", "too_early")

    for _twice in range(2):
        await pair_choices.take_back(factory, OFFER, UUID(first))
    assert [one.found.candidate_id for one in await pairing.paired(factory, OFFER, 10)] == [first, second]
    assert (await away(factory, OFFER), await kept()) == ([], [("too_early", False)])


async def test_the_same_again_changes_nothing_and_another_reason_ends_the_former(
    sellers: list[Actor], startup: UUID
) -> None:
    whom = sellers[0].person_id
    first, second, third = [
        await pair_choices.put_away(startup, "mentor", whom, reason, sellers[1].person_id)
        for reason in ("sector", "sector", "geography")
    ]
    assert (first == second, first == third) == (True, False)
    assert await kept() == [("sector", False), ("geography", True)]
    written = await database.fetchrow("SELECT * FROM pairing_choice WHERE id = $1", third)
    assert (written["organisation"], written["kind"], written["candidate"]) == (startup, "mentor", whom)
    assert written["person"] == sellers[1].person_id


@pytest.mark.parametrize("reason", [None, "", "whatever", "block", "ticket"])
async def test_a_reason_of_these_lists_is_needed(sellers: list[Actor], startup: UUID, reason: str | None) -> None:
    with pytest.raises(pair_choices.ReasonMissing):
        await pair_choices.put_away(startup, "mentor", sellers[0].person_id, reason, None)
    assert await kept() == []


async def test_only_what_may_be_on_the_list_is_put_away(
    sellers: list[Actor], startup: UUID, factory_and_offers: tuple[UUID, dict[str, UUID]]
) -> None:
    factory, offers = factory_and_offers
    sensor = offers["Viện Một"]
    lab = await database.fetchval("SELECT organisation FROM technology_offer WHERE id = $1", sensor)
    gone, quiet = await guide("Đã rút"), await make_person("Không là cố vấn")
    await agreed(gone, given=False)
    for organisation, kind, candidate in (
        (startup, "mentor", new_id()),
        (startup, "mentor", sensor),
        (startup, "mentor", gone.person_id),
        (startup, "mentor", quiet.person_id),
        (startup, OFFER, sellers[0].person_id),
        (factory, NEED, sensor),
        (factory, "investor", sensor),
        (lab, OFFER, sensor),
    ):
        with pytest.raises(NotFound):
            await pair_choices.put_away(organisation, kind, candidate, "other", None)
    assert await kept() == []
    # Full since the page was opened: still there to be put away.
    await database.execute("UPDATE mentor_role SET mentees_most = 1, mentees_now = 1, paused_at = now()")
    await pair_choices.put_away(startup, "mentor", sellers[0].person_id, "other", None)
    assert await kept() == [("other", True)]


async def test_what_was_put_away_is_named_while_it_may_be_seen_newest_first(
    sellers: list[Actor], startup: UUID, factory_and_offers: tuple[UUID, dict[str, UUID]]
) -> None:
    factory, offers = factory_and_offers
    for one in sellers:
        await pair_choices.put_away(startup, "mentor", one.person_id, "other", None)
        await database.execute("UPDATE pairing_choice SET created_at = created_at - interval '1 minute'")
    assert [title for title, _owner, _reason in await away(startup)] == ["Võ Kim", "Bùi Lan"]
    assert [one.title for one in await pair_choices.hidden_of(startup, "mentor", limit=1)] == ["Võ Kim"]
    await agreed(sellers[1], given=False)
    assert len(await away(startup)) == 2  # the profile is public still
    await consent.decide(sellers[1].person_id, "profile", False)
    assert [title for title, _owner, _reason in await away(startup)] == ["Bùi Lan"]

    for sensor in offers.values():
        await pair_choices.put_away(factory, OFFER, sensor, "other", None)
    await database.execute(
        "UPDATE technology_offer SET ended_at = now(), ended_reason = 'removed' WHERE id = $1", offers["Viện Một"]
    )
    assert [owner for _title, owner, _reason in await away(factory, OFFER)] == ["Viện Hai"]
    await database.execute("UPDATE organisation SET tiers = '{\"technology_offer\": 4}'")
    assert await away(factory, OFFER) == []


async def test_what_has_become_one_s_own_is_not_among_what_was_put_away(
    factory_and_offers: tuple[UUID, dict[str, UUID]],
) -> None:
    """It could not be taken back there. Nor does it take a place from what can."""
    factory, offers = factory_and_offers
    for sensor in offers.values():
        await pair_choices.put_away(factory, OFFER, sensor, "other", None)
        await database.execute("UPDATE pairing_choice SET created_at = created_at - interval '1 minute'")
    await database.execute("UPDATE technology_offer SET organisation = $2 WHERE id = $1", offers["Viện Hai"], factory)
    assert [one.owner for one in await pair_choices.hidden_of(factory, OFFER, limit=1)] == ["Viện Một"]


# --- two tabs -----------------------------------------------------------------------------------------------------


async def test_two_tabs_at_once_leave_one_row(committed: asyncpg.Pool) -> None:
    whom = (await guide()).person_id
    async with database.tx():
        startup = await health()

    made = await asyncio.gather(*(pair_choices.put_away(startup, "mentor", whom, "known", None) for _ in range(6)))
    assert (len(set(made)), await kept()) == (1, [("known", True)])

    reasons = ("sector", "geography", "too_late")
    await asyncio.gather(*(pair_choices.put_away(startup, "mentor", whom, reason, None) for reason in reasons * 2))
    assert [open_ for _reason, open_ in await kept()].count(True) == 1
    assert await titles(startup, "mentor") == []


async def test_without_the_lock_two_tabs_would_collide(committed: asyncpg.Pool) -> None:
    """The negative control: both find nothing open and both insert; the index refuses one of them."""
    async with database.tx():
        startup, whom = await health(), new_id()
    looked = asyncio.Barrier(2)

    async def put_away_carelessly() -> None:
        async with database.tx() as con:
            await con.fetchrow("SELECT 1 FROM pairing_choice WHERE organisation = $1 AND ended_at IS NULL", startup)
            await looked.wait()
            await con.execute(
                "INSERT INTO pairing_choice (id, organisation, kind, candidate, reason)"
                " VALUES (gen_random_uuid(), $1, 'mentor', $2, 'other')",
                *(startup, whom),
            )

    found = await asyncio.gather(put_away_carelessly(), put_away_carelessly(), return_exceptions=True)
    assert [type(one) for one in found if one] == [asyncpg.UniqueViolationError]


# --- the page -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def desk(sellers: list[Actor], startup: UUID, make_client: Any) -> tuple[Any, str]:
    """An editor's browser, and the address of their list of mentors."""
    editor = await make_person("Biên tập")
    await make.member(editor, startup, "editor")
    return make_client(editor), f"/suggestions/{await make.slug_of(startup)}/others"


async def test_put_away_on_the_page_it_is_gone_from_page_and_api_and_undone(
    desk: tuple[Any, str], sellers: list[Actor], startup: UUID
) -> None:
    client, address = desk
    lan = f"{address}/mentor/{sellers[0].person_id}"

    drawn = await client.post(f"{lan}/hide", data={"reason": "not_verified"}, headers=HTMX)
    assert (drawn.status_code, drawn.text.lstrip()[:19]) == (200, '<section id="lists"')
    assert "Sẽ không gợi ý Bùi Lan nữa." in drawn.text
    assert "HX-Trigger" not in drawn.headers
    assert drawn.text.count("data-focus") == 1
    assert drawn.text.count(f'action="{lan}/restore"') == 2  # undo, and among what was put away
    assert re.findall(r'id="p-([^"]+)"', drawn.text) == [str(sellers[1].person_id)]
    api = f"/api/v1/organisations/{startup}/pairings?kind=mentor"
    assert [one["title"] for one in (await client.get(api)).json()["items"]] == ["Võ Kim"]

    shown = (await client.get(f"{address}?kind=mentor")).text
    assert "data-focus" not in shown
    assert "Chưa đủ tin cậy</span>" in shown
    back = await client.post(f"{lan}/restore", headers=HTMX)
    assert len(re.findall(r'id="p-', back.text)) == 2
    assert "Đã ẩn</strong>" not in back.text
    assert [one["title"] for one in (await client.get(api)).json()["items"]] == ["Bùi Lan", "Võ Kim"]


async def test_without_script_the_page_comes_again_and_says_what_was_done(
    desk: tuple[Any, str], sellers: list[Actor]
) -> None:
    client, address = desk
    hidden = await client.post(f"{address}/mentor/{sellers[0].person_id}/hide", data={"reason": "other"})
    assert (hidden.status_code, hidden.headers["location"]) == (303, f"{address}?kind=mentor")
    assert "Sẽ không gợi ý Bùi Lan nữa." in (await client.get(hidden.headers["location"])).text
    back = await client.post(f"{address}/mentor/{sellers[0].person_id}/restore")
    assert "Đã hoàn tác: Bùi Lan." in (await client.get(back.headers["location"])).text


@pytest.mark.parametrize("data", [{}, {"reason": ""}, {"reason": "block"}, {"reason": "x" * 5000}])
async def test_without_a_reason_the_page_stays_and_says_what_is_missing(
    desk: tuple[Any, str], sellers: list[Actor], data: dict[str, str]
) -> None:
    client, address = desk
    for headers in ({}, HTMX):
        answer = await client.post(f"{address}/mentor/{sellers[0].person_id}/hide", data=data, headers=headers)
        assert answer.status_code == 422
        assert "Vui lòng chọn lý do gợi ý này không phù hợp." in answer.text
        assert f'id="p-{sellers[0].person_id}"' in answer.text
    assert await kept() == []


async def test_when_the_last_one_is_put_away_the_page_says_so_and_shows_what_was(
    desk: tuple[Any, str], sellers: list[Actor], startup: UUID, make_client: Any
) -> None:
    client, address = desk
    for one in sellers:
        drawn = await client.post(f"{address}/mentor/{one.person_id}/hide", data={"reason": "sector"}, headers=HTMX)
    assert "Danh sách này không còn mục nào" in drawn.text
    assert '<details class="card" open>' in drawn.text
    reader = await make_person("Reader", locale="en")
    await make.member(reader, startup, "viewer")
    read = (await make_client(reader).get(address)).text
    assert "Nothing is left on this list" in read
    assert ("Bùi Lan</a>" in read, "/restore" in read, "/hide" in read) == (True, False, False)


async def test_a_technology_is_put_away_by_its_title_with_who_has_it(
    factory_and_offers: tuple[UUID, dict[str, UUID]], make_client: Any
) -> None:
    factory, offers = factory_and_offers
    owner = await make_person("Chủ")
    await make.member(owner, factory)
    long = "Hệ thống cảm biến đo độ mặn, độ đục và nhiệt độ nước ao nuôi tôm thẻ chân trắng siêu thâm canh " * 2
    await database.execute("UPDATE technology_offer SET title_vi = $2 WHERE id = $1", offers["Viện Hai"], long.strip())
    client, base = make_client(owner), f"/suggestions/{await make.slug_of(factory)}/others/{OFFER}"
    drawn = await client.post(f"{base}/{offers['Viện Hai']}/hide", data={"reason": "too_late"}, headers=HTMX)
    assert f"Sẽ không gợi ý “{long.strip()}” nữa." in drawn.text
    assert f"{long.strip()}</a><span>Viện Hai</span>" in drawn.text
    for wrong in (f"{base}/{new_id()}", f"{base.replace(OFFER, NEED)}/{offers['Viện Hai']}", f"{base}/mot"):
        for verb in ("hide", "restore"):
            assert (await client.post(f"{wrong}/{verb}", data={"reason": "other"})).status_code == 404


async def test_one_or_three_put_away_cost_the_same_queries(desk: tuple[Any, str], startup: UUID) -> None:
    client, address = desk
    counts = []
    for number in range(4):
        with database.count_queries() as asked:
            await client.get(address)
        with database.count_queries() as listed:
            await pairing.paired(startup, "mentor", 10)
        counts.append((len(asked), len(listed)))
        other = await guide(f"Cố vấn {number}")
        await pair_choices.put_away(startup, "mentor", other.person_id, "other", None)
    assert counts == [counts[0]] * 4


async def test_a_mentor_put_away_is_found_among_the_mentors_still(sellers: list[Actor], startup: UUID) -> None:
    """That list is a directory: there the mentor merely has no reasons, and stands behind who suits."""
    owner = await make_person("Chủ")
    await make.member(owner, startup)
    for one in sellers:
        await with_hours(one)

    await pair_choices.put_away(startup, "mentor", sellers[0].person_id, "geography", None)

    seen = await organisation_by_id_for(owner, startup)
    found = await finding.find(owner, seen, finding.Asked(), "Asia/Ho_Chi_Minh")
    assert [(card.name, card.pair is None) for card in found.cards] == [("Võ Kim", False), ("Bùi Lan", True)]
