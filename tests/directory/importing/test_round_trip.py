"""What goes out comes in again the same; what came in is taken back; batches are few, whole, and go on after a kill."""

import asyncio
import csv
import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import db as database
from app.core.i18n import in_language
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import places
from app.directory.access import organisation_by_id_for
from app.directory.fields import FIELDS, Field, fields_for
from app.directory.importing import batches, delimited, exporting, judgement, undoing, writing
from app.directory.importing.cells_out import cells_of, exported_fields
from app.directory.importing.columns import NOT_IN_FILES, columns_from, title_of
from app.directory.importing.from_shell import import_file
from app.directory.importing.judging import Plan, read
from app.directory.importing.runs import Choices, confirm, undo
from app.directory.importing.stored import stored_rows, whole
from app.directory.importing.tables_out import TableOut
from app.directory.profile_fields import checked
from app.directory.profiles import edit_organisation
from app.directory.vocabulary import NEEDS
from tests.directory.conftest import Cast
from tests.directory.make import organisation
from tests.factories import make_person

_LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zl", "Zp", "Mn")), max_size=25)
_ODD = st.sampled_from(
    ["=1+1", "+84", "-", "@x", "'=a", "a; b", "a|b", "x\\", "Đổi mới", '"quoted"', "1.234,5", "0123"]
)


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """Values that a field may hold, the odd ones among them."""
    codes = list(field.vocabulary.codes) if field.vocabulary else []
    some: dict[str, st.SearchStrategy[Any]] = {
        "line": _LINES | _ODD, "text": _LINES | _ODD | st.just("dòng 1\n=dòng 2"), "phone": _ODD,
        "email": st.just("a.b+c@example.vn"), "url": st.just("https://sen.vn/?a=1;2"),
        "code": st.sampled_from(codes or ["x"]), "level": st.sampled_from(range(1, 10)),
        "codes": st.lists(st.sampled_from(codes or ["x"]), unique=True, max_size=3),
        "lines": st.lists(_LINES | _ODD, max_size=3), "country": st.sampled_from(["VN", "US", "DE", "IT"]),
        "countries": st.lists(st.sampled_from(sorted(places._territories("en"))), unique=True, max_size=4),
        "province": st.sampled_from(list(places.provinces())), "ward": st.sampled_from(list(places.wards())),
        "integer": st.integers(max(field.low, 1), min(field.most or 10**6, 10**6)),
        "money": st.decimals(1, 10**12, places=2), "percent": st.decimals(0, 100, places=2),
        "currency": st.sampled_from(["VND", "USD"]), "date": st.dates(date(1901, 1, 1), date(2100, 1, 1)),
        "year": st.dates(date(1901, 1, 1), date(2026, 1, 1)), "maybe": st.booleans(), "flag": st.booleans(),
        "state": st.just("CA"),
    }  # fmt: skip
    return some[field.type]


_FREE = [
    field for field in FIELDS.values() if field.type not in {*NOT_IN_FILES, "province", "ward", "state", "country"}
]


@st.composite
def profiles(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(st.lists(st.sampled_from(["startup", "investor", "institute", "incubator"]), min_size=1, unique=True))
    fitting = {field.name for field in fields_for(kinds)}
    names = [field.name for field in _FREE if field.name in fitting and field.name not in ("name", "kinds", "status")]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=12))
    found: dict[str, Any] = {"name": draw(_LINES | _ODD) + " Sen", "kinds": kinds, "status": "active"}
    found |= {name: draw(value_of(FIELDS[name])) for name in chosen}
    found |= {"fund_currency": "VND"} if "investor" in kinds else {}
    found |= {"raising_round": "seed", "raising_currency": "USD"} if "startup" in kinds else {}
    found["founded_precision"] = draw(st.sampled_from(["year", "month", "day"]))
    ward = draw(st.none() | value_of(FIELDS["ward_code"]))
    found |= {"country": "VN", "province_code": places.wards()[ward].province_code, "ward_code": ward} if ward else {}
    found |= {
        name: draw(st.lists(st.sampled_from(NEEDS.codes), unique=True, max_size=3)) for name in ("needs", "offers")
    }
    for name in ("enterprise_code", "vsic_codes", "socials", "raising_amount"):
        found.pop(name, None)
    return found


