"""Devices that scan: made by organisers, paired by a code that works once, known by their own token, ended at once."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.core import clock, db
from app.core.errors import DomainError, Invalid, NotAllowed, NotFound, NotSignedIn
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Actor, actor_of
from app.people.secret import digest, looks_like_token, make_token
from app.people.sessions import bearer
from app.people.token_shown import TokenShown
from events.door.scanning import Scanner

PREFIX = "door_"
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 12
"""59 bits: nobody guesses one in the ten minutes that it lasts."""
CODE_MINUTES = 10
AT_MOST = 500
"""Devices in service at the doors of an event, and shown in its list."""
AT_MOST_AT_BOOTHS = 3_000
ROLES: dict[str, Phrase] = {
    "scan": N_("Scan"),
    "search": N_("Scan and search by name"),
    "supervisor": N_("Supervisor"),
    "kiosk": N_("Kiosk: guests scan themselves"),
    "exhibitor": N_("Exhibitor: leads only"),
}
CHECK_IN = frozenset({"scan", "search", "supervisor", "kiosk"})
"""What organisers choose from; devices of exhibitors are made by exhibitors, at a booth of theirs."""


class DeviceUnknown(DomainError):
    message = N_("This device is not paired. Ask the organisers for a code.")
    status = 401


class DeviceRevoked(DomainError):
    message = N_("This device was taken out of service.")
    status = 401


class PairingCode(DomainError):
    message = N_("This code does not work any more. Ask the organisers for a new one.")
    status = 400


class DeviceShown(TokenShown, frozen=True, kw_only=True):
    """A device's token on a call of the door: nobody until `device_of` has asked whose it is."""


class DevicePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What organisers say of a device. `hidden_types`: a supervisor's may give out what is not offered to everybody."""

    name: str
    role: str
    checkpoints: list[UUID] = []
    hidden_types: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a device says of itself."""

    sent_at: datetime
    waiting: int = 0
    battery: int | None = None
    cards_version: str = ""
    rules_version: str = ""
    checkpoint_id: UUID | None = None
    cards: int = 0
    test_passed: bool = False


@bearer(PREFIX)
async def by_device(request: Request[Any, Any, Any], credential: str) -> Actor | None:
    """A device's token opens the calls of the door and of booths, and nothing else."""
    path = str(request.scope["path"])
    if not looks_like_token(credential.removeprefix(PREFIX)):
        raise DeviceUnknown
    if path.startswith(("/api/v1/door/", "/api/v1/leads/")) or path in ("/api/v1/checkin/scan", "/api/v1/checkin/sync"):
        return DeviceShown(via="token", token_hash=digest(credential))
    return None


