"""Reading tables: what may be missing, what may not, and what is said then."""

import gzip
from datetime import date
from pathlib import Path

import pytest

import matching
from matching import Company, DataError, Dataset, Investor, Link
from matching.data import parse_amount, parse_date, read_table


def write(folder: Path, companies: str, investors: str, investments: str) -> Path:
    for name, text in (("companies", companies), ("investors", investors), ("investments", investments)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_reads_every_column_and_rounds_without_investor(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        "company_id,name,description,category,country,state,region,city,founded_at\n"
        "c1,Cỏ,mô tả,ai,VN,HN,North,Hà Nội,2019-02-03\n",
        "investor_id,name,type,category,country,state,region,city\ni1,Quỹ,fund,,VN,HN,,\n",
        "company_id,investor_id,round_type,funded_at,raised_amount_usd\nc1,i1,seed,2020-01-01,1000.5\nc1,,a,2021-01-01,\n",
    )
    data = Dataset.from_csv(folder)
    place = {"country": "VN", "state": "HN", "region": "North", "city": "Hà Nội"}
    assert data.companies == (Company("c1", "Cỏ", "mô tả", "ai", founded_at=date(2019, 2, 3), **place),)
    assert data.investors == (Investor("i1", "Quỹ", type="fund", country="VN", state="HN"),)
    assert data.links == (Link("c1", "i1", "seed", date(2020, 1, 1), 1000.5), Link("c1", "", "a", date(2021, 1, 1)))
    assert data.newest == date(2021, 1, 1)


def test_only_ids_are_needed_and_packed_files_are_read(tmp_path: Path) -> None:
    for name, text in (("companies", "company_id\nc1\n"), ("investors", "investor_id\ni1\n")):
        (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "investments.csv").write_bytes(gzip.compress(b"\xef\xbb\xbfcompany_id,investor_id\nc1,i1\nc2,i2\n"))
    data = Dataset.from_csv(tmp_path)
    assert [company.id for company in data.companies] == ["c1", "c2"]
    assert [investor.id for investor in data.investors] == ["i1", "i2"]
    assert data.newest is None


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("companies", "", "header"),
        ("companies", "name\nx\n", "column company_id is missing"),
        ("companies", "company_id,name\n,x\n", "companies.csv:2: company_id is empty"),
        ("companies", "company_id\nc1\nc1\n", "company 'c1' occurs twice"),
        ("companies", "company_id,founded_at\nc1,soon\n", "'soon' is not a date"),
        ("investments", "company_id,funded_at\nc1,2020-02-31\n", "'2020-02-31' is not a date"),
        ("investments", "company_id,raised_amount_usd\nc1,much\n", "'much' is not an amount"),
        ("investments", "company_id,raised_amount_usd\nc1,-1\n", "'-1' is not an amount"),
        ("investments", "company_id,raised_amount_usd\nc1,inf\n", "'inf' is not an amount"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, table: str, text: str, said: str) -> None:
    write(tmp_path, "company_id\nc1\n", "investor_id\ni1\n", "company_id\n")
    (tmp_path / f"{table}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said.replace("(", "\\(")):
        Dataset.from_csv(tmp_path)


def test_missing_folder_missing_file_broken_archive_and_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        Dataset.from_csv(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no such file"):
        Dataset.from_csv(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(DataError, match="unpacked"):
        list(read_table(tmp_path / "a.csv", None))
    (tmp_path / "b.csv").write_bytes(b"id\n\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8"):
        list(read_table(tmp_path / "b.csv", None))


def test_values_that_mean_nothing_are_none() -> None:
    assert parse_date("", "x") is None
    assert parse_date("2020-03-04T10:00:00Z", "x") == date(2020, 3, 4)
    assert parse_amount("", "x") is None
    assert parse_amount("NaN", "x") is None
    assert parse_amount("0", "x") is None


def test_an_empty_id_is_refused() -> None:
    with pytest.raises(DataError, match="empty id"):
        Dataset.of([Company("")], [])


def test_the_past_knows_neither_later_links_nor_later_foundings() -> None:
    companies = [Company("a", founded_at=date(2020, 1, 1)), Company("b", founded_at=date(2022, 1, 1))]
    links = [Link("a", "i", funded_at=date(2020, 5, 1)), Link("a", "j", funded_at=date(2021, 5, 1)), Link("a", "k")]
    past = Dataset.of(companies, [], links).until(date(2021, 1, 1))
    assert [company.founded_at for company in past.companies] == [date(2020, 1, 1), None]
    assert [link.investor_id for link in past.links] == ["i", "k"]
    assert past.until(None) is past


def test_the_fingerprint_is_of_the_values() -> None:
    one, same = (Dataset.of([Company("a", name="x")], [], [Link("a", "i")]) for _ in range(2))
    other = Dataset.of([Company("a", name="y")], [], [Link("a", "i")])
    assert one.fingerprint() == same.fingerprint()
    assert one.fingerprint() != other.fingerprint()


def test_lines_of_nothing_are_passed_over_and_places_count_them(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id,name\n\n , \nb,Bờ\n,,\n", encoding="utf-8")
    assert list(read_table(file, "id")) == [({"id": "b", "name": "Bờ"}, f"{file}:4")]


def test_the_engine_s_front_door_has_what_it_lists_and_no_more() -> None:
    assert all(getattr(matching, name).__name__ == name for name in matching.__all__)
    with pytest.raises(AttributeError, match="no attribute 'boost'"):
        matching.boost  # noqa: B018
