"""What runs in the engine's own process: one model at a time, profiles newer than it, and an end with its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.connections import engine_process, ranking
from app.core.i18n import ROOT
from matching import Company, Dataset, Investor, fit

COMPANY = Company(id="me", name="Ruộng", sectors=("agri",), country="VN")
AGRI = Investor(id="a", name="Quỹ A", sectors=("agri",), country="VN")
FIN = Investor(id="f", name="Quỹ F", sectors=("fin",), country="SG")


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "one.model"
    fit(Dataset.of([COMPANY], [AGRI, FIN], ())).save(str(path))
    engine_process.forget()
    yield str(path)
    engine_process.forget()


def ids(found) -> list[str]:
    return [one.candidate_id for one in found]


def test_everybody_in_the_model_best_first(model):
    assert ids(engine_process.rank_investors(model, COMPANY, [], 10)) == ["a", "f"]


@pytest.mark.parametrize(("limit", "found"), [(0, []), (1, ["a"]), (2, ["a", "f"]), (100, ["a", "f"])])
def test_no_more_than_asked_for(model, limit, found):
    assert ids(engine_process.rank_investors(model, COMPANY, [], limit)) == found


def test_who_changed_counts_as_now_and_once(model):
    changed = Investor(id="f", name="Quỹ F", sectors=("agri",), country="VN", stages=("early",))
    new = Investor(id="n", name="Quỹ N", sectors=("agri",), country="VN")

    found = engine_process.rank_investors(model, COMPANY, [changed, new], 10)

    assert sorted(ids(found)) == ["a", "f", "n"]
    scores = {one.candidate_id: one.score for one in found}
    alone = {one.candidate_id: one.score for one in engine_process.rank_investors(model, COMPANY, [], 10)}
    assert scores["f"] > alone["f"]
    assert scores["a"] == alone["a"]
    assert [one.score for one in found] == sorted(scores.values(), reverse=True)


def test_a_crowd_of_changes_does_not_push_out_the_best(model):
    """More changed profiles than places: those of the model that score higher are still there."""
    crowd = [Investor(id=f"c{number}", name="Quỹ", sectors=("fin",), country="SG") for number in range(30)]

    assert ids(engine_process.rank_investors(model, COMPANY, crowd, 3))[0] == "a"


def test_the_other_direction(model):
    other = Company(id="new", name="Thanh toán", sectors=("fin",), country="SG")

    assert ids(engine_process.rank_companies(model, FIN, [other], 10)) == ["new", "me"]
    assert ids(engine_process.rank_companies(model, AGRI, [other], 10)) == ["me", "new"]


def test_supporters_are_ranked_by_the_prior_alone():
    helpers = [AGRI, Investor(id="n", name="Vườn ươm", sectors=("agri",), country="VN", offers=("mentoring",))]
    query = Company(id="q", name="Ruộng", sectors=("agri",), country="VN", needs=("mentoring",))

    assert ids(engine_process.rank_supporters(query, helpers, 10)) == ["n", "a"]
    assert engine_process.rank_supporters(query, [], 10) == []


def test_a_process_holds_one_model(model, tmp_path):
    engine_process.rank_investors(model, COMPANY, [], 1)
    other = tmp_path / "two.model"
    fit(Dataset.of([COMPANY], [FIN], ())).save(str(other))

    assert ids(engine_process.rank_investors(str(other), COMPANY, [], 10)) == ["f"]
    assert list(engine_process._loaded) == [str(other)]


def test_a_model_is_loaded_once(model):
    engine_process.rank_investors(model, COMPANY, [], 1)
    Path(model).unlink()

    assert ids(engine_process.rank_investors(model, COMPANY, [], 1)) == ["a"]


def test_a_model_that_is_gone_is_an_error_not_an_empty_list(tmp_path):
    engine_process.forget()

    with pytest.raises(Exception, match=r"none\.model"):
        engine_process.rank_investors(str(tmp_path / "none.model"), COMPANY, [], 1)


def test_a_kept_model_needs_no_file():
    held = fit(Dataset.of([COMPANY], [AGRI], ()))
    engine_process.keep("nowhere", held)

    assert ids(engine_process.rank_investors("nowhere", COMPANY, [], 5)) == ["a"]
    engine_process.forget()
    assert engine_process._loaded == {}


async def test_ranking_in_this_very_process(monkeypatch):
    held = fit(Dataset.of([COMPANY], [AGRI, FIN], ()))
    ranking.stay_here("nowhere", held)
    try:
        found = await ranking.investors_for(Path("nowhere"), COMPANY, [], 5)
        assert ranking._here is True
    finally:
        ranking.close()

    assert ids(found) == ["a", "f"]
    assert (ranking._here, engine_process._loaded) == (False, {})


_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
from app.connections.engine_process import prepare
import os, signal, time
prepare()
assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
assert {os.environ[name] for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")} == {"1"}
print("ready", flush=True)
time.sleep(60)
'''], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
import time
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_engine_ends_with_its_parent_however_that_ends():
    """`kill -9` of a worker leaves no engine behind that holds hundreds of megabytes; Ctrl-C alone does not end it."""
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    engine = int(parent.stdout.readline())
    try:
        os.kill(engine, signal.SIGINT)
        assert alive(engine)

        parent.kill()
        parent.wait()

        for _ in range(200):
            if not alive(engine):
                break
            time.sleep(0.02)
        assert not alive(engine)
    finally:
        parent.stdout.close()
        if alive(engine):
            os.kill(engine, signal.SIGKILL)
