"""The command line: files in, files out, and what is said when they are wrong."""

import csv
import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from matching import Dataset
from matching.__main__ import main


def save(data: Dataset, folder: Path, packed: bool = False) -> Path:
    """Write a dataset as the CSV files of the command."""
    folder.mkdir(exist_ok=True)
    tables = {
        "companies": (["company_id", "name", "category", "country", "state", "founded_at"], data.companies, "id"),
        "investors": (["investor_id", "name", "country", "state"], data.investors, "id"),
        "investments": (["company_id", "investor_id", "round_type", "funded_at", "raised_amount_usd"], data.links, ""),
    }
    for name, (header, rows, identifier) in tables.items():
        lines = [",".join(header)]
        for row in rows:
            columns = [identifier, *header[1:]] if identifier else [*header[:-1], "amount_usd"]
            lines.append(",".join(str(getattr(row, column) or "") for column in columns))
        text = "\n".join(lines).encode()
        if packed:
            (folder / f"{name}.csv.gz").write_bytes(gzip.compress(text))
        else:
            (folder / f"{name}.csv").write_bytes(text)
    return folder


@pytest.fixture(scope="module")
def folder(world: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = save(world, tmp_path_factory.mktemp("dữ liệu"))
    (root / "q.csv").write_text(
        "company_id,round_type,amount_usd\nc1,angel,200000\nc2,,\nnew one,angel,\nc1,,\n", encoding="utf-8"
    )
    (root / "c.csv").write_text("investor_id\n" + "\n".join(i.id for i in world.investors) + "\n", encoding="utf-8")
    return root


def run(folder: Path, *extra: str, side: str = "companies", queries: str = "q.csv", candidates: str = "c.csv") -> int:
    files = [
        "--queries",
        str(folder / queries),
        "--candidates",
        str(folder / candidates),
        "--out",
        str(folder / "out.csv"),
    ]
    return main(["rank", "--data", str(folder), "--for", side, *files, *extra])


def read(folder: Path) -> list[list[str]]:
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_ranks_each_query_once_best_first_without_known_links(folder: Path, world: Dataset) -> None:
    assert run(folder, "--limit", "12") == 0
    header, *rows = read(folder)
    assert header == ["query_id", "candidate_id", "score"]
    assert [row[0] for row in rows] == ["c1"] * 12 + ["c2"] * 12 + ["new one"] * 12
    known = {(link.company_id, link.investor_id) for link in world.links}
    assert known.isdisjoint((query, candidate) for query, candidate, _ in rows)
    for start in (0, 12, 24):
        scores = [float(row[2]) for row in rows[start : start + 12]]
        assert scores == sorted(scores, reverse=True)


def test_the_other_direction_takes_what_companies_raise(folder: Path, world: Dataset) -> None:
    assert run(folder, side="investors", queries="c.csv", candidates="q.csv") == 0
    _, *rows = read(folder)
    assert {row[1] for row in rows} == {"c1", "c2", "new one"}
    assert {row[0] for row in rows} == {investor.id for investor in world.investors}


def test_packed_tables_and_a_run_of_its_own_give_the_same_bytes(folder: Path, world: Dataset, tmp_path: Path) -> None:
    assert run(folder, "--as-of", "2018-06-30") == 0
    save(world, tmp_path, packed=True)
    command = [
        sys.executable, "-m", "matching", "rank", "--data", str(tmp_path), "--for", "companies",
        "--as-of", "2018-06-30",
        "--queries", str(folder / "q.csv"), "--candidates", str(folder / "c.csv"), "--out", str(tmp_path / "out.csv"),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=60)
    assert (tmp_path / "out.csv").read_bytes() == (folder / "out.csv").read_bytes()


def test_only_ids_are_enough(tmp_path: Path) -> None:
    for name, text in {
        "companies.csv": "company_id\na\nb\n",
        "investors.csv": "investor_id\nx\ny\n",
        "investments.csv": "company_id,investor_id\na,x\n",
        "q.csv": "id\na\n",
        "c.csv": "id\nx\ny\n",
    }.items():
        (tmp_path / name).write_text(text)
    assert run(tmp_path) == 0
    assert [row[:2] for row in read(tmp_path)] == [["query_id", "candidate_id"], ["a", "y"]]
    (tmp_path / "c.csv").write_text("id\n")
    assert run(tmp_path) == 0
    assert read(tmp_path) == [["query_id", "candidate_id", "score"]]
    (tmp_path / "q.csv").write_text("id\n")
    assert run(tmp_path) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-of", "yesterday"], "'yesterday' is not a date"),
        (["--limit", "0"], "--limit must be at least 1"),
    ],
)
def test_wrong_options_are_said_and_end_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(folder, *arguments) == 2
    assert said in capsys.readouterr().err


def test_wrong_files_are_said_and_end_with_2(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, queries="gone.csv") == 2
    assert "gone.csv: no such file" in capsys.readouterr().err
    (folder / "wrong.csv").write_text("company_id,amount_usd\nc1,lots\n")
    assert run(folder, queries="wrong.csv") == 2
    assert "wrong.csv:2: 'lots' is not an amount" in capsys.readouterr().err
    assert main(["evaluate", "--data", str(tmp_path), "--split", "2019-01-01"]) == 2
    assert main(["evaluate", "--data", str(folder), "--split", ""]) == 2


def test_a_place_that_cannot_be_written_is_said(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = save(Dataset(), tmp_path / "few")
    for name in ("q.csv", "c.csv"):
        (few / name).write_text("id\nx\n")
    (few / "out.csv").mkdir()
    assert run(few) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["rank"], ["rank", "--for", "dogs"], ["market"]])
def test_unknown_commands_and_options_end_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_evaluate_prints_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(folder), "--split", "2019-01-01"]) == 0
    assert "category and state" in capsys.readouterr().out
