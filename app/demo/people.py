"""The accounts of the demo: one for each part that somebody may want to play. They exist only where DEMO is on."""

from collections.abc import Awaitable, Callable

from app.core.settings import get_settings
from app.people.accounts import AddressTaken, create_person, person_by_email

Report = Callable[[str, float], Awaitable[None]]

ACCOUNTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("startup@demo.example", "Nhà sáng lập (mẫu)", ()),
    ("investor@demo.example", "Nhà đầu tư (mẫu)", ()),
    ("mentor@demo.example", "Cố vấn (mẫu)", ()),
    ("organizer@demo.example", "Ban tổ chức (mẫu)", ("organizer",)),
    ("checkin@demo.example", "Nhân viên check-in (mẫu)", ("desk",)),
    ("admin@demo.example", "Quản trị viên (mẫu)", ("admin",)),
)


async def load(report: Report) -> None:
    """Make the accounts that are missing, confirmed and with their roles. Idempotent."""
    settings = get_settings()
    if not settings.demo or settings.production:
        return
    for number, (email, name, roles) in enumerate(ACCOUNTS, start=1):
        if await person_by_email(email) is None:
            try:
                await create_person(
                    email=email,
                    name=name,
                    password=settings.demo_password or None,
                    confirmed=True,
                    roles=roles,
                    sample=True,
                )
            except AddressTaken:
                continue
        await report("people", number / len(ACCOUNTS))
