"""The sample doors: devices, a question, what the door is told of guests, a ticket let in twice, whom a booth met."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from app.core import clock, db
from app.core.web import Actor
from app.demo.events import OWNER, Report
from app.people.secret import digest, make_token
from events.door import devices, flags, places, scanning
from events.door.places import Question
from events.door.scanning import Scanner, ScanRequest
from events.leads import agreeing, meeting
from events.leads.meeting import Booth, LeadScanRequest

DEVICES = (
    ("Cổng A – máy 1 (mẫu)", "scan"),
    ("Bàn hỗ trợ (mẫu)", "supervisor"),
    ("Kiosk tự quét (mẫu)", "kiosk"),
)
QUESTION = Question(
    text_vi="Bạn đến bằng gì? (mẫu)",
    text_en="How did you come? (sample)",
    kind="choice",
    options="Xe buýt | Bus\nXe máy | Motorbike\nĐi bộ | On foot",
    required=False,
)
FLAGS = (
    (True, False, "Đón ở cổng chính, ghế hàng đầu (mẫu)"),
    (False, True, "Đổi loại vé hôm qua, xem lại giấy mời (mẫu)"),
)
MET: tuple[tuple[str, int | None, str, list[str]], ...] = (
    ("contact", 5, "Muốn dùng thử trong quý tới (mẫu)", ["khách mua"]),
    ("contact", 4, "Hẹn gọi lại thứ Hai (mẫu)", ["đầu tư"]),
    ("name", None, "Hỏi về giá (mẫu)", []),
    ("none", None, "", []),
)
"""What visitors chose to tell exhibitors, and what the booth wrote."""


async def load(report: Report) -> None:
    """Devices for the sample events to come, once; nothing without the sample events."""
    await report("doors", 0)
    owner = await db.fetchrow("SELECT id, name FROM person WHERE email_key = $1", OWNER)
    events = await db.fetch(
        "SELECT e.id FROM event e WHERE e.sample AND e.status = 'published' AND e.ends_at > now()"
        " AND NOT EXISTS (SELECT FROM door_device d WHERE d.event = e.id) ORDER BY e.starts_at, e.id"
    )
    if owner is None:
        return
    actor = Actor(id=owner["id"], name=owner["name"], roles=frozenset({"organizer"}))
    for event in events:
        made = [await devices.add_device(actor, event["id"], name=name, role=role) for name, role in DEVICES]
        await db.execute(
            "UPDATE door_device SET code_hash = NULL, code_expires_at = NULL WHERE id = ANY ($1)",
            [number for number, _code in made],
        )
        await _heard_of(made[0][0])
        await _tell(actor, event["id"])
        await _let_in_again(event["id"], made[0][0])
        await _meet(event["id"])
    await report("doors", 1)


async def _heard_of(device: UUID) -> None:
    """A device as if it had been paired and had gone silent with scans on it; its token is nobody's."""
    await db.execute(
        "UPDATE door_device SET token_hash = $2, paired_at = now() - interval '2 hours', seen_at = now() - interval"
        " '12 minutes', waiting = 3, battery = 17, cards = (SELECT count(*) FROM registration r"
        " WHERE r.event = door_device.event), test_passed_at = now() - interval '2 hours' WHERE id = $1",
        *(device, digest(devices.PREFIX + make_token())),
    )


async def _tell(actor: Actor, event: UUID) -> None:
    """A question at the last door, and two guests of whom the door is told something."""
    door = await db.fetchval(
        "SELECT id FROM checkpoint WHERE event = $1 AND ended_at IS NULL AND questions = '[]'"
        " ORDER BY place DESC, created_at DESC LIMIT 1",
        event,
    )
    if door is not None:
        await places.save_question(actor, event, door, "", QUESTION)
    for row, (vip, attention, note) in zip(await _guests(event), FLAGS, strict=False):
        await flags.set_flag(actor, event, row["id"], vip=vip, attention=attention, note=note)


async def _guests(event: UUID) -> list[asyncpg.Record]:
    return await db.fetch(
        "SELECT r.id, r.code FROM registration r WHERE r.event = $1 AND r.sample AND r.status = 'confirmed'"
        " ORDER BY r.registered_at DESC, r.id DESC LIMIT $2",
        *(event, len(MET)),
    )


async def _meet(event: UUID) -> None:
    """Whom one exhibitor of the festival met, as each visitor chose; one whose people can sign in comes first."""
    booth = await db.fetchrow(
        "SELECT x.organisation, m.person, p.name FROM exhibitor x JOIN membership m ON m.organisation = x.organisation"
        " AND m.ended_at IS NULL AND m.role IN ('owner', 'editor') JOIN person p ON p.id = m.person"
        " WHERE x.event = $1 AND x.status = 'accepted' AND p.ended_at IS NULL"
        " AND NOT EXISTS (SELECT FROM lead l WHERE l.event = $1) ORDER BY p.created_at, x.id LIMIT 1",
        event,
    )
    if booth is None:
        return
    at = Booth(
        event=event,
        organisation=booth["organisation"],
        device=f"person:{booth['person']}",
        name=booth["name"],
        person=booth["person"],
    )
    for number, (row, (level, rating, note, tags)) in enumerate(zip(await _guests(event), MET, strict=False)):
        await agreeing.choose(row["id"], level)
        shown = LeadScanRequest(
            nonce=f"sample-{event.hex}-{number}", code=row["code"], note=note, rating=rating, tags=tags
        )
        await meeting.scan(at, shown)


async def _let_in_again(event: UUID, device: UUID) -> None:
    """Where somebody is inside already, a second door let the same ticket in without a network."""
    row = await db.fetchrow(
        "SELECT r.code, a.checkpoint, a.last_at FROM admission a JOIN registration r ON r.id = a.registration"
        " WHERE r.event = $1 AND r.sample AND a.inside AND a.voided_at IS NULL ORDER BY a.last_at, a.id LIMIT 1",
        event,
    )
    if row is None:
        return
    act = ScanRequest(
        nonce="sample-second-door",
        checkpoint_id=row["checkpoint"],
        code=row["code"],
        offline=True,
        shown="ok",
        scanned_at=min(clock.now(), row["last_at"] + timedelta(minutes=2)),
    )
    await scanning.scan_by(Scanner(device=f"door:{device}", name=DEVICES[0][0], door=device), [act])
