"""Fits: the gate, what is kept, what is left out, who may fit at once, what happens to a fit that died."""

import math
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from app.connections import choices, fit_process, fitting, gate, jobs, profiles, refresh, versions
from app.core import clock
from app.core import db as database
from app.core.outbox import Later
from tests.connections import make
from tests.factories import make_person

GOOD = {
    "links": 100,
    "metrics": {
        "model": {"recall@10": 0.26, "mrr": 0.2},
        "baselines": {"popularity": {"recall@10": 0.1, "mrr": 0.08}, "category and state": {"recall@10": 0.14}},
    },
}


def card(**model: float) -> dict[str, Any]:
    return {**GOOD, "metrics": {**GOOD["metrics"], "model": {**GOOD["metrics"]["model"], **model}}}


async def statuses() -> list[str]:
    return [fit["status"] for fit in reversed(await versions.history())]


@pytest.mark.parametrize(
    ("found", "before", "accepted", "why"),
    [
        (GOOD, None, True, ""),
        ({"links": 0}, None, True, ""),
        ({"links": 5}, None, False, "no figures of a time split on the card"),
        (card(**{"recall@10": 0.12}), None, False, "recall@10 0.120 is below 0.140 of category and state"),
        (card(mrr=math.nan), None, False, "mrr is not a number"),
        (card(mrr=0.19), GOOD, True, ""),
        (card(mrr=0.17), GOOD, False, "mrr 0.170 is far below 0.200 of the engine in use"),
        (card(**{"coverage@10": 0.0}), GOOD, True, ""),
    ],
)
def test_the_gate(found, before, accepted, why):
    assert gate.verdict(found, before) == (accepted, why)


async def test_a_fit_notices_what_moved_since_the_one_before(make_client, market, monkeypatch):
    """Twelve more companies without a country, where there were four with one."""
    monkeypatch.setattr(gate, "verdict", lambda *_cards: (True, ""))
    await make.startup("Thêm dữ liệu", country="VN")
    await fitting.fit_now()
    await database.execute("UPDATE engine_model SET prior = false")
    for number in range(12):
        await make.startup(f"Nhập vội {number}")

    assert await fitting.fit_now() == "active"

    noticed = (await versions.history(1))[0]["card"]["drift"]
    assert {"code": "rate", "subject": "companies", "before": 5, "now": 17} in noticed
    assert "missing" in {one["code"] for one in noticed}
    page = await make_client(await make_person(roles=["admin"])).get("/staff/engine")
    assert "Dữ liệu đã thay đổi nhiều so với lần huấn luyện trước" in page.text
    assert "Số lượng doanh nghiệp: 5 → 17" in page.text


async def test_a_bad_fit_is_refused_and_the_old_one_stays(market, monkeypatch):
    """The negative control of the gate: the same fit with its true card goes into use."""
    before = await versions.active()
    await make.startup("Thêm dữ liệu")
    true_fit = fitting.fit

    def worse(data, **more):
        model = true_fit(data, **more)
        model.card = card(**{"recall@10": 0.01})
        return model

    monkeypatch.setattr(fitting, "fit", worse)
    assert await fitting.fit_now() == "refused"
    assert await versions.active() == before
    assert (await versions.history(1))[0]["note"] == "recall@10 0.010 is below 0.140 of category and state"

    def better(data, **more):
        model = true_fit(data, **more)
        model.card = GOOD
        return model

    monkeypatch.setattr(fitting, "fit", better)
    assert await fitting.fit_now() == "active"
    assert (await versions.active()).id != before.id
    assert await statuses() == ["retired", "refused", "active"]


async def test_a_fit_that_breaks_is_written_down(market, monkeypatch):
    def broken(_data, **_more):
        raise ValueError("singular")

    monkeypatch.setattr(fitting, "fit", broken)
    await make.startup("Thêm dữ liệu")

    with pytest.raises(ValueError, match="singular"):
        await fitting.fit_now()

    assert await statuses() == ["active", "failed"]
    assert (await versions.history(1))[0]["note"] == "ValueError('singular')"


async def test_unchanged_data_are_not_fitted_again(market):
    assert await fitting.fit_now(prior=True) == "unchanged"
    assert await statuses() == ["active"]


async def test_an_empty_directory_is_not_fitted(db):
    assert await fitting.fit_now() == "empty"
    assert await statuses() == []
    assert await versions.active() is None


async def test_every_change_of_the_data_changes_the_fingerprint(market):
    seen = {await profiles.fingerprint()}
    await make.change(market["startup-agri-VN"], sectors=["edu"])
    seen.add(await profiles.fingerprint())
    await make.investment(market["startup-agri-VN"], market["fund-agri-VN"])
    seen.add(await profiles.fingerprint())
    await database.execute("UPDATE mandate SET updated_at = now() + interval '1 hour'")
    seen.add(await profiles.fingerprint())

    assert len(seen) == 4


