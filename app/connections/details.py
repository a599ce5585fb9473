"""The parameters of a reason as people write them, and the sentences that need them. Plain sentences are in `wording`.

Each function takes the details, who reads ("company" or "seeker") and whether the part speaks for the match; None where
the numbers are not there, or a plain sentence says it as well.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.core.i18n import _, ngettext
from app.core.templating import format_compact, format_number
from app.directory.places import country_label, region_label
from app.directory.vocabulary import NEEDS, ROUNDS, SECTORS, STAGES, TECHNOLOGIES

_ABSURD = 1e15
"""Nobody raises a million billion: larger numbers are mistakes, and not written out."""


class Details:
    """The parameters of a reason, ready to be put into a sentence of the current language."""

    def __init__(self, params: Mapping[str, Any], names: Mapping[str, str]) -> None:
        self.params = params
        self._names = names

    def number(self, key: str) -> int:
        return int(self._amount(key))

    def money(self, key: str) -> str:
        """An amount in US dollars to two digits: rates are rough, e.g. "310 thousand USD"."""
        rounded = float(f"{self._amount(key):.2g}")
        return f"{format_compact(rounded, 'long')} USD" if rounded else ""

    def _amount(self, key: str) -> float:
        """A sum or a count that makes sense in a sentence, else 0: engines differ in what they leave out."""
        value = self.params.get(key)
        return value if isinstance(value, int | float) and 1 <= value < _ABSURD else 0

    def names(self, key: str) -> str:
        """Names of the organisations that a parameter lists, two at most; those that are gone are left out."""
        return ", ".join([self._names[one] for one in self._list(key) if one in self._names][:2])

    def sectors(self) -> str:
        return ", ".join(SECTORS.labels([code for code in self._list("sectors") if code in SECTORS][:2]))

    def technologies(self) -> str:
        return ", ".join(TECHNOLOGIES.labels([code for code in self._list("technologies") if code in TECHNOLOGIES][:2]))

    def needs(self) -> str:
        return ", ".join(NEEDS.labels([code for code in self._list("needs") if code in NEEDS][:3]))

    def stage(self) -> str:
        code = self._word("stage")
        return STAGES.label(code) if code in STAGES else ""

    def round(self) -> str:
        """The kind of round; the engine's word for the earliest ones covers angel and seed."""
        code = self._word("round_type")
        if code == "angel":
            return _("angel or seed")
        return ROUNDS.label(code) if code in ROUNDS else ""

    def place(self, keys: Iterable[str] = ("city", "region", "state", "country")) -> str:
        """The narrowest place that is known."""
        for key in keys:
            value = self._word(key)
            if value:
                return _place(value, key)
        return ""

    def places(self) -> str:
        return ", ".join(dict.fromkeys(_place(code, "") for code in self._list("places")[-2:]))

    def _word(self, key: str) -> str:
        value = self.params.get(key)
        return value if isinstance(value, str) else ""

    def _list(self, key: str) -> list[str]:
        value = self.params.get(key)
        return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _place(value: str, key: str) -> str:
    if key == "country" or (len(value) == 2 and value.isupper()):
        return country_label(value)
    return region_label(value) if value[2:3] == "-" else value


def sector(known: Details, role: str, good: bool) -> str | None:
    deals, what = known.number("deals"), known.sectors()
    if not (good and deals and what):
        return None
    number = format_number(deals)
    if role == "company":
        return ngettext(
            "They made %(number)s investment in %(what)s", "They made %(number)s investments in %(what)s", deals,
            number=number, what=what,
        )  # fmt: skip
    return ngettext(
        "You made %(number)s investment in %(what)s", "You made %(number)s investments in %(what)s", deals,
        number=number, what=what,
    )  # fmt: skip


def place(known: Details, role: str, good: bool) -> str | None:
    deals, where = known.number("deals"), known.place(("region", "state"))
    if good and deals and where:
        number = format_number(deals)
        if role == "company":
            return ngettext(
                "They made %(number)s investment in your area (%(where)s)",
                "They made %(number)s investments in your area (%(where)s)",
                deals, number=number, where=where,
            )  # fmt: skip
        return ngettext(
            "You made %(number)s investment in their area (%(where)s)",
            "You made %(number)s investments in their area (%(where)s)",
            deals, number=number, where=where,
        )  # fmt: skip
    return home(known, role, good)


def home(known: Details, _role: str, good: bool) -> str | None:
    same = known.params.get("same")
    if not good or not isinstance(same, str):
        return None
    where = known.place((same,))
    if where:
        return _("You are both in %(where)s", where=where)
    return {
        "country": _("You are in the same country"),
        "state": _("You are in the same province or state"),
        "region": _("You are in the same region"),
        "city": _("You are in the same city"),
    }.get(same)


def focus(known: Details, role: str, good: bool) -> str | None:
    deals = known.number("deals")
    if not (good and deals):
        return None
    number = format_number(deals)
    if role == "company":
        return ngettext(
            "%(number)s of their investments is in your field and your area at once",
            "%(number)s of their investments are in your field and your area at once",
            deals, number=number,
        )  # fmt: skip
    return ngettext(
        "%(number)s of your investments is in their field and their area at once",
        "%(number)s of your investments are in their field and their area at once",
        deals, number=number,
    )  # fmt: skip


