"""By which further words people look for a province: short forms, English, and what it took in in July 2025."""

from app.directory.vocabulary.terms import words

_ALSO = {
    "01": "HN Hanoi thủ đô",
    "79": "TP HCM TPHCM Sài Gòn Saigon HCMC Ho Chi Minh City Bình Dương Bà Rịa Vũng Tàu",
    "08": "Hà Giang",
    "15": "Yên Bái Sa Pa Sapa",
    "19": "Bắc Kạn Bắc Cạn",
    "22": "Hạ Long Halong",
    "24": "Bắc Giang",
    "25": "Vĩnh Phúc Hòa Bình",
    "31": "Hải Dương Haiphong",
    "33": "Thái Bình",
    "37": "Hà Nam Nam Định",
    "44": "Quảng Bình",
    "46": "Thừa Thiên Hue",
    "48": "Quảng Nam Danang Hội An",
    "51": "Kon Tum",
    "52": "Bình Định Quy Nhơn",
    "56": "Ninh Thuận Nha Trang",
    "66": "Phú Yên Đắc Lắc Daklak",
    "68": "Đắk Nông Bình Thuận Đà Lạt Dalat",
    "75": "Bình Phước",
    "80": "Long An",
    "82": "Tiền Giang",
    "86": "Bến Tre Trà Vinh",
    "91": "Kiên Giang Phú Quốc",
    "92": "Sóc Trăng Hậu Giang Cantho",
    "96": "Bạc Liêu",
}
"""Mergers by the resolution of the National Assembly on provinces, in force from 1 July 2025."""


def further_words(province_code: str | None) -> str:
    """The words, folded; none for a province that is only called what it is called."""
    return words(_ALSO.get(province_code or "", ""))
