"""How large a text may be in a box. Knows nothing of paper: who measures is given."""

from collections.abc import Callable

Measure = Callable[[str, float], float]
"""Width of a text at a size in points, in the unit of the box."""

LINE = 0.43
"""Height of a line by its size in points, in millimetres: Vietnamese letters carry two marks above each other."""


def fitted(
    text: str, measure: Measure, box: tuple[float, float], sizes: tuple[int, int], most_lines: int
) -> tuple[float, list[str]]:
    """The largest size at which a text stands in a box, and its lines.

    Words stay whole as long as any size allows it; at the smallest one what is still too long is broken, and what
    then has no room ends in an ellipsis.
    """
    width, height = box
    largest, smallest = sizes
    for size in range(largest, smallest - 1, -1):
        lines = _wrapped(text, measure, width, size)
        if lines is not None and len(lines) <= most_lines and len(lines) * size * LINE <= height:
            return float(size), lines
    lines = _broken(text, measure, width, smallest)
    room = max(1, min(most_lines, int(height / (smallest * LINE))))
    if len(lines) > room:
        lines = [*lines[: room - 1], _ended(lines[room - 1], measure, width, smallest)]
    return float(smallest), lines


def _wrapped(text: str, measure: Measure, width: float, size: int) -> list[str] | None:
    """Lines of whole words, as even as they can be; None where a word is too long for a line."""
    words = text.split()
    if any(measure(word, size) > width for word in words):
        return None
    lines = _greedy(words, measure, width, size)
    if len(lines) < 2:
        return lines
    # the narrowest box that takes as many lines: "Nguyễn Thị / Minh Khai" and not "Nguyễn Thị Minh / Khai"
    low, high = 0.0, width
    for _step in range(6):
        middle = (low + high) / 2
        tried = _greedy(words, measure, middle, size)
        if len(tried) == len(lines) and all(measure(line, size) <= middle for line in tried):
            lines, high = tried, middle
        else:
            low = middle
    return lines


def _greedy(words: list[str], measure: Measure, width: float, size: int) -> list[str]:
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and measure(joined, size) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _broken(text: str, measure: Measure, width: float, size: int) -> list[str]:
    """Lines in which a word that is too long goes on in the next one."""
    lines: list[str] = []
    for word in text.split():
        rest = word
        if lines and measure(f"{lines[-1]} {rest}", size) <= width:
            lines[-1] = f"{lines[-1]} {rest}"
            continue
        while len(rest) > 1 and measure(rest, size) > width:
            cut = next((k for k in range(len(rest) - 1, 0, -1) if measure(rest[:k], size) <= width), 1)
            lines.append(rest[:cut])
            rest = rest[cut:]
        lines.append(rest)
    return lines


def _ended(line: str, measure: Measure, width: float, size: int) -> str:
    line = f"{line}…"
    while len(line) > 1 and measure(line, size) > width:
        line = f"{line[:-2]}…"
    return line
