"""Consent per purpose: what was decided when, on which text, and what stops at once when somebody withdraws."""

from typing import Any

import asyncpg
import pytest

import app.rights  # noqa: F401  what subjects stop
from app.core import db as database
from app.core.errors import NotFound
from app.core.i18n import ROOT
from app.people.rights import consent
from app.people.rights.consent import consented, decide, has_consent, history_of, standing_of
from app.people.rights.purposes import PURPOSES, Purpose, Wording
from events import checkin
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration
from tests.factories import make_person

NOW = PURPOSES["profile"].text.version
OFFERED = [code for code, purpose in PURPOSES.items() if purpose.offered]


def changed(purpose: Purpose, *, asks_again: bool) -> Purpose:
    """The purpose with a newer text."""
    newer = Wording(version="2030-01-01", vi="Nội dung mới.", en="A new text.", asks_again=asks_again)
    return Purpose(
        code=purpose.code,
        by=purpose.by,
        label_vi=purpose.label_vi,
        label_en=purpose.label_en,
        stops_vi=purpose.stops_vi,
        stops_en=purpose.stops_en,
        wordings=(*purpose.wordings, newer),
    )


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=lambda purpose: purpose.code)
def test_every_purpose_says_what_it_is_for_in_both_languages(purpose: Purpose) -> None:
    texts = [purpose.label_vi, purpose.label_en, purpose.stops_vi, purpose.stops_en]
    texts += [half for wording in purpose.wordings for half in (wording.vi, wording.en)]
    assert all(text.strip() == text and len(text) > 5 for text in texts)
    versions = [wording.version for wording in purpose.wordings]
    assert versions == sorted(set(versions))
    assert purpose.least_version in versions


async def test_nothing_holds_before_somebody_agrees_but_what_belongs_to_a_service(db: asyncpg.Connection) -> None:
    actor = await make_person()
    assert [(row.purpose.code, row.holds, row.decided) for row in await standing_of(actor.person_id)] == [
        (code, code == "desk_search", False) for code in OFFERED
    ]
    assert [await has_consent(actor.person_id, code) for code in PURPOSES] == [
        code == "desk_search" for code in PURPOSES
    ]
    assert await database.fetchval("SELECT count(*) FROM consent") == 0


async def test_each_decision_is_one_row_that_says_when_on_which_text_and_how(db: asyncpg.Connection) -> None:
    actor, clerk = await make_person(), await make_person(roles=("admin",))
    assert await decide(actor.person_id, "profile", True, text_version=NOW, channel="paper", actor=clerk.id)
    assert not await decide(actor.person_id, "profile", True, text_version=NOW)
    assert await has_consent(actor.person_id, "profile")
    assert await decide(actor.person_id, "profile", False)
    assert not await decide(actor.person_id, "profile", False)
    assert not await has_consent(actor.person_id, "profile")
    assert [(row.given, row.text_version, row.channel) for row in await history_of(actor.person_id)] == [
        (False, NOW, "web"),
        (True, NOW, "paper"),
    ]
    actors = await database.fetch("SELECT actor FROM consent WHERE person = $1 ORDER BY id", actor.id)
    assert [row["actor"] for row in actors] == [clerk.id, None]


async def test_a_first_no_is_a_decision_too(db: asyncpg.Connection) -> None:
    actor = await make_person()
    assert await decide(actor.person_id, "digests", False)
    assert (await standing_of(actor.person_id))[2].decided
    assert not await decide(actor.person_id, "desk_search", True, text_version=NOW)


@pytest.mark.parametrize(("asks_again", "holds"), [(False, True), (True, False)])
async def test_a_new_text_asks_again_only_when_it_means_something_else(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, asks_again: bool, holds: bool
) -> None:
    actor = await make_person()
    await decide(actor.person_id, "profile", True, text_version=NOW)
    monkeypatch.setitem(PURPOSES, "profile", changed(PURPOSES["profile"], asks_again=asks_again))
    assert await has_consent(actor.person_id, "profile") == holds
    standing = (await standing_of(actor.person_id))[0]
    assert (standing.holds, standing.asks_again) == (holds, asks_again)
    with pytest.raises(consent.TextChanged):
        await decide(actor.person_id, "profile", True, text_version=NOW)
    assert await decide(actor.person_id, "profile", True, text_version="2030-01-01")
    assert await has_consent(actor.person_id, "profile")


@pytest.mark.parametrize("code", [code for code in PURPOSES if code not in OFFERED])
async def test_what_nothing_reads_is_asked_of_nobody_and_can_be_withdrawn(
    db: asyncpg.Connection, make_client: MakeClient, code: str
) -> None:
    actor = await make_person()
    with pytest.raises(NotFound):
        await decide(actor.person_id, code, True, text_version=PURPOSES[code].text.version)
    assert PURPOSES[code].text.vi not in (await make_client(actor).get("/account/data")).text

    async with database.tx():
        await consent.write(actor.person_id, PURPOSES[code], given=True, channel="paper")
    assert PURPOSES[code].text.vi in (await make_client(actor).get("/account/data")).text
    assert await decide(actor.person_id, code, False)


def test_what_is_offered_has_an_effect_somewhere() -> None:
    """A purpose that is asked for is named by a subject that reads it; the list of purposes itself does not count."""
    files = [path for folder in ("app", "events") for path in (ROOT / folder).rglob("*.py") if "demo" not in path.parts]
    sources = "".join(path.read_text() for path in files if path.name != "purposes.py")

    assert [code for code in OFFERED if f'"{code}"' not in sources] == []


