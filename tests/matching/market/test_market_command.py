"""The command: files in, lists out, one line of JSON, and one line for whatever is wrong."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.markets import best_first, ecosystem, tables
from matching import DataError
from matching.__main__ import main
from matching.market import command
from tests.matching.market.judging import by_convolution, judged

KEYS = ["expected_matches", "seconds", "peak_memory_mb", "coverage", "gini"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small market in both forms, which is also where the command runs."""
    factors = ecosystem(50, 30)
    p, q = tables(factors)
    np.save(tmp_path / "p.npy", p)
    np.save(tmp_path / "q.npy", q)
    np.savez(tmp_path / "factors.npz", **factors)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*options: str) -> int:
    """Run the command."""
    return main(["market", "--out", "lists.npy", *options])


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The line that the command printed, and nothing else."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    line: dict[str, float] = json.loads(out)
    return line


TABLES = ("--p", "p.npy", "--q", "q.npy")
FACTORS = ("--factors", "factors.npz")


@pytest.mark.parametrize("market", [TABLES, FACTORS])
def test_lists_of_everybody_are_written_and_told(
    folder: Path, capsys: pytest.CaptureFixture[str], market: tuple[str, ...]
) -> None:
    assert run(*market) == 0
    line = told(capsys)
    lists = np.load(folder / "lists.npy")
    assert list(line) == KEYS
    assert lists.dtype == np.int32
    assert (np.sort(lists, axis=1) == np.arange(30)).all()
    p, q = (np.load(folder / name) for name in ("p.npy", "q.npy"))
    assert line["expected_matches"] == pytest.approx(by_convolution(lists, p, q, "inv")[0], abs=1e-3)
    assert line["coverage"] == 1
    assert 0 < line["gini"] < 0.5
    assert line["peak_memory_mb"] > 30
    assert line["seconds"] > 0


@pytest.mark.parametrize("examination", ["inv", "exp", "log2"])
def test_lists_of_a_length_beat_the_product(folder: Path, capsys: pytest.CaptureFixture[str], examination: str) -> None:
    assert run(*TABLES, "--lists", "4", "--examination", examination) == 0
    lists = np.load(folder / "lists.npy")
    p, q = (np.load(folder / name) for name in ("p.npy", "q.npy"))
    assert lists.shape == (50, 4)
    assert told(capsys)["expected_matches"] == pytest.approx(judged(lists, p, q, examination), abs=1e-3)
    assert judged(lists, p, q, examination) > judged(best_first(p * q, 4), p, q, examination)


def test_fairness_and_the_bound_are_told_where_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*TABLES, "--lists", "4", "--fairness", "1", "--bound") == 0
    line = told(capsys)
    assert list(line) == [*KEYS, "without_fairness", "upper_bound"]
    assert line["expected_matches"] < line["without_fairness"] < line["upper_bound"]


def test_the_same_seed_writes_the_same_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for seed in ("3", "3"):
        assert run(*FACTORS, "--lists", "5", "--seed", seed) == 0
        files.append((folder / "lists.npy").read_bytes())
    assert files[0] == files[1]


def test_the_name_of_the_file_is_kept_as_it_is(folder: Path) -> None:
    assert main(["market", *TABLES, "--out", "danh sách"]) == 0
    assert np.load(folder / "danh sách").shape == (50, 30)


def test_lists_longer_than_there_are_people_show_everybody(folder: Path) -> None:
    assert run(*TABLES, "--lists", "1000") == 0
    assert np.load(folder / "lists.npy").shape == (50, 30)


