"""Events in the search: whoever may be visited is put into the index by the verbs that change it. No decision here."""

from uuid import UUID

from app.core import db
from app.core.i18n import in_language
from app.core.templating import format_date
from app.directory.search.index import Entry, drop, put
from events.paper import place_of

LISTED = ("published", "closed")


async def keep_findable(event: UUID) -> None:
    """Let the search have the event as it is now, in the open transaction; drafts and cancelled ones it has not."""
    row = await db.fetchrow("SELECT * FROM event WHERE id = $1", event)
    if row is None or row["status"] not in LISTED:
        await drop("event", event)
        return
    subtitle = {}
    for locale in ("vi", "en"):
        with in_language(locale):
            subtitle[locale] = " · ".join(part for part in (format_date(row["starts_at"]), place_of(row)) if part)
    await put(
        Entry(
            kind="event",
            subject=event,
            title=row["title_vi"] or row["title_en"],
            title_en=row["title_en"],
            subtitle_vi=subtitle["vi"],
            subtitle_en=subtitle["en"],
            texts=(row["description_vi"], row["description_en"], "sự kiện event"),
            url=f"/events/{row['slug']}",
            sample=row["sample"],
        )
    )
