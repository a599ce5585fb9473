"""The sample doors: devices to pair, and one ticket that two doors let in, waiting for a decision."""

from datetime import timedelta
from uuid import UUID

from app.core import clock, db
from app.core.web import Actor
from app.demo.events import OWNER, Report
from events.door import devices, scanning
from events.door.scanning import Scanner, ScanRequest

DEVICES = (
    ("Cổng A – máy 1 (mẫu)", "scan"),
    ("Bàn hỗ trợ (mẫu)", "supervisor"),
    ("Kiosk tự quét (mẫu)", "kiosk"),
)


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
        await _let_in_again(event["id"], made[0][0])
    await report("doors", 1)


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
