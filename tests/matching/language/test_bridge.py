"""The bridge between the languages: a profile finds its twin in the other language, by vocabulary and fold alone."""

import json
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from matching import Company, Dataset, Investor
from matching.encode import Encoder
from matching.text import concept_terms, fold

TWINS = Path(__file__).with_name("twins.tsv")
SAMPLE = Path(__file__).parents[3] / "app" / "demo" / "data" / "sample_organisations.json"


class Twin(NamedTuple):
    """The same profile in both languages."""

    name: str
    vi: str
    en: str


def twins() -> list[Twin]:
    lines = TWINS.read_text(encoding="utf-8").splitlines()
    return [Twin(*line.split("\t")) for line in lines if not line.startswith("#")]


def shown() -> list[Twin]:
    """The demo's own organisations, written before there was a vocabulary."""
    rows = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return [Twin(row["name"], row["summary_vi"], row["summary_en"]) for row in rows]


def likeness(pairs: list[Twin], *, concepts: bool = True) -> np.ndarray:
    """Cosines of all texts as the engine encodes them, Vietnamese first; -1 of a text with itself."""
    companies = [Company(f"vi {t.name}", description=t.vi) for t in pairs]
    companies += [Company(f"en {t.name}", description=t.en) for t in pairs]
    encoder = Encoder.learn(Dataset.of(companies, []))
    texts = encoder.profiles(companies)["text"].toarray()
    if not concepts:
        texts[:, [encoder.vocabularies["text"][term] for term in concept_terms()]] = 0.0
    alike = texts @ texts.T
    np.fill_diagonal(alike, -1.0)
    return alike


def within(alike: np.ndarray, depth: int) -> float:
    """Share of rows whose own twin is among the first; equal ones count as before it."""
    own = np.diag(alike)[:, None]
    before = (alike >= own - 1e-12).sum(axis=1) - 1
    return float((before < depth).mean())


def both_ways(pairs: list[Twin], *, concepts: bool = True) -> tuple[float, float]:
    alike, n = likeness(pairs, concepts=concepts), len(pairs)
    return within(alike[:n, n:], 3), within(alike[:n, n:].T, 3)


def test_set_is_large_varied_and_clearly_made_up() -> None:
    pairs = twins()
    assert len(pairs) >= 150
    assert len({twin.name for twin in pairs}) == len(pairs)
    assert TWINS.read_text(encoding="utf-8").startswith("# Sample data, made up")


def test_twins_are_among_the_first_three_each_way() -> None:
    there, back = both_ways(twins())
    assert there >= 0.95
    assert back >= 0.95


def test_twins_never_seen_while_the_vocabulary_was_written_are_found_too() -> None:
    unseen = [twin for twin in twins() if twin.name.startswith("fresh-")]
    there, back = both_ways(unseen)
    assert len(unseen) == 24
    assert there >= 0.9
    assert back >= 0.9


def test_without_the_vocabulary_twins_are_strangers() -> None:
    """The negative control: folded words alone find few."""
    there, back = both_ways(twins(), concepts=False)
    assert there < 0.4
    assert back < 0.4


def test_twin_stands_before_profiles_of_the_same_language() -> None:
    """One list of both languages: sharing a language must not count for more than sharing the matter."""
    pairs = twins()
    alike, n = likeness(pairs), len(pairs)
    before = [
        int((alike[row] > alike[row, twin]).sum())
        for row, twin in chain(zip(range(n), range(n, 2 * n), strict=True), zip(range(n, 2 * n), range(n), strict=True))
    ]
    assert np.mean(np.array(before) < 3) >= 0.9


def test_organisations_of_the_demo_find_their_other_half() -> None:
    there, back = both_ways(shown())
    assert there >= 0.95
    assert back >= 0.95


def test_typing_without_marks_finds_the_twin_as_well() -> None:
    there, back = both_ways([Twin(twin.name, fold(twin.vi), twin.en) for twin in twins()])
    assert there >= 0.9
    assert back >= 0.9


@pytest.mark.parametrize("depth", [1, 3])
def test_measure_counts_ties_against_the_twin(depth: int) -> None:
    assert within(np.ones((5, 5)), depth) == 0.0
    assert within(np.eye(5), depth) == 1.0


def test_concepts_are_kept_however_few_have_named_them() -> None:
    """Rare words are left out as noise; a rare concept is what an investor of that field is found by."""
    companies = [Company("a", description="nuôi tôm"), Company("b", description="bất cứ thứ gì")]
    known = Encoder.learn(Dataset.of(companies, [])).vocabularies["text"]
    assert set(concept_terms()) <= set(known)
    assert "nuoi_tom" not in known


def test_newcomer_meets_an_investor_of_the_other_language_in_a_field_new_to_all() -> None:
    """Nobody in the data has named hydrogen; the new company and the thesis still find each other."""
    data = Dataset.of([Company("old", description="rice")], [Investor("i", description="We back green hydrogen.")])
    encoder = Encoder.learn(data)
    companies = encoder.profiles([Company("new", description="Sản xuất hydro xanh"), *data.companies])["text"]
    thesis = encoder.profiles(data.investors)["text"]
    alike = (companies @ thesis.T).toarray().ravel()
    assert alike[0] > 0.5
    assert alike[1] == 0.0