async def test_a_fit_with_history_is_used_for_the_lists(market):
    await make.investment(market["startup-agri-VN"], market["fund-fin-SG"], date(2012, 5, 1))
    await make.startup("Thêm dữ liệu")

    outcome = await fitting.fit_now()

    assert outcome in ("active", "refused")
    assert await refresh.refresh(market["startup-agri-SG"]) is True


async def test_only_the_files_of_the_last_two_fits_are_kept(market):
    for number in range(3):
        await make.startup(f"Thêm {number}")
        assert await fitting.fit_now(prior=True) == "active"

    rows = await database.fetch(
        "SELECT path FROM engine_model WHERE status IN ('active', 'retired') ORDER BY started_at DESC LIMIT 2"
    )
    assert {file.name for file in versions.folder().glob("*.model")} == {row["path"] for row in rows}


async def test_a_model_whose_file_is_gone_is_no_model(market):
    (await versions.active()).file.unlink()

    assert await versions.active() is None


async def test_two_never_fit_at_once(market, postgres):
    other = await asyncpg.connect(postgres.url)
    try:
        await other.execute("SELECT pg_advisory_lock($1)", versions.FIT_LOCK)
        assert await fitting.fit_now() == "busy"
    finally:
        await other.close()


async def test_a_fit_that_died_is_begun_again(db, postgres):
    await versions.begin()
    other = await asyncpg.connect(postgres.url)
    try:
        await other.execute("SELECT pg_advisory_lock($1)", versions.FIT_LOCK)
        assert await versions.rescue() is False  # it is still alive
    finally:
        await other.close()

    assert await versions.rescue() is True
    assert await statuses() == ["failed"]
    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == 1
    assert await versions.rescue() is False


async def test_a_fit_is_due_at_night_and_when_there_is_none(market, monkeypatch):
    night = clock.now().replace(hour=19, minute=30)  # half past two in Hà Nội
    assert await jobs.fit_due() is False

    monkeypatch.setattr(clock, "now", lambda: night + timedelta(days=2))
    assert await jobs.fit_due() is True
    monkeypatch.setattr(clock, "now", lambda: night + timedelta(days=2, hours=3))
    assert await jobs.fit_due() is False


async def test_the_first_fit_waits_until_an_import_is_over(db):
    await make.startup()
    assert await jobs.fit_due() is False

    await database.execute("UPDATE organisation SET created_at = now() - interval '5 minutes'")
    assert await jobs.fit_due() is True

    await versions.fail(await versions.begin(), "broken")
    assert await jobs.fit_due() is False


async def test_the_timetable_asks_once(db):
    await make.startup(created_at=clock.now() - timedelta(hours=1))

    await jobs.fit_when_due()

    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == 1


async def test_a_second_fit_comes_later(db, monkeypatch):
    calls = []

    async def apart():
        calls.append(1)
        return 0

    monkeypatch.setattr(fit_process, "fit_apart", apart)
    await jobs.fit_engine({})
    with pytest.raises(Later):
        await jobs.fit_engine({})
    await next(iter(jobs._fitting))
    await jobs.fit_engine({})
    await next(iter(jobs._fitting))

    assert len(calls) == 2


@pytest.mark.parametrize(("code", "again"), [(0, 0), (1, 0), (fit_process.BUSY, 1)])
async def test_a_busy_fit_is_asked_for_again(db, monkeypatch, code, again):
    async def apart():
        return code

    monkeypatch.setattr(fit_process, "fit_apart", apart)

    await jobs._fit()

    assert await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.fit'") == again


async def test_a_fit_that_hangs_is_given_up(db, monkeypatch):
    async def apart():
        raise TimeoutError

    monkeypatch.setattr(fit_process, "fit_apart", apart)

    await jobs._fit()

    assert await database.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_fit_in_a_process_of_its_own(committed):
    async with database.tx():
        await make.startup("Công ty", sectors=["agri"])
        await make.investor("Quỹ", sectors=["agri"])

    assert await fit_process.fit_apart() == 0

    assert await statuses() == ["active"]
    assert (await versions.active()).file.is_file()


async def test_a_process_ends_when_its_fit_is_cancelled(committed, monkeypatch):
    monkeypatch.setattr(fit_process, "FIT_MINUTES", 0)

    with pytest.raises(TimeoutError):
        await fit_process.fit_apart()


@pytest.mark.parametrize(
    ("value", "plain"),
    [({"a": (1, 2.5)}, {"a": [1, 2.5]}), (math.nan, None), (date(2012, 1, 2), "2012-01-02"), (None, None)],
)
def test_cards_are_plain(value, plain):
    assert fitting._plain(value) == plain


async def test_what_people_answered_is_a_reason_to_fit_again(market):
    seen = {await profiles.fingerprint()}
    company, fund = market["startup-agri-VN"], market["fund-agri-VN"]
    await choices.choose(company, fund, "saved")
    seen.add(await profiles.fingerprint())
    await choices.take_back(company, fund)
    seen.add(await profiles.fingerprint())
    assert len(seen) == 3
