"""What may be stated of a credential: which types whom, under which basis, which days. No SQL, no pages.

Only what the texts of the law that were read say is checked; conditions for getting one are not repeated here.
"""

from datetime import date
from typing import Any

import msgspec

from app.core.clock import VIETNAM, now
from app.core.errors import Invalid
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_, Phrase
from app.directory.fields.values import NOT_AN_ADDRESS, web_address
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.profiles import REGIMES, SIZE_CLASSES

REGIMES_OF: dict[str, tuple[str, ...]] = {
    "ste_2019": ("decree_13_2019",),
    "sme_startup": ("sme_law_2017",),
    "strategic_tech": ("decision_1139_2026",),
    "sandbox": ("resolution_29_2025",),
    **dict.fromkeys(
        (
            *("ste_2025", "startup_ent", "startup_ind", "innov_centre", "innov_centre_prov", "innov_centre_nat"),
            *("support_centre", "support_centre_prov"),
        ),
        ("decree_268_2025",),
    ),
    **dict.fromkeys((code for code in CREDENTIAL_TYPES.codes if code.startswith("ip_")), ("ip_law", "other")),
}
"""The bases of a type, the usual one first; every other type has "another basis"."""

BEGINS = {
    "decree_13_2019": date(2019, 1, 1),
    "decree_268_2025": date(2025, 10, 14),
    "sme_law_2017": date(2017, 1, 1),
    "resolution_29_2025": date(2025, 1, 1),
    "decision_1139_2026": date(2026, 3, 16),
}
"""Nothing was issued under a basis before it was signed; where only its year is known, before that year."""

ONLY_PERSONS = ("startup_ind",)
PERSONS_TOO = tuple(code for code in CREDENTIAL_TYPES.codes if code.startswith("ip_") or code == "award")
SIZED = ("ste_2025",)
"""Types whose conditions depend on the size of the enterprise when it was issued."""

FAMILIES = {
    **dict.fromkeys(("ste_2019", "ste_2025"), "ste"),
    **dict.fromkeys(("innov_centre", "innov_centre_prov", "innov_centre_nat"), "innov_centre"),
    **dict.fromkeys(("support_centre", "support_centre_prov"), "support_centre"),
}
"""What may replace one another; every other type only one of its own."""

OTHER_BASIS = N_("This legal basis does not belong to this type.")
NOT_THEIRS = N_("This type is not given to a person.")
NOT_THEIR_ORGANISATIONS = N_("This type is given to a person, not to an organisation.")
NOT_YET = N_("This day has not come yet.")
BEFORE_THE_BASIS = N_("This is before the legal basis was signed.")
TOO_LONG_AGO = N_("This is too long ago.")
ENDS_BEFORE = N_("It cannot end before it was issued.")
OLDEST, FURTHEST = date(1945, 9, 2), date(2200, 1, 1)

LABELS: dict[str, Phrase] = {
    "credential_type": N_("Type"),
    "regime": N_("Legal basis"),
    "number": N_("Number"),
    "issuer": N_("Issued by"),
    "title_vi": N_("What it is called (Vietnamese)"),
    "title_en": N_("What it is called (English)"),
    "issued_on": N_("Issued on"),
    "valid_until": N_("Valid until"),
    "size_class": N_("Size of the enterprise when it was issued"),
    "evidence_url": N_("Address of evidence"),
    "evidence_file": N_("Evidence"),
}


class Stated(msgspec.Struct, kw_only=True):
    """What somebody says of a credential."""

    credential_type: str
    regime: str = ""
    number: str = ""
    issuer: str = ""
    title_vi: str = ""
    title_en: str = ""
    issued_on: date | None = None
    valid_until: date | None = None
    size_class: str = ""
    evidence_url: str = ""


def today() -> date:
    """The day in Vietnam, by which certificates begin and end."""
    return now().astimezone(VIETNAM).date()


def regimes_of(credential_type: str) -> tuple[str, ...]:
    return REGIMES_OF.get(credential_type, ("other",))


def family(credential_type: str) -> str:
    return FAMILIES.get(credential_type, credential_type)


def types_for(*, person: bool) -> list[tuple[str, str]]:
    """(code, label) of the types that a person or an organisation may hold."""
    return [(code, label) for code, label in CREDENTIAL_TYPES.options() if _fits(code, person=person)]


def _fits(credential_type: str, *, person: bool) -> bool:
    return credential_type in (*ONLY_PERSONS, *PERSONS_TOO) if person else credential_type not in ONLY_PERSONS


def checked(stated: Stated, *, person: bool) -> dict[str, Any]:
    """The columns of what was stated, or Invalid with everything that is wrong, by field."""
    wrong: dict[str, Phrase] = {}
    kind = stated.credential_type
    if kind not in CREDENTIAL_TYPES:
        wrong["credential_type"] = NOT_A_CHOICE if kind else REQUIRED
    elif not _fits(kind, person=person):
        wrong["credential_type"] = NOT_THEIRS if person else NOT_THEIR_ORGANISATIONS
    regime = stated.regime or regimes_of(kind)[0]
    if regime not in REGIMES:
        wrong["regime"] = NOT_A_CHOICE
    elif "credential_type" not in wrong and regime not in regimes_of(kind):
        wrong["regime"] = OTHER_BASIS
    if not stated.issuer:
        wrong["issuer"] = REQUIRED
    size = stated.size_class if kind in SIZED else ""
    if kind in SIZED and size not in SIZE_CLASSES:
        wrong["size_class"] = NOT_A_CHOICE if size else REQUIRED
    url = web_address(stated.evidence_url) if stated.evidence_url else ""
    if stated.evidence_url and not url:
        wrong["evidence_url"] = NOT_AN_ADDRESS
    wrong |= _wrong_days(stated, regime)
    if wrong:
        raise Invalid(fields=wrong)
    return {
        **msgspec.structs.asdict(stated),
        "regime": regime,
        "size_class": size or None,
        "evidence_url": url,
    }


def _wrong_days(stated: Stated, regime: str) -> dict[str, Phrase]:
    issued, until = stated.issued_on, stated.valid_until
    wrong: dict[str, Phrase] = {}
    if issued is None:
        wrong["issued_on"] = REQUIRED
    elif issued > today():
        wrong["issued_on"] = NOT_YET
    elif issued < OLDEST:
        wrong["issued_on"] = TOO_LONG_AGO
    elif issued < BEGINS.get(regime, OLDEST):
        wrong["issued_on"] = BEFORE_THE_BASIS
    if until is not None:
        if issued is not None and until < issued:
            wrong["valid_until"] = ENDS_BEFORE
        elif not OLDEST <= until <= FURTHEST:
            wrong["valid_until"] = TOO_LONG_AGO if until < OLDEST else NOT_A_CHOICE
    return wrong


def standing(row: Any, day: date) -> str:
    """How a credential stands on a day: draft, refused, valid, expired, revoked or superseded."""
    if row["state"] == "draft":
        return "refused" if row["refused_at"] else "draft"
    if row["state"] == "valid" and row["valid_until"] is not None and row["valid_until"] < day:
        return "expired"
    return str(row["state"])
