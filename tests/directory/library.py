"""A shelf of organisations for questions and recounts: written once for a module, read by its tests, taken away."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from app.core.ids import new_id
from app.directory import profiles
from app.directory.listing import next_version
from app.directory.profile_fields import checked
from tests.directory.make import nothing_remembered

SHELF: list[dict[str, Any]] = [
    {"name": "Nguyễn Đức", "kinds": ["investor"], "country": "VN", "province_code": "01"},
    {"name": "Nguyễn Đức Robot", "kinds": ["startup"], "sectors": ["hard"], "country": "VN", "province_code": "01"},
    {"name": "Robot Kho Vận Bắc Ninh", "kinds": ["startup"], "sectors": ["hard", "mobility"], "country": "VN"},
    {"name": "Đất Lành", "kinds": ["startup"], "sectors": ["prop"], "country": "VN", "province_code": "79"},
    {"name": "Đặng Thị Ngọc Ánh", "kinds": ["support"], "country": "VN"},
    {"name": "Trường Đại học Bách khoa Hà Nội", "name_en": "Hanoi University of Science", "kinds": ["institute"]},
    {"name": "Viện Ứng dụng Công nghệ", "kinds": ["institute"], "country": "VN", "province_code": "01"},
    {"name": "Vườn ươm Sông Hồng", "name_en": "Red River Incubator", "kinds": ["incubator"], "country": "VN"},
    {"name": "Lúa Thông Minh", "kinds": ["startup"], "sectors": ["agri"], "country": "VN", "stage": "early"},
    {"name": "Cà Phê Truy Xuất", "kinds": ["startup"], "sectors": ["food", "agri"], "country": "VN"},
    {"name": "Quỹ Hạt Giống Thăng Long", "kinds": ["investor"], "sectors": ["agri", "ai"], "country": "VN"},
    {"name": "Quỹ Đầu tư Mạo hiểm Cửu Long", "kinds": ["investor"], "country": "VN", "province_code": "79"},
    {"name": "Sequoia Capital", "kinds": ["investor"], "country": "US", "state": "CA"},
    {"name": "Andreessen Horowitz", "kinds": ["investor"], "country": "US", "state": "CA"},
    {"name": "Kleiner Perkins Caufield & Byers", "kinds": ["investor"], "country": "US", "state": "CA"},
    {"name": "Facebook", "kinds": ["company"], "sectors": ["media"], "country": "US", "state": "CA"},
    {"name": "Face Forward", "kinds": ["startup"], "country": "US", "state": "NY"},
    {"name": "LinkedIn", "kinds": ["company"], "country": "US", "state": "CA"},
    {"name": "O'Reilly Media", "kinds": ["company"], "country": "US", "state": "CA"},
    {"name": "37signals", "kinds": ["company"], "country": "US", "state": "IL"},
    {"name": "Yahoo!", "kinds": ["company"], "country": "US", "state": "CA"},
    {"name": "A.B.C. Labs", "kinds": ["company"], "country": "GB"},
    {"name": "Crème Brûlée Software", "kinds": ["startup"], "country": "FR"},
    {"name": "Straße & Söhne", "kinds": ["company"], "country": "DE"},
    {"name": "Ứng Hòa Farm", "kinds": ["startup"], "sectors": ["agri"], "country": "VN"},
    {"name": "Ga", "kinds": ["startup"], "country": "VN"},
    {"name": "Sao Mai", "kinds": ["startup"], "country": "VN", "summary_vi": "Bán trà ướp sen cho khách xa"},
    {"name": "Mặt Trời Phương Nam", "kinds": ["startup"], "summary_en": "Rooftop panels for schools", "country": "VN"},
    {"name": "Hòa Bình Xanh", "kinds": ["support"], "country": "VN", "sectors": ["env"]},
    {"name": "Hoa Binh Steel", "kinds": ["company"], "country": "VN"},
]
"""In the order in which they are written."""


AWAY = "TRUNCATE organisation, listing_state, outbox RESTART IDENTITY CASCADE"


async def shelf(pool: asyncpg.Pool, *further: dict[str, Any]) -> AsyncIterator[list[dict[str, Any]]]:
    """The shelf committed with `further`; what a module's fixture of its own hands on."""
    nothing_remembered()
    await pool.execute(AWAY)
    books = [*SHELF, *further]
    for number, values in enumerate(books):
        found = checked(values)
        slug = await profiles.free_slug(found["name"])
        await profiles.insert(new_id(), slug, found, source="self", links=number % 3)
    await pool.execute("UPDATE organisation SET listing_version = $1", await next_version())
    yield books
    await pool.execute(AWAY)
    nothing_remembered()
