"""What people say of themselves as mentors and experts, and what they answer questions about."""

from app.directory.vocabulary.terms import Term, Vocabulary

CONTACT_FOR = Vocabulary(
    "contacts",
    [
        Term("general", "Liên hệ chung", "General questions"),
        Term("funding", "Gọi vốn, đầu tư", "Funding"),
        Term("technical", "Kỹ thuật", "Technical questions"),
        Term("legal", "Pháp lý", "Legal questions"),
        Term("marketing", "Truyền thông", "Marketing & press"),
    ],
)

PARTICIPATION = Vocabulary(
    "roles of mentors and experts",
    [
        Term("mentor", "Cố vấn đồng hành", "Mentor"),
        Term("advisor", "Tư vấn theo giờ", "Advisor by the hour"),
        Term("judge", "Giám khảo", "Judge"),
        Term("speaker", "Diễn giả", "Speaker"),
        Term("trainer", "Giảng viên", "Trainer"),
    ],
)

EXPERTISE_LEVELS = Vocabulary(
    "levels of expertise",
    [
        Term("hands_on", "Trực tiếp làm", "Hands-on"),
        Term("managed", "Từng quản lý", "Managed it"),
        Term("advised", "Từng tư vấn", "Advised on it"),
    ],
)

FEE_POLICIES = Vocabulary(
    "fees",
    [
        Term("free", "Miễn phí", "Pro bono"),
        Term("honorarium", "Thù lao tượng trưng", "Honorarium"),
        Term("paid", "Có phí", "Paid"),
    ],
)

CONFLICT_GROUNDS = Vocabulary(
    "grounds of conflict",
    [
        Term("owner", "Sở hữu", "Owner"),
        Term("employee", "Đang làm việc", "Employee"),
        Term("investor", "Đã đầu tư", "Investor"),
        Term("competitor", "Cạnh tranh", "Competitor"),
        Term("family", "Người thân", "Family"),
    ],
)

LANGUAGES = Vocabulary(
    "languages",
    [
        Term("vi", "Tiếng Việt", "Vietnamese"),
        Term("en", "Tiếng Anh", "English"),
        Term("zh", "Tiếng Trung", "Chinese"),
        Term("ja", "Tiếng Nhật", "Japanese"),
        Term("ko", "Tiếng Hàn", "Korean"),
        Term("fr", "Tiếng Pháp", "French"),
        Term("de", "Tiếng Đức", "German"),
        Term("ru", "Tiếng Nga", "Russian"),
    ],
)

PERSON_VOCABULARIES = (
    CONTACT_FOR,
    PARTICIPATION,
    EXPERTISE_LEVELS,
    FEE_POLICIES,
    CONFLICT_GROUNDS,
    LANGUAGES,
)
