"""Somebody without a ticket at a door: registered on the spot, or found; a pass that was given offline is theirs."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import clock, db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_VALID
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.web import NOBODY
from events import tickets
from events.door import scanning
from events.door.devices import device_scanning
from events.door.scanning import ScanRequest, Verdict
from events.registration import NotOpen, Registered, Wish, patiently, register_here

_PASS = re.compile(r"W[A-Z2-7]{25}")
WITHOUT_MAIL = "no-mail.example"
"""Who gave no address gets one that no mail is ever sent to."""
LATE = timedelta(days=1)
"""So long after an event is over, what its doors did before that without a network may be handed in."""


class WalkInPerson(msgspec.Struct, frozen=True, kw_only=True):
    full_name: str
    email: str = ""
    phone: str = ""
    organisation: str = ""


class WalkIn(msgspec.Struct, frozen=True, kw_only=True):
    """A guest who came without a ticket. `temporary`: the text of the pass that was shown to them, `pass` in JSON."""

    nonce: str
    checkpoint_id: UUID
    ticket_type: str
    scanned_at: datetime | None = None
    clock_ms: int = 0
    temporary: str = msgspec.field(name="pass", default="")
    person: WalkInPerson
    offline: bool = False


class Welcomed(msgspec.Struct, frozen=True):
    """What came of it: `registered`, `merged` with a registration that was there, `waitlisted`; and the scan."""

    status: Literal["registered", "merged", "waitlisted"]
    registered: Registered
    verdict: Verdict


class RegisteredAlready(Conflict):
    message = N_("This address is registered already: let the guest show the ticket. It was sent by mail once more.")


_PLACE = """
SELECT e.status, e.ends_at, t.visibility, EXISTS (
    SELECT FROM checkpoint c WHERE c.id = $2 AND c.event = e.id AND c.ended_at IS NULL
    AND ($4::uuid[] = '{}' OR c.id = ANY ($4))) AS here
FROM event e LEFT JOIN ticket_type t ON t.event = e.id AND t.code = $3 WHERE e.id = $1
"""


async def walk_in(device: asyncpg.Record, one: WalkIn) -> Welcomed:
    """Register a guest at a door and let them in; the same nonce again changes nothing.

    Whoever is registered already is let in by devices that may search by name; others hear RegisteredAlready and
    nothing of whom. Raises Invalid, NotFound, NotOpen too.
    """
    given = tickets.normalise(one.temporary)
    if given and not _PASS.fullmatch(given):
        raise Invalid(fields={"pass": NOT_VALID})
    act = ScanRequest(
        nonce=one.nonce,
        checkpoint_id=one.checkpoint_id,
        code="",
        scanned_at=one.scanned_at,
        clock_ms=one.clock_ms,
        offline=one.offline,
        shown="ok" if one.offline else None,
    )
    scanning.check(act)
    await _check_place(device, one)
    found = await patiently(lambda: _registered(device, one, given))
    if found is None:
        raise RegisteredAlready
    (verdict,) = await scanning.scan_by(device_scanning(device), [msgspec.structs.replace(act, code=found.code)])
    if verdict is None:
        raise NotFound
    if found.status == "confirmed":
        return Welcomed("registered" if found.new else "merged", found, verdict)
    return Welcomed("waitlisted" if found.new else "merged", found, verdict)


async def _check_place(device: asyncpg.Record, one: WalkIn) -> None:
    """This device's own door, an event that goes on, a type that is anybody's. Raises NotFound, NotOpen, Invalid."""
    place = await db.fetchrow(_PLACE, device["event"], one.checkpoint_id, one.ticket_type, device["checkpoints"])
    if place is None or not place["here"]:
        raise NotFound
    began = scanning.happened(one.scanned_at, one.clock_ms)
    if place["status"] != "published" or began >= place["ends_at"] or clock.now() >= place["ends_at"] + LATE:
        raise NotOpen
    trusted = device["role"] == "supervisor" and device["hidden_types"]
    if place["visibility"] is None or (place["visibility"] != "public" and not trusted):
        raise Invalid(fields={"ticket_type": N_("Please choose one of the ticket types.")})


async def _registered(device: asyncpg.Record, one: WalkIn, given: str) -> Registered | None:
    """The registration and its pass, written together; None for somebody else's that this device may not find."""
    person, by = one.person, f"door:{device['id']}"
    email = person.email.strip()
    mark = hashlib.sha256(f"{device['id']} {one.nonce}".encode()).hexdigest()[:24]
    wish = Wish(
        ticket_type=one.ticket_type,
        full_name=person.full_name,
        email=email or f"{mark}@{WITHOUT_MAIL}",
        phone=person.phone,
        organisation=person.organisation,
        source="desk",
        mail=bool(email),
    )
    async with db.tx():
        found = await register_here(NOBODY, device["event"], wish)
        if email and not found.new and device["role"] == "scan":
            own = await db.fetchval(
                "SELECT EXISTS (SELECT FROM door_pass WHERE event = $1 AND code_hash = $2 AND device = $3"
                " AND registration = $4) OR EXISTS (SELECT FROM scan WHERE device = $3 AND nonce = $5"
                " AND registration = $4)",
                *(device["event"], tickets.hashed(given), by, found.id, one.nonce),
            )
            if not own:  # not this very act, sent once more
                return None
        if given:
            await db.execute(
                "INSERT INTO door_pass (id, event, registration, code_hash, device, made_at)"
                " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT DO NOTHING",
                *(new_id(), device["event"], found.id, tickets.hashed(given), by),
            )
    return found
