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
            end = f"{origin}{habits.end_path(person['id'])}"
            await send_mail(
                to=person["email"],
                template="introductions/mail/outcome.txt",
                message_key=f"introduction-outcome:{outcome}:{person['id']}",
                locale=person["locale"],
                context={
                    "name": person["name"],
                    "other": row[f"{other_side(side)}_name"],
                    "kind": OUTCOMES.label(stated["kind"], person["locale"]),
                    "link": f"{origin}/introductions/{row['id']}#outcomes",
                    "end_link": end,
                },
                unsubscribe_url=end,
            )
