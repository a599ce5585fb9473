"""The closed lists of introductions: what for, what came of it, what is asked for, what is wrong. Labels are data."""

from app.directory.vocabulary.terms import Term, Vocabulary

PURPOSES = Vocabulary(
    "purposes of introductions",
    [
        Term("capital", "Gọi vốn, đầu tư", "Capital, investment"),
        Term("pilot", "Thí điểm với khách hàng", "Pilot with a customer"),
        Term("partnership", "Hợp tác, phân phối", "Partnership, distribution"),
        Term("technology", "Chuyển giao công nghệ", "Technology transfer"),
        Term("mentoring", "Cố vấn, ươm tạo", "Mentoring, incubation"),
        Term("supplier", "Sản xuất, kiểm định", "Manufacturing, testing"),
        Term("market", "Thị trường nước ngoài", "Foreign market"),
        Term("research", "Nghiên cứu chung", "Joint research"),
        Term("other", "Việc khác", "Something else"),
    ],
)

OUTCOMES = Vocabulary(
    "outcomes of introductions",
    [
        Term("meeting", "Đã gặp", "Meeting held"),
        Term("pilot", "Thí điểm", "Pilot"),
        Term("memorandum", "Biên bản ghi nhớ", "Memorandum"),
        Term("technology_transfer", "Chuyển giao công nghệ", "Technology transfer"),
        Term("investment", "Đầu tư", "Investment"),
        Term("hire", "Tuyển dụng", "Hire"),
        Term("mentoring_goal", "Đạt mục tiêu cố vấn", "Mentoring goal met"),
    ],
)

OUTCOME_STATES = Vocabulary(
    "states of outcomes",
    [
        Term("stated", "Chờ bên kia xác nhận", "Waits for the other side"),
        Term("confirmed", "Hai bên đã xác nhận", "Confirmed by both"),
        Term("disputed", "Bên kia không xác nhận", "Not confirmed"),
        Term("withdrawn", "Đã rút lại", "Withdrawn"),
    ],
)

TOPICS = Vocabulary(
    "information asked for",
    [
        Term("deck", "Bản trình bày", "Pitch deck"),
        Term("financials", "Số liệu tài chính", "Financial figures"),
        Term("traction", "Khách hàng, doanh thu", "Customers, revenue"),
        Term("cap_table", "Cơ cấu sở hữu", "Ownership"),
        Term("team", "Đội ngũ", "Team"),
        Term("technology", "Công nghệ, sở hữu trí tuệ", "Technology, intellectual property"),
        Term("legal", "Hồ sơ pháp lý", "Legal papers"),
        Term("other", "Thông tin khác", "Something else"),
    ],
)

REPORTS = Vocabulary(
    "reports about introductions",
    [
        Term("spam", "Gửi hàng loạt, quảng cáo", "Mass mail, advertising"),
        Term("fee", "Đòi phí trước", "Asks for a fee up front"),
        Term("false", "Mạo danh, khai sai", "Pretends to be somebody else"),
        Term("rude", "Xúc phạm, quấy rối", "Insults, harassment"),
        Term("other", "Việc khác", "Something else"),
    ],
)

KINDLY: dict[str, tuple[str, str]] = {
    "sector": (
        "Lĩnh vực của bạn nằm ngoài trọng tâm của họ. Đây không phải là đánh giá về chất lượng.",
        "Your field lies outside what they focus on. This says nothing about your quality.",
    ),
    "too_early": (
        "Với họ thì bây giờ còn sớm. Khi có kết quả mới, bạn có thể ngỏ lời lại.",
        "For them it is too early now. With new results you may ask again.",
    ),
    "too_late": (
        "Họ thường tham gia ở giai đoạn sớm hơn giai đoạn của bạn.",
        "They usually come in at an earlier stage than yours.",
    ),
    "geography": ("Họ không hoạt động ở địa bàn của bạn.", "They do not work where you are."),
    "ticket": (
        "Số vốn bạn cần không nằm trong khoảng họ thường đầu tư.",
        "What you need is not within what they usually invest.",
    ),
    "conflict": (
        "Họ đang làm việc với một đơn vị gần với bạn nên không thể nhận lời.",
        "They work with somebody close to what you do, so they cannot say yes.",
    ),
    "no_capacity": (
        "Lúc này họ không nhận thêm được. Đây không phải là đánh giá về bạn.",
        "They cannot take on more at the moment. This is no judgement of you.",
    ),
    "more_information": (
        "Họ cần biết thêm trước khi trả lời. Hãy bổ sung hồ sơ rồi ngỏ lời lại.",
        "They need to know more before they can say yes. Complete your profile and ask again.",
    ),
    "not_verified": (
        "Họ muốn làm việc với tổ chức đã được xác minh. Bạn có thể bổ sung giấy tờ trong hồ sơ.",
        "They want to work with verified organisations. You can add papers to your profile.",
    ),
    "other": ("Lần này họ chưa thể nhận lời.", "They cannot say yes this time."),
}
"""A reason for declining as the one who asked is told it: Vietnamese, English."""
SOON_AGAIN = frozenset({"more_information", "not_verified"})
"""Reasons that the asker can do something about: they may ask again as soon as they have."""


def kindly(code: str, locale: str) -> str:
    vi, en = KINDLY.get(code, KINDLY["other"])
    return en if locale == "en" else vi
