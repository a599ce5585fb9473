"""A request about personal data, so that the demo's register is not empty: the mentor asks for a correction."""

from collections.abc import Awaitable, Callable

from app.core import db
from app.core.web import Actor
from app.people.accounts import person_by_email
from app.people.rights import requests

Report = Callable[[str, float], Awaitable[None]]

SAID = "Tên đơn vị trong đăng ký của tôi đã cũ, vui lòng sửa thành “Viện Đổi mới sáng tạo” (dữ liệu mẫu)."


async def load(report: Report) -> None:
    """Ask once. Idempotent."""
    mentor = await person_by_email("mentor@demo.example")
    if mentor is not None and not await db.fetchval(
        "SELECT EXISTS (SELECT FROM rights_request WHERE person = $1)", mentor["id"]
    ):
        actor = Actor(id=mentor["id"], name=mentor["name"], email=mentor["email"], via="session")
        await requests.ask(actor, "correction", SAID)
    await report("rights", 1.0)
