"""By when a request about personal data has to be answered and carried out: Law 91/2025 and Decree 356/2025 as data.

Working days are Monday to Friday without the holidays that fall on the same date every year. Tết, the Hùng Kings' day
and the second day at 2 September are set anew each year and count as working days here: a date may come out a few days
before the law's, never after it.
"""

from datetime import date, timedelta

import msgspec

from app.core.i18n import N_, Phrase

RESPOND_WORKING_DAYS = 2
FIXED_HOLIDAYS = frozenset({(1, 1), (4, 30), (5, 1), (9, 2)})
"""(month, day) of the Labour Code, article 112."""


class Right(msgspec.Struct, frozen=True):
    """What may be asked, and the days in which it has to be done; `days_with_others` when a processor has to act too.

    Where our sources give a span, the shorter end stands here. An extension is possible once.
    """

    label: Phrase
    what: Phrase
    days: int
    days_with_others: int
    extension_days: int


RIGHTS: dict[str, Right] = {
    "access": Right(
        N_("See or get my data"), N_("You want to know what is kept about you, or get a copy."), 10, 10, 10
    ),
    "correction": Right(N_("Correct my data"), N_("Something kept about you is wrong or out of date."), 10, 10, 10),
    "deletion": Right(N_("Delete my data"), N_("What is kept about you should be erased."), 20, 20, 15),
    "withdrawal": Right(N_("Withdraw consent"), N_("Something you agreed to should stop."), 15, 20, 15),
    "objection": Right(
        N_("Object to a use or restrict it"), N_("Your data should not be used in a certain way."), 15, 20, 15
    ),
}


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def respond_by(received: date) -> date:
    """The last day for telling the person how the request goes on: the day of receipt does not count."""
    day, left = received, RESPOND_WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return day


def act_by(kind: str, received: date, *, others_involved: bool = False, extended: bool = False) -> date:
    """The last day for having done what was asked."""
    right = RIGHTS[kind]
    days = right.days_with_others if others_involved else right.days
    return received + timedelta(days=days + (right.extension_days if extended else 0))
