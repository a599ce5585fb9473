"""The demo's lists of profiles: needs with their strength, mandates, programmes, technologies; all of it made up."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.core import db
from app.core.web import Actor
from app.directory import rows
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]

LABEL = "lists"
RICE = "Lúa Thông Minh Sông Hồng"
TY = 10**9

ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (RICE, "need_offer", {
        "direction": "need", "code": "lab_testing", "strength": "must", "sectors": ["agri"],
        "text_vi": "Kiểm định cảm biến mực nước ngoài đồng trong một vụ.",
        "text_en": "Testing of water-level sensors in the field for one season.",
    }),
    (RICE, "traction", {"metric_vi": "Diện tích đang dùng", "metric_en": "Area in use", "value": Decimal(420),
                        "unit": "ha", "measured_on": date(2026, 9, 30)}),
    (RICE, "traction", {"metric_vi": "Hợp tác xã trả phí", "metric_en": "Paying cooperatives", "value": Decimal(6),
                        "unit": "", "measured_on": date(2026, 9, 30)}),
    (RICE, "technology_offer", {
        "title_vi": "Tưới ướt khô xen kẽ theo dự báo", "title_en": "Alternate wetting and drying by forecast",
        "text_vi": "Mô hình dự báo mực nước ruộng ba ngày tới từ cảm biến và thời tiết.",
        "text_en": "A model that forecasts the water level of a field three days ahead.",
        "trl": 7, "ip_state": "filed", "forms": ["licence", "co_develop"], "sectors": ["agri"],
        "technologies": ["t_ai"],
    }),
    (RICE, "address", {"address_type": "head_office", "line": "Số 1 phố Mẫu", "country": "VN", "province_code": "01",
                       "ward_code": "00004", "valid_from": date(2025, 7, 1)}),
    ("Quỹ Hạt Giống Thăng Long", "mandate", {
        "name_vi": "Nông nghiệp, vòng sau hạt giống", "name_en": "Agriculture after seed", "rounds": ["series_a"],
        "sectors": ["agri", "food"], "stages": ["early", "growth"], "geographies": ["VN"], "instruments": ["equity"],
        "ticket_min": Decimal(10 * TY), "ticket_max": Decimal(25 * TY), "ticket_currency": "VND", "leads": "sometimes",
        "thesis_vi": "Doanh thu từ nông dân, không chỉ từ tài trợ.",
        "thesis_en": "Revenue from farmers, not from grants alone.",
    }),
    ("Vườn ươm Công nghệ Hoà Lạc (mẫu)", "programme", {
        "programme_type": "incubation", "name_vi": "Ươm tạo phần cứng", "name_en": "Hardware incubation",
        "text_vi": "Mười hai tháng có phòng thí nghiệm và cố vấn đồng hành.",
        "text_en": "Twelve months with a laboratory and a mentor.",
        "intake": "cohort", "weeks": 52, "stages": ["pre_inc", "inc"], "sectors": ["hard", "semi"],
        "languages": ["vi", "en"], "mode": "on_site", "apply_from": date(2026, 11, 1), "apply_until": date(2027, 1, 31),
    }),
    ("Vườn ươm Công nghệ Hoà Lạc (mẫu)", "facility", {
        "facility_type": "lab", "name_vi": "Phòng thử nghiệm điện tử", "name_en": "Electronics laboratory",
        "quantity": 1, "open_to_others": True,
    }),
    ("Vườn ươm Nông nghiệp Cần Thơ (mẫu)", "programme", {
        "programme_type": "acceleration", "name_vi": "Tăng tốc nông sản xuất khẩu", "name_en": "Export accelerator",
        "intake": "cohort", "weeks": 16, "stages": ["early"], "sectors": ["agri", "food"], "languages": ["vi"],
        "mode": "hybrid",
    }),
    ("Bệ Phóng Sài Gòn", "programme", {
        "programme_type": "acceleration", "name_vi": "Bệ phóng 12 tuần", "name_en": "Twelve weeks to launch",
        "intake": "cohort", "weeks": 12, "equity_percent": Decimal(5), "stages": ["early"], "languages": ["vi", "en"],
        "mode": "on_site",
    }),
    ("Viện Vật liệu Ứng dụng (mẫu)", "technology_offer", {
        "title_vi": "Màng phủ tự phân huỷ từ vỏ tôm", "title_en": "Biodegradable coating from shrimp shells",
        "text_vi": "Thay màng nhựa bọc trái cây, giữ tươi mười bốn ngày.",
        "text_en": "Replaces plastic film around fruit and keeps it fresh for fourteen days.",
        "trl": 6, "ip_state": "granted", "forms": ["licence", "transfer"], "sectors": ["mat", "food", "env"],
        "technologies": ["t_mat"],
    }),
    ("Phòng thí nghiệm Y sinh (mẫu)", "technology_offer", {
        "title_vi": "Que thử nhanh dư lượng kháng sinh", "title_en": "Rapid test for antibiotic residues",
        "trl": 5, "ip_state": "filed", "forms": ["co_develop", "licence"], "sectors": ["bio", "food", "health"],
        "technologies": ["t_bio"],
    }),
    ("Tập đoàn Chế biến Đại Dương (mẫu)", "technology_need", {
        "title_vi": "Đo độ mặn nước nuôi theo thời gian thực", "title_en": "Salinity of ponds in real time",
        "problem_vi": "Cảm biến hiện nay hỏng sau hai tháng ngâm nước lợ.",
        "problem_en": "Today's sensors fail after two months in brackish water.",
        "target_vi": "Chạy sáu tháng không bảo trì.", "target_en": "Six months without service.",
        "data_available": True, "open_to": ["startup", "institute"], "sectors": ["agri", "hard"],
        "technologies": ["t_ai"], "deadline": date(2027, 3, 31),
    }),
    ("Công ty Vận tải Xanh (mẫu)", "technology_need", {
        "title_vi": "Xếp tuyến giao hàng cho xe điện", "title_en": "Routing of electric delivery vans",
        "problem_vi": "Tuyến hiện nay không tính trạm sạc và giờ cấm tải.",
        "problem_en": "Routes ignore chargers and the hours in which lorries are banned.",
        "data_available": True, "open_to": ["startup", "institute", "company"], "sectors": ["mobility"],
        "technologies": ["t_ai"],
    }),
)  # fmt: skip


async def load(report: Report) -> None:
    """Make them once; runs after the organisations, as the demo's administrator would enter them."""
    await report(LABEL, 0.0)
    admin = await person_by_email("admin@demo.example")
    if admin is not None and not await db.fetchval("SELECT EXISTS (SELECT FROM need_offer)"):
        await _codes()
        actor = Actor(id=admin["id"], name=admin["name"], roles=frozenset({"admin"}), via="session")
        for name, collection, values in ROWS:
            organisation = await _sample(name)
            if organisation is not None:
                await rows.add_row(actor, organisation, collection, values)
    await report(LABEL, 1.0)


async def _codes() -> None:
    """Needs and offers of the samples are codes in their file; here they become rows, the first of each a must."""
    for direction, column in (("need", "needs"), ("offer", "offers")):
        await db.execute(
            "INSERT INTO need_offer (id, organisation, direction, code, position, strength)"  # noqa: S608
            " SELECT gen_random_uuid(), o.id, $1, code, place, CASE WHEN place = 1 AND $1 = 'need' THEN 'must'"
            f" ELSE 'prefer' END FROM organisation o, unnest(o.{column}) WITH ORDINALITY AS listed(code, place)"
            " WHERE o.sample",
            direction,
        )


async def _sample(name: str) -> UUID | None:
    found: UUID | None = await db.fetchval("SELECT id FROM organisation WHERE sample AND name = $1", name)
    return found
