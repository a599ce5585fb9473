"""The order of one list: prices, sectors at a bounded loss, and the place to learn from."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.connections import appeal, placing
from app.connections.placing import LOSS, SHOWN, Priced


def priced(count: int, **values) -> list[Priced]:
    """Candidates whose chances fall from one to the next."""
    return [Priced(p=0.05 / (at + 1), q=0.04 / (at + 1), **values) for at in range(count)]


def order(candidates, first=(), seed="s") -> list[int]:
    return [place.at for place in placing.arrange(candidates, placing.worth(candidates), first, seed)]


# --- chances --------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(1e-6, 0.9), min_size=1, max_size=40))
def test_of_the_best_ten_three_are_asked(found):
    chances = appeal.of_score(appeal.logits(np.array(found)))

    assert np.sort(chances)[::-1][:10].mean() == pytest.approx(appeal.SHARE, abs=1e-6)
    assert [bool(x) for x in np.diff(chances[np.argsort(found, kind="stable")]) >= 0] == [True] * (len(found) - 1)


def test_each_group_has_an_offset_of_its_own():
    values = np.array([-1.0, -2.0, -5.0, -6.0, 3.0])
    groups = np.array([0, 0, 1, 1, 3])

    found = appeal.offsets(values, groups, 4)

    for group in (0, 1, 3):
        assert appeal.chances(values[groups == group] + found[group]).mean() == pytest.approx(appeal.SHARE)
    assert found[1] == pytest.approx(found[0] + 4)
    assert found[2] == pytest.approx(np.median(found[[0, 1, 3]]))


@pytest.mark.parametrize("count", [0, 3])
def test_nobody_has_no_offset(count):
    assert appeal.offsets(np.zeros(0), np.zeros(0, dtype=np.int64), count).tolist() == [0.0] * count


@pytest.mark.parametrize("chance", [0.0, 1.0, 1e-300])
def test_certain_and_impossible_stay_finite(chance):
    assert np.isfinite(appeal.logits(np.array([chance]))).all()
    assert np.isfinite(appeal.of_score([*appeal.logits(np.array([chance, 0.5]))])).all()


def test_logits_and_chances_are_each_others_inverse():
    values = np.linspace(-8, 8, 33)

    assert appeal.logits(appeal.chances(values)) == pytest.approx(values)


def test_an_answer_is_told_mostly_on_the_readers_scale():
    """Somebody whom everybody wants keeps their place for the reader; only a part of their own scale counts."""
    asked, theirs = np.array([1.0, 0.0]), np.array([-3.0, 0.0])

    yes = appeal.answers(asked, theirs)

    assert yes[0] == pytest.approx(appeal.chances(np.array([1.0 - 4.0 * appeal.OWN_SCALE]))[0])
    assert appeal.answers(asked, asked) == pytest.approx(appeal.chances(asked))


# --- prices ---------------------------------------------------------------------------------------------------------


def test_without_prices_the_best_come_first():
    assert order(priced(8)) == list(range(8))


def test_who_is_dear_falls_back():
    candidates = priced(8)
    candidates[0] = Priced(p=0.05, q=0.04, price=0.8)

    assert order(candidates) == [1, 2, 3, 4, 5, 6, 7, 0]


def test_a_price_is_taken_off_the_chance_that_both_want_it():
    plain, dear = priced(2), [Priced(p=0.05, q=0.04, price=0.08), priced(2)[1]]

    taken = placing.worth(plain)[0] - placing.worth(dear)[0]

    assert taken == pytest.approx(0.08)


def test_what_is_known_of_a_candidates_other_askers_counts():
    """The same chance means more from somebody whose best ten have less of it."""
    sought, unsought = Priced(p=0.01, q=0.01, offset=2.0), Priced(p=0.01, q=0.01, offset=5.0)

    worth = placing.worth([sought, unsought])

    assert worth[1] > worth[0]


def test_somebody_new_to_the_market_is_taken_for_usual():
    known = [Priced(p=0.01, q=0.01, offset=value) for value in (2.0, 3.0, 4.0)]

    worth = placing.worth([*known, Priced(p=0.01, q=0.01)])

    assert worth[3] == pytest.approx(worth[1])


def test_an_empty_list_stays_empty():
    assert placing.arrange([], placing.worth([]), [], "s") == []


def test_whom_the_market_run_chose_comes_first_among_equals():
    candidates = [Priced(p=0.05 - at * 1e-5, q=0.05) for at in range(8)]

    assert order(candidates, first=[5, 2]) == [2, 5, 0, 1, 3, 4, 6, 7]


def test_the_market_run_does_not_put_the_unsuitable_before_the_suitable():
    candidates = [*(Priced(p=0.2, q=0.2) for _ in range(3)), Priced(p=0.001, q=0.001)]

    assert order(candidates, first=[3]) == [0, 1, 2, 3]


# --- sectors --------------------------------------------------------------------------------------------------------


def alike(count: int, sectors) -> list[Priced]:
    """Candidates of nearly the same worth."""
    return [Priced(p=0.05 - at * 1e-5, q=0.05, sectors=sectors(at)) for at in range(count)]


def test_sectors_take_turns_where_it_costs_little():
    candidates = alike(9, lambda at: ("agri",) if at < 6 else ("fin",))

    assert [candidates[at].sectors[0] for at in order(candidates)] == ["agri", "fin"] * 3 + ["agri"] * 3


def test_a_clear_difference_in_worth_is_not_given_up_for_a_sector():
    candidates = [
        *(Priced(p=0.2, q=0.2, sectors=("agri",)) for _ in range(3)),
        Priced(p=0.001, q=0.001, sectors=("fin",)),
    ]

    assert order(candidates) == [0, 1, 2, 3]


def test_no_sector_at_all_is_no_advantage():
    candidates = alike(3, lambda at: () if at == 2 else (("agri",) if at == 0 else ("fin",)))

    assert order(candidates) == [0, 1, 2]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0.001, 0.3), st.floats(0.001, 0.3), st.floats(0, 0.2), st.sampled_from(["a", "b", "c", ""])
        ),
        min_size=1,
        max_size=30,
    ),
    st.lists(st.integers(0, 29), max_size=10),
)
def test_everybody_stands_once_and_a_place_loses_a_bounded_part(found, chosen):
    candidates = [Priced(p=p, q=q, price=price, sectors=(sector,) if sector else ()) for p, q, price, sector in found]
    values = placing.worth(candidates)

    places = placing.arrange(candidates, values, [at for at in chosen if at < len(found)], "s")

    assert sorted(place.at for place in places) == list(range(len(candidates)))
    left = sorted(values, reverse=True)
    for place in places[:SHOWN]:
        if not place.explored:
            assert values[place.at] >= left[0] - LOSS - 1e-12
        left.remove(values[place.at])
    assert [place.propensity for place in places if not place.explored] == [1.0] * (
        len(places) - (1 if len(places) > SHOWN else 0)
    )


# --- learning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "explored"), [(1, 0), (10, 0), (11, 1), (50, 1)])
def test_one_place_in_ten_where_there_are_more_than_ten(count, explored):
    places = placing.arrange(priced(count), placing.worth(priced(count)), [], "s")

    assert [place.explored for place in places[:SHOWN]].count(True) == explored
    assert [place.explored for place in places[SHOWN:]].count(True) == 0


def test_the_same_day_the_same_place_another_day_another():
    candidates = priced(40)
    values = placing.worth(candidates)

    def explored(day: int) -> tuple[int, int]:
        places = placing.arrange(candidates, values, [], placing.seed_of("me", "investor", day))
        return next((spot, place.at) for spot, place in enumerate(places) if place.explored)

    assert explored(1) == explored(1)
    assert len({explored(day) for day in range(30)}) > 15
    assert {explored(day)[0] for day in range(60)} == {6, 7, 8, 9}
    assert {at for _spot, at in map(explored, range(60))}.isdisjoint(range(9))


def test_propensities_are_how_often_it_happens():
    """Over many days everybody behind the tenth is drawn about as often as the logged propensity says."""
    candidates = [*priced(10), *(Priced(p=0.001, q=0.001, seldom=at == 0) for at in range(4))]
    values = placing.worth(candidates)
    drawn, logged = Counter[int](), dict[int, float]()
    for day in range(1500):
        [one] = [place for place in placing.arrange(candidates, values, [], f"{day}") if place.explored]
        drawn[one.at] += 1
        logged[one.at] = one.propensity

    assert sum(logged.values()) == pytest.approx(1.0)
    assert logged[10] == pytest.approx(0.5)
    for at, share in logged.items():
        assert drawn[at] / 1500 == pytest.approx(share, abs=0.05)


def test_nobody_is_lost_to_learning():
    places = placing.arrange(priced(25), placing.worth(priced(25)), [], "s")

    kept = [place.at for place in places if not place.explored]
    assert kept == sorted(kept)
    assert len(places) == 25
