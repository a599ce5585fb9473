"""A schedule file into the plan: read, compared with the plan, shown, then taken over. The same file twice: no change.

Talks are known again by their guid. What is compared is only what such a file can say of a session (`talk_of`), so a
file never takes away seats, tags or the text of the second language.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import VIETNAM
from app.core.errors import Conflict, NotFound
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import fold, slugify
from app.core.web import Actor
from events.agenda import drafts, planning, rooms
from events.agenda.frab import Head, Talk, acronym
from events.agenda.planning import SessionPlan
from events.agenda.words import KIND

FIELDS: dict[str, Phrase] = {
    "title": N_("title"), "subtitle": N_("title in the other language"), "kind": N_("kind"),
    "language": N_("language"), "track": N_("track"), "abstract": N_("summary"), "description": N_("description"),
    "room": N_("room"), "starts_at": N_("time"), "minutes": N_("length"), "persons": N_("speakers"),
}  # fmt: skip


class AlreadyTaken(Conflict):
    message = N_("This file was taken over already.")


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What a talk of the file would become: new, moved, changed or same; `fields`: what differs."""

    kind: str
    talk: Talk
    fields: tuple[str, ...] = ()
    before: Talk | None = None

    @property
    def names(self) -> str:
        return ", ".join(FIELDS[name].text() for name in self.fields)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside the plan. `missing`: sessions of the plan that the file does not have; they stay."""

    fates: list[Fate]
    missing: list[dict[str, Any]]
    new_rooms: list[str]

    def count(self, kind: str) -> int:
        return sum(1 for fate in self.fates if fate.kind == kind)


def talk_of(session: dict[str, Any]) -> Talk | None:
    """What a schedule file says of a session of the plan; None while it has no time."""
    if session["starts_at"] is None:
        return None
    return talk(session, session["starts_at"], session["ends_at"])


def talk(facts: dict[str, Any], starts: Any, ends: Any) -> Talk:
    """The talk that a session's facts make, from the plan or a release."""
    first, second = ("en", "vi") if facts["language"] == "en" else ("vi", "en")

    def text(name: str) -> str:
        return str(facts[f"{name}_{first}"] or facts[f"{name}_{second}"])

    title = text("title")
    other = str(facts[f"title_{second}"])
    return Talk(
        guid=facts["guid"],
        number=facts["number"],
        title=title,
        subtitle=other if other != title else "",
        kind=facts["kind_text"] or facts["kind"],
        language=facts["language"],
        track=facts["track"],
        abstract=text("abstract"),
        description=text("description"),
        room=facts["room_vi"] or facts["room_en"] or "",
        starts_at=starts,
        minutes=int((ends - starts).total_seconds() // 60),
        persons=tuple(one["name"] for one in facts["speakers"]),
        slug=facts.get("slug", ""),
    )


_COMPARED = tuple(FIELDS)


def compare(talks: list[Talk], plan: list[dict[str, Any]], known_rooms: dict[str, UUID]) -> Comparison:
    """Each talk's fate beside the plan as it is."""
    by_guid = {one["guid"]: one for one in plan}
    fates = []
    for new in talks:
        session = by_guid.get(new.guid)
        before = talk_of(session) if session else None
        if session is None:
            fates.append(Fate(kind="new", talk=new))
            continue
        differing = tuple(name for name in _COMPARED if before is None or _differs(name, before, new))
        moved = {"starts_at", "room"} & set(differing)
        kind = "moved" if moved else "changed" if differing else "same"
        fates.append(Fate(kind=kind, talk=new, fields=differing, before=before))
    guids = {new.guid for new in talks}
    names = dict.fromkeys(new.room for new in talks if new.room and fold(new.room) not in known_rooms)
    return Comparison(fates=fates, missing=[one for one in plan if one["guid"] not in guids], new_rooms=list(names))


def _differs(name: str, before: Talk, new: Talk) -> bool:
    if name in ("room", "persons"):
        one, other = getattr(before, name), getattr(new, name)
        parts = [(one,), (other,)] if name == "room" else [one, other]
        return [fold(part) for part in parts[0]] != [fold(part) for part in parts[1]]
    if name in ("kind", "language") and not getattr(new, name):
        return False  # the file does not say
    return bool(getattr(before, name) != getattr(new, name))


async def keep_file(actor: Actor, event: UUID, name: str, talks: list[Talk]) -> UUID:
    """Keep what a file says until it is taken over, a day at most."""
    number = new_id()
    async with db.tx():
        await db.execute(
            "INSERT INTO agenda_file (id, event, by, name, talks, read_at) VALUES ($1, $2, $3, $4, $5, now())",
            *(number, event, actor.person_id, name[:200], msgspec.json.encode(talks).decode()),
        )
    return number


async def file_for(event: UUID, number: UUID) -> tuple[str, list[Talk]]:
    """A kept file of this event: its name and talks. Raises NotFound, AlreadyTaken."""
    row = await db.fetchrow(
        "SELECT name, talks, applied_at FROM agenda_file WHERE id = $1 AND event = $2", number, event
    )
    if row is None:
        raise NotFound
    if row["applied_at"] is not None or row["talks"] is None:
        raise AlreadyTaken
    return row["name"], msgspec.convert(row["talks"], list[Talk])


async def comparison(event: UUID, talks: list[Talk]) -> Comparison:
    return compare(talks, await drafts.sessions(event), await rooms.named(event))


async def apply(actor: Actor, event: UUID, number: UUID) -> Comparison:
    """Take a kept file over into the plan, all or nothing; what it did. Rooms that are not there are made.

    Locks the agenda; compared anew under the lock. Nothing is public before the next release.
    """
    async with db.tx(statement_timeout="60s"):
        agenda = await planning.lock(event)
        _name, talks = await file_for(event, number)
        plan = await drafts.sessions(event)
        known = await rooms.named(event)
        found = compare(talks, plan, known)
        for name in found.new_rooms:
            known[fold(name)] = await rooms.make(event, name)
        by_guid = {one["guid"]: one for one in plan}
        taken = {row["number"] for row in await db.fetch("SELECT number FROM agenda_session WHERE event = $1", event)}
        highest = max([agenda["numbers"], *taken], default=0)
        for fate in found.fates:
            session = by_guid.get(fate.talk.guid)
            planned = _planned(fate.talk, session, known)
            if session is not None:
                if fate.fields:
                    await planning.edit_here(event, session["id"], planned)
                continue
            wish = fate.talk.number if fate.talk.number not in taken else highest + 1
            taken.add(wish)
            highest = max(highest, wish)
            await _insert(event, planned, wish, fate.talk.guid)
        await db.execute("UPDATE agenda_file SET applied_at = now(), talks = NULL WHERE id = $1", number)
    return found


async def _insert(event: UUID, planned: SessionPlan, number: int, guid: str) -> None:
    """A new session, or one that was taken off before and stands in the file again."""
    gone = await db.fetchval(
        "UPDATE agenda_session SET ended_at = NULL WHERE event = $1 AND guid = $2 RETURNING id", event, guid
    )
    if gone is not None:
        await planning.edit_here(event, gone, planned)
        return
    await planning.add_here(event, planned, number=number, guid=guid)


def _planned(new: Talk, session: dict[str, Any] | None, known: dict[str, UUID]) -> SessionPlan:
    """The session that a talk makes of what is there already."""
    language = new.language if new.language in ("vi", "en", "vi-en") else "vi"
    first, second = ("en", "vi") if language == "en" else ("vi", "en")
    texts: dict[str, str] = {f"title_{first}": new.title, f"title_{second}": new.subtitle}
    for name in ("abstract", "description"):
        texts[f"{name}_{first}"] = getattr(new, name)
        texts[f"{name}_{second}"] = session[f"{name}_{second}"] if session else ""
    kind = _kind(new.kind)
    return SessionPlan(
        **texts,
        kind=kind,
        kind_text="" if new.kind == kind else new.kind,
        language=language if new.language in ("", language) else new.language,
        track=new.track,
        tags=tuple(session["tags"]) if session else (),
        zone=known.get(fold(new.room)) if new.room else None,
        starts_at=new.starts_at,
        minutes=new.minutes,
        capacity=session["capacity"] if session else None,
        booking=session["booking"] if session else False,
        speakers=new.persons,
    )


_ALIKE = {
    "lecture": "talk", "podium": "panel", "discussion": "panel", "hands-on": "workshop", "meeting": "other",
    "lightning_talk": "talk", "opening": "ceremony", "closing": "ceremony", "presentation": "talk",
}  # fmt: skip


def _kind(text: str) -> str:
    word = slugify(text, "other").replace("-", "_")
    return word if word in KIND else _ALIKE.get(word, "other")


# --- out ----------------------------------------------------------------------------------------------------------


async def published_talks(event: UUID) -> list[Talk]:
    """The talks of the public agenda."""
    rows = await db.fetch(
        "SELECT slug, starts_at, ends_at, facts FROM agenda_shown WHERE event = $1 AND ended_at IS NULL", event
    )
    return [talk({**row["facts"], "slug": row["slug"]}, row["starts_at"], row["ends_at"]) for row in rows]


async def planned_talks(event: UUID) -> list[Talk]:
    return [one for session in await drafts.sessions(event) if (one := talk_of(session)) is not None]


def head(event: Any, title: str, version: int, origin: str) -> Head:
    return Head(
        title=title,
        acronym=acronym(event.slug),
        version=str(version),
        url=f"{origin}/events/{event.slug}",
        starts_at=event.starts_at.astimezone(VIETNAM),
        ends_at=event.ends_at.astimezone(VIETNAM) - timedelta(seconds=1),
    )
