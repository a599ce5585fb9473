"""The context pack: what a mentor should know before a session, from the profile as far as they may see and from what
came of the sessions before. Nobody starts from zero, and advice that contradicts stands side by side."""

from typing import Any

import msgspec

from app.core.errors import NotFound
from app.core.i18n import N_, pick
from app.core.web import Actor
from app.directory.access import organisation_by_id_for
from app.directory.places import place_label
from app.directory.seeing import shown
from app.directory.vocabulary import NEEDS, SECTORS, STAGES
from app.mentoring import notes
from app.mentoring.access import Session

Row = dict[str, Any]

FACTS = {
    "sectors": N_("Sectors"),
    "stage": N_("Stage"),
    "place": N_("Place"),
    "headcount": N_("Team size"),
    "needs": N_("Needs"),
    "website": N_("Website"),
}


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """`facts`: of the profile, cut to what this reader may see. `before`: logs of earlier sessions."""

    summary: str
    facts: list[tuple[str, str]]
    before: list[Row]
    open_actions: list[Row]


async def pack_for(actor: Actor, session: Session) -> Pack:
    """For the mentor with the profile; for the startup what was before: its own profile it knows."""
    summary, facts = await _profile(actor, session) if session.role == "mentor" else ("", [])
    return Pack(
        summary=summary,
        facts=facts,
        before=await notes.logs_before(actor, session),
        open_actions=await notes.open_actions_between(session),
    )


async def _profile(actor: Actor, session: Session) -> tuple[str, list[tuple[str, str]]]:
    try:
        seen = await organisation_by_id_for(actor, session.row["organisation"])
    except NotFound:
        return "", []
    row = shown(seen.row, seen.viewer)
    values = {
        "sectors": ", ".join(SECTORS.labels(row["sectors"] or ())),
        "stage": STAGES.label(row["stage"]),
        "place": place_label(row),
        "headcount": str(row["headcount"] or ""),
        "needs": ", ".join(NEEDS.labels(row["needs"] or ())),
        "website": row["website"] or "",
    }
    facts = [(FACTS[name].text(), value) for name, value in values.items() if value]
    return pick(row["summary_vi"], row["summary_en"]), facts
