"""Reminding owners of what was said over a year ago: one mail for what became due in a week, at most one a week."""

from typing import Any

from app.core import db
from app.core.clock import now
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.directory.curation.standing import owners_of
from app.directory.views import field_label

AT_A_TIME = 500
NAMED = 5
"""So many fields are named in the mail; the profile shows the others."""


async def remind_of_what_is_due() -> int:
    """Write the mails that are due and give their number. Twice is as good as once: a mail is for a profile and the
    week in which the newest of its fields became due.

    Looks at what became due in the last seven days, so nobody hears of the same fields again and again; made-up,
    hidden and ended profiles are left alone.
    """
    rows = await db.fetch(
        """
        SELECT o.id, o.slug, o.name, to_char(max(n.confirm_due_on), 'IYYY-IW') AS week,
            array_agg(n.field ORDER BY n.confirm_due_on DESC, n.id) AS due
        FROM field_note n JOIN organisation o ON o.id = n.organisation
        WHERE n.confirm_due_on < $1::date AND NOT o.sample AND o.ended_at IS NULL AND o.hidden_at IS NULL
        GROUP BY o.id HAVING max(n.confirm_due_on) >= $1::date - 7
        ORDER BY max(n.confirm_due_on), o.id LIMIT $2
        """,
        *(now().date(), AT_A_TIME),
    )
    written = 0
    for row in rows:
        written += await _remind(dict(row))
    return written


async def _remind(row: dict[str, Any]) -> int:
    written = 0
    async with db.tx():
        for owner in await owners_of(row["id"]):
            written += await send_mail(
                to=owner["email"],
                template="directory/mail/still_true.txt",
                message_key=f"still-true:{row['id']}:{owner['id']}:{row['week']}",
                locale=owner["locale"],
                context={
                    "organisation": row["name"],
                    "name": owner["name"],
                    "fields": row["due"][:NAMED],
                    "label_of": field_label,
                    "more": len(row["due"]) - NAMED,
                    "link": f"{get_settings().origin}/organisations/{row['slug']}",
                },
            )
    return written
