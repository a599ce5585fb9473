"""People's rights over their profile: a copy of everything, erased everywhere; and who is faster with an address."""

import asyncio
from typing import Any

import asyncpg
import pytest

import app.rights
from app.core import db as database
from app.core.web import NOBODY, Actor
from app.directory.persons import access, grants, profile, role, writing
from app.people.rights import consent, erasure
from app.people.rights.subject import exporters, subject_of
from tests.directory.persons.make import listed, mentor
from tests.factories import make_person

CANARY = "Mốc Xoá Sạch"
assert app.rights.SUBJECTS, "the composition registers who copies and erases"


async def everywhere(text: str) -> set[str]:
    """The tables of this package in which a text stands, looked for in every column."""
    found = set()
    for table in ("person_profile", "person_change", "person_former_slug", "person_grant", "mentor_role",
                  "mentor_listing", "findable", "field_note", "expertise"):  # fmt: skip
        if await database.fetchval(
            f"SELECT EXISTS (SELECT FROM {table} t WHERE to_jsonb(t)::text ILIKE $1)",
            f"%{text}%",
        ):
            found.add(table)
    return found


async def filled() -> Actor:
    """A person whose every text names the canary."""
    actor = await make_person(CANARY)
    texts = ("headline_vi", "headline_en", "bio_vi", "bio_en", "contact_phone", "fee_vi", "fee_en")
    await mentor(actor, "sales", **{name: f"{CANARY} {name}" for name in texts})
    await profile.edit_profile(actor, {"name": f"Đỗ {CANARY}"})
    asker = await make_person("Trần Hỏi")
    await grants.ask(asker, await access.person_by_id_for(asker, actor.person_id), f"Gặp {CANARY}")
    return actor


async def test_everything_about_a_profile_is_in_the_copy(db: asyncpg.Connection) -> None:
    actor = await filled()
    subject = await subject_of(actor.person_id)
    assert subject is not None
    sheets: dict[str, list[dict[str, Any]]] = {}
    for name in ("directory/profile", "directory/profile_history", "directory/contact_requests", "directory/expertise"):
        sheets[name] = [row async for row in exporters[name](subject)]

    assert sheets["directory/profile"][0]["headline_vi"] == f"{CANARY} headline_vi"
    assert len(sheets["directory/profile_history"]) > 8
    assert [row["by_me"] for row in sheets["directory/contact_requests"]] == [False]
    assert "Trần Hỏi" not in str(sheets)
    assert [row["code"] for row in sheets["directory/expertise"]] == ["sales"]


async def test_erasing_leaves_no_word_of_it_and_the_counts_of_changes(db: asyncpg.Connection) -> None:
    actor = await filled()
    assert await everywhere("mốc xoá sạch") >= {"person_profile", "person_change", "person_grant", "mentor_role"}
    assert await everywhere("moc-xoa-sach") >= {"person_former_slug", "findable"}
    changes = await database.fetchval("SELECT count(*) FROM person_change WHERE person = $1", actor.id)
    subject = await subject_of(actor.person_id)
    assert subject is not None

    await erasure.erase(subject, by=actor.id)

    for text in ("mốc xoá sạch", "moc-xoa-sach", "moc xoa sach"):
        assert await everywhere(text) == set()
    left = await database.fetchval("SELECT count(*) FROM person_change WHERE person = $1", actor.id)
    assert left >= changes
    assert await subject_of(actor.person_id) is None


# --- races ----------------------------------------------------------------------------------------------------------


async def test_namesakes_at_one_instant_get_two_addresses(committed: asyncpg.Pool) -> None:
    people = [await make_person("Nguyễn Văn An") for _each in range(4)]

    slugs = await asyncio.gather(*(listed(who) for who in people))

    assert {saved.slug for saved in slugs} == {"nguyen-van-an", *(f"nguyen-van-an-{n}" for n in (2, 3, 4))}


async def test_negative_control_without_the_lock_two_want_one_address(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock both read that the address is free; the database's own rule then refuses one."""
    people = [await make_person("Nguyễn Văn An") for _each in range(2)]
    both = asyncio.Barrier(2)

    async def at_once(name: str) -> str:
        await both.wait()
        return "nguyen-van-an"

    monkeypatch.setattr(writing, "free_slug", at_once)
    results = await asyncio.gather(*(listed(who) for who in people), return_exceptions=True)

    assert [type(result).__name__ for result in results if isinstance(result, Exception)] == ["UniqueViolationError"]


async def test_withdrawing_while_listing_never_leaves_somebody_listed_without_consent(committed: asyncpg.Pool) -> None:
    actor = await make_person("Bùi Lan")
    await listed(actor)
    for _round in range(6):
        await asyncio.gather(
            consent.decide(actor.person_id, "profile", False),
            profile.edit_profile(actor, {"bio_vi": f"Lần {_round}"}),
        )
        assert await database.fetchval("SELECT count(*) FROM findable WHERE kind = 'person'") == 0
        await listed(actor)
        assert (await access.person_for(NOBODY, "bui-lan")).listed


async def test_one_of_two_first_edits_begins_the_profile(committed: asyncpg.Pool) -> None:
    actor = await make_person("Bùi Lan")
    await asyncio.gather(
        profile.edit_profile(actor, {"headline_vi": "Một"}),
        profile.edit_profile(actor, {"bio_vi": "Hai"}),
        role.put_expertise(actor, "sales", "advised", 1),
    )
    own = await access.own_profile(actor)
    assert own is not None
    assert (own.row["headline_vi"], own.row["bio_vi"]) == ("Một", "Hai")
    assert await database.fetchval("SELECT count(*) FROM person_profile") == 1
