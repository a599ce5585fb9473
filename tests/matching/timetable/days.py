"""Days of meetings to plan: made by numbers, by hypothesis, and solved by trying everything where they are tiny."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

Document = dict[str, Any]


def day(
    left: int,
    right: int,
    slots: int,
    tables: int,
    *,
    away: float = 0.0,
    kind: str = "plain",
    density: float = 1.0,
    seed: int = 0,
    **more: Any,
) -> Document:
    """A day of two sides; every pair has a value with the given probability, everybody is away that share of slots."""
    random = np.random.default_rng(seed)
    worth = values(random, left, right, kind)
    asked = random.random((left, right)) < density
    return {
        "slots": slots,
        "tables": tables,
        "left": [{"id": f"s{i}", "unavailable": missing(random, slots, away)} for i in range(left)],
        "right": [{"id": f"i{j}", "unavailable": missing(random, slots, away)} for j in range(right)],
        "pairs": [
            {"left": f"s{i}", "right": f"i{j}", "value": float(worth[i, j])} for i, j in np.argwhere(asked).tolist()
        ],
        **more,
    }


def values(random: np.random.Generator, left: int, right: int, kind: str) -> np.ndarray:
    """Values as they come: independent, of shared taste, of a few famous people, or with many ties."""
    if kind == "taste":
        ours, theirs = random.normal(size=(left, 5)), random.normal(size=(right, 5))
        return 1 / (1 + np.exp(-ours @ theirs.T))
    if kind == "famous":
        return np.linspace(1, 0, right)[None] * 0.6 + 0.4 * random.random((left, right))
    if kind == "ties":
        return random.integers(1, 4, (left, right)).astype(float)
    return random.random((left, right))


def missing(random: np.random.Generator, slots: int, share: float) -> list[int]:
    return np.flatnonzero(random.random(slots) < share).tolist()


def group(people: int, slots: int, tables: int, *, away: float = 0.0, seed: int = 0, **more: Any) -> Document:
    """A day of one group in which any two may meet."""
    random = np.random.default_rng(seed)
    names = [f"p{k}" for k in range(people)]
    return {
        "slots": slots,
        "tables": tables,
        "left": [{"id": name, "unavailable": missing(random, slots, away)} for name in names],
        "pairs": [
            {"left": one, "right": other, "value": float(random.random())}
            for k, one in enumerate(names)
            for other in names[k + 1 :]
        ],
        **more,
    }


def shuffled(document: Document, seed: int = 1) -> Document:
    """The same problem with every list in another order."""
    random = np.random.default_rng(seed)
    lists = [name for name in ("left", "right", "pairs", "keep") if name in document]
    return {
        **document,
        **{name: [document[name][k] for k in random.permutation(len(document[name]))] for name in lists},
    }


def best_by_trying(document: Document) -> float:
    """The largest value of any plan, minimum aside, by trying every slot for every pair. Tiny days only."""
    people = {("left", row["id"]): row for row in document["left"]}
    one_group = "right" not in document
    people |= {} if one_group else {("right", row["id"]): row for row in document["right"]}
    other_side = "left" if one_group else "right"
    pairs = [((("left", p["left"]), (other_side, p["right"])), p["value"]) for p in document["pairs"]]
    best = 0.0
    for slots in product(range(-1, document["slots"]), repeat=len(pairs)):
        met = [(ends, worth, slot) for (ends, worth), slot in zip(pairs, slots, strict=True) if slot >= 0]
        if _stands(document, people, met):
            best = max(best, sum(worth for _ends, worth, _slot in met))
    return best


def _stands(document: Document, people: dict[Any, Any], met: list[Any]) -> bool:
    seats = [(who, slot) for ends, _worth, slot in met for who in ends]
    if len(set(seats)) < len(seats):
        return False
    if any(slot in people[who].get("unavailable", []) for who, slot in seats):
        return False
    by_slot = [slot for _ends, _worth, slot in met]
    if any(by_slot.count(slot) > document["tables"] for slot in set(by_slot)):
        return False
    counts = [who for who, _slot in seats]
    return all(counts.count(who) <= people[who].get("max", len(counts)) for who in set(counts))


@st.composite
def tiny(draw: st.DrawFn, *, absences: bool, one_group: bool = False) -> Document:
    """A day small enough to try everything."""
    slots = draw(st.integers(1, 3))
    names = ("abc", "abc") if one_group else ("abc", "xy")

    def people(letters: str) -> Iterator[Document]:
        for name in letters:
            row: Document = {"id": name}
            if absences and draw(st.booleans()):
                row["unavailable"] = draw(st.lists(st.integers(0, slots - 1), unique=True))
            if draw(st.integers(0, 3)) == 0:
                row["max"] = draw(st.integers(0, 2))
            yield row

    document: Document = {"slots": slots, "tables": draw(st.integers(1, 3)), "left": list(people(names[0]))}
    if not one_group:
        document["right"] = list(people(names[1]))
    worth = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.7])
    document["pairs"] = [
        {"left": one, "right": other, "value": draw(worth)}
        for one in names[0]
        for other in names[1]
        if (not one_group or one < other) and draw(st.integers(0, 4)) > 0
    ]
    return document
