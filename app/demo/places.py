"""Sample of the festival's places: pools, a code for the press, a delegation, a paid workshop, a line that offers."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg

from app.core import db
from app.core.i18n import in_language
from app.core.web import Actor
from app.demo.events import OWNER
from events import registration, setup
from events.delegations import reading, registering
from events.inviting import vouchers
from events.paying import reconciling, vietqr
from events.planning import TypePlan
from events.registration import Wish
from events.seats import book, pools

FESTIVAL = "Ngày hội Khởi nghiệp sáng tạo (mẫu)"
WORKSHOP = TypePlan(
    code="lop-goi-von",
    title_vi="Lớp thực hành gọi vốn",
    title_en="Fundraising workshop",
    capacity=4,
    price=200_000,
    role="startup",
    max_party=3,
)
PRESS = TypePlan(
    code="bao-chi", title_vi="Báo chí", title_en="Press", capacity=30, role="press", visibility="invited", max_party=2
)

Report = Callable[[str, float], Awaitable[None]]


async def load(report: Report) -> None:
    """Make what is missing; running it again changes nothing."""
    event = await db.fetchrow(
        "SELECT e.id, e.starts_at FROM event e WHERE e.sample AND e.title_vi = $1"
        " AND NOT EXISTS (SELECT 1 FROM seat_pool p WHERE p.event = e.id) LIMIT 1",
        FESTIVAL,
    )
    row = await db.fetchrow("SELECT id, name, email FROM person WHERE email_key = $1 AND ended_at IS NULL", OWNER)
    if event is not None and row is not None:
        owner = Actor(id=row["id"], name=row["name"], email=row["email"], roles=frozenset({"organizer"}))
        with in_language("vi"):
            await _make(owner, event)
    await report("places", 1.0)


async def _make(owner: Actor, event: asyncpg.Record) -> None:
    number: UUID = event["id"]
    kinds = {
        row["code"]: row["id"] for row in await db.fetch("SELECT id, code FROM ticket_type WHERE event = $1", number)
    }
    for plan in (WORKSHOP, PRESS):
        kinds[plan.code] = await setup.add_type(owner, number, plan)
    whole = pools.PoolPlan(
        name_vi="Cả ngày hội", name_en="Whole festival", size=3200, kind="total", types=tuple(kinds.values())
    )
    root = await pools.add(owner, number, whole)
    villages = tuple(kinds[code] for code in kinds if code.startswith("lang-"))
    inner = pools.PoolPlan(
        name_vi="Các làng công nghệ",
        name_en="Technology villages",
        size=200,
        kind="village",
        parent=root,
        types=villages,
    )
    await pools.add(owner, number, inner)
    await pools.set_rule(owner, number, book.Rule(promotion="offer", party_policy="skip", offer_hours=24))
    await reconciling.set_account(owner, number, vietqr.Account("970436", "0123456789", "TAI KHOAN MAU"))
    until = event["starts_at"] - timedelta(days=2)
    press = vouchers.VoucherPlan(
        ticket_type=kinds["bao-chi"], label="Báo, đài (mẫu)", code="BAOCHI-MAU", uses_most=20, keeps=20, ends_at=until
    )
    await vouchers.make(owner, number, press)
    for place, party in enumerate((1, 2, 1, 3), 1):
        wish = Wish(
            ticket_type="lop-goi-von",
            full_name=f"Học viên {place} (mẫu)",
            email=f"hocvien.{place}@sample.example",
            organisation="Doanh nghiệp khởi nghiệp (mẫu)",
            party=party,
            source="demo",
            sample=True,
        )
        await registration.register(owner, number, wish)
    lead = registering.Lead(name="Đoàn tỉnh bạn (mẫu)", lead_name="Trưởng đoàn (mẫu)", lead_email="doan@sample.example")
    delegation = await registering.begin(owner, number, lead)
    people = [reading.Member(row=place, full_name=f"Đại biểu {place} (mẫu)") for place in range(1, 9)]
    await registering.register(owner, delegation["id"], "khach", people, "all")
    await db.execute("UPDATE registration SET sample = true WHERE delegation = $1", delegation["id"])
