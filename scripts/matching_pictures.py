"""Draws the pictures of docs/matching.md from what the engine really computes: `python -m scripts.matching_pictures`.

Nothing but the standard library writes the files, so the same engine gives the same bytes.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from bench.markets import best_first, ecosystem, tables
from matching.market import MarketOptions, run_market
from matching.timetable import plan, read_problem

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "matching"
INK, SOFT, PAPER, LINE = "#1f2933", "#5b6875", "#ffffff", "#c5cdd5"
RED, GOLD, TEAL, BLUE = "#b3372f", "#d9a441", "#1d7a72", "#2f5d9b"


class Canvas:
    """An SVG drawing that grows element by element."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self.root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "role": "img",
                "font-family": "system-ui, sans-serif",
            },
        )
        ElementTree.SubElement(self.root, "title").text = title
        self.box(0, 0, width, height, fill=PAPER)

    def box(self, x: float, y: float, width: float, height: float, **look: str) -> None:
        """Draw a rectangle."""
        self._add("rect", {"x": x, "y": y, "width": width, "height": height}, look)

    def line(self, x1: float, y1: float, x2: float, y2: float, **look: str) -> None:
        """Draw a straight line."""
        self._add("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, {"stroke": SOFT, **look})

    def curve(self, points: list[tuple[float, float]], colour: str) -> None:
        """Draw a line through points."""
        through = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._add("polyline", {"points": through}, {"fill": "none", "stroke": colour, "stroke-width": "2.5"})

    def text(self, x: float, y: float, words: str, **look: str) -> None:
        """Write a line of text."""
        made = self._add("text", {"x": x, "y": y}, {"fill": INK, "font-size": "13", **look})
        made.text = words

    def arrow(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """Draw an arrow to the right or down."""
        self.line(x1, y1, x2, y2, **{"stroke-width": "1.5"})
        tip = [(x2, y2), (x2 - 7, y2 - 4), (x2 - 7, y2 + 4)]
        if x1 == x2:
            tip = [(x2, y2), (x2 - 4, y2 - 7), (x2 + 4, y2 - 7)]
        self._add("polygon", {"points": " ".join(f"{x},{y}" for x, y in tip)}, {"fill": SOFT})

    def _add(self, kind: str, place: dict[str, float | str], look: dict[str, str]) -> ElementTree.Element:
        values = {name: f"{v:g}" if isinstance(v, int | float) else v for name, v in place.items()}
        return ElementTree.SubElement(self.root, kind, values | {k.replace("_", "-"): v for k, v in look.items()})

    def written(self) -> str:
        """Return the drawing as text."""
        ElementTree.indent(self.root, " ")
        return ElementTree.tostring(self.root, encoding="unicode") + "\n"


STEPS = (
    ("Profiles", ("words, either language;", "sectors, place, stage;", "what is asked for now"), BLUE),
    ("Two chances", ("p: would I ask you?", "q: would you say yes?", "learned, or set by hand"), TEAL),
    ("A market", ("a price for attention", "of the sought-after;", "everybody's lists at once"), GOLD),
    ("Lists, with reasons", ("ten people each,", "reasons for both sides", "that add up to the score"), RED),
)


def flow() -> str:
    """Draw the way from profiles to lists and timetables."""
    canvas = Canvas(860, 296, "From profiles to lists and timetables")
    for k, (name, lines, colour) in enumerate(STEPS):
        x = 20 + 212 * k
        canvas.box(x, 40, 184, 116, fill="none", stroke=LINE, rx="8")
        canvas.box(x, 40, 184, 6, fill=colour, rx="3")
        canvas.text(x + 14, 72, name, font_weight="600", font_size="15")
        for number, line in enumerate(lines):
            canvas.text(x + 14, 96 + 19 * number, line, fill=SOFT)
        if k:
            canvas.arrow(x - 26, 98, x - 3, 98)
    canvas.arrow(748, 156, 748, 208)
    canvas.box(444, 210, 396, 66, fill="none", stroke=LINE, rx="8")
    canvas.text(458, 236, "A timetable", font_weight="600", font_size="15")
    canvas.text(458, 259, "who meets whom, when and where, with a proof", fill=SOFT)
    canvas.box(20, 210, 396, 66, fill="none", stroke=LINE, rx="8")
    canvas.text(34, 236, "Never scored, only filtered", font_weight="600", font_size="15")
    canvas.text(34, 259, "hidden, blocked, out of mandate, no capacity, conflict", fill=SOFT)
    return canvas.written()


def crowding() -> str:
    """Draw in how many lists each investor stands, with and without prices, in a made-up market of 240 and 60."""
    p, q = tables(ecosystem(240, 60))
    ours = run_market(p, q, options=MarketOptions(lists=10)).lists
    ways = (
        ("everybody's favourites", best_first(p, 10), RED),
        ("chance that both want it", best_first(p * q, 10), GOLD),
        ("with prices of attention", ours, TEAL),
    )
    canvas = Canvas(860, 380, "In how many lists each of 60 investors stands")
    left, bottom, wide, high = 70, 320, 760, 260
    for mark in range(0, 241, 60):
        y = bottom - high * mark / 240
        canvas.line(left, y, left + wide, y, stroke=LINE)
        canvas.text(left - 10, y + 4, str(mark), text_anchor="end", fill=SOFT)
    canvas.text(left, 30, "Lists that an investor stands in: 240 startups, ten places each", font_weight="600")
    canvas.text(left + wide / 2, 355, "60 investors, from the most to the least shown", text_anchor="middle", fill=SOFT)
    for k, (name, lists, colour) in enumerate(ways):
        shown = np.sort(np.bincount(lists[lists >= 0].ravel(), minlength=60))[::-1].tolist()
        points = [(left + wide * rank / 59, bottom - high * count / 240) for rank, count in enumerate(shown)]
        canvas.curve(points, colour)
        unseen = sum(count == 0 for count in shown)
        canvas.box(500, 62 + 24 * k, 18, 4, fill=colour)
        canvas.text(526, 70 + 24 * k, f"{name}: {unseen} of 60 in no list")
    return canvas.written()


def small_day() -> dict[str, object]:
    """Return a day of 14 startups and 6 investors with absences, the same every time."""
    random = np.random.default_rng(4)
    worth = 1 / (1 + np.exp(-random.normal(size=(14, 3)) @ random.normal(size=(3, 6))))
    away = random.random((6, 8)) < 0.2
    return {
        "slots": 8,
        "tables": 5,
        "minimum_left": 2,
        "left": [{"id": f"S{i + 1:02d}"} for i in range(14)],
        "right": [{"id": f"Investor {j + 1}", "unavailable": np.flatnonzero(away[j]).tolist()} for j in range(6)],
        "pairs": [
            {"left": f"S{i + 1:02d}", "right": f"Investor {j + 1}", "value": round(float(worth[i, j]), 3)}
            for i in range(14)
            for j in range(6)
        ],
    }


def timetable() -> str:
    """Draw a small day as the engine plans it."""
    problem = read_problem(small_day())
    made = plan(problem)
    canvas = Canvas(860, 400, "A small day, planned")
    low = f"{made.value:.3f} of at most {made.bound:.3f}; two meetings each cost {made.price:.1%}"
    canvas.text(30, 32, f"14 startups, 6 investors, 8 slots, 5 tables: {low}", font_weight="600")
    for slot in range(8):
        canvas.text(190 + 82 * slot, 62, f"slot {slot}", text_anchor="middle", fill=SOFT)
    for row, person in enumerate(range(14, 20)):
        y = 74 + 52 * row
        canvas.text(30, y + 27, str(problem.ids[person]))
        for slot in range(8):
            free = bool(problem.free[person, slot])
            canvas.box(152 + 82 * slot, y, 76, 44, fill=PAPER if free else "#eef1f4", stroke=LINE, rx="5")
            if not free:
                canvas.text(190 + 82 * slot, y + 27, "away", text_anchor="middle", fill=SOFT, font_size="11")
    for pair, slot, table in made.meetings:
        startup, investor = problem.pairs[pair].tolist()
        x, y = 152 + 82 * slot, 74 + 52 * (investor - 14)
        worth = float(problem.values[pair])
        canvas.box(x, y, 76, 44, fill=TEAL, fill_opacity=f"{0.15 + 0.55 * worth:.2f}", stroke=TEAL, rx="5")
        canvas.text(x + 38, y + 19, str(problem.ids[startup]), text_anchor="middle", font_weight="600")
        canvas.text(x + 38, y + 35, f"table {table} · {worth:.2f}", text_anchor="middle", font_size="10")
    return canvas.written()


PICTURES = {"flow.svg": flow, "crowding.svg": crowding, "timetable.svg": timetable}


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        (FOLDER / name).write_text(draw(), encoding="utf-8")
        print(f"drawn: docs/matching/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
