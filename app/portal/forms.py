"""What the portal's forms take."""

from typing import Literal

import msgspec


class LanguageChoice(msgspec.Struct):
    lang: Literal["vi", "en"]
