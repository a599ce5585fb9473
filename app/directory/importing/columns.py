"""Columns of a table as fields of the registry: known by label in either language, name, standard term, or habit."""

import re
from functools import cache

import msgspec

from app.core.i18n import N_, Phrase
from app.core.text import clean_line, fold
from app.directory.fields import FIELDS, SECTIONS
from app.directory.importing.tabular import Cell, Row, is_blank, shown
from app.directory.vocabulary import words

PROFILE, EXTERNAL, NEEDS, OFFERS = "profile", "external_id", "needs", "offers"
OWN: dict[str, tuple[Phrase, tuple[str, ...]]] = {
    PROFILE: (N_("Profile number"), ("Mã hồ sơ", "Profile number", "profile id", "địa chỉ hồ sơ", "profile")),
    EXTERNAL: (N_("Number in this list"), ("Mã trong danh sách", "Number in this list", "external id", "mã nguồn")),
    NEEDS: (N_("Needs"), ("Nhu cầu", "Needs", "nhu cầu hỗ trợ", "looking for")),
    OFFERS: (N_("Offers"), ("Khả năng hợp tác", "Offers", "khả năng cung cấp", "can offer")),
}
"""Columns that are no field of the registry: whom a row is about, and needs and offers by their codes."""

_HABITS: dict[str, tuple[str, ...]] = {
    "name": ("tên tổ chức", "tên doanh nghiệp", "tên đơn vị", "tên công ty", "tên dự án", "organisation", "company",
             "organization", "tên thương mại", "trade name", "tên startup"),
    "name_en": ("english name", "tên tiếng anh", "tên quốc tế"),
    "kinds": ("kind", "loại", "loại hình", "type", "loại hình tổ chức"),
    "legal_name": ("tên đầy đủ", "tên pháp nhân"),
    "enterprise_code": ("mst", "mã số thuế", "mã số doanh nghiệp mã số thuế", "tax code", "tax id", "msdn", "mã số dn",
                        "mã doanh nghiệp"),
    "founded_on": ("ngày thành lập", "thành lập", "founded", "founded on", "năm tl"),
    "sectors": ("sector", "ngành", "lĩnh vực hoạt động", "ngành nghề", "industry"),
    "country": ("nước",),
    "province_code": ("tỉnh", "tỉnh thành", "thành phố", "tỉnh tp", "province", "province code", "tỉnh thành phố",
                      "city or province"),
    "ward_code": ("phường", "xã", "phường xã", "xã phường", "ward", "commune"),
    "website": ("web", "url", "trang chủ", "trang thông tin", "webpage", "địa chỉ web"),
    "contact_email": ("email", "e mail", "thư điện tử", "email liên hệ", "hộp thư"),
    "contact_phone": ("điện thoại", "sđt", "số điện thoại", "phone", "tel", "đt", "di động", "mobile"),
    "summary_vi": ("giới thiệu", "tóm tắt", "vietnamese summary"),
    "summary_en": ("summary", "english summary", "one liner", "short description"),
    "description_vi": ("mô tả", "mô tả chi tiết"),
    "description_en": ("description", "long description"),
    "pitch_vi": ("giới thiệu ngắn",),
    "pitch_en": ("elevator pitch",),
    "technologies": ("technology", "công nghệ sử dụng"),
    "headcount": ("số nhân sự", "nhân sự", "employees", "số nhân viên", "quy mô nhân sự"),
    "stage": ("giai đoạn", "giai đoạn phát triển"),
    "trl": ("mức trl", "trl"),
    "raising_amount": ("số vốn", "vốn cần gọi", "raising", "amount raising"),
    "raising_round": ("vòng gọi vốn", "vòng"),
    "status": ("trạng thái", "tình trạng hoạt động"),
    "investor_types": ("loại hình nhà đầu tư", "investor type"),
    "socials": ("facebook", "linkedin"),
}  # fmt: skip
NOT_IN_FILES = frozenset({"file", "organisation"})
"""Types of fields that a cell cannot say."""

_BRACKETS = re.compile(r"[(\[][^)\]]*[)\]]|\*")
_UNITS = (("nghin ty", 10**12), ("ty", 10**9), ("trieu", 10**6), ("nghin", 10**3), ("billion", 10**9),
          ("million", 10**6), ("bn", 10**9), ("mn", 10**6))  # fmt: skip
_MONEY = (("vnd", "VND"), ("dong", "VND"), ("usd", "USD"), ("eur", "EUR"), ("sgd", "SGD"), ("jpy", "JPY"))
LONGEST = 200
"""Letters of a title that are looked at: any cell may be taken for one, and looking for brackets costs their square."""
LOOKED_AT = 30
"""Rows from the top among which the titles are looked for."""