def round_(known: Details, role: str, good: bool) -> str | None:
    deals, kind = known.number("deals"), known.round()
    if not (good and deals and kind):
        return None
    number = format_number(deals)
    if role == "company":
        return ngettext(
            "They joined %(number)s round of the kind you raise (%(kind)s)",
            "They joined %(number)s rounds of the kind you raise (%(kind)s)",
            deals, number=number, kind=kind,
        )  # fmt: skip
    return ngettext(
        "You joined %(number)s round of the kind they raise (%(kind)s)",
        "You joined %(number)s rounds of the kind they raise (%(kind)s)",
        deals, number=number, kind=kind,
    )  # fmt: skip


def amount(known: Details, role: str, good: bool) -> str | None:
    low, high, asked = known.money("low_usd"), known.money("high_usd"), known.money("amount_usd")
    if not (low and high):
        return None
    if role == "company":
        if asked:
            return _(
                "Their rounds usually raise %(low)s to %(high)s, you raise %(asked)s", low=low, high=high, asked=asked
            )
        return _("Their rounds usually raise %(low)s to %(high)s", low=low, high=high)
    if asked:
        return _("Your rounds usually raise %(low)s to %(high)s, they raise %(asked)s", low=low, high=high, asked=asked)
    return None if good else _("Your rounds usually raise %(low)s to %(high)s", low=low, high=high)


def similar(known: Details, role: str, good: bool) -> str | None:
    names = known.names("companies")
    if not (good and names):
        return None
    if role == "company":
        return _("They invested in companies like yours, such as %(names)s", names=names)
    return _("You invested in companies like theirs, such as %(names)s", names=names)


def network(known: Details, role: str, good: bool) -> str | None:
    names = known.names("investors")
    if not (good and names):
        return None
    if role == "company":
        return _("They invested together with your investors %(names)s", names=names)
    return _("You invested together with their investors %(names)s", names=names)


def activity(known: Details, role: str, good: bool) -> str | None:
    deals = known.number("deals")
    if not (good and deals and role == "company"):
        return None
    lately = known.number("deals_1y")
    number = format_number(deals)
    if lately:
        return _(
            "They invest actively: %(number)s investments announced, %(lately)s in the last year on record",
            number=number, lately=format_number(lately),
        )  # fmt: skip
    return ngettext(
        "They announced %(number)s investment", "They announced %(number)s investments", deals, number=number
    )


def company(known: Details, role: str, good: bool) -> str | None:
    rounds = known.number("rounds")
    if not (good and role == "seeker"):
        return None
    if known.params.get("raising"):
        return _("They are raising money now")
    if not rounds:
        return None
    return ngettext(
        "They have raised %(number)s round and may raise again",
        "They have raised %(number)s rounds and may raise again",
        rounds,
        number=format_number(rounds),
    )


def stated_sector(known: Details, role: str, good: bool) -> str | None:
    what = known.sectors()
    if not (good and what):
        return None
    if role == "company":
        return _("They look for companies in %(what)s", what=what)
    return _("They work in %(what)s, which you look for", what=what)


def stated_technology(known: Details, role: str, good: bool) -> str | None:
    what = known.technologies()
    if not (good and what):
        return None
    if role == "company":
        return _("They look for technology such as yours: %(what)s", what=what)
    return _("They work with %(what)s, which you look for", what=what)


def stated_stage(known: Details, role: str, good: bool) -> str | None:
    what = known.stage()
    if not (good and what):
        return None
    if role == "company":
        return _("They back companies at your stage: %(what)s", what=what)
    return _("They are at a stage that you back: %(what)s", what=what)


def stated_round(known: Details, role: str, good: bool) -> str | None:
    what = known.round()
    if not (good and what):
        return None
    if role == "company":
        return _("They take part in rounds like yours: %(what)s", what=what)
    return _("They raise a kind of round that you join: %(what)s", what=what)


def stated_ticket(known: Details, role: str, good: bool) -> str | None:
    asked = known.money("amount_usd")
    if not asked:
        return None
    if role == "company":
        if good:
            return _("Your %(asked)s fits the ticket they state", asked=asked)
        return _("Your %(asked)s lies outside the ticket they state", asked=asked)
    if good:
        return _("Their %(asked)s fits your ticket", asked=asked)
    return _("Their %(asked)s lies outside your ticket", asked=asked)


def stated_place(known: Details, role: str, good: bool) -> str | None:
    where = known.places()
    if not (good and where):
        return None
    if role == "company":
        return _("They look for companies in %(where)s", where=where)
    return _("They are in %(where)s, where you look", where=where)


def needs(known: Details, role: str, good: bool) -> str | None:
    what = known.needs()
    if not (good and what):
        return None
    if role == "company":
        return _("They offer what you need: %(what)s", what=what)
    return _("They need what you offer: %(what)s", what=what)
