"""The fields of a person's public profile and of the role of mentor or expert."""

from typing import Any

from app.directory.fields.field import Field, Section, Tier, Words, pair
from app.directory.vocabulary import MENTOR_HELP, SECTORS, STAGES
from app.directory.vocabulary.persons import FEE_POLICIES, LANGUAGES, PARTICIPATION
from app.directory.vocabulary.profiles import MODES

ABOUT = Section("about", "Về tôi", "About me")
REACH = Section("reach", "Liên hệ", "Contact")
MENTORING = Section("mentoring", "Vai trò cố vấn, chuyên gia", "Mentor or expert")
CAPACITY = Section("capacity", "Năng lực tiếp nhận", "Capacity")

_ABOUT: dict[str, Any] = {"table": "person_profile", "section": "about"}
_REACH: dict[str, Any] = {"table": "person_profile", "section": "reach"}
_ROLE: dict[str, Any] = {"table": "mentor_role", "section": "mentoring"}
_CAPACITY: dict[str, Any] = {"table": "mentor_role", "section": "capacity", "tier": Tier.MEMBERS}

PERSON: tuple[Field, ...] = (
    Field("name", "line", "Họ và tên", "Full name", **_ABOUT, most=160, required=True, fixed=True, standard="name"),
    *pair("headline", "Giới thiệu một câu", "In one line", type="line", **_ABOUT, most=140, fixed=True, weight=3,
        standard="jobTitle",
        gives=Words("Người xem biết ngay bạn giúp được gì.", "Visitors see at once what you can help with.")),
    *pair("bio", "Tiểu sử", "Biography", **_ABOUT, most=2_000, weight=2, standard="description",
        gives=Words("Startup tin tưởng hơn khi biết kinh nghiệm của bạn.",
        "Startups trust you more when they know your experience.")),
    Field("languages", "codes", "Ngôn ngữ", "Languages", **_ABOUT, most=8, vocabulary=LANGUAGES, weight=1,
        standard="knowsLanguage"),
    Field("country", "country", "Quốc gia", "Country", **_ABOUT),
    Field("province_code", "province", "Tỉnh, thành phố", "Province or city", **_ABOUT),
    Field("photo_file", "file", "Ảnh", "Photo", **_ABOUT, standard="image", weight=1),
    Field("links", "lines", "Liên kết", "Links", **_REACH, most=6, tier=Tier.MEMBERS, standard="sameAs",
        hint=Words("Mỗi dòng một địa chỉ.", "One address a line.")),
    Field("contact_email", "email", "Thư điện tử", "E-mail", **_REACH, most=254, tier=Tier.GRANTED, standard="email"),
    Field("contact_phone", "phone", "Điện thoại", "Phone", **_REACH, most=40, tier=Tier.GRANTED, standard="telephone"),
    Field("roles", "codes", "Vai trò tham gia", "Roles", **_ROLE, most=5, vocabulary=PARTICIPATION, fixed=True,
        weight=3,
        gives=Words("Được mời đúng việc.", "You are asked for the right things.")),
    Field("help_kinds", "codes", "Cách giúp", "Kinds of help", **_ROLE, most=7, vocabulary=MENTOR_HELP, weight=1),
    Field("sectors", "codes", "Ngành", "Industries", **_ROLE, most=6, vocabulary=SECTORS, fixed=True, weight=3,
        hint=Words("Ngành chính chọn trước.", "Choose your main one first."),
        gives=Words("Quyết định phần lớn gợi ý.", "Decides most of the suggestions.")),
    Field("stages", "codes", "Giai đoạn phù hợp", "Stages you know", **_ROLE, most=8, vocabulary=STAGES, weight=2),
    Field("markets", "countries", "Kinh nghiệm thị trường", "Markets you know", **_ROLE, most=5),
    Field("mentees_most", "integer", "Số người cố vấn cùng lúc", "Mentees at a time", **_CAPACITY, most=100, weight=2,
        gives=Words("Không ai được gợi ý quá sức bạn.", "Nobody is suggested beyond what you can take on.")),
    Field("mentees_now", "integer", "Hiện đang cố vấn", "Mentees now", **_CAPACITY, most=100,
        hint=Words("Số người bạn đang đồng hành.", "How many you accompany at present.")),
    Field("hours_per_month", "integer", "Số giờ mỗi tháng", "Hours a month", **_CAPACITY, most=200, weight=1),
    Field("sessions_per_week", "integer", "Số buổi mỗi tuần", "Sessions a week", **_CAPACITY, most=40),
    Field("notice_hours", "integer", "Báo trước (giờ)", "Notice (hours)", **_CAPACITY, most=720),
    Field("mode", "code", "Hình thức", "Mode", table="mentor_role", section="capacity", vocabulary=MODES),
    Field("fee_policy", "code", "Thù lao", "Fees", table="mentor_role", section="capacity", vocabulary=FEE_POLICIES,
        weight=1),
    *pair("fee", "Nói rõ về thù lao", "About fees", type="line", table="mentor_role", section="capacity", most=200),
)  # fmt: skip

PERSON_SECTIONS = (ABOUT, REACH, MENTORING, CAPACITY)
