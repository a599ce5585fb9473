"""What people can consent to, each for itself: data in both languages, dated texts, and what withdrawing stops.

A change of meaning is a new text with a later `version` and `asks_again`; a better wording is a new text without it.
"""

from datetime import date
from typing import Literal

import msgspec

from app.core.i18n import pick


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What was shown, and from when on. The version is the day on which it began to be shown."""

    version: str
    vi: str
    en: str
    asks_again: bool = False
    """Means something else than the text before: who agreed to that one is asked again."""

    @property
    def day(self) -> date:
        return date.fromisoformat(self.version)


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """By `consent`: nothing happens until somebody agrees. By service: part of what one asked for, until a no.

    Not `offered`: nothing reads it yet, so nobody is asked; who agreed before sees it still and can withdraw.
    """

    code: str
    offered: bool = True
    by: Literal["consent", "service"] = "consent"
    label_vi: str
    label_en: str
    stops_vi: str
    stops_en: str
    wordings: tuple[Wording, ...]

    @property
    def text(self) -> Wording:
        """The text that is shown now."""
        return self.wordings[-1]

    @property
    def least_version(self) -> str:
        """The oldest text that means the same as the one shown now."""
        return [wording.version for wording in self.wordings if wording.asks_again or wording is self.wordings[0]][-1]

    def wording(self, version: str) -> Wording:
        """The text of a version; the oldest one for a version that is not known any more."""
        return next((wording for wording in self.wordings if wording.version == version), self.wordings[0])

    @property
    def label(self) -> str:
        return pick(self.label_vi, self.label_en)

    @property
    def stops(self) -> str:
        return pick(self.stops_vi, self.stops_en)


FIRST = "2026-11-22"

_ALL = (
    Purpose(
        code="profile",
        label_vi="Hồ sơ cá nhân công khai",
        label_en="Public personal profile",
        stops_vi="Hồ sơ cá nhân của bạn biến mất khỏi danh bạ, kết quả tìm kiếm và trang của tổ chức ngay lập tức.",
        stops_en="Your personal profile leaves the directory, the search and the pages of organisations at once.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Tên, chức danh và hồ sơ chuyên gia hoặc cố vấn của tôi được hiển thị trong danh bạ và tìm thấy qua"
                " ô tìm kiếm, trong phạm vi tôi chọn cho từng mục.",
                en="My name, my position and my profile as an expert or mentor are shown in the directory and found by"
                " its search, as far as I allow for each part.",
            ),
        ),
    ),
    Purpose(
        code="suggestions",
        label_vi="Gợi ý kết nối dựa trên hồ sơ cá nhân",
        label_en="Suggestions made from my personal profile",
        stops_vi="Bạn không còn được gợi ý cho ai và hồ sơ của bạn không còn được dùng để tính gợi ý.",
        stops_en="You are suggested to nobody any more, and suggestions no longer use your profile.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Hồ sơ cá nhân do tôi khai được dùng để gợi ý tôi với những người và tổ chức phù hợp, và gợi ý họ"
                " cho tôi. Việc tôi xem trang nào không được theo dõi.",
                en="What I say in my personal profile is used to suggest me to people and organisations that fit, and"
                " them to me. Which pages I look at is not tracked.",
            ),
        ),
    ),
    Purpose(
        code="digests",
        label_vi="Email tin mới",
        label_en="News by e-mail",
        stops_vi="Bạn không nhận email tin mới nữa. Email về vé, tài khoản và yêu cầu của bạn vẫn được gửi.",
        stops_en="You get no more news by e-mail. Mails about your tickets, account and requests still come.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Kết Nối được gửi email cho tôi về sự kiện sắp tới, kết quả mới của những tìm kiếm tôi đã lưu và"
                " gợi ý kết nối mới cho tổ chức của tôi.",
                en="Kết Nối may write to me about coming events, what is new in searches that I have saved, and new"
                " suggestions for my organisations.",
            ),
        ),
    ),
    Purpose(
        code="desk_search",
        by="service",
        label_vi="Tìm theo tên tại bàn check-in",
        label_en="Being found by name at the check-in desk",
        stops_vi="Nhân viên check-in không còn tìm thấy bạn theo tên; bạn cần mã QR hoặc mã vé để vào cửa.",
        stops_en="The desk no longer finds you by name; you need your QR code or the code of your ticket to come in.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Khi tôi đăng ký sự kiện, nhân viên tại cửa có thể tìm vé của tôi theo tên, đơn vị hoặc email.",
                en="When I register for an event, the people at its door can find my ticket by name, organisation or"
                " e-mail address.",
            ),
        ),
    ),
    Purpose(
        code="share_contact",
        offered=False,
        label_vi="Chia sẻ thông tin liên hệ với đơn vị triển lãm",
        label_en="Sharing my contact with exhibitors",
        stops_vi="Đơn vị triển lãm không còn xem được thông tin liên hệ của bạn; họ chỉ thấy số lượt khách.",
        stops_en="Exhibitors no longer see how to reach you; they only see how many people came.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Đơn vị triển lãm quét thẻ của tôi tại sự kiện được xem tên, đơn vị và email của tôi để liên hệ"
                " lại.",
                en="An exhibitor that scans my badge at an event may see my name, organisation and e-mail address to"
                " get back to me.",
            ),
        ),
    ),
    Purpose(
        code="statistics",
        offered=False,
        label_vi="Thống kê từ thông tin không bắt buộc",
        label_en="Statistics from optional details",
        stops_vi="Những thông tin này không còn được tính vào thống kê mới và được xóa khỏi hồ sơ của bạn.",
        stops_en="These details no longer count in new statistics and are removed from your records.",
        wordings=(
            Wording(
                version=FIRST,
                vi="Những thông tin nhạy cảm tôi tự nguyện khai, như giới tính hay năm sinh, được đếm trong thống kê"
                " không nêu tên ai.",
                en="Sensitive details that I chose to give, such as gender or year of birth, are counted in statistics"
                " that name nobody.",
            ),
        ),
    ),
)

PURPOSES: dict[str, Purpose] = {purpose.code: purpose for purpose in _ALL}
"""By code, in the order in which they are shown."""
