"""The fields of investors, of incubators and support organisations, of institutes, universities and companies."""

from typing import Any

from app.directory.fields.field import Field, Section, Tier, Words, pair
from app.directory.vocabulary import INVESTOR_TYPES, TICKET_BANDS
from app.directory.vocabulary.profiles import FUND_BASES, INTRO_POLICIES, SUPPORT_BASES, VALUE_ADD

INVESTING = Section("investing", "Về nhà đầu tư", "About the investor", frozenset({"investor"}))
SUPPORT = Section("support", "Năng lực hỗ trợ", "Support", frozenset({"incubator", "support", "institute"}))
RESEARCH = Section("research", "Nghiên cứu và thử nghiệm", "Research and pilots", frozenset({"institute", "company"}))

_FUND: dict[str, Any] = {"table": "investor_details", "section": "investing"}
_SUPPORT: dict[str, Any] = {"table": "support_details", "section": "support"}
_RESEARCH: dict[str, Any] = {"table": "institute_details", "section": "research"}

INVESTOR: tuple[Field, ...] = (
    Field("investor_types", "codes", "Loại nhà đầu tư", "Kind of investor", section="investing", most=4,
        vocabulary=INVESTOR_TYPES, weight=3,
        gives=Words("Startup biết bạn là ai.", "Startups know who you are.")),
    Field("fund_basis", "code", "Căn cứ pháp lý", "Legal basis", **_FUND, tier=Tier.MEMBERS, vocabulary=FUND_BASES),
    Field("fund_size", "money", "Quy mô quỹ", "Fund size", **_FUND, tier=Tier.VERIFIED, currency="fund_currency"),
    Field("fund_currency", "currency", "Đồng tiền của quỹ", "Currency of the fund", **_FUND, tier=Tier.VERIFIED),
    Field("fund_year", "integer", "Năm lập quỹ", "Fund vintage", **_FUND, tier=Tier.VERIFIED, low=1950, most=2200),
    Field("fund_closes_on", "date", "Ngày đóng quỹ", "Fund closes on", **_FUND, tier=Tier.VERIFIED),
    Field("value_add", "codes", "Giá trị gia tăng ngoài vốn", "Value beyond capital", **_FUND, most=8,
        vocabulary=VALUE_ADD, weight=2,
        gives=Words("Startup chọn bạn không chỉ vì vốn.", "Startups choose you for more than capital.")),
    *pair("fees", "Phí đối với startup", "Fees charged to startups", **_FUND, most=500,
        hint=Words("Ghi rõ nếu có phí; không thu phí thì ghi “không”.",
        "Say so if you charge; write “none” if you do not.")),
    Field("intro_policy", "code", "Chính sách nhận giới thiệu", "Introductions", **_FUND, tier=Tier.MEMBERS,
        vocabulary=INTRO_POLICIES, weight=2,
        gives=Words("Chỉ nhận những đề nghị bạn muốn.", "You get only the requests you want.")),
    Field("intros_per_month", "integer", "Số đề nghị mỗi tháng", "Requests a month", **_FUND, tier=Tier.MEMBERS,
        low=0, most=1_000),
    Field("reply_days", "integer", "Trả lời trong (ngày)", "Replies within (days)", **_FUND, tier=Tier.MEMBERS, low=1,
        most=90),
)  # fmt: skip

SUPPORTER: tuple[Field, ...] = (
    Field("support_basis", "code", "Căn cứ pháp lý", "Legal basis", **_SUPPORT, tier=Tier.MEMBERS,
        vocabulary=SUPPORT_BASES),
    Field("staff_total", "integer", "Tổng nhân sự", "Staff", **_SUPPORT, tier=Tier.MEMBERS, most=100_000),
    Field("staff_degree_share", "integer", "Tỷ lệ đại học trở lên (%)", "Share with a degree (%)", **_SUPPORT,
        tier=Tier.MEMBERS, most=100),
    Field("area_m2", "integer", "Mặt bằng (m²)", "Floor space (m²)", **_SUPPORT, tier=Tier.MEMBERS, most=10_000_000),
    Field("seats", "integer", "Chỗ ngồi", "Seats", **_SUPPORT, most=100_000, weight=1),
    *pair("network", "Mạng lưới", "Network", **_SUPPORT, most=1_000),
)  # fmt: skip

INSTITUTE: tuple[Field, ...] = (
    *pair("research", "Hướng nghiên cứu", "Research fields", **_RESEARCH, most=2_000, weight=3,
        gives=Words("Doanh nghiệp tìm được nhóm nghiên cứu.", "Companies find the research group.")),
    Field("key_laboratory", "maybe", "Có phòng thí nghiệm trọng điểm", "Has a key laboratory", **_RESEARCH),
    *pair("pilots", "Năng lực thử nghiệm", "Pilot capacity", **_RESEARCH, most=1_000, weight=2,
        gives=Words("Startup biết có thể thử nghiệm ở đâu.", "Startups know where they can pilot.")),
    *pair("procurement", "Cách thức mua sắm", "Procurement route", **_RESEARCH, tier=Tier.MEMBERS, most=1_000),
    Field("sandbox_host", "maybe", "Nhận thử nghiệm có kiểm soát", "Hosts sandbox trials", **_RESEARCH),
    Field("science_fund", "maybe", "Có quỹ phát triển KH&CN", "Has a science and technology fund", **_RESEARCH,
        tier=Tier.VERIFIED),
    Field("science_fund_band", "code", "Quy mô quỹ KH&CN", "Size of that fund", **_RESEARCH, tier=Tier.GRANTED,
        vocabulary=TICKET_BANDS),
    *pair("student_programmes", "Chương trình cho sinh viên", "Student programmes", **_RESEARCH, most=1_000),
)  # fmt: skip
