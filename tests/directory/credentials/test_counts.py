"""Figures as of any day: a timeline with every way in which a certificate can end, and the sums that always hold."""

import csv
import io
from datetime import date, timedelta

import pytest

from app.core import db as database
from app.core.web import Actor
from app.directory.credentials import counting, deciding
from app.directory.credentials.counting import FATES, Rows
from app.directory.credentials.holders import Holder
from tests.conftest import MakeClient
from tests.directory.credentials.make import holder, stated, verified

TIMELINE = [
    # day, issued, valid, expired, revoked, superseded
    ("2019-12-31", 0, 0, 0, 0, 0),
    ("2020-01-01", 1, 1, 0, 0, 0),
    ("2021-06-30", 2, 2, 0, 0, 0),
    ("2022-12-31", 4, 4, 0, 0, 0),
    ("2023-01-01", 4, 3, 1, 0, 0),
    ("2023-05-31", 4, 3, 1, 0, 0),
    ("2023-06-01", 4, 2, 1, 1, 0),
    ("2026-01-31", 4, 2, 1, 1, 0),
    ("2026-02-01", 5, 2, 1, 1, 1),
    ("2026-11-01", 5, 2, 1, 1, 1),
]


@pytest.fixture
async def timeline(owner: Actor, whose: Holder, moderator: Actor) -> None:
    """Four under the first decree: one runs out, one is revoked, one is replaced, one goes on; one under the second."""
    _second_owner, second = await holder("Khác")
    await verified(moderator, whose, "ste_2019", number="a", issued_on=date(2020, 1, 1), valid_until=date(2022, 12, 31))
    revoked = await verified(moderator, second, "ste_2019", number="b", issued_on=date(2021, 6, 30))
    await deciding.revoke_credential(moderator, revoked, date(2023, 6, 1), "x")
    old = await verified(moderator, whose, "ste_2019", number="c", issued_on=date(2022, 1, 1))
    await verified(moderator, second, "ste_2019", number="d", issued_on=date(2022, 1, 1))
    await verified(moderator, whose, "ste_2025", old, number="e", issued_on=date(2026, 2, 1))
    await stated(owner, whose, "ste_2025", number="nobody checked it")


@pytest.mark.parametrize("expected", TIMELINE, ids=[line[0] for line in TIMELINE])
async def test_the_figures_of_a_day(timeline: None, expected: tuple[str, int, int, int, int, int]) -> None:
    day, *figures = expected

    total = counting.total_of(await counting.counts_on(date.fromisoformat(day)))

    assert [total.issued, total.valid, total.expired, total.revoked, total.superseded] == figures


async def test_figures_are_told_by_type_and_basis_in_one_query(timeline: None) -> None:
    with database.count_queries() as log:
        counts = await counting.counts_on(date(2026, 3, 1))

    assert len(log) == 1
    assert [(one.credential_type, one.regime, one.issued, one.valid) for one in counts] == [
        ("ste_2019", "decree_13_2019", 4, 1),
        ("ste_2025", "decree_268_2025", 1, 1),
    ]


async def test_each_figure_is_the_number_of_its_rows(timeline: None) -> None:
    for text, *_figures in TIMELINE:
        day = date.fromisoformat(text)
        for count in await counting.counts_on(day):
            for fate in FATES:
                asked = Rows(day=day, credential_type=count.credential_type, regime=count.regime, fate=fate)
                assert len(await counting.rows_behind(asked)) == getattr(count, fate)
            everything = Rows(day=day, credential_type=count.credential_type, regime=count.regime)
            assert len(await counting.rows_behind(everything)) == count.issued


async def test_what_had_run_out_before_it_was_replaced_ran_out(whose: Holder, moderator: Actor) -> None:
    old = await verified(
        moderator, whose, "ste_2019", number="a", issued_on=date(2020, 1, 1), valid_until=date(2024, 12, 31)
    )
    await verified(moderator, whose, "ste_2025", old, number="b", issued_on=date(2026, 2, 1))

    asked = Rows(day=date(2026, 3, 1), credential_type="ste_2019")

    assert [row["fate"] for row in await counting.rows_behind(asked)] == ["expired"]


def _fate(day: date, until: date | None, revoked: date | None, superseded: date | None) -> str:
    if revoked is not None and revoked <= day:
        return "revoked"
    if until is not None and until < day and (superseded is None or superseded > until):
        return "expired"
    return "superseded" if superseded is not None and superseded <= day else "valid"


async def test_the_sql_says_the_same_as_the_plain_words(whose: Holder, moderator: Actor) -> None:
    """Every order of end, revocation and replacement, on days before, between and after them."""
    begin = date(2025, 1, 1)
    options = [None, begin + timedelta(days=10), begin + timedelta(days=20)]
    found = await verified(moderator, whose, "ocop", issued_on=begin)
    wrong = []
    for until in options:
        for state, ended in [("valid", None), *((s, d) for s in ("revoked", "superseded") for d in options[1:])]:
            revoked, superseded = (ended if state == "revoked" else None, ended if state == "superseded" else None)
            await database.execute(
                "UPDATE credential SET state = $2, valid_until = $3, revoked_on = $4, superseded_on = $5 WHERE id = $1",
                *(found, state, until, revoked, superseded),
            )
            for after in (5, 10, 11, 15, 20, 21, 30):
                day = begin + timedelta(days=after)
                fate = (await counting.rows_behind(Rows(day=day)))[0]["fate"]
                if fate != _fate(day, until, revoked, superseded):
                    wrong.append((until, state, ended, day, fate))
    assert wrong == []


async def test_the_files_say_what_the_page_says(make_client: MakeClient, timeline: None, moderator: Actor) -> None:
    browser = make_client(moderator)

    page = (await browser.get("/staff/credentials?on=2026-03-01")).text
    figures = await browser.get("/staff/credentials/figures.csv?on=2026-03-01")
    rows = await browser.get("/staff/credentials/rows.csv?on=2026-03-01&type=ste_2019&fate=revoked")

    assert "/staff/credentials/rows?on=2026-03-01&amp;type=ste_2019&amp;regime=decree_13_2019&amp;fate=revoked" in page
    lines = list(csv.reader(io.StringIO(figures.content.decode("utf-8-sig"))))
    assert [line[2:] for line in lines[1:]] == [["4", "1", "1", "1", "1"], ["1", "1", "0", "0", "0"]]
    assert lines[0][2] == "Đã cấp tính đến ngày này"
    told = list(csv.reader(io.StringIO(rows.content.decode("utf-8-sig"))))
    assert [line[4] for line in told[1:]] == ["b"]
    assert figures.headers["content-disposition"] == 'attachment; filename="credentials-2026-03-01.csv"'


async def test_no_cell_is_a_formula(whose: Holder, moderator: Actor, make_client: MakeClient) -> None:
    await verified(moderator, whose, number="=HYPERLINK(1)", issuer="@sum")

    text = (await make_client(moderator).get("/staff/credentials/rows.csv")).content.decode("utf-8-sig")

    cells = next(csv.reader(io.StringIO(text.splitlines()[1])))
    assert (cells[4], cells[5]) == ("'=HYPERLINK(1)", "'@sum")


@pytest.mark.parametrize("query", ["on=", "on=nonsense", "on=0001-01-01", "on=9999-12-31", "on=2026-02-30"])
async def test_a_day_that_is_none_is_today(make_client: MakeClient, moderator: Actor, query: str) -> None:
    for path in ("", "/rows", "/rows.csv", "/figures.csv"):
        assert (await make_client(moderator).get(f"/staff/credentials{path}?{query}&type=x&fate=y&from=z")).is_success
