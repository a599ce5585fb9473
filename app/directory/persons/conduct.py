"""The code of conduct that mentors and experts accept: data in both languages, with the day it holds from.

A change of meaning is a new entry at the end; who accepted an older one is asked again and stays listed meanwhile.
"""

import msgspec

from app.core.i18n import pick


class Rule(msgspec.Struct, frozen=True):
    """One rule in both languages."""

    vi: str
    en: str

    @property
    def text(self) -> str:
        return pick(self.vi, self.en)


class Conduct(msgspec.Struct, frozen=True, kw_only=True):
    """One version: the day it holds from, and its rules."""

    version: str
    rules: tuple[Rule, ...]


_ALL = (
    Conduct(
        version="2026-11-22",
        rules=(
            Rule(
                "Đặt lợi ích của người được cố vấn lên trước; không bán dịch vụ, không xin cổ phần trong buổi cố vấn.",
                "The people you advise come first: no selling of services and no asking for shares in a session.",
            ),
            Rule(
                "Giữ kín những gì bạn được kể, kể cả sau khi kết thúc, trừ khi được đồng ý hoặc pháp luật yêu cầu.",
                "What you are told stays with you, also afterwards, unless they agree or the law asks for it.",
            ),
            Rule(
                "Nói trước về xung đột lợi ích; không cố vấn hay chấm giải nơi bạn sở hữu, đầu tư hoặc cạnh tranh.",
                "Say where your interests conflict; no mentoring or judging where you own, invest or compete.",
            ),
            Rule(
                "Thù lao, nếu có, được nói rõ trước khi bắt đầu, đúng như trên hồ sơ của bạn.",
                "Fees, if there are any, are named before you begin, and are those of your profile.",
            ),
            Rule(
                "Đúng hẹn; không đến được thì báo sớm.",
                "Keep appointments, or say early that you cannot.",
            ),
            Rule(
                "Tôn trọng mọi người: không quấy rối, không phân biệt đối xử.",
                "Treat everybody with respect: no harassment, no discrimination.",
            ),
            Rule(
                "Chỉ nói những gì bạn biết; việc pháp lý, thuế và y tế thì giới thiệu người có chuyên môn.",
                "Speak of what you know; for legal, tax and medical questions name somebody qualified.",
            ),
        ),
    ),
)

CONDUCT = _ALL[-1]
"""The text that holds now."""
