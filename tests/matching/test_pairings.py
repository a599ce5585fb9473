"""Pairs without a history: documented weights that only rise with agreement, and reasons that are their exact parts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching import stated
from matching.pairings import BASE, DISAGREE, MEETS, NEVER_AGAINST, WEIGHTS, Profile, suggest

ASKER = Profile(
    "a", "trạm cảm biến đo độ mặn cho ao nuôi tôm", {"sales": 1.0, "export": 1.0}, ("agri", "iot"), ("t_iot",),
    ("early",), "VN", "01",
)  # fmt: skip
FULL = Profile(
    "b", "trạm cảm biến đo độ mặn cho ao nuôi tôm", {"sales": 1.0, "export": 1.0, "tax": 1.0}, ("iot", "agri"),
    ("t_iot",), ("growth", "early"), "VN", "01", 1.0, True,
)  # fmt: skip
SILENT = Profile("silent")
FIELD = {
    "skills": "skills", "sectors": "sectors", "technologies": "technologies", "stage": "stages", "words": "text",
    "ready": "ready", "checked": "checked",
}  # fmt: skip


def parts(kind: str, asker: Profile, other: Profile) -> dict[str, float]:
    found = suggest(kind, asker, [other])
    return {reason.code: reason.contribution for one in found for reason in one.contributions}


def drawn(rng: np.random.Generator, name: str) -> Profile:
    def some(*values: str) -> tuple[str, ...]:
        return tuple(value for value in values if rng.random() < 0.5)

    return Profile(
        name, str(rng.choice(["nuôi tôm", "shrimp farming", "kế toán", ""])),
        {skill: float(rng.uniform(0.5, 1)) for skill in some("sales", "export", "tax")}, some("agri", "iot", "ai"),
        some("t_iot", "t_ml"), some("idea", "early"), "VN", str(rng.choice(["01", "79", ""])),
        float(rng.random()) if rng.random() < 0.5 else None, bool(rng.random() < 0.5),
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_full_agreement_gives_exactly_the_documented_weights(kind: str) -> None:
    assert parts(kind, ASKER, FULL) == pytest.approx(WEIGHTS[kind])
    assert set(WEIGHTS[kind]) <= set(MEETS)


@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_parts_sum_to_the_score_and_what_is_taken_away_lowers_it(kind: str) -> None:
    rng, cases = np.random.default_rng(1), 0
    for k in range(600):
        asker, other = drawn(rng, "a"), drawn(rng, f"o{k}")
        for one in suggest(kind, asker, [other]):
            assert one.score == pytest.approx(one.base + sum(r.contribution for r in one.contributions))
            for reason in one.contributions:
                if reason.contribution > 0 and reason.code in FIELD:
                    empty: dict[str, Any] = {FIELD[reason.code]: getattr(SILENT, FIELD[reason.code])}
                    gone = replace(other, **empty)
                    left = suggest(kind, asker, [gone])  # nobody, where nothing else speaks for them
                    assert all(rest.score == pytest.approx(one.score - reason.contribution) for rest in left)
                    assert bool(left) == (one.score - reason.contribution > BASE + 1e-12)
                    cases += 1
    assert cases > 500


@pytest.mark.parametrize("kind", list(WEIGHTS))
def test_more_agreement_never_lowers_a_score(kind: str) -> None:
    rng = np.random.default_rng(2)
    for _ in range(300):
        asker, other = drawn(rng, "a"), drawn(rng, "o")
        richer = replace(
            other, skills={**other.skills, **dict.fromkeys(asker.skills, 1.0)},
            sectors=(*other.sectors, *asker.sectors),
            technologies=(*other.technologies, *asker.technologies), stages=(*other.stages, *asker.stages),
            province=asker.province or other.province, checked=True,
        )  # fmt: skip
        before, after = (sum(parts(kind, asker, one).values()) for one in (other, richer))
        assert after >= before - 1e-9


def test_another_sector_or_stage_is_a_caveat_and_silence_is_none() -> None:
    other = replace(FULL, sectors=("fintech",), stages=("growth",))
    found = parts("mentor", ASKER, other)
    assert found["sectors"] == DISAGREE * WEIGHTS["mentor"]["sectors"]
    assert found["stage"] == DISAGREE * WEIGHTS["mentor"]["stage"]
    assert {"sectors", "stage"}.isdisjoint(parts("mentor", ASKER, replace(FULL, sectors=(), stages=())))
    assert {code for code, part in found.items() if part < 0}.isdisjoint(NEVER_AGAINST)


def test_who_knows_it_from_doing_is_ahead_of_who_advised_on_it() -> None:
    hands, advised = (Profile(f"m{k}", skills={"sales": level}) for k, level in enumerate((1.0, 0.7)))
    found = suggest("mentor", ASKER, [advised, hands])
    assert [one.candidate_id for one in found] == ["m0", "m1"]
    assert found[0].contributions[0].params == {"skills": ["sales"]}


def test_texts_in_two_languages_meet() -> None:
    shrimp, tax = Profile("s", "sensors for shrimp farming"), Profile("t", "accounting for restaurants")
    assert suggest("technology", ASKER, [tax, shrimp])[0].candidate_id == "s"


def test_who_has_nothing_in_common_is_not_shown_and_nobody_is_shown_twice() -> None:
    stranger = Profile("x", skills={"tax": 1.0}, sectors=("fintech",))
    found = suggest("mentor", ASKER, [stranger, FULL, FULL])
    assert [one.candidate_id for one in found] == ["b"]
    assert suggest("mentor", ASKER, []) == suggest("mentor", Profile("silent"), [Profile("o")]) == []


def test_equal_ones_come_in_an_order_that_favours_no_name() -> None:
    same = [replace(FULL, id=f"m{k}") for k in range(40)]
    found = [one.candidate_id for one in suggest("mentor", ASKER, same, limit=5)]
    assert found == [one.candidate_id for one in suggest("mentor", ASKER, same[::-1], limit=5)]
    assert found != sorted(one.id for one in same)[:5]


def test_each_side_has_a_chance_of_its_own() -> None:
    [one] = suggest("mentor", ASKER, [replace(FULL, skills={})])
    [keen] = suggest("mentor", ASKER, [FULL])
    assert keen.p > one.p
    assert keen.q == one.q


def test_agreement_counts_as_it_does_where_there_is_history() -> None:
    assert (BASE, DISAGREE) == (stated.BASE, stated.DISAGREE)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="mentor, technology"):
        suggest("investor", ASKER, [FULL])
