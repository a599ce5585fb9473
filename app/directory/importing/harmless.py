"""Text cells that no spreadsheet takes for a formula, and the way back: our own files come in as they went out."""

import re

_STARTS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def harmless(text: str) -> str:
    """An apostrophe in front of what a spreadsheet might run; ' in front of such a text gets one more."""
    return f"'{text}" if _STARTS.match(text) else text


def bare(text: str) -> str:
    """The text as it was before `harmless`."""
    return text[1:] if _QUOTED.match(text) else text


def numeral(text: str) -> str:
    """A number's text that nobody takes for thousands: never exactly three digits after the point."""
    whole, point, rest = text.partition(".")
    return f"{whole}.{rest}0" if point and len(rest) == 3 else text