async def paired(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of what devices ask; whose the token is, the route finds out."""
    if not isinstance(actor_of(connection), DeviceShown):
        raise NotSignedIn


async def device_of(actor: Actor, *roles: str, revoked_too: bool = False) -> asyncpg.Record:
    """The device that shows its token. Raises DeviceUnknown, DeviceRevoked, NotAllowed for another role."""
    row = None
    if isinstance(actor, DeviceShown):
        row = await db.fetchrow(
            "SELECT d.*, e.slug, e.status AS event_status FROM door_device d JOIN event e ON e.id = d.event"
            " WHERE d.token_hash = $1",
            actor.token_hash,
        )
    if row is None:
        raise DeviceUnknown
    if row["revoked_at"] is not None and not revoked_too:
        raise DeviceRevoked
    if roles and row["role"] not in roles:
        raise NotAllowed
    return row


def device_scanning(device: asyncpg.Record) -> Scanner:
    return Scanner(
        device=f"door:{device['id']}",
        name=device["name"],
        door=device["id"],
        may_override=device["role"] == "supervisor",
    )


# --- what organisers do --------------------------------------------------------------------------------------------


def _checked(name: str, role: str) -> str:
    fields: dict[str, Phrase] = {}
    name = clean_line(name)
    if not name:
        fields["name"] = N_("Please fill this in.")
    if len(name) > 80:
        fields["name"] = N_("This is too long.")
    if role not in ROLES:
        fields["role"] = N_("Please choose one of the options.")
    if fields:
        raise Invalid(fields=fields)
    return name


async def add_device(
    actor: Actor,
    event: UUID,
    *,
    name: str,
    role: str,
    checkpoints: list[UUID] | None = None,
    hidden_types: bool = False,
) -> tuple[UUID, str]:
    """A further device and the code that pairs it, shown this once. Raises Invalid."""
    name, number = _checked(name, role), new_id()
    async with db.tx():
        wanted = await _known(event, checkpoints or [])
        await db.fetchval("SELECT 1 FROM event WHERE id = $1 FOR NO KEY UPDATE", event)
        in_service = await db.fetchval(
            "SELECT count(*) FROM door_device WHERE event = $1 AND revoked_at IS NULL"
            " AND (role = 'exhibitor') = ($2 = 'exhibitor')",
            *(event, role),
        )
        if in_service >= (AT_MOST_AT_BOOTHS if role == "exhibitor" else AT_MOST):
            raise Invalid(fields={"name": N_("There are too many devices already: end some of them.")})
        await db.execute(
            "INSERT INTO door_device (id, event, name, role, checkpoints, hidden_types, made_by, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, now())",
            *(number, event, name, role, wanted, hidden_types and role == "supervisor", actor.person_id),
        )
        code = await _give_code(number)
    return number, code


async def change(event: UUID, device: UUID, plan: DevicePlan) -> None:
    """Rename a device, give it another role or other doors; it hears of it with its next contact. Raises Invalid,
    NotFound.

    The device of an exhibitor stays one, and no other becomes one: it belongs to a booth. Locks it.
    """
    name = _checked(plan.name, plan.role)
    async with db.tx():
        old = await _locked(event, device)
        if (old["role"] == "exhibitor") != (plan.role == "exhibitor"):
            raise Invalid(fields={"role": N_("Please choose one of the options.")})
        hidden = plan.hidden_types and plan.role == "supervisor"
        await db.execute(
            "UPDATE door_device SET name = $2, role = $3, checkpoints = $4, hidden_types = $5 WHERE id = $1",
            *(device, name, plan.role, await _known(event, plan.checkpoints), hidden),
        )


async def _known(event: UUID, checkpoints: list[UUID]) -> list[UUID]:
    """Doors in use of this event. Raises Invalid."""
    wanted = list(dict.fromkeys(checkpoints))
    known = await db.fetchval(
        "SELECT count(*) FROM checkpoint WHERE event = $1 AND id = ANY ($2) AND ended_at IS NULL", event, wanted
    )
    if known != len(wanted):
        raise Invalid(fields={"checkpoints": N_("Please choose one of the options.")})
    return wanted


async def new_code(actor: Actor, event: UUID, device: UUID) -> str:
    """A code to pair a device anew, shown this once; the token that it had ends when it is used. Raises NotFound.

    Not for the device of a booth: who paired it would read the leads and the notes of its exhibitor.
    """
    async with db.tx():
        if (await _locked(event, device))["role"] == "exhibitor":
            raise NotFound
        return await _give_code(device)


async def _give_code(device: UUID) -> str:
    code = "".join(secrets.choice(CODE_LETTERS) for _n in range(CODE_LENGTH))
    await db.execute(
        "UPDATE door_device SET code_hash = $2, code_expires_at = now() + make_interval(mins => $3) WHERE id = $1",
        *(device, digest(code), CODE_MINUTES),
    )
    return code


async def _locked(event: UUID, device: UUID) -> asyncpg.Record:
    row = await db.fetchrow(
        "SELECT * FROM door_device WHERE id = $1 AND event = $2 FOR NO KEY UPDATE", *(device, event)
    )
    if row is None:
        raise NotFound
    return row


async def revoke(actor: Actor, event: UUID, device: UUID) -> None:
    """End a device: from the next request it is refused; what it still has to hand in is taken, and marked."""
    async with db.tx():
        await _locked(event, device)
        await db.execute(
            "UPDATE door_device SET revoked_at = now(), revoked_by = $2, code_hash = NULL WHERE id = $1"
            " AND revoked_at IS NULL",
            *(device, actor.person_id),
        )


async def device_at(event: UUID, device: UUID) -> asyncpg.Record:
    """A device of this event. Raises NotFound."""
    row = await db.fetchrow(
        "SELECT d.*, c.name_vi AS checkpoint_vi, c.name_en AS checkpoint_en, p.name AS maker FROM door_device d"
        " LEFT JOIN checkpoint c ON c.id = d.checkpoint LEFT JOIN person p ON p.id = d.made_by"
        " WHERE d.event = $1 AND d.id = $2",
        *(event, device),
    )
    if row is None:
        raise NotFound
    return row


async def devices_of(event: UUID) -> list[asyncpg.Record]:
    """The devices of an event: those in service first, those of doors before those of booths, by name."""
    return await db.fetch(
        "SELECT d.*, c.name_vi AS checkpoint_vi, c.name_en AS checkpoint_en FROM door_device d"
        " LEFT JOIN checkpoint c ON c.id = d.checkpoint WHERE d.event = $1"
        " ORDER BY d.revoked_at IS NOT NULL, d.role = 'exhibitor', d.name, d.created_at LIMIT $2",
        *(event, AT_MOST),
    )


# --- what devices do -----------------------------------------------------------------------------------------------


async def pair(typed: str) -> tuple[str, asyncpg.Record]:
    """A code becomes the token of its device, once, and ends the token it had. Raises PairingCode."""
    code = "".join(letter for letter in typed.upper()[:64] if letter.isalnum())
    token = PREFIX + make_token()
    async with db.tx():
        row = await db.fetchrow(
            "UPDATE door_device d SET token_hash = $2, paired_at = now(), seen_at = now(), code_hash = NULL,"
            " code_expires_at = NULL, revoked_at = NULL, revoked_by = NULL FROM event e"
            " WHERE d.code_hash = $1 AND d.code_expires_at > now() AND e.id = d.event"
            " RETURNING d.id, d.name, d.role, e.id AS event, e.slug, e.title_vi, e.title_en",
            *(digest(code), digest(token)),
        )
    if row is None:
        raise PairingCode
    return token, row


async def seen(device: asyncpg.Record, said: Seen, clock_ms: int) -> None:
    """Keep what a device says of itself."""
    await db.execute(
        "UPDATE door_device SET seen_at = now(), waiting = $2, battery = $3, clock_ms = $4, checkpoint = $5,"
        " cards = $6, cards_version = $7, test_passed_at = CASE WHEN $8 THEN coalesce(test_passed_at, now()) END"
        " WHERE id = $1",
        *(device["id"], _within(said.waiting, 10**6)),
        None if said.battery is None else _within(said.battery, 100),
        *(clock_ms, said.checkpoint_id, _within(said.cards, 10**7), clean_line(said.cards_version)[:40]),
        said.test_passed,
    )


def _within(number: int, most: int) -> int:
    return max(0, min(number, most))


SILENT = timedelta(minutes=2)
"""A device in service that has not been heard of for so long may be lying somewhere without a network."""


def state_of(device: asyncpg.Record) -> str:
    """revoked, unpaired, silent or here."""
    if device["revoked_at"] is not None:
        return "revoked"
    if device["token_hash"] is None:
        return "unpaired"
    return "here" if device["seen_at"] and device["seen_at"] > clock.now() - SILENT else "silent"