async def test_sets_of_people_are_filtered_in_one_statement(db: asyncpg.Connection) -> None:
    yes, no, undecided = [await make_person() for _n in range(3)]
    await decide(yes.person_id, "suggestions", True, text_version=NOW)
    await decide(no.person_id, "suggestions", True, text_version=NOW)
    await decide(no.person_id, "suggestions", False)
    rows = await database.fetch(
        f"SELECT id FROM person p WHERE id = ANY ($1) AND {consented('p.id', 'suggestions')}",
        [yes.id, no.id, undecided.id],
    )
    assert [row["id"] for row in rows] == [yes.id]
    assert await database.fetchval(f"SELECT {consented('NULL::uuid', 'suggestions')}") is False


async def test_the_log_is_only_added_to(db: asyncpg.Connection) -> None:
    actor = await make_person()
    await decide(actor.person_id, "profile", True, text_version=NOW)
    for statement in ("UPDATE consent SET given = false", "DELETE FROM consent"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with database.tx():
                await database.execute(statement)


async def test_an_unknown_purpose_and_an_ended_account_are_not_found(db: asyncpg.Connection) -> None:
    actor = await make_person()
    await database.execute("UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1", actor.id)
    for purpose in ("profile", "nonsense"):
        with pytest.raises(NotFound):
            await decide(actor.person_id, purpose, False)


# --- it acts everywhere at once -----------------------------------------------------------------------------------


async def found_by_name(world: Any, text: str) -> list[str]:
    return sorted(row["full_name"] for row in await checkin.search(world.event, world.checkpoint, text))


@pytest.mark.parametrize("signed_in", [True, False], ids=["own account", "same address without it"])
async def test_who_objects_is_not_found_by_name_at_the_desk_any_more(db: asyncpg.Connection, signed_in: bool) -> None:
    guest = await make_person("Trần Thị Bưởi")
    world = await make_event()
    await make_registration(world, *([guest] if signed_in else []), full_name=guest.name, email=guest.email)
    await make_registration(world, full_name="Trần Thị Bưởi Da Xanh")
    assert await found_by_name(world, "tran thi buoi") == ["Trần Thị Bưởi", "Trần Thị Bưởi Da Xanh"]
    await decide(guest.person_id, "desk_search", False)
    assert await found_by_name(world, "tran thi buoi") == ["Trần Thị Bưởi Da Xanh"]
    await decide(guest.person_id, "desk_search", True, text_version=PURPOSES["desk_search"].text.version)
    assert await found_by_name(world, "tran thi buoi") == ["Trần Thị Bưởi", "Trần Thị Bưởi Da Xanh"]


async def test_organisers_see_at_once_who_wants_no_more_news(db: asyncpg.Connection) -> None:
    guest = await make_person()
    world = await make_event()
    await make_registration(world, guest, email=guest.email, news=True)
    await decide(guest.person_id, "digests", False)
    assert await database.fetchval("SELECT count(*) FROM registration WHERE news_consent_at IS NOT NULL") == 0


async def test_a_withdrawal_takes_the_profile_off_every_list(db: asyncpg.Connection) -> None:
    actor = await make_person("Người công khai")
    await database.execute(
        "INSERT INTO person_profile (id, person, slug, name, name_folded, listed_at)"
        " VALUES (gen_random_uuid(), $1, 'nguoi-cong-khai', 'x', 'x', now())",
        actor.id,
    )
    await decide(actor.person_id, "profile", True, text_version=NOW)
    await decide(actor.person_id, "profile", False)
    assert await database.fetchval("SELECT listed_at FROM person_profile WHERE person = $1", actor.id) is None


async def test_what_a_subject_stops_stops_with_the_decision_or_not_at_all(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = await make_person()
    await decide(actor.person_id, "profile", True, text_version=NOW)

    async def fails(_person: object) -> None:
        raise ValueError("the index is away")

    monkeypatch.setitem(consent._withdrawn, ("profile", "test"), fails)
    with pytest.raises(ValueError, match="the index is away"):
        await decide(actor.person_id, "profile", False)
    assert await has_consent(actor.person_id, "profile")


def test_two_hooks_of_one_name_are_a_mistake() -> None:
    async def one(_person: object) -> None: ...

    async def two(_person: object) -> None: ...

    register = consent.on_consent("profile", "test of names")
    try:
        assert register(one) is one is register(one)
        with pytest.raises(RuntimeError, match="two hooks"):
            register(two)
    finally:
        del consent._given["profile", "test of names"]


# --- the page -----------------------------------------------------------------------------------------------------


async def test_the_page_ticks_nothing_beforehand_and_switches_each_purpose(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person(locale="en")
    client = make_client(actor, **{"Accept-Language": "en"})
    page = (await client.get("/account/data")).text
    assert (page.count("Not decided yet."), page.count("checked")) == (len(OFFERED) - 1, 0)
    answer = await client.post("/account/data/consents/profile", data={"given": "1", "version": NOW})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/data#profile")
    assert await has_consent(actor.person_id, "profile")
    assert "You agreed" in (await client.get("/account/data")).text
    stale = await client.post("/account/data/consents/suggestions", data={"given": "1", "version": "2001-01-01"})
    assert stale.status_code == 303
    assert not await has_consent(actor.person_id, "suggestions")
    assert (await client.post("/account/data/consents/nonsense", data={"given": "1"})).status_code == 404
    assert (await client.post("/account/data/consents/profile", data={"given": "maybe"})).status_code == 404