class Column(msgspec.Struct, frozen=True):
    """One column: `field` is what it says, "" for nothing of ours; `how` is title, hand, twice or unknown.

    `scale` and `currency` are what the title says of amounts: "Vốn (tỷ đồng)".
    """

    index: int
    title: str
    field: str = ""
    how: str = "unknown"
    scale: int = 1
    currency: str = ""


def targets() -> dict[str, str]:
    """Every field that a column may say, with its label in the current language, in the order of the edit page."""
    found = {name: phrase.text() for name, (phrase, _titles) in OWN.items()}
    order = {"": 0, **{name: n for n, name in enumerate(SECTIONS)}}
    fields = [field for field in FIELDS.values() if field.type not in NOT_IN_FILES]
    for field in sorted(fields, key=lambda field: order.get(field.section, 99)):
        found[field.name] = title_of(field.name)
    return found


def title_of(name: str, locale: str | None = None) -> str:
    """The title of a field's column: its label, with its section where two fields have the same label."""
    if name in OWN:
        return OWN[name][0].text(locale)
    field = FIELDS[name]
    label = field.label(locale)
    if len(_labelled(locale or "")[label]) > 1 and field.section in SECTIONS:
        return f"{label} – {SECTIONS[field.section].label(locale)}"
    return label


def _labelled(locale: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for field in FIELDS.values():
        found.setdefault(field.label(locale or None), []).append(field.name)
    return found


@cache
def _known() -> dict[str, str]:
    """The field that each title stands for, in folded words; exact labels come before habits."""
    found: dict[str, str] = {}
    fields = [field for field in FIELDS.values() if field.type not in NOT_IN_FILES]
    for name, (phrase, titles) in OWN.items():
        for title in (name, phrase.text("vi"), phrase.text("en"), *titles):
            found.setdefault(words(title), name)
    for field in fields:
        for title in (field.name, title_of(field.name, "vi"), title_of(field.name, "en")):
            found.setdefault(words(title), field.name)
    for field in fields:
        for title in (field.vi, field.en, *_HABITS.get(field.name, ())):
            found.setdefault(words(title), field.name)
    standards = [field.standard for field in fields if field.standard]
    for field in fields:
        if field.standard and standards.count(field.standard) == 1:
            found.setdefault(words(_spaced(field.standard)), field.name)
            found.setdefault(words(field.standard), field.name)
    return found


def _spaced(standard: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", standard)


def field_of(title: str) -> str:
    """The field that a title means, "" for none of ours. Brackets and what follows a comma count only if needed."""
    title = title[:LONGEST]
    tried = (title, _BRACKETS.sub(" ", title), title.rpartition(",")[0])
    return next((field for text in tried if (field := _known().get(words(text)))), "")


def columns_from(titles: list[str], chosen: dict[str, str]) -> list[Column]:
    """The columns under these titles. `chosen` is what somebody said by hand: the field for an index, "" for none."""
    found: list[Column] = []
    by_hand = set(chosen.values()) - {""}
    taken: set[str] = set()
    for index, title in enumerate(titles):
        said = chosen.get(str(index))
        if said is not None:
            field, how = (said, "hand") if said not in taken else ("", "twice")
        else:
            field = field_of(title) if title else ""
            how = "title" if field else "unknown"
            if field in taken or (field and field in by_hand):
                field, how = "", "twice"
        taken |= {field} - {""}
        scale, currency = _unit_of(title)
        found.append(Column(index, title, field, how, scale, currency))
    return found


def _unit_of(title: str) -> tuple[int, str]:
    """What a title says of its amounts: "(triệu đồng)" is a million VND."""
    inside = " ".join(fold(part) for part in re.findall(r"[(\[]([^)\]]*)[)\]]", title))
    inside += " " + fold(title.rpartition(",")[2] if "," in title else "")
    scale = next((by for word, by in _UNITS if re.search(rf"\b{word}\b", inside)), 1)
    currency = next((code for word, code in _MONEY if re.search(rf"\b{word}\b", inside)), "")
    return scale, currency


def titles_among(rows: list[Row]) -> tuple[int, list[str]]:
    """The row of titles and what it says: the one with most known titles, else the first with more than one text."""
    best: Row | None = None
    most = 0
    for row in rows[:LOOKED_AT]:
        known = len({field_of(text) for text in _texts(row[1])} - {""})
        if known > most:
            best, most = row, known
    if best is None:
        filled = [row for row in rows[:LOOKED_AT] if not is_blank(row[1])]
        best = next((row for row in filled if len(_texts(row[1])) > 1), filled[0] if filled else None)
    if best is None:
        return 0, []
    return best[0], titles_of(best[1])


def titles_of(cells: list[Cell]) -> list[str]:
    return [clean_line(shown(cell))[:120] for cell in cells]


def _texts(cells: list[Cell]) -> list[str]:
    return [clean_line(cell) for cell in cells if isinstance(cell, str) and cell.strip()]