def write(folder: Path, name: str, values: object) -> None:
    """Put an array, some bytes, or several arrays into the folder."""
    if isinstance(values, bytes):
        (folder / name).write_bytes(values)
    elif isinstance(values, dict):
        np.savez(folder / name, **values)
    else:
        np.save(folder / name, np.asarray(values))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("p.npy", np.full((50, 30), np.nan), "p: nan at [0, 0] is no probability"),
        ("p.npy", np.full((50, 30), 1.2), "p: 1.2 at [0, 0] is no probability"),
        ("q.npy", np.full((50, 30), -0.2), "q: -0.2 at [0, 0] is no probability"),
        ("q.npy", np.full((30, 50), 0.5), "p (50, 30) and q (30, 50) are not two tables of the same shape"),
        ("q.npy", np.full(50, 0.5), "p (50, 30) and q (50,) are not two tables of the same shape"),
        ("q.npy", np.full((50, 30), "x"), "q: numbers are needed, these are <U1"),
        ("q.npy", b"", "q.npy: cannot be read as numpy arrays"),
        ("q.npy", b"not numpy at all", "q.npy: cannot be read as numpy arrays"),
        ("q.npy", b"\x93NUMPY\x01\x00", "q.npy: cannot be read as numpy arrays"),
        ("q.npy", b"PK\x03\x04 no archive", "q.npy: cannot be read as numpy arrays"),
    ],
)
def test_tables_that_are_no_market(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, values: object, said: str
) -> None:
    write(folder, name, values)
    refused(capsys, TABLES, said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"U": np.ones((2, 3))}, "factors: V, a, b missing"),
        ({**ecosystem(4, 3), "a": np.ones(5)}, "factors: shapes do not match: U (4, 16), V (3, 16), a (5,), b (3,)"),
        ({**ecosystem(4, 3), "b2": np.full(3, np.nan)}, "factors: b2 holds what is not finite"),
        ({**ecosystem(4, 3), "b2": np.array([None] * 3)}, "factors.npz: cannot be read as numpy arrays"),
        (b"PK\x03\x04 no archive", "factors.npz: cannot be read as numpy arrays"),
        (b"PK\x05\x06", "factors.npz: cannot be read as numpy arrays"),
    ],
)
def test_factors_that_are_no_market(
    folder: Path, capsys: pytest.CaptureFixture[str], values: object, said: str
) -> None:
    write(folder, "factors.npz", values)
    refused(capsys, FACTORS, said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--p", "p.npy"), "either --p and --q, or --factors"),
        ((), "either --p and --q, or --factors"),
        ((*TABLES, *FACTORS), "either --p and --q, or --factors"),
        ((*FACTORS, "--q", "q.npy"), "either --p and --q, or --factors"),
        (("--p", "p.npy", "--q", "gone.npy"), "gone.npy: no such file"),
        (("--p", ".", "--q", "q.npy"), ".: cannot be read as numpy arrays"),
        (("--factors", "gone.npz"), "gone.npz: no such file"),
        (("--factors", "p.npy"), "p.npy: one array, an .npz with U, V, a, b, U2, V2, a2, b2 is needed"),
        (("--p", "factors.npz", "--q", "q.npy"), "factors.npz: an .npz of several arrays, one table (.npy) is needed"),
        ((*TABLES, "--lists", "0"), "lists: 0 places, at least 1 is needed"),
        ((*TABLES, "--fairness", "-1"), "fairness: -1.0 is not between 0 and 8"),
        ((*TABLES, "--fairness", "nan"), "fairness: nan is not between 0 and 8"),
    ],
)
def test_options_that_name_no_market(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    refused(capsys, options, said)


def refused(capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str) -> None:
    """The command ends with 2 and this one line, and writes nothing."""
    assert run(*options) == 2
    assert capsys.readouterr() == ("", f"matching: {said}\n")
    assert not Path("lists.npy").exists()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["factors.npz", "pressed.npz", "p.npy"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.booleans(), st.integers(0, 255)), max_size=3),
    st.floats(0.05, 1) | st.just(1.0),
)
def test_files_that_were_damaged_on_their_way_are_named(
    folder: Path, name: str, changes: list[tuple[float, bool, int]], kept: float
) -> None:
    if not (folder / "pressed.npz").exists():
        np.savez_compressed(folder / "pressed.npz", **ecosystem(6, 5))
    damaged = bytearray((folder / name).read_bytes())
    for place, late, byte in changes:
        damaged[-1 - int(place * min(900, len(damaged))) if late else int(place * min(900, len(damaged)))] = byte
    (folder / "damaged").write_bytes(damaged[: int(kept * len(damaged))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = named(lambda: command._read("damaged"))
    assert isinstance(read, np.ndarray | dict) or read == "damaged: cannot be read as numpy arrays"


def named(read: Callable[[], object]) -> object:
    """What was read, or what was said of it."""
    try:
        return read()
    except DataError as error:
        return str(error)


def test_a_place_that_cannot_be_written_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["market", *TABLES, "--out", "no/such/folder.npy"]) == 2
    assert capsys.readouterr().err == "matching: no/such/folder.npy: cannot be written (No such file or directory)\n"


@pytest.mark.parametrize("options", [("--examination", "cube"), ("--lists", "many"), ("--fairness", "much")])
def test_options_of_another_kind_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*TABLES, *options)
    assert ended.value.code == 2
    assert options[0] in capsys.readouterr().err


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1)])
def test_markets_of_nobody_and_of_one_are_markets(
    folder: Path, capsys: pytest.CaptureFixture[str], shape: tuple[int, int]
) -> None:
    for name in ("p.npy", "q.npy"):
        write(folder, name, np.full(shape, 0.5))
    assert run(*TABLES, "--bound", "--fairness", "1") == 0
    line = told(capsys)
    assert np.load(folder / "lists.npy").shape == shape
    assert line["expected_matches"] == (0.25 if shape == (1, 1) else 0)


def test_whole_numbers_are_probabilities_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("p.npy", "q.npy"):
        write(folder, name, np.eye(4, dtype=int))
    assert run(*TABLES, "--lists", "1") == 0
    assert told(capsys)["expected_matches"] == 4
    assert np.load(folder / "lists.npy").ravel().tolist() == [0, 1, 2, 3]
