"""Figures of the engine: what is reached, beside the baseline of the same run and what is to be reached."""

from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure. ``wanted`` is in the units of ``reached``; ``at_most`` says which side of it is good."""

    name: str
    reached: float
    wanted: float | None = None
    at_most: bool = False
    baseline_name: str = ""
    baseline: float | None = None
    seconds: float | None = None
    note: str = ""

    @property
    def holds(self) -> bool:
        if self.wanted is None:
            return True
        return self.reached <= self.wanted if self.at_most else self.reached >= self.wanted


def show(title: str, figures: Iterable[Figure]) -> None:
    table = Table(title=title)
    for column in ("figure", "reached", "to reach", "", "baseline", "its figure", "ratio", "seconds", "note"):
        table.add_column(column, justify="left" if column in ("figure", "", "baseline", "note") else "right")
    for one in figures:
        sign = "≤" if one.at_most else "≥"
        ratio = one.reached / one.baseline if one.baseline else None
        table.add_row(
            one.name,
            _number(one.reached),
            "" if one.wanted is None else f"{sign} {_number(one.wanted)}",
            "" if one.wanted is None else "holds" if one.holds else "MISSED",
            one.baseline_name,
            _number(one.baseline),
            "" if ratio is None else f"{ratio:.2f}",
            _number(one.seconds),
            one.note,
        )
    Console(width=190).print(table)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4f}"
