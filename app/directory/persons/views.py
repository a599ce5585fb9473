"""What pages show of people: labels in the reader's language, worked out here from rows that are cut already."""

from typing import Any
from uuid import UUID

from app.core.i18n import N_, Phrase, pick
from app.directory import places
from app.directory.fields import PERSON_FIELDS, Field
from app.directory.persons.listing import has_room
from app.directory.vocabulary import MENTOR_EXPERTISE, MENTOR_HELP, SECTORS, STAGES
from app.directory.vocabulary.persons import FEE_POLICIES, LANGUAGES, PARTICIPATION
from app.directory.vocabulary.profiles import MODES, TIERS

Row = dict[str, Any]

ON_A_CARD = 4
ACTS: dict[str, Phrase] = {
    "edited": N_("changed"),
    "shown_to": N_("changed who sees it"),
    "confirmed": N_("confirmed that all is true"),
    "listed": N_("listed the profile"),
    "unlisted": N_("took the profile out of the directory"),
    "consent_withdrawn": N_("withdrew the consent to be listed"),
    "account_ended": N_("ended the account"),
    "conduct_accepted": N_("accepted the code of conduct"),
    "paused": N_("takes a break from mentoring"),
    "resumed": N_("takes people on again"),
    "role_ended": N_("is no mentor or expert any more"),
    "conflict_named": N_("named a conflict of interest"),
    "conflict_ended": N_("took a conflict of interest back"),
    "vetted": N_("references were checked"),
    "check_taken_back": N_("the check of references was taken back"),
    "taken_down": N_("the profile was taken down"),
    "allowed_again": N_("the profile may be listed again"),
    "granted": N_("let somebody see the contact"),
    "credential_stated": N_("stated a certificate"),
    "credential_edited": N_("corrected a certificate"),
    "credential_withdrawn": N_("withdrew a certificate"),
    "credential_verified": N_("a certificate was verified"),
    "credential_entered": N_("the department entered a certificate"),
    "credential_refused": N_("a certificate was sent back"),
    "credential_revoked": N_("a certificate was recorded as revoked"),
    "credential_superseded": N_("a certificate was recorded as replaced"),
    "not_granted": N_("did not let somebody see the contact"),
}
LOOK_WHAT, LOOK_WHY = N_("Your personal profile"), N_("Looking at the profile while signed in")
EXPERTISE_LABEL = N_("Expertise")


def card_of(row: Row) -> Row:
    """One mentor of a list."""
    return {
        "person": row["person"],
        "slug": row["slug"],
        "name": row["name"],
        "photo_file": row["photo_file"],
        "headline": pick(row["headline_vi"], row["headline_en"]),
        "roles": PARTICIPATION.labels(row["roles"]),
        "sectors": SECTORS.labels(row["sectors"][:ON_A_CARD]),
        "expertise": MENTOR_EXPERTISE.labels(row["expertise"][:ON_A_CARD]),
        "more_expertise": max(0, len(row["expertise"]) - ON_A_CARD),
        "place": place_of(row),
        "languages": LANGUAGES.labels(row["languages"]),
        "mode": MODES.label(row["mode"]),
        "free": row["fee_policy"] == "free",
        "fee": FEE_POLICIES.label(row["fee_policy"]),
        "vetted_at": row["vetted_at"],
        "paused": row["paused_at"] is not None,
        "full": row["paused_at"] is None and not has_room(row),
        "sample": row["sample"],
    }


def place_of(row: Row) -> str:
    """The province for people in Vietnam, else the country."""
    if row["province_code"]:
        return places.provinces()[row["province_code"]].short_name
    return places.country_label(row["country"])


def facts_of(row: Row) -> list[tuple[str, str]]:
    """The facts of the profile's side column that are filled, with their labels."""
    fee = " – ".join(
        part for part in (FEE_POLICIES.label(row["fee_policy"]), pick(row["fee_vi"], row["fee_en"])) if part
    )
    values = {
        "languages": ", ".join(LANGUAGES.labels(row["languages"])),
        "help_kinds": ", ".join(MENTOR_HELP.labels(row["help_kinds"])),
        "sectors": ", ".join(SECTORS.labels(row["sectors"])),
        "stages": ", ".join(STAGES.labels(row["stages"])),
        "markets": ", ".join(places.country_label(code) for code in row["markets"]),
        "mode": MODES.label(row["mode"]),
        "fee_policy": fee,
        **{name: _number(row[name]) for name in _NUMBERS},
    }
    return [(PERSON_FIELDS[name].label(), value) for name, value in values.items() if value]


_NUMBERS = ("mentees_most", "mentees_now", "hours_per_month", "sessions_per_week", "notice_hours")


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def value_text(field: Field | None, value: Any) -> str:
    """A value of the history, to be read: labels instead of codes."""
    if value in (None, "", []):
        return ""
    if isinstance(value, dict):
        return _expertise_text(value)
    if field is None:
        return str(value)
    if field.vocabulary is not None:
        codes = value if isinstance(value, list) else [value]
        return ", ".join(field.vocabulary.labels(str(code) for code in codes))
    if field.type in ("country", "countries"):
        return ", ".join(places.country_label(code) for code in (value if isinstance(value, list) else [value]))
    if field.type == "province":
        return places.provinces()[value].short_name if value in places.provinces() else str(value)
    if field.type == "file":
        return "✓"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _expertise_text(value: dict[str, Any]) -> str:
    return MENTOR_EXPERTISE.label(value.get("code"))


def change_of(change: Row) -> Row:
    """A row of the history with what a reader needs; whether it can be put back."""
    field = PERSON_FIELDS.get(change["field"])
    tiers = change["act"] == "shown_to"
    before, after = (
        TIERS.label(str(value)) if tiers and value is not None else value_text(field, value)
        for value in (change["before"], change["after"])
    )
    label = field.label() if field else EXPERTISE_LABEL.text() if change["field"] == "expertise" else ""
    return {
        "id": change["id"],
        "at": change["at"],
        "act": ACTS[change["act"]].text() if change["act"] in ACTS else change["act"],
        "by_self": change["by_self"],
        "label": label,
        "before": before,
        "after": after,
        "can_undo": field is not None and field.type != "file" and change["act"] in ("edited", "shown_to"),
    }


def is_uuid(text: str) -> UUID | None:
    """The id that a form sends; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
