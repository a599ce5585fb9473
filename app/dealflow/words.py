"""Words of deal flow as data: first stages, why a card was passed, where it came from, what happened."""

from typing import Literal

import msgspec

from app.core.i18n import N_, Phrase, pick
from app.directory.vocabulary import DECLINE_REASONS

Kind = Literal["open", "won", "passed"]

OPEN, WON, PASSED = "open", "won", "passed"


class Step(msgspec.Struct, frozen=True):
    """A stage that a new pipeline begins with; each is a change that somebody outside could observe."""

    vi: str
    en: str
    kind: Kind = "open"


FIRST_STAGES = (
    Step("Mới", "New"),
    Step("Đang tìm hiểu", "Looking into it"),
    Step("Đã gặp", "Met"),
    Step("Thẩm định", "Due diligence"),
    Step("Đàm phán điều khoản", "Negotiating terms"),
    Step("Đã đầu tư", "Invested", "won"),
    Step("Không tiếp tục", "Passed", "passed"),
)

NAMES = (Step("Thương vụ", "Deals"), Step("Đầu tư tiếp", "Follow-on"), Step("Đổi mới mở", "Open innovation"))
"""Names to begin with."""


def stage_name(row: object) -> str:
    """A stage's name in the language of the reader; `row` has name_vi and name_en."""
    return pick(row["name_vi"], row["name_en"])  # type: ignore[index]


PASS_REASONS = ("sector", "too_early", "too_late", "geography", "ticket", "conflict", "no_capacity", "more_information",
                "not_verified", "other")  # fmt: skip
"""Codes of the directory's reasons for declining, in their order."""


def reason_label(code: str, locale: str | None = None) -> str:
    return DECLINE_REASONS.label(code, locale)


KIND_WORDS: dict[str, Phrase] = {
    "sector": N_("Our focus lies in other sectors at the moment. That says nothing about what you have built."),
    "too_early": N_("It is still a little early for us. We would like to look again when there is more to see."),
    "too_late": N_("You are further on than the companies that we usually join."),
    "geography": N_("We invest in other places at the moment."),
    "ticket": N_("The amount you raise does not fit the tickets that we write."),
    "conflict": N_("We already hold something close to what you do, and would not be fair partners to both."),
    "no_capacity": N_("We cannot give you the attention you deserve at the moment."),
    "more_information": N_("We could not see enough to decide. A fuller profile or a deck would help us look again."),
    "not_verified": N_("We need some facts to be verified before we can go on."),
    "other": N_("We decided not to go on at this time. Thank you for letting us look."),
}
"""What a startup reads of each reason: honest, and about the fit."""

ORIGINS: dict[str, Phrase] = {
    "directory": N_("From the directory"),
    "profile": N_("From the profile"),
    "suggestion": N_("From the suggestions"),
    "event": N_("From an event"),
    "introduction": N_("From an introduction"),
    "digest": N_("From the weekly mail"),
}

ACTS: dict[str, Phrase] = {
    "added": N_("%(who)s added it to “%(to)s”"),
    "moved": N_("%(who)s moved it from “%(from)s” to “%(to)s”"),
    "passed": N_("%(who)s passed: %(reason)s"),
    "reopened": N_("%(who)s took it up again in “%(to)s”"),
    "owner": N_("%(who)s made %(owner)s responsible"),
    "no_owner": N_("%(who)s made nobody responsible"),
    "next": N_("%(who)s set the next step"),
    "noted": N_("%(who)s wrote a note"),
    "note_ended": N_("%(who)s took a note away"),
    "filed": N_("%(who)s added a file"),
    "file_ended": N_("%(who)s took a file away"),
    "told": N_("%(who)s told the startup why"),
    "ended": N_("%(who)s took it out of the pipeline"),
    "stage_ended": N_("%(who)s closed the stage “%(from)s”; it went to “%(to)s”"),
}
"""What the history says of each act."""
