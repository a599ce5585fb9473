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

# At the door: what the person at the desk reads, and what to do next.
TITLES: dict[str, Phrase] = {
    "ok": N_("Welcome"),
    "again": N_("Welcome back"),
    "out": N_("Goodbye"),
    "already": N_("Already checked in"),
    "outside": N_("Already outside"),
    "refused": N_("Not valid here"),
    "conflict": N_("Please check"),
    "needs_input": N_("One question first"),
}
ALREADY_BY_YOU = N_("You scanned this ticket %(seconds)s seconds ago.")
ALREADY_SINCE = N_("In since %(time)s at %(checkpoint)s, by %(device)s.")
REASONS: dict[str, Phrase] = {
    "unknown_code": N_("We do not know this code. It may belong to another system."),
    "bad_signature": N_("This code is not one of ours: its signature is wrong."),
    "wrong_event": N_("This ticket is for another event."),
    "revoked": N_("This code was replaced by a newer one."),
    "cancelled": N_("This registration was cancelled."),
    "event_cancelled": N_("This event was cancelled."),
    "not_confirmed": N_("This registration was not accepted."),
    "waitlisted": N_("This person is on the waiting list and has no place yet."),
    "unapproved": N_("This registration is still waiting for approval."),
    "too_early": N_("This door is not open yet."),
    "too_late": N_("This door has closed."),
    "wrong_checkpoint": N_("This kind of ticket does not open this door."),
    "already_inside": N_("This ticket is inside already."),
    "already_outside": N_("This ticket has been checked out already."),
    "not_inside": N_("This ticket was never checked in here."),
    "checkpoint_full": N_("It is full inside."),
    "nonce_reused": N_("This scan's number was used for another code."),
}
NEXT: dict[str, Phrase] = {
    "unknown_code": N_("Ask for the ticket mail, or search by name."),
    "bad_signature": N_("Do not let in on this code. Search by name."),
    "wrong_event": N_("Ask for the ticket of this event."),
    "revoked": N_("Ask for the newest ticket mail, or search by name."),
    "cancelled": N_("Offer to register again at the desk."),
    "event_cancelled": N_("Send to the organisers."),
    "not_confirmed": N_("Send to the organisers."),
    "waitlisted": N_("Send to the organisers: they see how many places are left."),
    "unapproved": N_("Send to the organisers: they can approve it at once."),
    "too_early": N_("Ask to come back when the door opens."),
    "too_late": N_("Send to the organisers."),
    "wrong_checkpoint": N_("Show the way to the right door."),
    "already_inside": N_("Compare the name, and look at who came first."),
    "already_outside": N_("Scan as entry if the person wants to go in again."),
    "not_inside": N_("Scan as entry first."),
    "checkpoint_full": N_("Wait until somebody leaves."),
    "nonce_reused": N_("Scan again."),
}
