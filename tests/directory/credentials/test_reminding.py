"""Reminders ninety, thirty and seven days before the end: each once, to whom it belongs, never for what has ended."""

from datetime import date

import asyncpg
import pytest

from app.core import db as database
from app.core.web import Actor
from app.demo import credentials as samples
from app.directory.credentials import deciding, jobs, reminding
from app.directory.credentials.holders import Holder, holder_of
from tests.directory.credentials.make import in_days, row_of, subjects, verified
from tests.directory.make import join, organisation
from tests.factories import make_person


async def mails() -> list[str]:
    """The subjects of reminders, without those of decisions."""
    return [subject for subject in await subjects() if "ngày:" in subject]


@pytest.mark.parametrize(
    ("left", "step"), [(0, 7), (7, 7), (8, 30), (30, 30), (31, 90), (90, 90), (91, None), (-1, None)]
)
async def test_which_step_is_due(whose: Holder, moderator: Actor, left: int, step: int | None) -> None:
    found = await verified(moderator, whose, valid_until=in_days(left))

    told = await reminding.remind()

    assert (told, (await row_of(found))["reminded_days"]) == (0 if step is None else 1, step)
    assert len(await mails()) == told


async def test_each_step_is_taken_once(whose: Holder, moderator: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    end = in_days(100)
    await verified(moderator, whose, valid_until=end)
    told = []
    for left in (100, 90, 89, 45, 30, 29, 8, 7, 6, 0, -1):
        day = date.fromordinal(end.toordinal() - left)
        monkeypatch.setattr(reminding, "today", lambda day=day: day)
        told.append((left, await reminding.remind()))
        assert await reminding.remind() == 0

    assert [left for left, count in told if count] == [90, 30, 7]
    assert [subject.partition(":")[0] for subject in await mails()] == ["Còn 90 ngày", "Còn 30 ngày", "Còn 7 ngày"]


async def test_every_present_owner_hears_and_nobody_else(whose: Holder, owner: Actor, moderator: Actor) -> None:
    second, editor, former = [await make_person(name) for name in ("Hai", "Biên tập", "Cũ")]
    await join(whose.id, second, "owner")
    await join(whose.id, editor, "editor")
    await join(whose.id, former, "owner")
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", former.id)
    await verified(moderator, whose, valid_until=in_days(20))

    await jobs.remind()

    rows = await database.fetch("SELECT to_address FROM mail WHERE subject LIKE 'Còn%' ORDER BY created_at, id")
    assert {row["to_address"] for row in rows} == {owner.email, second.email}


async def test_a_person_hears_of_their_own(owner: Actor, moderator: Actor) -> None:
    me = await holder_of({"organisation": None, "person": owner.id})
    await verified(moderator, me, "startup_ind", valid_until=in_days(5))

    await reminding.remind()

    text = await database.fetchval("SELECT text FROM mail WHERE subject LIKE 'Còn 5 ngày%'")
    assert "/account/credentials" in text


async def test_what_was_revoked_or_replaced_runs_out_quietly(whose: Holder, moderator: Actor) -> None:
    gone = await verified(moderator, whose, number="1", valid_until=in_days(20))
    await deciding.revoke_credential(moderator, gone, date(2026, 2, 1), "x")
    old = await verified(moderator, whose, "ste_2025", number="2", valid_until=in_days(20))
    await verified(moderator, whose, "ste_2025", old, number="3", issued_on=date(2026, 3, 1))

    assert await reminding.remind() == 0


async def test_who_has_left_hears_nothing_and_can_still_be_revoked(whose: Holder, moderator: Actor) -> None:
    found = await verified(moderator, whose, valid_until=in_days(20))
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'left' WHERE id = $1", whose.id)

    assert await reminding.remind() == 0
    await deciding.revoke_credential(moderator, found, date(2026, 2, 1), "Đã giải thể")

    assert (await row_of(found))["state"] == "revoked"


async def test_the_samples_are_made_once_and_say_so(db: asyncpg.Connection) -> None:
    await make_person("Quản trị", email="admin@demo.example", roles=("admin",))
    owner = await make_person("Chủ hồ sơ")
    for name in {line[0] for line in samples.VALID} | {"Robot Kho Vận Bắc Ninh"}:
        await organisation(owner, name)
    await database.execute("UPDATE organisation SET sample = true")
    told = []

    async def report(label: str, share: float) -> None:
        told.append((label, share))

    for _time in range(2):
        await samples.load(report)

    states = await database.fetch("SELECT state, count(*) AS n FROM credential GROUP BY 1")
    assert {row["state"]: row["n"] for row in states} == {"valid": 10, "superseded": 1, "revoked": 1, "draft": 2}
    assert await database.fetchval("SELECT count(*) FROM credential WHERE number NOT LIKE 'MẪU-%'") == 0
    assert told[-1] == ("credentials", 1.0)
