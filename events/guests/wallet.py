"""The ticket as a picture: it fits a phone's screen, and is found among the photos when there is no network."""

from typing import Any

from events import paper
from events.badges.drawing import picture

WIDTH = 1080


def ticket_png(row: Any, code: str) -> bytes:
    """The paper ticket drawn as PNG in the current language, so that both always say the same. Slow."""
    return picture(paper.ticket_pdf(row, code), WIDTH)
