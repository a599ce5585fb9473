"""The fields of startups and projects: story, business, round."""

from typing import Any

from app.directory.fields.field import Field, Section, Tier, Words, pair
from app.directory.vocabulary import RAISING_ROUNDS, TICKET_BANDS
from app.directory.vocabulary.profiles import INSTRUMENTS

KINDS = frozenset({"startup", "project"})
STORY = Section("story", "Câu chuyện", "Your story", KINDS)
BUSINESS = Section("business", "Thị trường và kinh doanh", "Market and business", KINDS)
RAISING = Section("raising", "Đang gọi vốn", "Raising now", KINDS)
PROJECT = Section("project", "Dự án", "Project", frozenset({"project"}))

_STORY: dict[str, Any] = {"table": "startup_details", "section": "story", "most": 2_000, "tier": Tier.MEMBERS}
_BUSINESS: dict[str, Any] = {"table": "startup_details", "section": "business", "most": 2_000, "tier": Tier.VERIFIED}
_ROUND: dict[str, Any] = {"table": "startup_details", "section": "raising", "tier": Tier.VERIFIED}

STARTUP: tuple[Field, ...] = (
    *pair("pitch", "Giới thiệu ngắn", "Elevator pitch", table="startup_details", section="story", most=500, weight=4,
        gives=Words("Nhà đầu tư và cố vấn đọc trước khi trả lời.",
        "What investors and mentors read before they answer.")),
    *pair("problem", "Vấn đề", "Problem", **_STORY, weight=2),
    *pair("solution", "Giải pháp", "Solution", **_STORY, weight=2),
    *pair("value", "Giá trị cốt lõi", "Value proposition", **_STORY, weight=1),
    *pair("team", "Đội ngũ sáng lập", "Founding team", table="startup_details", section="story", most=2_000, weight=3,
        gives=Words("Nhiều nhà đầu tư chọn theo đội ngũ.", "Many investors choose by the team.")),
    *pair("market", "Thị trường", "Market", **_BUSINESS, weight=1),
    *pair("sales", "Kênh bán hàng", "Sales channels", **_BUSINESS),
    *pair("competitors", "Đối thủ", "Competitors", **_BUSINESS),
    *pair("advantages", "Lợi thế", "Advantages", **_BUSINESS, weight=1),
    *pair("economics", "Cấu trúc doanh thu, chi phí", "Economics", **_BUSINESS),
    *pair("regulation", "Yêu cầu pháp lý, giấy phép", "Regulation and licences", **_BUSINESS),
    *pair("ip_summary", "Tài sản trí tuệ", "Intellectual property", **{**_BUSINESS, "tier": Tier.MEMBERS}),
    Field("revenue_band", "code", "Khoảng doanh thu", "Revenue band", table="startup_details", section="business",
        tier=Tier.VERIFIED, vocabulary=TICKET_BANDS),
    Field("revenue_year", "integer", "Năm của doanh thu", "Year of the revenue", table="startup_details",
        section="business",
        tier=Tier.VERIFIED, low=1990, most=2200),
    Field("raising_round", "code", "Vòng gọi vốn", "Round", section="raising", tier=Tier.MEMBERS,
        vocabulary=RAISING_ROUNDS, weight=5,
        gives=Words("Nâng chất lượng gợi ý nhà đầu tư nhiều nhất.",
        "Improves the investors suggested more than anything else.")),
    Field("raising_amount", "money", "Số vốn cần gọi", "Amount", section="raising", tier=Tier.MEMBERS,
        currency="raising_currency", weight=3,
        gives=Words("Chỉ gợi ý nhà đầu tư có mức vốn phù hợp.", "Only investors whose ticket fits are suggested.")),
    Field("raising_currency", "currency", "Đồng tiền", "Currency", section="raising", tier=Tier.MEMBERS),
    Field("raising_min", "money", "Số vốn tối thiểu", "Smallest amount", **_ROUND, currency="raising_currency"),
    Field("raising_instrument", "code", "Công cụ", "Instrument", **_ROUND, vocabulary=INSTRUMENTS),
    Field("raising_until", "date", "Hạn chót", "Open until", **_ROUND),
    *pair("use_of_funds", "Mục đích sử dụng vốn", "Use of funds", **_ROUND, most=1_000),
    Field("valuation", "money", "Định giá trước vòng", "Pre-money valuation", table="startup_details",
        section="raising",
        tier=Tier.GRANTED, currency="raising_currency"),
    Field("team_lead", "line", "Trưởng nhóm", "Team lead", table="startup_details", section="project", most=120),
    Field("host", "organisation", "Đơn vị chủ trì", "Host organisation", table="startup_details", section="project"),
    Field("became", "organisation", "Đã thành doanh nghiệp", "Became the enterprise", table="startup_details",
        section="project"),
    Field("became_on", "date", "Ngày thành doanh nghiệp", "Became an enterprise on", table="startup_details",
        section="project"),
)  # fmt: skip
