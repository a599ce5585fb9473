"""Words of curation: how something is claimed, why claims, profiles and reports are decided as they are."""

from app.directory.vocabulary.terms import Term, Vocabulary

CLAIM_METHODS = Vocabulary(
    "claim methods",
    [
        Term("email", "Địa chỉ e-mail thuộc tên miền của tổ chức", "E-mail address at the organisation's domain"),
        Term("document", "Giấy tờ chứng minh", "A document"),
        Term("department", "Cơ quan quản lý xác nhận", "The department decides"),
    ],
)

CLAIM_STATES = Vocabulary(
    "claim states",
    [
        Term("made", "Đang chờ", "Waiting"),
        Term("approved", "Đã chấp thuận", "Approved"),
        Term("refused", "Đã từ chối", "Refused"),
        Term("withdrawn", "Đã rút lại", "Withdrawn"),
        Term("superseded", "Đã được thay thế", "Superseded"),
    ],
)

CLAIM_REASONS = Vocabulary(
    "reasons of claims",
    [
        Term("proved", "Đã chứng minh được quyền đại diện", "The right to speak for it was shown"),
        Term("known", "Cơ quan quản lý biết rõ người này", "The department knows the person"),
        Term("not_shown", "Chưa chứng minh được quyền đại diện", "The right to speak for it was not shown"),
        Term("unreadable", "Giấy tờ không đọc được hoặc không đầy đủ", "The document is unreadable or incomplete"),
        Term("expired_paper", "Giấy tờ đã hết hiệu lực", "The document is no longer valid"),
        Term("other_person", "Tổ chức đã có người đại diện khác", "Somebody else speaks for the organisation"),
        Term("other_organisation", "Giấy tờ thuộc về một tổ chức khác", "The document is of another organisation"),
        Term("no_answer", "Liên kết đã hết hạn mà không được mở", "The link ran out without being opened"),
        Term("another_approved", "Một yêu cầu khác đã được chấp thuận", "Another claim was approved"),
        Term("other", "Lý do khác", "Another reason"),
    ],
)

CHANGE_REASONS = Vocabulary(
    "reasons for asking for a change",
    [
        Term("incomplete", "Thông tin còn thiếu", "Something is missing"),
        Term("wrong", "Thông tin chưa đúng", "Something is not right"),
        Term("not_shown", "Số liệu chưa có căn cứ", "A figure has no evidence"),
        Term("advertising", "Nội dung mang tính quảng cáo", "It reads like advertising"),
        Term("language", "Ngôn ngữ không phù hợp", "The language is not fitting"),
        Term("wrong_kind", "Sai loại hình hoặc lĩnh vực", "The wrong kind or sector"),
        Term("picture", "Hình ảnh không phù hợp", "A picture is not fitting"),
        Term("rights", "Vi phạm quyền của người khác", "It harms somebody's rights"),
        Term("personal", "Có dữ liệu cá nhân không nên công khai", "It shows personal data that should not be public"),
        Term("not_real", "Tổ chức không có thật", "The organisation does not exist"),
        Term("fee_for_pitch", "Thu phí người gọi vốn", "It charges people for raising money"),
        Term("duplicate", "Trùng với hồ sơ khác", "It repeats another profile"),
        Term("unchecked", "Chờ kiểm duyệt lần đầu", "Waits for the first check"),
        Term("other", "Lý do khác", "Another reason"),
    ],
)

REPORT_KINDS = Vocabulary(
    "kinds of reports",
    [
        Term("wrong", "Thông tin không đúng", "Something is not right"),
        Term("outdated", "Thông tin đã cũ", "Something is out of date"),
        Term("closed", "Tổ chức không còn hoạt động", "The organisation no longer exists"),
        Term("duplicate", "Trùng với hồ sơ khác", "It repeats another profile"),
        Term("fee", "Thu phí để được gặp nhà đầu tư", "Asks money for meeting investors"),
        Term("fraud", "Có dấu hiệu lừa đảo", "It looks like fraud"),
        Term("rights", "Vi phạm quyền của tôi hoặc người khác", "It harms my rights or somebody's"),
        Term("other", "Lý do khác", "Something else"),
    ],
)

DUPLICATE_REASONS = Vocabulary(
    "signs of duplicates",
    [
        Term("code", "cùng mã số doanh nghiệp", "the same enterprise code"),
        Term("branch", "cùng mã số, khác đơn vị phụ thuộc", "the same code, another branch"),
        Term("domain", "cùng tên miền", "the same domain"),
        Term("name", "cùng tên", "the same name"),
        Term("similar", "tên gần giống", "a similar name"),
        Term("initials", "cùng chữ viết tắt", "the same initials"),
        Term("province", "cùng tỉnh, thành phố", "the same province"),
        Term("sector", "cùng lĩnh vực", "a sector in common"),
        Term("other_code", "mã số doanh nghiệp khác nhau", "different enterprise codes"),
        Term("other_domain", "tên miền khác nhau", "different domains"),
        Term("other_country", "khác quốc gia", "different countries"),
    ],
)
