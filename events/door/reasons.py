"""The words of a door: what staff and guests read for each reason, what to do next, what may be overruled."""

from app.core.i18n import N_, Phrase

TITLES: dict[str, Phrase] = {
    "ok": N_("Welcome"),
    "again": N_("Welcome back"),
    "out": N_("Goodbye"),
    "already": N_("Already checked in"),
    "outside": N_("Already outside"),
    "refused": N_("Not valid here"),
    "conflict": N_("Please check"),
    "needs_input": N_("One question first"),
    "unsure": N_("Check at the desk"),
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
    "wrong_day": N_("This ticket is for another day."),
    "wrong_direction": N_("This door is not for that direction."),
    "session_not_booked": N_("This guest has not booked the session."),
    "re_entry": N_("This ticket was used already, and here nobody goes in twice."),
    "unpaid": N_("This registration has not been paid yet."),
    "blocked": N_("The organisers have blocked this ticket."),
    "needs_answer": N_("This door asks a question first."),
    "group": N_("This is the code of a group."),
    "ambiguous": N_("Several tickets fit this code."),
    "device_revoked": N_("This device was taken out of service."),
    "turned_away": N_("The door did not let this guest in."),
    "two_places": N_("Seen at two places at nearly the same time."),
    "impossible_time": N_("The device's clock says a time that cannot be."),
    "test_code": N_("The test code was read: this device works."),
    "unsure": N_("The signature is right, but this device does not know the ticket."),
    "rate_limited": N_("This device sends too much at once."),
    "unreadable": N_("This scan could not be read: it is not in the form that scans have."),
    "internal": N_("Something went wrong on our side. The scan is kept and tried again."),
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
    "wrong_day": N_("Say which day the ticket is for."),
    "wrong_direction": N_("Show the way to the right door."),
    "session_not_booked": N_("Ask to wait: free seats are given in the last minutes."),
    "re_entry": N_("Send to the organisers."),
    "unpaid": N_("Send to the desk: it can be paid there."),
    "blocked": N_("Do not let in. Call the organisers."),
    "needs_answer": N_("Ask, enter the answer and scan again."),
    "group": N_("Tick who is here."),
    "ambiguous": N_("Search by name."),
    "device_revoked": N_("Use another device, or ask the organisers to pair it again."),
    "turned_away": N_("Nothing to do."),
    "two_places": N_("Compare the name, and tell the organisers."),
    "impossible_time": N_("Set the clock of this device."),
    "test_code": N_("Nothing to do."),
    "unsure": N_("Send to the desk, or search by name."),
    "rate_limited": N_("Wait a few seconds."),
    "unreadable": N_("Scan again."),
    "internal": N_("Let in if you are sure, and go on."),
}

_ASK = N_("Please ask the people at the desk. They will help you.")
_NEWEST = N_("Please show the QR code of your newest ticket mail.")
_OTHER_DOOR = N_("Please use the other door. The people here will show you the way.")
_MOMENT = N_("One moment, please.")

GUEST: dict[str, Phrase] = {
    "": N_("Welcome!"),
    "unknown_code": N_("We do not know this code. Please show the QR code of your ticket."),
    "bad_signature": _NEWEST,
    "wrong_event": N_("This ticket is for another event. Please show the one for today."),
    "revoked": _NEWEST,
    "cancelled": N_("This registration was cancelled. You can register again at the desk."),
    "event_cancelled": N_("We are sorry: this event was cancelled."),
    "not_confirmed": _ASK,
    "waitlisted": N_("You are on the waiting list. Please ask at the desk whether a place is free."),
    "unapproved": N_("Your registration is still being looked at. Please ask at the desk."),
    "too_early": N_("This door is not open yet. Please come back a little later."),
    "too_late": N_("This door has closed. Please ask at the desk."),
    "wrong_checkpoint": _OTHER_DOOR,
    "already_inside": N_("This ticket was used already. Please ask at the desk."),
    "already_outside": N_("You have been checked out already."),
    "not_inside": _ASK,
    "checkpoint_full": N_("It is full inside. Please wait until somebody leaves."),
    "nonce_reused": _MOMENT,
    "wrong_day": N_("This ticket is for another day. Please look at the date on it."),
    "wrong_direction": _OTHER_DOOR,
    "session_not_booked": N_("Only for who booked it. Please wait: free seats are given in the last minutes."),
    "re_entry": N_("This ticket was used already. Please ask at the desk."),
    "unpaid": N_("This ticket has not been paid yet. You can pay at the desk."),
    "blocked": _ASK,
    "needs_answer": N_("One question before you go in."),
    "group": N_("Welcome! Who of your group is here?"),
    "ambiguous": _ASK,
    "device_revoked": _ASK,
    "turned_away": _ASK,
    "two_places": _ASK,
    "impossible_time": N_("Welcome!"),
    "test_code": _MOMENT,
    "unsure": _ASK,
    "rate_limited": _MOMENT,
    "unreadable": _MOMENT,
    "internal": _MOMENT,
}
"""`""` is what who may go in reads. The other sentences say nothing about anybody else and what to do next."""

LEFT = N_("Goodbye, and come again!")

OVERRIDABLE = frozenset(
    {
        *("waitlisted", "unapproved", "unpaid", "too_early", "too_late", "wrong_day", "wrong_checkpoint"),
        *("wrong_direction", "session_not_booked", "already_inside", "re_entry", "checkpoint_full", "needs_answer"),
    }
)
"""`door_scans` knows the same list; a forged, foreign, replaced, cancelled or blocked ticket nobody overrules."""
