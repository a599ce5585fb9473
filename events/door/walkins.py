"""Somebody without a ticket at a door: registered on the spot, or found; a pass that was given offline is theirs."""

import hashlib
import re
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from app.core import db
from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_VALID
from app.core.ids import new_id
from app.core.web import NOBODY
from events import tickets
from events.door import scanning
from events.door.devices import device_scanning
from events.door.scanning import ScanRequest, Verdict
from events.registration import Registered, Wish, register

_PASS = re.compile(r"W[A-Z2-7]{25}")
WITHOUT_MAIL = "no-mail.example"
"""Who gave no address gets one that no mail is ever sent to."""


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


async def walk_in(device: asyncpg.Record, one: WalkIn) -> Welcomed:
    """Register a guest at a door and let them in; the same nonce again changes nothing. Raises Invalid, NotFound."""
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
    person = one.person
    mark = hashlib.sha256(f"{device['id']} {one.nonce}".encode()).hexdigest()[:24]
    found = await register(
        NOBODY,
        device["event"],
        Wish(
            ticket_type=one.ticket_type,
            full_name=person.full_name,
            email=person.email.strip() or f"{mark}@{WITHOUT_MAIL}",
            phone=person.phone,
            organisation=person.organisation,
            source="desk",
            mail=bool(person.email.strip()),
        ),
    )
    if given:
        await db.execute(
            "INSERT INTO door_pass (id, event, registration, code_hash, device, made_at)"
            " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT DO NOTHING",
            *(new_id(), device["event"], found.id, tickets.hashed(given), f"door:{device['id']}"),
        )
    (verdict,) = await scanning.scan_by(device_scanning(device), [msgspec.structs.replace(act, code=found.code)])
    if verdict is None:
        raise NotFound
    if found.status == "confirmed":
        return Welcomed("registered" if found.new else "merged", found, verdict)
    return Welcomed("waitlisted" if found.new else "merged", found, verdict)
