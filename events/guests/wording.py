"""Filters, columns and fates in words."""

from datetime import date
from typing import Any

from app.core.clock import VIETNAM
from app.core.i18n import N_, Phrase, gettext, pick
from app.core.templating import format_date
from app.directory.importing.tables_out import Value
from events import words
from events.asking.schema import Question, in_words
from events.guests.asking import SOURCES, Asked

COLUMNS: dict[str, Phrase] = {
    "type": N_("Ticket"),
    "status": N_("Status"),
    "email": N_("E-mail"),
    "phone": N_("Phone"),
    "organisation": N_("Organisation"),
    "role": N_("Role"),
    "code": N_("Code on the ticket"),
    "registered": N_("Registered"),
    "came": N_("Came"),
    "changed": N_("Last change of status"),
    "tags": N_("Tags"),
    "delegation": N_("Delegation"),
    "source": N_("Registered through"),
    "party": N_("People on it"),
    "paid": N_("Paid"),
    "news": N_("Wants news"),
    "locale": N_("Language"),
}
"""Beside the name, which every list has."""
USUAL = ("type", "status", "organisation", "registered", "came", "tags")
ANSWER = "q-"

FATES: dict[str, Phrase] = {
    "waiting": N_("not yet"),
    "confirmed": N_("confirmed"),
    "unpaid": N_("place kept until paid"),
    "waitlisted": N_("on the waiting list"),
    "full": N_("left waiting: there was no place"),
    "refused": N_("not accepted"),
    "cancelled": N_("cancelled"),
    "sent": N_("mail sent again"),
    "no_address": N_("no e-mail address"),
    "sample": N_("made up: gets no mail"),
    "tagged": N_("tagged"),
    "untagged": N_("tag taken off"),
    "certified": N_("has a certificate"),
    "not_came": N_("no check-in, so no certificate"),
    "too_late": N_("the event is over or was cancelled"),
    "unchanged": N_("nothing to do"),
    "stopped": N_("stopped before its turn"),
    "undone": N_("taken back"),
}
FATE_KIND = {
    "confirmed": "ok", "sent": "ok", "tagged": "ok", "untagged": "ok", "certified": "ok", "unpaid": "warn",
    "waitlisted": "warn", "full": "warn", "refused": "error", "too_late": "error",
}  # fmt: skip
ACTS: dict[str, Phrase] = {
    "approve": N_("Approve while there are places"),
    "approve_waitlist": N_("Approve, the rest to the waiting list"),
    "refuse": N_("Refuse"),
    "cancel": N_("Cancel registration"),
    "resend": N_("Send the mail again"),
    "tag": N_("Put a tag on"),
    "untag": N_("Take a tag off"),
    "certify": N_("Issue certificates of attendance"),
}
LANGUAGES = {"vi": N_("Vietnamese"), "en": N_("English")}


def came_label(came: str) -> str:
    return gettext("Came") if came == "yes" else gettext("Did not come")


def source_label(source: str) -> str:
    return SOURCES[source].text() if source in SOURCES else source


def days_label(asked: Asked) -> list[tuple[str, str]]:
    found = []
    if asked.since:
        found.append(("since", gettext("Registered since %(day)s", day=format_date(asked.since))))
    if asked.until:
        found.append(("until", gettext("Registered until %(day)s", day=format_date(asked.until))))
    return found


def answer_label(asked: Asked, questions: list[Question]) -> str:
    question = next((one for one in questions if one.code == asked.ask), None)
    name = question.label if question else asked.ask
    if not asked.answer:
        return gettext("%(question)s: answered", question=name)
    said = asked.answer
    if question and question.kind in ("choice", "province", "country", "many"):
        said = in_words(question, said)
    elif question and said in ("yes", "no"):
        said = in_words(question, said == "yes")
    return f"{name}: {said}"


def titles(columns: list[str], questions: list[Question]) -> list[str]:
    """The heads of these columns."""
    known = {f"{ANSWER}{one.code}": one.label for one in questions}
    return [known[column] if column in known else COLUMNS[column].text() for column in columns]


def known_columns(wanted: tuple[str, ...], questions: list[Question]) -> list[str]:
    """Those of the wanted columns that there are; the usual ones where none is wanted."""
    there = {*COLUMNS, *(f"{ANSWER}{one.code}" for one in questions)}
    found = [column for column in dict.fromkeys(wanted) if column in there]
    return found or list(USUAL)


def cell(column: str, row: Any, questions: dict[str, Question]) -> Value:
    """One value of a guest in words."""
    if column.startswith(ANSWER):
        question = questions.get(column.removeprefix(ANSWER))
        return in_words(question, row["answers"].get(question.code)) if question else ""
    plain = {"email": "email", "phone": "phone", "organisation": "organisation", "code": "code", "party": "party"}
    if column in plain:
        value: Value = row[plain[column]]
        return value
    return _SPOKEN[column](row)


def _moment(value: Any) -> str:
    return f"{value.astimezone(VIETNAM):%Y-%m-%d %H:%M}" if value else ""


def _day(value: Any) -> date | None:
    day: date | None = value.astimezone(VIETNAM).date() if value else None
    return day


def _role(row: Any) -> str:
    return words.ROLES[row["role"]].text() if row["role"] in words.ROLES else str(row["role"])


_SPOKEN: dict[str, Any] = {
    "type": lambda row: pick(row["type_vi"], row["type_en"]),
    "status": lambda row: words.REGISTRATION_STATUS[row["status"]].text(),
    "role": _role,
    "registered": lambda row: _moment(row["registered_at"]),
    "came": lambda row: _moment(row["came_at"]),
    "changed": lambda row: _moment(row["status_at"]),
    "tags": lambda row: ", ".join(row["tags"] or []),
    "delegation": lambda row: row["delegation_name"] or "",
    "source": lambda row: source_label(row["source"]),
    "paid": lambda row: _day(row["paid_at"]),
    "news": lambda row: gettext("Yes") if row["news_consent_at"] else "",
    "locale": lambda row: LANGUAGES[row["locale"]].text() if row["locale"] in LANGUAGES else row["locale"],
}
ACT_STATES: dict[str, Phrase] = {
    "waiting": N_("begins in a moment"),
    "running": N_("being done"),
    "done": N_("done"),
    "stopped": N_("stopped"),
    "undone": N_("taken back"),
}
