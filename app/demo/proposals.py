"""A list of mentors that the department has brought in: what it says of the demo's mentor waits for her decision."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from app.core import db
from app.directory.importing.from_shell import import_file
from app.directory.importing.subjects import PERSONS
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]

LABEL = "proposals"
MENTOR = "mentor@demo.example"
LIST_NAME = "Hội cố vấn khởi nghiệp 2026 (mẫu)"
FILE = "Hội cố vấn 2026 (mẫu).csv"
LIST = f"""Họ và tên,Email,Chức danh,Lĩnh vực,Kinh nghiệm thị trường,Số giờ mỗi tháng,Chuyên môn
Cố vấn (mẫu),{MENTOR},Cố vấn sản phẩm của Hội cố vấn khởi nghiệp,soft; edu; fintech,VN; SG,6,sales: Từng quản lý: 5
"""


async def load(report: Report) -> None:
    """Bring the list in once. Idempotent; runs after the mentors, whose profiles it is compared with."""
    mentor = await person_by_email(MENTOR)
    if mentor is not None and not await db.fetchval(
        "SELECT EXISTS (SELECT FROM person_proposal WHERE email_key = $1)", mentor["email_key"]
    ):
        with TemporaryDirectory() as folder:
            path = Path(folder) / FILE
            await asyncio.to_thread(path.write_text, LIST, "utf-8")
            await import_file(path, subject=PERSONS, list_name=LIST_NAME)
    await report(LABEL, 1.0)
