"""The sentences of reasons: for each code four plain ones (who reads, for or against), and one with the numbers.

Short, concrete, polite; nothing that the other side keeps to itself. See `reasons` for how they are used.
"""

from collections.abc import Callable

import msgspec

from app.connections import details
from app.connections.details import Details
from app.core.i18n import N_, Phrase

Detailed = Callable[[Details, str, bool], str | None]


class Wording(msgspec.Struct, frozen=True):
    """How one code is put: for a company that reads and for somebody who looks for companies, for and against."""

    company: Phrase
    company_against: Phrase
    seeker: Phrase
    seeker_against: Phrase
    detailed: Detailed | None = None

    def text(self, role: str, good: bool, known: Details) -> str:
        """The sentence with the numbers where they are known, else the plain one."""
        if self.detailed is not None:
            found = self.detailed(known, role, good)
            if found:
                return found
        if role == "company":
            return (self.company if good else self.company_against).text()
        return (self.seeker if good else self.seeker_against).text()


def _same(good: Phrase, against: Phrase, detailed: Detailed | None = None) -> Wording:
    return Wording(good, against, good, against, detailed)


WORDING: dict[str, Wording] = {
    "stated_sector": Wording(
        N_("They look for companies in your sector"),
        N_("They name other sectors than yours"),
        N_("Their sector is one you look for"),
        N_("Their sector is not among those you look for"),
        details.stated_sector,
    ),
    "stated_technology": Wording(
        N_("They look for technology such as yours"),
        N_("They name other technologies than yours"),
        N_("They work with technology that you look for"),
        N_("Their technology is not what you look for"),
        details.stated_technology,
    ),
    "stated_stage": Wording(
        N_("They back companies at your stage"),
        N_("They usually back companies at another stage"),
        N_("They are at a stage that you back"),
        N_("They are at another stage than you back"),
        details.stated_stage,
    ),
    "stated_round": Wording(
        N_("They take part in rounds like yours"),
        N_("They name other kinds of round"),
        N_("They raise a kind of round that you take part in"),
        N_("They raise another kind of round than you take part in"),
        details.stated_round,
    ),
    "stated_ticket": Wording(
        N_("What you raise fits their usual ticket"),
        N_("What you raise lies outside their usual ticket"),
        N_("What they raise fits your ticket"),
        N_("What they raise lies outside your ticket"),
        details.stated_ticket,
    ),
    "stated_place": Wording(
        N_("They look for companies where you are"),
        N_("They look for companies in other places"),
        N_("They are where you look for companies"),
        N_("They are outside the places where you look"),
        details.stated_place,
    ),
    "home": _same(N_("You are near each other"), N_("You are far from each other"), details.home),
    "languages": _same(N_("You share a working language"), N_("You share no working language so far")),
    "needs": Wording(
        N_("They offer what you need"),
        N_("They do not offer what you need"),
        N_("They need what you offer"),
        N_("They need other things than you offer"),
        details.needs,
    ),
    "words": _same(N_("You describe your work in similar words"), N_("You describe your work in different words")),
    "meaning": _same(N_("Your texts speak of much the same"), N_("Your texts speak of different things")),
    "sector": Wording(
        N_("They have often invested in your sector"),
        N_("They have rarely invested in your sector"),
        N_("You have often invested in their sector"),
        N_("You have rarely invested in their sector"),
        details.sector,
    ),
    "technology": Wording(
        N_("They have invested in technology such as yours"),
        N_("They have rarely invested in technology such as yours"),
        N_("You have invested in technology such as theirs"),
        N_("You have rarely invested in technology such as theirs"),
    ),
    "place": Wording(
        N_("They have often invested where you are"),
        N_("They have rarely invested where you are"),
        N_("You have often invested where they are"),
        N_("You have rarely invested where they are"),
        details.place,
    ),
    "focus": Wording(
        N_("Your sector, where you are, is their focus"),
        N_("Their focus lies elsewhere"),
        N_("Their sector, where they are, is your focus"),
        N_("Your focus lies elsewhere"),
        details.focus,
    ),
    "text": Wording(
        N_("Your work is described like that of companies they chose"),
        N_("Companies they chose describe themselves differently"),
        N_("Their work is described like that of companies you chose"),
        N_("Companies you chose describe themselves differently"),
    ),
    "round": Wording(
        N_("They have often joined rounds like yours"),
        N_("They have rarely joined rounds like yours"),
        N_("You have often joined rounds like theirs"),
        N_("You have rarely joined rounds like theirs"),
        details.round_,
    ),
    "amount": Wording(
        N_("They have often joined rounds of your size"),
        N_("They usually join rounds of another size"),
        N_("You have often joined rounds of their size"),
        N_("You usually join rounds of another size"),
        details.amount,
    ),
    "entry": Wording(
        N_("They often come in where you stand: before or after the first investors"),
        N_("They usually come in earlier or later than where you stand"),
        N_("You often come in where they stand: before or after the first investors"),
        N_("You usually come in earlier or later than where they stand"),
    ),
    "similar": Wording(
        N_("They have invested in companies like yours"),
        N_("They have hardly invested in companies like yours"),
        N_("You have invested in companies like theirs"),
        N_("You have hardly invested in companies like theirs"),
        details.similar,
    ),
    "network": Wording(
        N_("They have invested together with your investors"),
        N_("They have hardly invested together with your investors"),
        N_("You have invested together with their investors"),
        N_("You have hardly invested together with their investors"),
        details.network,
    ),
    "activity": Wording(
        N_("They invest actively"),
        N_("They have announced few investments of late"),
        N_("You invest actively"),
        N_("You have announced few investments of late"),
        details.activity,
    ),
    "company": Wording(
        N_("Companies at your point often find investors"),
        N_("Companies at your point find investors less often"),
        N_("They are at a point where companies often find investors"),
        N_("They are at a point where companies find investors less often"),
        details.company,
    ),
}
"""Every code that the engine documents."""
