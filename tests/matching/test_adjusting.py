"""Factors of a documented prior, learned from answers: places are corrected for, and no point turns."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from matching.adjusted import Learned, adjusted, chance
from matching.adjusting import FEWEST, FEWEST_REPLIES, LARGEST, LEAST, SEEN, Lesson, Said, Shown, learn
from matching.pairings import BASE, MEETS, Profile, suggest

CODES = ("skills", "sectors", "near")
THEIRS = frozenset(code for code in CODES if MEETS[code] == "them")
TRUE = {"skills": 2.0, "sectors": 0.3, "near": 1.0}
FIRST = date(2026, 1, 1)


def answers(
    n: int, seed: int = 1, *, truth: dict[str, float] = TRUE, flat: bool = False, deep: bool = False, length: int = 40
) -> list[Said]:
    """Lists by the prior; people ask whom of the first ten they like best, if they look at that place (place k: 1/k).

    With `flat` the places are forgotten, as if everybody had stood first; with `deep` all of the list is kept as if it
    had been seen.
    """
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < n:
        parts = rng.uniform(-0.5, 1.0, (length, 3)) * (2.5, 1.5, 0.7)
        parts = parts[np.argsort(-parts.sum(axis=1))]
        liked = int((parts[:SEEN] @ [truth[code] for code in CODES] + rng.gumbel(size=SEEN)).argmax())
        if rng.random() > 1 / (1 + liked):
            continue
        order = [liked, *(place for place in range(length if deep else SEEN) if place != liked)]
        shown = tuple(
            Shown(
                1 if flat or (deep and place >= SEEN) else place + 1,
                dict(zip(CODES, parts[place].tolist(), strict=True)),
            )
            for place in order
        )
        found.append(Said(FIRST + timedelta(days=len(found) // 5), False, shown))
    return found


def taught(said: list[Said]) -> Lesson:
    lesson = learn(said, THEIRS)
    assert lesson is not None
    return lesson


def test_what_counts_more_than_documented_is_found_under_the_places_it_was_seen_at() -> None:
    lesson = taught(answers(1500))

    assert lesson.learned.factors["skills"] == pytest.approx(2.0, abs=0.25)
    assert lesson.learned.factors["sectors"] == pytest.approx(0.3, abs=0.25)
    assert lesson.accepted
    assert lesson.card["fit"]["loss"] < lesson.card["prior"]["loss"]
    assert lesson.card["fit"]["mrr"] > lesson.card["prior"]["mrr"]
    assert lesson.card["fit"]["p"]["calibration_error"] <= 0.03


def test_without_the_places_the_prior_seems_to_be_right() -> None:
    corrected, blind = (taught(answers(1500, flat=flat)).learned.factors["sectors"] for flat in (False, True))

    assert blind > corrected + 0.1


AS_PUBLISHED = dict.fromkeys(CODES, 1.0)


def test_people_who_choose_as_published_teach_nothing_new() -> None:
    lessons = [taught(answers(400, seed, truth=AS_PUBLISHED)) for seed in range(6)]

    for code in CODES:
        assert np.mean([one.learned.factors[code] for one in lessons]) == pytest.approx(1.0, abs=0.15)
    assert sum(one.accepted for one in lessons) <= 2


def test_places_that_nobody_looks_at_would_teach_the_prior_what_it_says_already() -> None:
    """A control: the whole list as if it had been seen."""
    deep = [taught(answers(400, seed, truth=AS_PUBLISHED, deep=True, length=200)) for seed in range(3)]

    assert np.mean([one.learned.factors["skills"] for one in deep]) > 1.3


def test_who_stands_further_down_than_people_see_is_no_choice() -> None:
    said = answers(120)
    below = [replace(one, shown=(replace(one.shown[0], rank=180), *one.shown[1:])) for one in answers(300, 7)]

    assert taught(said + below).card["choices"] == 120
    assert learn(below, THEIRS) is None


def test_few_answers_teach_nothing() -> None:
    assert learn(answers(FEWEST - 1), THEIRS) is None
    assert learn([], THEIRS) is None
    assert learn([Said(FIRST, False, ())] * 100, THEIRS) is None
    assert learn([replace(one, shown=one.shown[:1]) for one in answers(FEWEST + 40)], THEIRS) is None
    assert learn([replace(one, said_at=FIRST) for one in answers(FEWEST + 40)], THEIRS) is None  # one day: no split


def test_no_point_ever_speaks_against_who_has_it() -> None:
    """People who ask those who fit worst: the factors end at their least, and do not turn."""
    learned = taught(answers(400, truth={"skills": -3.0, "sectors": 0.0, "near": 0.0})).learned

    assert learned.factors["skills"] == pytest.approx(LEAST, abs=1e-6)
    assert all(LEAST <= factor <= LARGEST for factor in learned.factors.values())


def test_who_was_put_away_loses_against_the_others() -> None:
    asked = answers(FEWEST + 40, truth=AS_PUBLISHED)
    away = [
        Said(one.said_at, True, (replace(one.shown[0], parts={**one.shown[0].parts, "sectors": 1.5}), *one.shown[1:]))
        for one in asked
    ]

    without, beside = taught(asked).learned, taught(asked + away).learned

    assert beside.factors["sectors"] < without.factors["sectors"]
    assert taught(asked + away).card["put_away"] == len(away)


@pytest.mark.parametrize("wish", [0.0, 2.0])
def test_replies_teach_what_the_other_side_wants(wish: float) -> None:
    rng = np.random.default_rng(5)
    said = []
    for one in answers(900, truth=dict.fromkeys(CODES, 1.0)):
        agrees = rng.random() < chance(1.0 + wish * one.shown[0].parts["sectors"])
        said.append(replace(one, yes=bool(agrees), replied_at=one.said_at))

    lesson = taught(said)

    assert lesson.learned.replies
    assert lesson.learned.slope_q * lesson.learned.factors["sectors"] == pytest.approx(wish, abs=0.4)
    assert lesson.learned.base_q == pytest.approx(1.0, abs=0.5)
    assert lesson.card["fit"]["q"]["brier"] < 0.25


def test_too_few_replies_leave_q_to_the_prior() -> None:
    said = answers(200)
    some = [replace(one, yes=bool(n % 2)) for n, one in enumerate(said[: FEWEST_REPLIES - 1])]
    some += said[FEWEST_REPLIES - 1 :]

    assert not taught(said).learned.replies
    assert not taught(some).learned.replies
    assert "q" not in taught(some).card["fit"]


def test_answers_that_the_prior_tells_best_are_not_taken_for_a_lesson() -> None:
    """What people liked has turned since: the fit on the days before tells the last quarter worse than the prior."""
    turned = answers(300) + [
        replace(one, said_at=one.said_at + timedelta(days=90))
        for one in answers(100, seed=9, truth={"skills": 0.2, "sectors": 2.0, "near": 1.0})
    ]

    assert not taught(turned).accepted


def test_the_same_answers_teach_the_same_in_any_order() -> None:
    said = answers(150)

    assert taught(said).learned.factors == pytest.approx(taught(said[::-1]).learned.factors, abs=1e-4)


def test_a_reply_that_came_after_the_split_was_not_known_before() -> None:
    """Everybody of the earlier days replied only when the later days had begun: nothing to judge q by."""
    said = [replace(one, yes=bool(n % 3), replied_at=FIRST + timedelta(days=900)) for n, one in enumerate(answers(200))]

    lesson = taught(said)

    assert lesson.learned.replies
    assert "q" not in lesson.card["fit"]


def test_numbers_that_no_prior_gives_do_no_harm() -> None:
    said = answers(200)
    odd = [
        replace(one, shown=(replace(one.shown[0], parts={**one.shown[0].parts, "skills": value}), *one.shown[1:]))
        for one, value in zip(answers(3, 9), (float("nan"), float("inf"), 1e308), strict=True)
    ]

    assert taught(said + odd).learned.factors["skills"] == pytest.approx(
        taught(said).learned.factors["skills"], abs=0.3
    )


# --- what is done with it ---------------------------------------------------------------------------------------------

ASKER = Profile("a", skills={"sales": 1.0}, sectors=("health",), province="01", country="VN")
OTHERS = (
    Profile("seller", skills={"sales": 1.0}, sectors=("agri",), country="VN"),
    Profile("doctor", skills={"team": 1.0}, sectors=("health",), country="VN", province="01"),
)


def test_scores_stay_the_sum_of_their_reasons_and_order_follows_what_was_learned() -> None:
    prior = suggest("mentor", ASKER, OTHERS)
    learned = Learned({"skills": 0.2, "sectors": 2.0}, base_p=-2.0)

    found = adjusted(prior, learned)

    assert [one.candidate_id for one in prior] == ["doctor", "seller"]
    assert [one.candidate_id for one in adjusted(prior, Learned({"skills": 3.0}))] == ["seller", "doctor"]
    for one in found:
        assert one.score == pytest.approx(BASE + sum(reason.contribution for reason in one.contributions))
        assert one.p == pytest.approx(chance(-2.0 + one.score - one.base))
        assert list(one.contributions) == sorted(one.contributions, key=lambda reason: -reason.contribution)
    assert {one.candidate_id: one.q for one in found} == {one.candidate_id: one.q for one in prior}


def test_nothing_learned_changes_nothing_and_replies_give_q() -> None:
    prior = suggest("mentor", ASKER, OTHERS)

    assert adjusted(prior, None) == prior
    assert adjusted([], Learned()) == []
    [first, _second] = adjusted(prior, Learned(base_q=1.0, replies=True))
    theirs = sum(reason.contribution for reason in first.contributions if reason.audience == "them")
    assert first.q == pytest.approx(chance(1.0 + theirs))
