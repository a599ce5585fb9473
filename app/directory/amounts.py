"""Amounts of money as people type and read them: "8 tỷ", "500 triệu", "1.5m", "2.500.000", "2,500,000"."""

import re
from decimal import Decimal, InvalidOperation

from app.core.i18n import current_locale
from app.core.text import fold

_UNITS = {
    "": 1, "k": 10**3, "nghin": 10**3, "ngan": 10**3, "tr": 10**6, "trieu": 10**6, "m": 10**6, "mn": 10**6,
    "million": 10**6, "ty": 10**9, "ti": 10**9, "b": 10**9, "bn": 10**9, "billion": 10**9,
}  # fmt: skip
_SHAPE = re.compile(r"([0-9][0-9.,  ]{0,24}) ?([a-z]*)\.?", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}([.,][0-9]{3})+")


def amount_from(text: str) -> Decimal | None:
    """The amount, or None for nothing typed. Raises ValueError for anything that is not clearly an amount.

    "2.500" and "2,500" are two thousand five hundred in either language; "2,5 tỷ" has a decimal comma.
    """
    folded = fold(text).replace("vnd", "").replace("dong", "").replace("usd", "").strip()
    if not folded:
        return None
    shape = _SHAPE.fullmatch(folded)
    if shape is None or shape[2] not in _UNITS:
        raise ValueError(text)
    digits = shape[1].replace(" ", "").replace(" ", "")
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "").replace(",", "")
    elif "." in digits and "," in digits:
        decimal = max(digits.rfind("."), digits.rfind(","))
        digits = re.sub("[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    else:
        digits = digits.replace(",", ".")
    try:
        return (Decimal(digits) * _UNITS[shape[2]]).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise ValueError(text) from None


def amount_text(amount: Decimal | None) -> str:
    """An amount for a form field, in groups of three as the current language writes them; readable by amount_from."""
    if amount is None:
        return ""
    text = f"{amount:,.2f}".removesuffix(".00")
    return text.translate(str.maketrans(",.", ".,")) if current_locale() == "vi" else text
