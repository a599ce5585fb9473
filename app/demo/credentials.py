"""The demo's certificates: made up, of made-up organisations and people, with numbers and notes that say so."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core import db
from app.core.web import Actor
from app.directory.credentials import deciding, rules, stating
from app.directory.credentials.deciding import Verified
from app.directory.credentials.holders import Holder, holder_of
from app.directory.credentials.rules import Stated
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]

LABEL = "credentials"
ISSUER = "Cơ quan cấp (dữ liệu mẫu)"
NOTE = "Dữ liệu mẫu: không có giấy chứng nhận thật nào đứng sau."
EVIDENCE = "https://sample.example/giay-chung-nhan"

RICE = "Lúa Thông Minh Sông Hồng"
VALID: tuple[tuple[str, str, date, int | None], ...] = (
    (RICE, "startup_ent", date(2026, 1, 12), None),
    (RICE, "hitech_ent", date(2023, 12, 20), 60),
    ("Gốm Bát Tràng Số", "key_product", date(2025, 6, 2), None),
    ("Cà Phê Truy Xuất Đắk Lắk", "ocop", date(2023, 9, 18), 25),
    ("Phổi Khoẻ AI", "sme_startup", date(2024, 3, 11), None),
    ("Bay Khảo Sát", "sandbox", date(2026, 2, 9), 240),
    ("Vườn ươm Công nghệ Hoà Lạc (mẫu)", "innov_centre", date(2026, 3, 2), None),
    ("Viện Vật liệu Ứng dụng (mẫu)", "st_org", date(2019, 5, 6), None),
    ("Tay Giả In 3D", "ocop", date(2020, 4, 14), -300),
)
"""Whose, what, since when, and in how many days it runs out."""


async def load(report: Report) -> None:
    """Make them once; runs after the organisations and the mentors, as the demo's administrator would enter them."""
    await report(LABEL, 0.0)
    admin = await person_by_email("admin@demo.example")
    if admin is not None and not await db.fetchval("SELECT EXISTS (SELECT FROM credential WHERE number LIKE 'MẪU-%')"):
        await _load(Actor(id=admin["id"], name=admin["name"], roles=frozenset({"admin"}), via="session"))
    await report(LABEL, 1.0)


async def _load(admin: Actor) -> None:
    day = rules.today()
    for number, (name, kind, since, days) in enumerate(VALID, start=1):
        holder = await _sample(name)
        if holder is not None:
            until = day + timedelta(days=days) if days is not None else None
            await _entered(admin, holder, kind, number, issued_on=since, valid_until=until)
    rice = await _sample(RICE)
    robot = await _sample("Robot Kho Vận Bắc Ninh")
    if rice is None or robot is None:
        return
    old = await _entered(admin, rice, "ste_2019", 20, issued_on=date(2021, 4, 19))
    await _entered(admin, rice, "ste_2025", 21, supersedes=old, issued_on=date(2026, 2, 3), size_class="small")
    gone = await _entered(admin, robot, "ste_2019", 22, issued_on=date(2020, 8, 24))
    await deciding.revoke_credential(admin, gone, date(2025, 7, 1), "Dữ liệu mẫu: ba năm không báo cáo")
    await stating.state_credential(
        admin, rice, _stated("ip_patent", 23, issued_on=date(2025, 11, 3), title_vi="Cảm biến độ mặn")
    )
    await stating.state_credential(
        admin, robot, _stated("startup_ent", 24, issued_on=date(2026, 4, 2), evidence_url="")
    )
    person = await db.fetchval("SELECT person FROM person_profile WHERE sample AND listed_at IS NOT NULL ORDER BY slug")
    if person is not None:
        whose = await holder_of({"organisation": None, "person": person})
        await _entered(admin, whose, "startup_ind", 25, issued_on=date(2026, 5, 12))


def _stated(kind: str, number: int, **values: Any) -> Stated:
    return Stated(
        **{"credential_type": kind, "number": f"MẪU-{number:02}", "issuer": ISSUER, "evidence_url": EVIDENCE, **values}
    )


async def _entered(
    admin: Actor, holder: Holder, kind: str, number: int, supersedes: UUID | None = None, **values: Any
) -> UUID:
    how = Verified(how="document", note=NOTE, supersedes=supersedes)
    return await deciding.enter_credential(admin, holder, _stated(kind, number, **values), how)


async def _sample(name: str) -> Holder | None:
    row = await db.fetchrow(
        "SELECT id, name, slug FROM organisation WHERE sample AND name = $1 AND ended_at IS NULL", name
    )
    return Holder(**row) if row else None
