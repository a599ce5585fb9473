"""Profiles that may be one: found with reasons, not found again after a decision, asked about while typing."""

from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import NotAllowed
from app.core.web import Actor
from app.directory.curation import duplicates
from app.directory.curation.deciding import AlreadyDecided
from tests.directory.curation.conftest import unowned


async def pairs() -> list[tuple[set[UUID], list[str]]]:
    await duplicates.look_for_duplicates()
    rows = await database.fetch("SELECT * FROM duplicate_pair WHERE state = 'found' ORDER BY score DESC")
    return [({row["first"], row["second"]}, row["reasons"]) for row in rows]


async def place(name: str, **columns: object) -> UUID:
    """An organisation with columns that no form writes yet."""
    found = await unowned(name, website="")
    if columns:
        sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(columns, start=2))
        await database.execute(f"UPDATE organisation SET {sets} WHERE id = $1", found, *columns.values())
    return found


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        (("Công ty CP Sông Hồng", {}), ("Sông Hồng JSC", {}), ["name"]),
        (("Robot Sông Hồng", {"province_code": "01"}), ("Robto Sông Hồng", {"province_code": "01"}), None),
        (("Alpha", {"domain": "a.example"}), ("Omega", {"domain": "a.example"}), ["domain"]),
        (("Alpha", {"enterprise_code": "0101234567"}), ("Omega", {"enterprise_code": "0101234567"}), ["code"]),
        (("Alpha", {"enterprise_code": "0101234567"}), ("Omega", {"enterprise_code": "0101234567001"}), ["branch"]),
        (("Sông Hồng Robot", {}), ("Robot Sông Hồng", {}), ["name"]),
    ],
)
async def test_a_pair_is_found_with_its_reasons(
    db: object,
    one: tuple[str, dict[str, str]],
    other: tuple[str, dict[str, str]],
    reasons: list[str] | None,
) -> None:
    first, second = await place(one[0], **one[1]), await place(other[0], **other[1])

    found = await pairs()

    assert found == [({first, second}, reasons or ["similar", "initials", "province"])]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Sông Hồng", {"country": "VN"}), ("Sông Hồng", {"country": "US"})),
        (("Sông Hồng", {"enterprise_code": "0101234567"}), ("Sông Hồng", {"enterprise_code": "0309999999"})),
        (("Nông nghiệp Xanh", {}), ("Nông nghiệp Sạch Đà Lạt", {})),
        (("Alpha", {"domain": "facebook.com"}), ("Omega", {"domain": "facebook.com"})),
    ],
)
async def test_what_speaks_against_it_keeps_a_pair_out(
    db: object, one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]
) -> None:
    await place(one[0], **one[1])
    await place(other[0], **other[1])

    assert await pairs() == []


async def test_the_job_looks_only_at_what_changed(db: object) -> None:
    await place("Sông Hồng")
    assert await duplicates.look_for_duplicates() == 1
    assert await duplicates.look_for_duplicates() == 0

    second = await place("Sông Hồng JSC")
    assert await duplicates.look_for_duplicates() == 1
    assert len(await pairs()) == 1

    await database.execute(
        "UPDATE organisation SET name = 'Tên khác hẳn', listing_version = listing_version + 1 WHERE id = $1", second
    )
    assert await duplicates.look_for_duplicates() == 1
    assert await pairs() == []


async def test_a_pair_that_is_different_stays_decided(moderator: Actor) -> None:
    first, second = await place("Sông Hồng"), await place("Sông Hồng JSC")
    await pairs()
    pair = await database.fetchval("SELECT id FROM duplicate_pair")

    assert await duplicates.say_different(moderator, [pair], "Hai công ty khác nhau") == 1
    await database.execute("UPDATE organisation SET listing_version = listing_version + 1")

    assert await pairs() == []
    assert [row["decided_by"] for row in await duplicates.pairs_queue("different")] == ["Người kiểm duyệt"]
    with pytest.raises(AlreadyDecided):
        await duplicates.say_different(moderator, [pair])
    await duplicates.look_again(moderator, pair)
    assert await pairs() == [({first, second}, ["name"])]


async def test_a_pair_goes_with_an_organisation_that_ended(db: object) -> None:
    first = await place("Sông Hồng")
    await place("Sông Hồng JSC")
    assert len(await pairs()) == 1

    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", first)

    assert await pairs() == []
    assert await database.fetchval("SELECT count(*) FROM duplicate_trait") == 1


async def test_a_key_under_which_many_lie_pairs_nobody(db: object) -> None:
    for n in range(duplicates.MOST_UNDER_A_KEY + 1):
        await place(f"Chi nhánh {n}", domain="chung.example")

    assert [reasons for _pair, reasons in await pairs() if "domain" in reasons and "similar" not in reasons] == []


async def test_only_moderators_decide(db: object, lan: Actor) -> None:
    with pytest.raises(NotAllowed):
        await duplicates.say_different(lan, [])
    with pytest.raises(NotAllowed):
        await duplicates.look_again(lan, UUID(int=1))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"name": "Robot Sông Hồng"}, True),
        ({"name": "cty cp robot song hong"}, True),
        ({"name": "Robott Sông Hồng"}, True),
        ({"name": "Tên khác", "website": "https://www.robot.example/vi"}, True),
        ({"name": "Tên khác", "enterprise_code": "0101234567-001"}, True),
        ({"name": "Tên khác"}, False),
        ({"name": "Tên khác", "website": "https://facebook.com/robot"}, False),
        ({"name": ""}, False),
        ({"name": "%%%___"}, False),
    ],
)
async def test_while_typing_the_likely_ones_are_named(db: object, typed: dict[str, str], found: bool) -> None:
    robot = await place("Robot Sông Hồng", domain="robot.example", enterprise_code="0101234567")
    await duplicates.look_for_duplicates()

    with database.count_queries() as asked:
        rows = await duplicates.likely(**typed)

    assert [row["id"] for row in rows] == ([robot] if found else [])
    assert len(asked) == 1


async def test_the_newest_profile_is_named_before_the_job_has_seen_it(db: object) -> None:
    robot = await place("Robot Sông Hồng")

    assert [row["id"] for row in await duplicates.likely("ROBOT SÔNG HỒNG")] == [robot]


async def test_what_is_hidden_is_not_named(db: object) -> None:
    await place("Robot Sông Hồng")
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'other'")

    assert await duplicates.likely("Robot Sông Hồng") == []


async def test_many_are_laid_and_compared_in_turns_as_they_are_at_once(
    db: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few are read at a time, and however many turns it takes: each is looked at once, every pair is found."""
    made = [await place(f"Sông Hồng {letter} Robot") for letter in "AABBCCD"]
    monkeypatch.setattr(duplicates, "IN_MEMORY", 2)
    monkeypatch.setattr(duplicates, "AT_ONCE", 3)
    monkeypatch.setattr(duplicates, "MANY", 1)

    assert await duplicates.look_for_duplicates(4) == 4
    assert await duplicates.look_for_duplicates() == 3

    rows = await database.fetch("SELECT first, second FROM duplicate_pair WHERE 'name' = ANY(reasons)")
    expected = {frozenset(made[n : n + 2]) for n in (0, 2, 4)}
    assert {frozenset(row) for row in rows} == expected
