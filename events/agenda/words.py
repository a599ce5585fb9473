"""The words of the agenda: kinds of sessions, languages, clashes, changes, each in both languages."""

from app.core.i18n import N_, Phrase

KIND: dict[str, Phrase] = {
    "keynote": N_("Keynote"),
    "talk": N_("Talk"),
    "panel": N_("Panel"),
    "dialogue": N_("Policy dialogue"),
    "workshop": N_("Workshop"),
    "training": N_("Training"),
    "pitch": N_("Pitching"),
    "final": N_("Final"),
    "demo": N_("Technology demo"),
    "investor_matching": N_("Investor matching"),
    "technology_matching": N_("Technology supply and demand"),
    "signing": N_("Signing ceremony"),
    "ceremony": N_("Ceremony"),
    "break": N_("Break"),
    "other": N_("Other session"),
}
LANGUAGE: dict[str, Phrase] = {
    "vi": N_("In Vietnamese"),
    "en": N_("In English"),
    "vi-en": N_("Vietnamese and English, interpreted"),
}
OVERLAP: dict[str, Phrase] = {
    "refused": N_("Nobody books two sessions at the same time"),
    "allowed": N_("Overlapping bookings are possible"),
}
BOOKING: dict[str, Phrase] = {
    "booked": N_("Your seat is booked"),
    "waiting": N_("You wait for a seat"),
    "noted": N_("In your agenda"),
}
CLASH: dict[str, Phrase] = {
    "room": N_("“%(one)s” and “%(other)s” are in %(where)s at the same time."),
    "speaker": N_("%(where)s speaks in “%(one)s” and “%(other)s” at the same time."),
    "outside": N_("“%(one)s” is not within the time of the event."),
    "small": N_("“%(one)s” has more seats than %(where)s has room for."),
    "taken": N_("“%(one)s” has fewer seats than are booked already."),
    "closed": N_("“%(one)s” is in a room that is closed: %(where)s."),
}
HARD = frozenset({"taken"})
"""Clashes that no reason lets pass."""
CHANGE: dict[str, Phrase] = {
    "added": N_("New: “%(title)s”, %(when)s, %(where)s."),
    "removed": N_("Taken off: “%(title)s”."),
    "time": N_("“%(title)s” moved from %(before)s to %(after)s."),
    "room": N_("“%(title)s” moved from %(before)s to %(after)s."),
    "title": N_("“%(before)s” is now called “%(after)s”."),
    "speakers": N_("Speakers of “%(title)s” are now: %(after)s."),
    "seats": N_("“%(title)s” now has %(after)s seats."),
    "text": N_("The description of “%(title)s” was changed."),
}
NO_ROOM = N_("room to be announced")
NOBODY = N_("to be announced")
