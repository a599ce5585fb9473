""" "Something is wrong here": visitors tell the department about a profile, with or without an account."""

from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, NOT_AN_EMAIL, REQUIRED, is_email
from app.core.i18n import current_locale
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory.curation.deciding import AlreadyDecided
from app.directory.curation.standing import Row
from app.directory.vocabulary import REPORT_KINDS

PAGE = 25
PER_PERSON = 20
PER_NETWORK = 60
PER_PROFILE = 100
NEEDS_WORDS = frozenset({"wrong", "outdated", "duplicate", "rights", "other"})


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a visitor says."""

    kind: str
    words: str = ""
    email: str = ""


async def make_report(actor: Actor, organisation: UUID, told: Told, network: str) -> UUID:
    """Lay a report before the department. Where it came from is counted and not kept. Raises Invalid, TooMany."""
    wrong = {}
    if told.kind not in REPORT_KINDS:
        wrong["kind"] = NOT_A_CHOICE if told.kind else REQUIRED
    if told.kind in NEEDS_WORDS and not clean(told.words):
        wrong["words"] = REQUIRED
    if told.email and not is_email(told.email):
        wrong["email"] = NOT_AN_EMAIL
    if wrong:
        raise Invalid(fields=wrong)
    if actor.id is not None:
        await hit("report", actor.id, PER_PERSON, 86_400)
    else:
        await hit("report-network", network, PER_NETWORK, 3_600)
    await hit("report-profile", organisation, PER_PROFILE, 86_400)
    report = new_id()
    async with db.tx():
        await db.execute(
            "INSERT INTO profile_report (id, organisation, person, kind, words, email, locale, state, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'made', now())",
            *(report, organisation, actor.id, told.kind, clean(told.words), actor.email or told.email),
            current_locale(),
        )
    return report


async def decide_report(actor: Actor, report: UUID, state: str, answer: str = "") -> None:
    """Done, or refused; who left an address hears the answer. Raises AlreadyDecided, Invalid, NotAllowed, NotFound."""
    actor.require("moderator")
    if state not in ("done", "refused"):
        raise Invalid(fields={"decision": NOT_A_CHOICE})
    async with db.tx():
        row = await db.fetchrow(
            "SELECT r.id, r.state, r.email, r.locale, o.name, o.slug FROM profile_report r"
            " JOIN organisation o ON o.id = r.organisation WHERE r.id = $1 FOR UPDATE OF r",
            report,
        )
        if row is None:
            raise NotFound
        if row["state"] != "made":
            raise AlreadyDecided
        await db.execute(
            "UPDATE profile_report SET state = $2, answer = $3, decided_at = now(), decided_by = $4 WHERE id = $1",
            *(report, state, clean(answer), actor.person_id),
        )
        if row["email"]:
            await send_mail(
                to=row["email"],
                template="directory/curation/mail/report_decided.txt",
                message_key=f"report-decided:{report}",
                locale=row["locale"],
                context={
                    "organisation": row["name"],
                    "done": state == "done",
                    "answer": clean(answer),
                    "link": f"{get_settings().origin}/organisations/{row['slug']}",
                },
            )


_QUEUE = """
    SELECT r.id, r.kind, r.words, r.email, r.state, r.made_at, r.decided_at, r.answer, o.id AS organisation, o.name,
        o.slug, o.hidden_at, p.name AS person_name, d.name AS decided_by,
        (SELECT count(*) FROM profile_report n WHERE n.organisation = o.id AND n.state = 'made') AS open
    FROM profile_report r JOIN organisation o ON o.id = r.organisation LEFT JOIN person p ON p.id = r.person
    LEFT JOIN person d ON d.id = r.decided_by
"""


async def reports_queue(shown: str, offset: int = 0) -> list[Row]:
    """A page of reports in one query, the oldest first; one more than a page."""
    where = "r.state = 'made' ORDER BY r.made_at, r.id"
    if shown == "decided":
        where = "r.state <> 'made' ORDER BY r.decided_at DESC, r.id"
    rows = await db.fetch(f"{_QUEUE} WHERE {where} LIMIT {PAGE + 1} OFFSET $1", offset)
    return [dict(row) for row in rows]
