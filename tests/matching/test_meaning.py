"""The place for sentence vectors: off by default, and with a toy one a reason like any other."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from matching import Company, Dataset, Investor, Model, fit
from matching.meaning import SETTING, EmbedderError, Meaning
from matching.stated import WEIGHTS
from tests.matching.ecosystems import ecosystem

HERE = "tests.matching.test_meaning:"
asked: list[str] = []

SHRIMP = Company("c", "", "prawn farming")
INVESTORS = [Investor("bank", "", "loans"), Investor("sea", "", "nuôi tôm"), Investor("mute")]


def toy() -> Callable[[Sequence[str]], np.ndarray]:
    """Two directions: the sea, and money."""

    def vectors(texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return np.array([[3.0 * any(w in t for w in ("prawn", "tôm")), 0.5 * ("loan" in t)] for t in texts])

    return vectors


def flat() -> Callable[[Sequence[str]], np.ndarray]:
    return lambda texts: np.zeros(len(texts))


def endless() -> Callable[[Sequence[str]], np.ndarray]:
    return lambda texts: np.full((len(texts), 2), np.inf)


def short() -> Callable[[Sequence[str]], np.ndarray]:
    return lambda texts: np.ones((len(texts) - 1, 2))


def no_function() -> int:
    return 5


@pytest.fixture
def with_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, f"{HERE}toy")
    asked.clear()


def meanings(model: Model) -> dict[str, float]:
    [found] = model.rank_investors([SHRIMP])
    return {one.candidate_id: sum(r.contribution for r in one.contributions if r.code == "meaning") for one in found}


def test_it_is_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    model = fit(Dataset.of([], INVESTORS))
    assert model.meaning_ is None
    assert meanings(model) == {"bank": 0.0, "sea": 0.0, "mute": 0.0}


@pytest.mark.usefixtures("with_toy")
def test_texts_that_mean_alike_are_a_reason_of_their_own() -> None:
    model = fit(Dataset.of([], INVESTORS))
    assert meanings(model) == {"sea": pytest.approx(WEIGHTS["meaning"]), "bank": 0.0, "mute": 0.0}
    [[best, *_others]] = model.rank_investors([SHRIMP])
    assert best.candidate_id == "sea"
    assert best.score == pytest.approx(best.base + sum(reason.contribution for reason in best.contributions))


@pytest.mark.usefixtures("with_toy")
def test_so_it_is_beside_what_was_learned_and_from_the_other_side() -> None:
    world = ecosystem(n_companies=300)
    fishers = [*world.investors, Investor("sea", "", "nuôi tôm")]
    model = fit(Dataset.of([*world.companies, SHRIMP], fishers, world.links), judged=False)
    assert model.learned_
    [[only]] = model.rank_companies([fishers[-1]], [SHRIMP])
    assert {r.code: r.contribution for r in only.contributions}["meaning"] == pytest.approx(WEIGHTS["meaning"])


@pytest.mark.usefixtures("with_toy")
def test_each_text_is_asked_for_once_and_kept_with_the_model(tmp_path: Path) -> None:
    model = fit(Dataset.of([], INVESTORS))
    first = meanings(model)
    model.save(tmp_path / "model")
    assert sorted(asked) == ["loans", "nuôi tôm", "prawn farming"]
    assert meanings(Model.load(tmp_path / "model")) == first
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere_at_all:toy", "cannot be loaded"),
        (f"{HERE}nobody", "cannot be loaded"),
        ("toy", "cannot be loaded"),
        (f"{HERE}no_function", "does not return a function"),
        (f"{HERE}flat", "finite vectors of one length"),
        (f"{HERE}endless", "finite vectors of one length"),
        (f"{HERE}short", "finite vectors of one length"),
    ],
)
def test_what_is_wrong_with_an_embedder_is_said(name: str, said: str) -> None:
    with pytest.raises(EmbedderError, match=said) as found:
        Meaning(name).of(INVESTORS[:2])
    assert name in str(found.value)


def test_vectors_have_length_one_and_silence_none() -> None:
    found = Meaning(f"{HERE}toy").of(INVESTORS)
    assert np.linalg.norm(found, axis=1).tolist() == [1.0, 1.0, 0.0]
    assert Meaning(f"{HERE}toy").of([]).shape[0] == 0
