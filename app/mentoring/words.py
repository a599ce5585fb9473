"""What states and reports are called, and the choices of forms. Codes are in `states`; vocabularies as data."""

from app.core.i18n import N_, Phrase
from app.directory.vocabulary.terms import Term, Vocabulary

STATUSES = Vocabulary(
    "states of a session",
    [
        Term("offered", "Được nhường chỗ", "Offered to you"),
        Term("requested", "Chờ cố vấn trả lời", "Waits for the mentor"),
        Term("confirmed", "Đã xác nhận", "Confirmed"),
        Term("declined", "Cố vấn từ chối", "Declined"),
        Term("cancelled", "Đã huỷ", "Cancelled"),
        Term("expired", "Hết hạn trả lời", "Not answered in time"),
        Term("held", "Đã diễn ra", "Took place"),
        Term("no_show", "Vắng mặt", "Somebody was absent"),
        Term("disputed", "Hai bên nói khác nhau", "Both sides differ"),
        Term("lapsed", "Chưa ai xác nhận", "Nobody has said"),
    ],
)
BADGES = {
    "offered": "info",
    "requested": "warn",
    "confirmed": "ok",
    "held": "brand",
    "no_show": "error",
    "disputed": "error",
    "lapsed": "warn",
}

SAYINGS = Vocabulary(
    "what was said of a session",
    [
        Term("held", "Buổi đã diễn ra", "It took place"),
        Term("mentor_absent", "Cố vấn không đến", "The mentor did not come"),
        Term("mentee_absent", "Bên được cố vấn không đến", "The startup did not come"),
    ],
)
ENDS = Vocabulary(
    "ends of a goal",
    [
        Term("met", "Đạt được", "Met"),
        Term("partly", "Đạt một phần", "Partly met"),
        Term("dropped", "Bỏ mục tiêu", "Dropped"),
    ],
)
GOAL_STATES = Vocabulary(
    "states of a goal",
    [
        Term("open", "Đang theo đuổi", "Open"),
        Term("met", "Đạt được", "Met"),
        Term("partly", "Đạt một phần", "Partly met"),
        Term("dropped", "Đã bỏ", "Dropped"),
    ],
)
STRIKES = Vocabulary(
    "kinds of strikes",
    [
        Term("no_show", "Không đến buổi đã hẹn", "Did not come"),
        Term("late_cancel", "Huỷ trong vòng 24 giờ", "Cancelled within 24 hours"),
    ],
)
DAYS = Vocabulary(
    "days of the week",
    [
        Term("0", "Thứ Hai", "Monday"),
        Term("1", "Thứ Ba", "Tuesday"),
        Term("2", "Thứ Tư", "Wednesday"),
        Term("3", "Thứ Năm", "Thursday"),
        Term("4", "Thứ Sáu", "Friday"),
        Term("5", "Thứ Bảy", "Saturday"),
        Term("6", "Chủ Nhật", "Sunday"),
    ],
)
CHANGED_DAYS = Vocabulary(
    "changed days",
    [
        Term("closed", "Nghỉ", "Away"),
        Term("extra", "Có thêm giờ", "There besides"),
    ],
)
RATINGS = Vocabulary(
    "ratings of a session",
    [
        Term("5", "5 – Rất hữu ích", "5 – Very useful"),
        Term("4", "4 – Hữu ích", "4 – Useful"),
        Term("3", "3 – Bình thường", "3 – Fair"),
        Term("2", "2 – Ít hữu ích", "2 – Of little use"),
        Term("1", "1 – Không hữu ích", "1 – Of no use"),
    ],
)
RESOLUTIONS = Vocabulary(
    "decisions about a session",
    [
        Term("held", "Buổi đã diễn ra", "It took place"),
        Term("mentee", "Bên được cố vấn vắng mặt", "The startup was absent"),
        Term("mentor", "Cố vấn vắng mặt", "The mentor was absent"),
        Term("both", "Cả hai vắng mặt", "Both were absent"),
    ],
)
MEMBER_STATES = Vocabulary(
    "how it goes in a programme",
    [
        Term("invited", "Chờ nhận lời", "Asked"),
        Term("unmatched", "Chưa ghép cố vấn", "Not matched"),
        Term("matched", "Đã ghép, chưa gặp", "Matched, not met yet"),
        Term("met", "Đã gặp", "Met"),
        Term("silent", "Im lặng", "Silent"),
        Term("waiting", "Có yêu cầu chờ trả lời", "Has unanswered requests"),
        Term("overloaded", "Quá tải", "Has too much"),
    ],
)
MEMBER_BADGES = {"met": "ok", "matched": "info", "silent": "error", "overloaded": "error", "waiting": "warn",
                 "unmatched": "warn"}  # fmt: skip

ACTS: dict[str, Phrase] = {
    "book": N_("booked"),
    "request": N_("asked for the session"),
    "offer": N_("the slot became free and was offered"),
    "accept": N_("took the offered slot"),
    "accept_and_request": N_("took the offered slot and asks the mentor"),
    "pass": N_("passed on the offer"),
    "expire": N_("the time to answer ran out"),
    "confirm": N_("confirmed"),
    "decline": N_("declined"),
    "cancel": N_("cancelled"),
    "move": N_("moved"),
    "move_and_request": N_("moved and asks the mentor again"),
    "settle_held": N_("it took place"),
    "settle_no_show": N_("somebody was absent"),
    "dispute": N_("both sides differ: the staff decide"),
    "lapse": N_("nobody said whether it took place"),
    "resolve_held": N_("the staff decided: it took place"),
    "resolve_no_show": N_("the staff decided: somebody was absent"),
}
ROLES: dict[str, Phrase] = {
    "mentor": N_("the mentor"),
    "mentee": N_("the startup"),
    "staff": N_("the staff"),
    "system": N_("by itself"),
}
