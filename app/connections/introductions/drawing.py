"""Draws the page of one introduction, also with a form that has to be looked at once more."""

from typing import Any

from litestar import Request, Response

from app.connections.introductions import (
    connecting,
    information,
    meetings,
    outcomes,
    snapshots,
    states,
    thread,
    vocabulary,
)
from app.connections.introductions.access import Held
from app.core.forms import filled
from app.core.i18n import N_, current_locale
from app.core.ids import new_id
from app.core.web import Actor, page
from app.directory.vocabulary import DECLINE_REASONS
from app.people.rights import seen

CONTACTS = seen.kind(
    "introductions.contacts",
    N_("Your name and address, after an introduction that both sides accepted"),
    N_("Getting in touch after an introduction"),
)


def words() -> dict[str, Any]:
    """What every page of introductions says things with."""
    return {
        "tip": states.tip,
        "badges": states.BADGES,
        "purpose_label": vocabulary.PURPOSES.label,
        "reason_label": DECLINE_REASONS.label,
        "kindly": lambda code: vocabulary.kindly(code, current_locale()),
        "outcome_label": vocabulary.OUTCOMES.label,
        "outcome_state": vocabulary.OUTCOME_STATES.label,
        "topic_label": vocabulary.TOPICS.label,
    }


async def drawn(
    request: Request[Any, Any, Any], actor: Actor, held: Held, *, before: str = "", status: int = 200, **given: Any
) -> Response[Any]:
    """The page; `given` may hold forms with errors: declining, message, planning, asking; and a kept `draft`."""
    context: dict[str, Any] = {
        "declining": filled({}),
        "message": filled({}),
        "planning": filled({}),
        "asking": filled({}),
        "draft": None,
        "moving": None,
        **given,
    }
    for_you, for_them = await snapshots.said(held.row, held.side) if held.party else ([], [])
    return page(
        request,
        "introductions/show.html",
        status=status,
        held=held,
        row=held.row,
        for_you=for_you,
        for_them=for_them,
        nonce=str(new_id()),
        reasons=[(term.code, term.label()) for term in DECLINE_REASONS],
        topics=[(term.code, term.label()) for term in vocabulary.TOPICS],
        **words(),
        **context,
        **(await _connected(actor, held, before)),
    )


async def _connected(actor: Actor, held: Held, before: str) -> dict[str, Any]:
    """What only the two sides see, and only after both said yes."""
    nothing: dict[str, Any] = {
        "messages": [], "earlier": None, "meetings": [], "outcomes": [], "contacts": None, "questions": []
    }  # fmt: skip
    if not held.party or held.row["accepted_at"] is None:
        return nothing
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    found = await thread.messages_of(held.id, start)
    shown = found[-thread.PAGE :]
    if shown and start is None:
        await thread.read_to(held.id, actor.person_id, shown[-1]["id"])
    contacts = await connecting.contacts_of(held.id, held.other) if held.connected else None
    if contacts:
        await seen.note(actor, [person["id"] for person in contacts["people"]], CONTACTS, role="member",
                        place=held.own_name)  # fmt: skip
    return {
        "messages": shown,
        "earlier": shown[0]["id"] if len(found) > thread.PAGE else None,
        "meetings": await meetings.meetings_of(held.id),
        "outcomes": await outcomes.of_introduction(held.id),
        "contacts": contacts,
        "questions": await information.of_introduction(held.id),
    }
