"""Speakers of an event: found again by name, described once, linked to a public profile where there is one."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.text import clean_line, fold, slugify
from app.core.web import NOBODY, Actor
from app.directory.persons.access import person_for


class SpeakerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a speaker. `profile`: the address of a public profile on this site."""

    name: str
    role_vi: str = ""
    role_en: str = ""
    bio_vi: str = ""
    bio_en: str = ""
    profile: str = ""


async def set_parts(event: UUID, session: UUID, names: Sequence[str]) -> None:
    """Let these speak in the session, in this order; who is new gets a page. Needs the agenda's lock."""
    names = [name for one in names if (name := clean_line(one)[:200])]
    known = {
        fold(row["name"]): row["id"]
        for row in await db.fetch("SELECT id, name FROM agenda_speaker WHERE event = $1 ORDER BY id DESC", event)
    }
    wanted = []
    for name in names:
        speaker = known.get(fold(name))
        if speaker is None:
            speaker = known[fold(name)] = await _add(event, name)
        if speaker not in wanted:
            wanted.append(speaker)
    old = await db.fetch("SELECT speaker FROM agenda_part WHERE session = $1 ORDER BY place", session)
    if [row["speaker"] for row in old] == wanted:
        return
    await db.execute("DELETE FROM agenda_part WHERE session = $1", session)
    for place, speaker in enumerate(wanted):
        await db.execute(
            "INSERT INTO agenda_part (id, session, speaker, place) VALUES ($1, $2, $3, $4)",
            *(new_id(), session, speaker, place),
        )


async def _add(event: UUID, name: str) -> UUID:
    speaker = new_id()
    wish = slugify(name, "dien-gia")[:60].strip("-")
    taken = await db.fetchval("SELECT EXISTS (SELECT FROM agenda_speaker WHERE event = $1 AND slug = $2)", event, wish)
    slug = f"{wish}-{speaker.hex[-6:]}" if taken else wish
    await db.execute(
        "INSERT INTO agenda_speaker (id, event, slug, name, role_vi, role_en, bio_vi, bio_en, created_at)"
        " VALUES ($1, $2, $3, $4, '', '', '', '', now())",
        *(speaker, event, slug, name),
    )
    return speaker


async def edit(actor: Actor, event: UUID, speaker: UUID, plan: SpeakerPlan) -> None:
    """Change what is said of a speaker; the public page has it with the next release. Raises Invalid, NotFound."""
    if not fold(plan.name):
        raise Invalid(fields={"name": N_("Please fill this in.")})
    person = await _person(plan.profile)
    async with db.tx():
        done = await db.execute(
            "UPDATE agenda_speaker SET name = $3, role_vi = $4, role_en = $5, bio_vi = $6, bio_en = $7, person = $8"
            " WHERE id = $1 AND event = $2",
            *(speaker, event, plan.name, plan.role_vi, plan.role_en, plan.bio_vi, plan.bio_en, person),
        )
        if not done:
            raise NotFound
        await db.execute("UPDATE agenda SET updated_at = now() WHERE event = $1", event)


async def _person(profile: str) -> UUID | None:
    """Whose public profile this is: only people who are shown by their own consent can be linked."""
    if not profile:
        return None
    try:
        seen = await person_for(NOBODY, profile.rstrip("/").rpartition("/")[2])
    except NotFound:
        raise Invalid(fields={"profile": N_("There is no public profile at this address.")}) from None
    found: UUID = seen.row["person"]
    return found


async def speaker_of(event: UUID, speaker: UUID) -> asyncpg.Record:
    row = await db.fetchrow(
        "SELECT s.*, p.slug AS profile FROM agenda_speaker s LEFT JOIN person_profile p ON p.person = s.person"
        " WHERE s.id = $1 AND s.event = $2",
        *(speaker, event),
    )
    if row is None:
        raise NotFound
    return row


async def speakers_of(event: UUID) -> list[dict[str, Any]]:
    """Everybody who speaks, by name, with how many sessions."""
    rows = await db.fetch(
        "SELECT s.id, s.slug, s.name, s.role_vi, s.role_en, count(n.id) AS sessions FROM agenda_speaker s"
        " LEFT JOIN agenda_part p ON p.speaker = s.id LEFT JOIN agenda_session n ON n.id = p.session"
        " AND n.ended_at IS NULL WHERE s.event = $1 GROUP BY s.id ORDER BY s.name, s.id",
        event,
    )
    return [dict(row) for row in rows]