@settings(
    max_examples=30, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(values=profiles(), form=st.sampled_from(["csv", "xlsx"]), locale=st.sampled_from(["vi", "en"]))
def test_every_value_that_goes_out_comes_in_the_same(
    tmp_path: Path, values: dict[str, Any], form: Any, locale: str
) -> None:
    from app.directory.importing.judgement import lines_below, look

    row = whole({**batches.blank(), **checked(values), "id": new_id()})
    if row["founded_on"]:
        row["founded_on"] = row["founded_on"].replace(day=1) if row["founded_precision"] != "day" else row["founded_on"]
        row["founded_on"] = (
            row["founded_on"].replace(month=1) if row["founded_precision"] == "year" else row["founded_on"]
        )
    columns = exported_fields(lambda _tier: True)
    path = tmp_path / "a"
    with in_language(locale), TableOut(path, form, [title_of(name) for name in columns]) as table:
        table.write(cells_of(row, columns))
    looked = look(path, Choices())
    [said] = read(list(lines_below(path, looked)), Plan(tuple(looked.columns)))

    assert said.faults == []
    assert (looked.columns, looked.source.sure) == (
        columns_from([title_of(name, locale) for name in columns], {}),
        True,
    )
    back = {**said.values, "needs": said.needs.get("need", []), "offers": said.needs.get("offer", [])}
    fitting = {field.name for field in fields_for(row["kinds"])} - {"founded_precision"}
    for name, field in FIELDS.items():
        if name in fitting and field.type not in NOT_IN_FILES:
            assert back.get(name, field.empty) == row[name], name
    assert (back["needs"], back["offers"]) == (row["needs"], row["offers"])


async def full(actor: Actor) -> UUID:
    saved = await organisation(
        actor, "=Trà; Sen|Tây \\Hồ", ("startup", "investor"), sectors=["agri", "fin"], country="VN", province_code="01",
        website="https://sen.vn", summary_vi="-Trà ướp sen\ncho khách xa", founded_on=date(2019, 5, 1),
        founded_precision="month", raising_round="seed", raising_amount=Decimal("1234.50"), raising_currency="USD",
        aliases=["Sen; Hồ", "+Sen"], pitch_vi="Một", fund_size=Decimal("9000000000000"), fund_currency="VND", trl=4,
    )  # fmt: skip
    return saved.id


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_our_own_export_changes_nothing_when_it_comes_back(cast: Cast, tmp_path: Path, form: str) -> None:
    organisation_id = await full(cast.owner)
    before = await stored_rows([organisation_id])
    seen = await organisation_by_id_for(cast.owner, organisation_id)
    await exporting.write_one(seen, tmp_path / "a", form)
    report = await import_file(tmp_path / "a")

    assert (report.rows, report.unchanged, report.faults, report.ignored_columns) == (1, 1, [], [])
    assert await stored_rows([organisation_id]) == before


async def test_what_people_wrote_is_put_back_and_what_they_did_since_stays(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "Tên;Loại;Trang web;Nhu cầu;Giới thiệu ngắn\nSen;startup;sen.vn;Vốn;Một\nTrúc;startup;;;\n", "utf-8"
    )
    first = await import_file(path)
    path.write_text("Tên;Trang web;Nhu cầu;Giới thiệu ngắn;Năm thành lập\nSen;hoasen.vn;Cố vấn;Hai;2019\n", "utf-8")
    second = await import_file(path)
    names = {row["name"]: row["id"] for row in await database.fetch("SELECT id, name FROM organisation")}
    admin = await make_person(roles=("admin",))
    await edit_organisation(admin, names["Sen"], {"website": "https://khac.vn"})
    await undo(admin, second.run)
    while await undoing.undo_batch(second.run):
        pass

    sen = (await stored_rows([names["Sen"]]))[names["Sen"]]
    assert (sen["website"], sen["needs"], sen["pitch_vi"], sen["founded_on"]) == (
        "https://khac.vn", ["capital"], "Một", None,
    )  # fmt: skip
    assert await database.fetchval("SELECT array_agg(DISTINCT undone) FROM import_row WHERE run = $1", second.run) == [
        "kept"
    ]

    await undo(admin, first.run)
    while await undoing.undo_batch(first.run):
        pass
    ended = "SELECT name, ended_reason FROM organisation WHERE source = 'import' ORDER BY name"
    assert await database.fetch(ended) == [
        ("Sen", None), ("Trúc", "import undone"),
    ]  # fmt: skip


async def test_values_that_somebody_checked_are_shown_as_conflicts_until_the_file_is_to_win(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,kinds,website\nSen,startup,sen.vn\n")
    await import_file(path)
    await db.execute("UPDATE field_note SET verified_level = 2 WHERE field = 'website'")
    path.write_text("name,kinds,website,summary_en\nSen,startup,khac.vn,Tea\n")
    kept = await import_file(path)
    website = "SELECT website FROM organisation"

    assert (kept.changed, await db.fetchval(website)) == (1, "https://sen.vn")
    assert await db.fetchval("SELECT conflicts FROM import_row WHERE run = $1", kept.run) == {
        "website": ["https://sen.vn", "https://khac.vn", "somebody checked this value"]
    }
    run = await judged(path, Choices(take=True))
    await confirm(run)
    while await writing.write_batch(run):
        pass
    assert await db.fetchval(website) == "https://khac.vn"
    note = await db.fetchrow("SELECT source, verified_level FROM field_note WHERE field = 'website'")
    assert (note["source"], note["verified_level"]) == ("import", 0)


async def judged(path: Path, choices: Choices = Choices(), list_name: str = "") -> UUID:  # noqa: B008
    """An import as the pages begin it, judged."""
    import msgspec

    run = new_id()
    await database.execute(
        "INSERT INTO import_run (id, name, choices, list_name) VALUES ($1, 'a', $2, $3)",
        *(run, msgspec.to_builtins(choices), list_name),
    )
    await judgement.judge_file(run, path)
    return run


async def test_a_list_is_known_again_by_its_own_numbers_under_its_name(db: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mã trong danh sách,Tên,Loại\n007,Sen,startup\n008,Trúc,startup\n", "utf-8")
    await import_file(path, list_name="Sở KH&CN")
    path.write_text("Mã trong danh sách,Tên,Loại\n007,Sen Tây Hồ,startup\n008,Trúc,startup\n", "utf-8")
    elsewhere = await import_file(path, list_name="Sở Công Thương", dry_run=True)
    again = await import_file(path, list_name="so kh&cn")

    assert (elsewhere.new, elsewhere.changed) == (1, 0)
    assert (again.changed, again.unchanged) == (1, 1)
    assert await db.fetchval("SELECT array_agg(name ORDER BY name) FROM organisation") == ["Sen Tây Hồ", "Trúc"]


async def test_whom_a_row_is_about(db: asyncpg.Connection, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "name,kinds,mst,website,country,province\n"
        "Sen,startup,0101234567,sen.vn,VN,Hà Nội\nTrúc,startup,,truc.vn,VN,Huế\nMai,startup,,facebook.com/mai,VN,\n"
    )
    await import_file(path)
    path.write_text(
        "name,kinds,mst,website,country,province\n"
        "Hoa Sen,startup,0101234567,,,\n"  # the code says it
        "Trúc,startup,,truc.vn,VN,Hà Nội\n"  # the site and the name say it, though it moved
        "Mai,startup,,,,\n"  # the name, for no place speaks against it
        "Sen,startup,0109999999,,VN,Hà Nội\n"  # the same name under another code is somebody else
        "Cúc,startup,,truc.vn,,\n"  # the same site under another name: a person decides
        "Mai,startup,,,JP,\n"
        "Lan,startup,,facebook.com/lan,,\n"  # a site of many says nothing
    )
    run = await judged(path)

    rows = await db.fetch("SELECT number, fate, why FROM import_row WHERE run = $1 ORDER BY number", run)
    assert [tuple(row) for row in rows] == [
        (2, "changed", "by its enterprise code"), (3, "changed", "by its site and name"),
        (4, "unchanged", "by its name and place"), (5, "new", ""), (6, "possible", "the same site under another name"),
        (7, "possible", "the same name in another place"), (8, "new", ""),
    ]  # fmt: skip


def table_of(path: Path, rows: int, start: int = 0) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Tên", "Loại", "Mã số thuế", "Lĩnh vực", "Trang web", "Mô tả", "Nhu cầu", "Giới thiệu ngắn"])
        for n in range(start, start + rows):
            code = f"01{n:08d}"
            writer.writerow([f"Sen {n}", "startup", code, "agri", f"sen{n}.vn", "Trà " * 40, "Vốn", "Một"])
    return path


async def test_a_batch_takes_as_many_statements_for_three_rows_as_for_one(
    db: asyncpg.Connection, tmp_path: Path
) -> None:
    counts: dict[str, list[int]] = {"new": [], "changed": [], "undone": []}
    actor = await make_person()
    for rows, start in ((1, 0), (3, 10)):
        for fate in ("new", "changed"):
            path = table_of(tmp_path / "a.csv", rows, start)
            if fate == "changed":
                path.write_text(path.read_text("utf-8").replace("Một", "Hai").replace("Trà ", "Sen "), "utf-8")
            with database.count_queries() as queries:
                report = await import_file(path)
            counts[fate].append(len(queries))
            assert getattr(report, fate) == rows
        await undo(actor, report.run)
        with database.count_queries() as queries:
            await undoing.undo_batch(report.run)
        counts["undone"].append(len(queries))
    assert {fate: numbers[0] == numbers[1] for fate, numbers in counts.items()} == dict.fromkeys(counts, True)


async def test_memory_does_not_grow_with_the_file(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgement, "BATCH", 25)
    monkeypatch.setattr(delimited, "_CHUNK", 4096)
    monkeypatch.setattr(delimited, "_SAMPLE", 4096)
    await judged(table_of(tmp_path / "first.csv", 25))  # what is kept for ever is made
    peaks = []
    for rows in (100, 400):
        path = table_of(tmp_path / f"{rows}.csv", rows)
        tracemalloc.start()
        await judged(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.25


async def test_a_write_that_dies_goes_on_behind_its_last_batch(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    run = await judged(table_of(tmp_path / "a.csv", 5))
    await confirm(run)
    assert await writing.write_batch(run)

    async def broken(*_told: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(batches, "tell", broken)
        with pytest.raises(ConnectionError):
            await writing.write_batch(run)
    half = [
        await db.fetchval("SELECT count(*) FROM organisation"),
        await db.fetchval("SELECT count(*) FROM startup_details"),
        await db.fetchval("SELECT count(*) FROM import_row WHERE outcome = 'created'"),
    ]
    while await writing.write_batch(run):
        pass

    assert half == [2, 2, 2]
    assert await db.fetchval("SELECT count(*) FROM organisation") == 5
    assert await db.fetchval("SELECT state FROM import_run WHERE id = $1", run) == "written"


async def test_refreshing_is_spread_so_that_mails_do_not_wait_behind_it(
    db: asyncpg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "BATCH", 2)
    await import_file(table_of(tmp_path / "a.csv", 5))
    waits = await db.fetch(
        "SELECT extract(epoch FROM available_at - now())::float AS wait FROM outbox"
        " WHERE topic = 'connections.refresh' ORDER BY available_at"
    )

    assert [round(row["wait"] / batches.REFRESH_SECONDS) for row in waits] == [0, 1, 2, 3, 4]


async def write_all(run: UUID) -> None:
    while await writing.write_batch(run):
        pass


async def test_two_workers_and_two_imports_of_one_list_make_each_organisation_once(
    committed: asyncpg.Pool, tmp_path: Path
) -> None:
    path = table_of(tmp_path / "a.csv", 30)
    runs = [await judged(path), await judged(path)]
    for run in runs:
        await confirm(run)
    await asyncio.gather(*(write_all(run) for run in [*runs, *runs]))

    assert await committed.fetchval("SELECT count(*) FROM organisation") == 30
    assert await committed.fetchval("SELECT count(DISTINCT slug) FROM organisation") == 30
    outcomes = await committed.fetch("SELECT outcome, count(*) FROM import_row GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in outcomes] == [("created", 30), ("unchanged", 30)]


async def test_without_the_lock_two_imports_would_double_them(
    committed: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: it can fail."""
    met = asyncio.Barrier(2)
    real = writing.way_of

    async def unguarded() -> None:
        return None

    def both_judge_before_one_writes(subject: str) -> Any:
        way = real(subject)

        async def judge_again(*given: Any) -> Any:
            judged = await way.judge_again(*given)
            await met.wait()
            return judged

        return SimpleNamespace(judge_again=judge_again, write=way.write)

    monkeypatch.setattr(writing, "_one_at_a_time", unguarded)
    monkeypatch.setattr(writing, "way_of", both_judge_before_one_writes)
    path = table_of(tmp_path / "a.csv", 5)
    runs = [await judged(path), await judged(path)]
    for run in runs:
        await confirm(run)
    await asyncio.gather(*(writing.write_batch(run) for run in runs))

    assert await committed.fetchval("SELECT count(*) FROM organisation") == 10
