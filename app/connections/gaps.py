"""What a profile lacks for good suggestions, most useful first. The engine ranks without any of it all the same."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from app.connections import filters, profiles
from app.core.i18n import N_, Phrase

Row = Mapping[str, Any]

THIN = 3
"""With fewer of the points below filled, the page says first what to fill in."""


class Gap(msgspec.Struct, frozen=True):
    """Something that is not filled in, and what it would do."""

    code: str
    label: Phrase
    why: Phrase


_COMPANY = {
    "sectors": Gap("sectors", N_("Sectors"), N_("the strongest sign of who suits you")),
    "country": Gap("country", N_("Country and province"), N_("many invest and help near home")),
    "summary": Gap("summary", N_("A summary of what you do"), N_("its words are compared with theirs")),
    "stage": Gap("stage", N_("Stage"), N_("investors say which stages they back")),
    "raising": Gap("raising", N_("Round and amount being raised"), N_("compared with the usual ticket")),
    "needs": Gap("needs", N_("What you need"), N_("met with what others offer")),
}
_SEEKER = {
    "sought": Gap("sought", N_("Sectors you look for"), N_("the strongest sign of who suits you")),
    "stages": Gap("stages", N_("Stages and rounds you back"), N_("companies too early or too late fall back")),
    "ticket": Gap("ticket", N_("Usual ticket"), N_("compared with what companies raise")),
    "geographies": Gap("geographies", N_("Where you look"), N_("companies elsewhere fall back")),
    "thesis": Gap("thesis", N_("What you look for, in words"), N_("its words are compared with theirs")),
}


def gaps_of(profile: Row) -> list[Gap]:
    """What is missing in a profile (a row of `profiles.profile_of`)."""
    kinds = profile["kinds"]
    missing: list[Gap] = []
    if profiles.is_company(kinds):
        missing += [gap for code, gap in _COMPANY.items() if not _filled_company(profile, code)]
    if not set(kinds).isdisjoint(filters.SEEKERS):
        missing += [gap for code, gap in _SEEKER.items() if not _filled_seeker(profile, code)]
    return missing


def asked_of(kinds: Iterable[str]) -> list[Gap]:
    """Everything that can be filled in for these kinds of organisation."""
    found = [*_COMPANY.values()] if profiles.is_company(kinds) else []
    return found + ([] if set(kinds).isdisjoint(filters.SEEKERS) else [*_SEEKER.values()])


def thin(profile: Row) -> bool:
    """Whether so little is filled in that the page should say so before anything else."""
    kinds = profile["kinds"]
    filled = 0
    if profiles.is_company(kinds):
        filled += sum(_filled_company(profile, code) for code in _COMPANY)
    if not set(kinds).isdisjoint(filters.SEEKERS):
        filled += sum(_filled_seeker(profile, code) for code in _SEEKER)
    return filled < THIN


def _filled_company(row: Row, code: str) -> bool:
    if code == "summary":
        return bool(row["summary_vi"] or row["summary_en"])
    if code == "raising":
        return bool(row["raising_round"] and row["raising_amount"])
    return bool(row[code])


def _filled_seeker(row: Row, code: str) -> bool:
    if code == "sought":
        return bool(row["sought_sectors"] or row["sectors"])
    if code == "stages":
        return bool(row["stages"] or row["rounds"])
    if code == "ticket":
        return bool(row["ticket_min"] or row["ticket_max"])
    if code == "thesis":
        return bool(row["thesis_vi"] or row["thesis_en"] or row["summary_vi"] or row["summary_en"])
    return bool(row[code])
