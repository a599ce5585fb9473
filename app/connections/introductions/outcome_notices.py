"""The mail that asks the other side to confirm an outcome."""

from uuid import UUID

from app.connections.introductions import habits, notices
from app.connections.introductions.access import SELECT
from app.connections.introductions.states import other_side
from app.connections.introductions.vocabulary import OUTCOMES
from app.core import db
from app.core.mail import send_mail
from app.core.settings import get_settings


async def send(outcome: UUID, side: str) -> None:
    """One mail to each of the side's people while nobody has answered. Running twice sends no second one."""
    async with db.tx():
        stated = await db.fetchrow("SELECT kind, state, introduction FROM outcome WHERE id = $1", outcome)
        if stated is None or stated["state"] != "stated":
            return
        row = dict(await db.fetchrow(f"{SELECT} WHERE i.id = $1", stated["introduction"]) or {})
        origin = get_settings().origin
        for person in await notices.people_of(row, side):
            if (await habits.habits_of(person["id"])).mails == "off":
                continue
            link = f"{origin}/introductions/{row['id']}#outcomes"
            await _mail(outcome, person, row[f"{other_side(side)}_name"], stated["kind"], link)


async def send_alone(outcome: UUID) -> None:
    """The same for an outcome without an introduction: to the person it names, or to who speaks for the other side."""
    async with db.tx():
        stated = await db.fetchrow(
            "SELECT u.kind, u.state, u.introduction, u.other, u.other_person, o.name FROM outcome u"
            " JOIN organisation o ON o.id = u.organisation WHERE u.id = $1",
            outcome,
        )
        if stated is None or stated["state"] != "stated" or stated["introduction"] is not None:
            return
        if stated["other"] is not None:
            people = await notices.people_of(dict(stated), "other")
        else:
            rows = await db.fetch(
                "SELECT id, name, email, locale FROM person WHERE id = $1 AND ended_at IS NULL"
                " AND email_confirmed_at IS NOT NULL",
                stated["other_person"],
            )
            people = [dict(row) for row in rows]
        link = f"{get_settings().origin}/introductions#o-{outcome}"
        for person in people:
            if (await habits.habits_of(person["id"])).mails != "off":
                await _mail(outcome, person, stated["name"], stated["kind"], link)


async def _mail(outcome: UUID, person: notices.Row, other: str, kind: str, link: str) -> None:
    end = f"{get_settings().origin}{habits.end_path(person['id'])}"
    await send_mail(
        to=person["email"],
        template="introductions/mail/outcome.txt",
        message_key=f"introduction-outcome:{outcome}:{person['id']}",
        locale=person["locale"],
        context={
            "name": person["name"],
            "other": other,
            "kind": OUTCOMES.label(kind, person["locale"]),
            "link": link,
            "end_link": end,
        },
        unsubscribe_url=end,
    )
