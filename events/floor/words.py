"""The words of the festival ground: roles of hosts, states of exhibitors and nominations, kinds of places."""

from app.core.i18n import N_, Phrase

HOST: dict[str, Phrase] = {
    "host": N_("Host"),
    "co_host": N_("Co-host"),
    "partner": N_("Partner of the event"),
    "sponsor": N_("Sponsor"),
}
EXHIBITOR: dict[str, Phrase] = {
    "sent": N_("Waiting for a decision"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "removed": N_("Booth taken back"),
}
NOMINATION: dict[str, Phrase] = {
    "nominated": N_("Nominated"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
}
STATE_KIND = {
    "sent": "info",
    "nominated": "info",
    "accepted": "ok",
    "declined": "error",
    "withdrawn": "neutral",
    "removed": "warn",
}
"""The colour of each state's badge."""
