"""The life of an introduction: one table of transitions, what each side is shown of it. No SQL, no pages.

The database has the same table as a check, and takes a new state only with a row that says who, when and why.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from app.core.errors import Conflict
from app.core.i18n import N_, Phrase

Side = Literal["asker", "receiver", "connector", "coordinator", "policy"]
Act = str

STATES = (
    "draft",
    "coordinator_hold",
    "pending_a",
    "pending_b",
    "accepted",
    "met",
    "outcome",
    "closed",
    "declined",
    "expired",
    "withdrawn",
    "blocked",
)
"""Codes of `CONNECTION_STATES`; pending_a waits for both sides of a proposal, pending_b for a request's receiver."""

WAITING = ("coordinator_hold", "pending_a", "pending_b")
CONNECTED = ("accepted", "met", "outcome")
OPEN = (*WAITING, *CONNECTED)
"""At most one of these for two organisations, and a request that was blocked as long as its asker thinks it waits."""
OVER = ("closed", "declined", "expired", "withdrawn", "blocked")


class Step(msgspec.Struct, frozen=True):
    """What an act leads to, and who may do it."""

    to: str
    by: tuple[Side, ...]


_BOTH: tuple[Side, ...] = ("asker", "receiver")
_THIRD: tuple[Side, ...] = ("connector", "coordinator")

TRANSITIONS: dict[tuple[str | None, Act], Step] = {
    (None, "drafted"): Step("draft", ("asker",)),
    (None, "asked"): Step("pending_b", ("asker",)),
    (None, "held"): Step("coordinator_hold", ("asker",)),
    (None, "asked_in_vain"): Step("blocked", ("asker",)),
    (None, "proposed"): Step("pending_a", _THIRD),
    ("draft", "asked"): Step("pending_b", ("asker",)),
    ("draft", "held"): Step("coordinator_hold", ("asker",)),
    ("draft", "asked_in_vain"): Step("blocked", ("asker",)),
    ("draft", "withdrawn"): Step("withdrawn", ("asker",)),
    ("coordinator_hold", "passed_on"): Step("pending_b", ("coordinator",)),
    ("coordinator_hold", "declined"): Step("declined", ("coordinator",)),
    ("coordinator_hold", "mutual"): Step("accepted", ("receiver",)),
    ("coordinator_hold", "withdrawn"): Step("withdrawn", ("asker",)),
    ("coordinator_hold", "expired"): Step("expired", ("policy",)),
    ("pending_a", "agreed"): Step("accepted", _BOTH),
    ("pending_a", "declined"): Step("declined", _BOTH),
    ("pending_a", "withdrawn"): Step("withdrawn", _THIRD),
    ("pending_a", "expired"): Step("expired", ("policy",)),
    ("pending_a", "blocked"): Step("blocked", _BOTH),
    ("pending_b", "accepted"): Step("accepted", ("receiver",)),
    ("pending_b", "mutual"): Step("accepted", ("receiver",)),
    ("pending_b", "declined"): Step("declined", ("receiver",)),
    ("pending_b", "withdrawn"): Step("withdrawn", ("asker",)),
    ("pending_b", "expired"): Step("expired", ("policy",)),
    ("pending_b", "blocked"): Step("blocked", ("receiver",)),
    ("accepted", "met"): Step("met", _BOTH),
    ("accepted", "resulted"): Step("outcome", _BOTH),
    ("accepted", "closed"): Step("closed", (*_BOTH, "policy")),
    ("accepted", "blocked"): Step("blocked", _BOTH),
    ("met", "resulted"): Step("outcome", _BOTH),
    ("met", "closed"): Step("closed", (*_BOTH, "policy")),
    ("met", "blocked"): Step("blocked", _BOTH),
    ("outcome", "closed"): Step("closed", (*_BOTH, "policy")),
    ("outcome", "blocked"): Step("blocked", _BOTH),
    ("blocked", "mutual"): Step("accepted", ("receiver",)),
    ("blocked", "withdrawn"): Step("withdrawn", ("asker", *_THIRD)),
}
"""Everything that can happen. What is not here cannot."""


class NotNow(Conflict):
    """The act does not fit the state: somebody else, or another window, was faster."""

    message = N_("This introduction has moved on meanwhile. Please look at how it stands now.")


def step_for(state: str | None, act: Act, by: Side) -> Step:
    """What the act leads to. Raises NotNow where the table has no such step for this side."""
    found = TRANSITIONS.get((state, act))
    if found is None or by not in found.by:
        raise NotNow
    return found


def other_side(side: str) -> Side:
    return "receiver" if side == "asker" else "asker"


Row = Mapping[str, Any]


def shown_state(row: Row, side: str, at: datetime) -> str:
    """The state as this side is told it. A block looks like silence, a no to a third party's proposal too.

    `row` has the introduction's columns, and for one of the two sides `own_answer` to a proposal.
    """
    state = str(row["state"])
    unanswered = "expired" if row["expires_at"] and row["expires_at"] <= at else "waiting"
    waiting = "pending_a" if row["origin"] != "request" else "pending_b"
    if row["shown_as"] == "held":
        waiting = "coordinator_hold"
    if state == "blocked" and not (side in _BOTH and row["blocked_by"] == row[side]):
        if row["accepted_at"] is not None:
            return "closed"
        return waiting if unanswered == "waiting" else "expired"
    told_no = row["origin"] == "request" or row["own_answer"] == "no"
    if state == "declined" and not told_no:
        return waiting if unanswered == "waiting" else "expired"
    if state == "expired" and row["origin"] != "request" and row["own_answer"] == "no":
        return "declined"
    return state


TIPS: dict[str, Phrase] = {
    "draft": N_("Not sent yet"),
    "coordinator_hold": N_("With the coordinator"),
    "pending_a": N_("Both sides are being asked"),
    "pending_b": N_("Waits for an answer"),
    "accepted": N_("Connected"),
    "met": N_("You have met"),
    "outcome": N_("It led to something"),
    "closed": N_("Closed"),
    "declined": N_("Declined"),
    "expired": N_("No answer came"),
    "withdrawn": N_("Withdrawn"),
    "blocked": N_("Blocked by you"),
}
"""How a state is put to the two sides."""
BADGES = {"accepted": "ok", "met": "ok", "outcome": "ok", "pending_a": "warn", "pending_b": "warn"}


def tip(state: str) -> str:
    return TIPS[state].text()
