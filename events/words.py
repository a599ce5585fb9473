"""The words of this subject: statuses, roles, reasons at the door, each with its sentence in both languages."""

from app.core.i18n import N_, Phrase
from events import states

EVENT_STATUS: dict[str, Phrase] = {
    "draft": N_("Draft"),
    "published": N_("Open for registration"),
    "closed": N_("Registration closed"),
    "cancelled": N_("Event cancelled"),
}
REGISTRATION_STATUS: dict[str, Phrase] = {
    "confirmed": N_("Confirmed"),
    "offered": N_("A place is offered"),
    "started": N_("Waiting for payment"),
    "waitlisted": N_("On the waiting list"),
    "pending_review": N_("Waiting for approval"),
    "expired": N_("Expired"),
    "cancelled": N_("Cancelled"),
    "refused": N_("Not accepted"),
}
STATUS_KIND = {
    "draft": "neutral",
    "published": "ok",
    "closed": "warn",
    "cancelled": "error",
    "confirmed": "ok",
    "waitlisted": "warn",
    "pending_review": "info",
    "offered": "info",
    "started": "warn",
    "expired": "neutral",
    "refused": "error",
}
"""The colour of each status's badge."""
STAFF_ROLE: dict[str, Phrase] = {
    "owner": N_("Owner"),
    "organizer": N_("Organiser"),
    "desk": N_("Check-in desk"),
}

ACTIVE = states.ACTIVE

ROLES: dict[str, Phrase] = {
    "visitor": N_("Visitor"),
    "delegate": N_("Delegate"),
    "startup": N_("Startup"),
    "investor": N_("Investor"),
    "mentor": N_("Mentor"),
    "exhibitor": N_("Exhibitor staff"),
    "speaker": N_("Speaker"),
    "judge": N_("Judge"),
    "press": N_("Press"),
    "volunteer": N_("Volunteer"),
    "vip": N_("VIP"),
    "village": N_("Village lead"),
    "delegation_lead": N_("Delegation lead"),
    "interpreter": N_("Interpreter"),
    "staff": N_("Organising staff"),
}
"""As what somebody comes."""
VISIBILITY: dict[str, Phrase] = {
    "public": N_("Everybody sees it"),
    "code": N_("Hidden: opened by an access code"),
    "invited": N_("By invitation only"),
}
POOL_KIND: dict[str, Phrase] = {
    "total": N_("Whole event"),
    "role": N_("A role"),
    "village": N_("A village"),
    "other": N_("Other pool"),
    "type": N_("Ticket type"),
}


def say(msgid: str, params: dict[str, int]) -> str:
    """A msgid that was kept with its parameters, in the reader's language."""
    return Phrase(msgid).text(None, **params) if msgid else ""


COLOURS: dict[str, Phrase] = {
    "#0b4f43": N_("Green"),
    "#1a4fa3": N_("Blue"),
    "#a32020": N_("Red"),
    "#8a5a00": N_("Amber"),
    "#6a3d9a": N_("Violet"),
    "#9c2766": N_("Pink"),
    "#4a4a4a": N_("Grey"),
}
"""Colours of ticket types: white letters are read on each of them, and each has a word."""
