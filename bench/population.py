"""A made-up ecosystem for measuring the search: names as companies and people in Vietnam have them, all of it invented.

The same numbers give the same rows. Rows go in with COPY and are marked as samples.
"""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from app.core.ids import new_id
from app.core.text import slugify
from app.directory import places
from app.directory.search.lines import names_text
from app.directory.search_text import name_folded, search_text
from app.directory.vocabulary import KINDS, SECTORS, STAGES, words

Row = dict[str, Any]

FORMS = ("", "", "", "", "Công ty TNHH ", "Công ty Cổ phần ", "Tập đoàn ", "Hợp tác xã ")
TRADES = {
    "agri": ("Nông nghiệp", "Nông sản", "Thủy sản", "Nhà kính"), "food": ("Thực phẩm", "Cà phê", "Trà"),
    "health": ("Y tế", "Phòng khám", "Thiết bị y"), "bio": ("Dược liệu", "Sinh học"), "edu": ("Giáo dục", "Học viện"),
    "fin": ("Tài chính", "Thanh toán"), "travel": ("Du lịch", "Lữ hành"), "retail": ("Bán lẻ", "Thương mại"),
    "mobility": ("Vận tải", "Giao nhận", "Logistics"), "prop": ("Xây dựng", "Nhà đất"), "manu": ("Cơ khí", "Khuôn mẫu"),
    "hard": ("Robot", "Cảm biến"), "semi": ("Bán dẫn", "Vi mạch"), "ai": ("Dữ liệu", "Trí tuệ"), "soft": ("Phần mềm",),
    "energy": ("Năng lượng", "Điện mặt trời"), "env": ("Môi trường", "Tái chế"), "mat": ("Vật liệu", "Nano"),
    "space": ("Thiết bị bay", "Viễn thám"), "life": ("Mây tre", "Thời trang", "Gốm"),
}  # fmt: skip
SYLLABLES = """
    An Anh Bách Bảo Bình Cát Châu Chi Cường Dũng Duy Dương Đan Đạt Điền Đông Đức Gia Giang Hà Hải Hạnh Hằng Hiền Hiệp
    Hiếu Hoa Hòa Hoàng Hồng Huân Hùng Huy Hưng Khang Khánh Khoa Khôi Kiên Kim Lâm Lan Lê Liên Linh Loan Long Lộc Lợi
    Lương Ly Mai Mạnh Mây Minh Mỹ Nam Nga Ngân Nghĩa Ngọc Nguyên Nhân Nhật Nhi Phát Phong Phú Phúc Phước Phương Quân
    Quang Quế Quốc Quý Quyên Sáng Sao Sơn Tài Tâm Tân Tấn Thái Thanh Thành Thảo Thắng Thiên Thịnh Thọ Thu Thuận Thủy
    Thương Tiến Tín Toàn Trang Trí Triều Trúc Trung Trường Tú Tuấn Tùng Tuyết Uyên Vân Văn Việt Vinh Vũ Vương Xuân Yến
""".split()  # noqa: SIM905  a list of words is read as words
FOREIGN = ("ve", "zen", "lo", "mi", "qua", "ro", "ta", "xi", "no", "ba", "ki", "su", "dra", "fle", "go", "plu", "tri")
ENDINGS = ("ly", "tech", "hub", "soft", "labs", "ify", "io", "nova", "works", "net", "gen", "ware")
FAMILIES = """
    Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý
""".split()  # noqa: SIM905
SUMMARY = (
    "giải pháp cho hộ nông dân và nhà máy nhỏ",
    "thiết bị chạy bằng pin",
    "dữ liệu theo mùa vụ",
    "đặt hàng qua điện thoại",
    "thử nghiệm tại trường đại học",
    "dịch vụ bảo trì trọn đời",
    "kết nối người bán với người mua",
    "tiết kiệm nước",
    "đo chất lượng không khí",
    "dạy nghề trực tuyến",
    "quản lý kho hàng",
    "in ba chiều",
    "truy xuất nguồn gốc",
    "thanh toán không tiền mặt",
)
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)


def organisations(count: int, seed: int = 7) -> Iterator[Row]:
    """`count` organisations as rows of the table, made up, each as often listed, sold or placed as it may be."""
    dice = random.Random(seed)  # noqa: S311  made-up data, not a secret
    wards = list(places.wards().values())
    capital = [ward for ward in wards if ward.province_code == "01"]
    kinds = [code for code in KINDS.codes for _time in range(8 if code == "startup" else 1)]
    for number in range(count):
        sector = dice.choice(list(TRADES))
        name = _name(dice, sector)
        ward = dice.choice(capital if dice.random() < 0.3 else wards)
        row: Row = {
            "name": name,
            "name_en": "",
            "kinds": [dice.choice(kinds)],
            "sectors": [sector] if dice.random() < 0.7 else sorted({sector, dice.choice(SECTORS.codes)}),
            "technologies": [],
            "stage": dice.choice((*STAGES.codes, None)),
            "country": "VN",
            "province_code": ward.province_code,
            "ward_code": ward.code,
            "summary_vi": ", ".join(dice.sample(SUMMARY, 3)).capitalize(),
        }
        yield row | {
            "id": new_id(),
            "slug": f"{slugify(name, 'o')[:60]}-{seed}-{number}",
            "name_folded": name_folded(name),
            "search_text": search_text(row),
            "links": int(dice.paretovariate(1.5)) - 1,
            "sample": True,
            "source": "sample",
            "listing_version": 1,
            "created_at": _BEGAN + timedelta(minutes=number),
            "updated_at": _BEGAN + timedelta(minutes=number),
        }


def _name(dice: random.Random, sector: str) -> str:
    if dice.random() < 0.25:
        stem = "".join(dice.choice(FOREIGN) for _n in range(dice.choice((2, 3))))
        return (stem + dice.choice(ENDINGS)).capitalize()
    own = " ".join(dice.sample(SYLLABLES, dice.choice((1, 2, 2, 3))))
    return (
        dice.choice(FORMS) + f"{dice.choice(TRADES[sector])} {own}" + dice.choice(("", "", " Việt", " Group", " Xanh"))
    )


def people(count: int, seed: int = 7) -> Iterator[Row]:
    """`count` people as rows of the index; nobody is called so on purpose."""
    dice = random.Random(seed + 1)  # noqa: S311  made-up data, not a secret
    for _number in range(count):
        name = f"{dice.choice(FAMILIES)} {' '.join(dice.sample(SYLLABLES, dice.choice((1, 2, 2, 3))))}"
        subject = new_id()
        sector = SECTORS.search_words([dice.choice(SECTORS.codes)])
        yield {
            "kind": "person",
            "subject": subject,
            "title": name,
            "title_folded": words(name),
            "names": names_text((name,)),
            "text": f"co van chuyen gia mentor expert {sector}",
            "url": f"/people/{subject}",
            "weight": 0,
            "sample": True,
        }


async def copy(con: asyncpg.Connection, table: str, rows: Iterable[Row]) -> int:
    """Write rows with COPY, a few thousand at a time; how many."""
    done = 0
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == 5_000:
            done += await _copy(con, table, batch)
            batch = []
    return done + (await _copy(con, table, batch) if batch else 0)


async def _copy(con: asyncpg.Connection, table: str, rows: list[Row]) -> int:
    columns = list(rows[0])
    await con.copy_records_to_table(
        table, records=[tuple(row[name] for name in columns) for row in rows], columns=columns, timeout=300
    )
    return len(rows)
