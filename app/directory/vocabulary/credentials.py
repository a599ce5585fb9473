"""Words about credentials: how one was verified, and how one stands on a day."""

from app.directory.vocabulary.terms import Term, Vocabulary

CREDENTIAL_CHECKS = Vocabulary(
    "ways of verifying",
    [
        Term("document", "Đối chiếu với bản giấy hoặc tệp chứng nhận", "Compared with the document"),
        Term("register", "Tra cứu trong sổ đăng ký của cơ quan cấp", "Looked up in the issuer's register"),
    ],
)

CREDENTIAL_STANDINGS = Vocabulary(
    "standings of credentials",
    [
        Term("draft", "Chờ kiểm tra", "Waits to be checked"),
        Term("refused", "Cần sửa lại", "Sent back"),
        Term("valid", "Đang có hiệu lực", "Valid"),
        Term("expired", "Đã hết hạn", "Run out"),
        Term("revoked", "Đã thu hồi", "Revoked"),
        Term("superseded", "Đã được thay thế", "Replaced"),
    ],
)
