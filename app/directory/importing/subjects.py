"""What a file may be a list of: organisations, one of the lists of their profiles, or persons; and its columns."""

from functools import cache

import msgspec

from app.core.errors import NotFound
from app.core.i18n import N_, Phrase, current_locale
from app.directory.fields import COLLECTIONS, FIELDS, PERSON_FIELDS, SECTIONS, Collection, Field, Section

ORGANISATIONS, PERSONS = "organisations", "persons"
PROFILE, EXTERNAL, NEEDS, OFFERS = "profile", "external_id", "needs", "offers"
OWN: dict[str, tuple[Phrase, tuple[str, ...]]] = {
    PROFILE: (N_("Profile number"), ("Mã hồ sơ", "Profile number", "profile id", "địa chỉ hồ sơ", "profile")),
    EXTERNAL: (N_("Number in this list"), ("Mã trong danh sách", "Number in this list", "external id", "mã nguồn")),
    NEEDS: (N_("Needs"), ("Nhu cầu", "Needs", "nhu cầu hỗ trợ", "looking for")),
    OFFERS: (N_("Offers"), ("Khả năng hợp tác", "Offers", "khả năng cung cấp", "can offer")),
}
"""Columns that are no field of the registry: whom a row is about, and needs and offers by their codes."""

ROW, ORGANISATION, CODE, EXPERTISE = "row", "organisation", "enterprise_code", "expertise"
_OF_LISTS: dict[str, tuple[Phrase, tuple[str, ...]]] = {
    ROW: (N_("Entry number"), ("Mã mục", "Entry number", "entry id")),
    PROFILE: OWN[PROFILE],
    ORGANISATION: (N_("Organisation"), (
        "Tổ chức", "Organisation", "organization", "tên tổ chức", "tên doanh nghiệp", "doanh nghiệp", "đơn vị",
        "tên đơn vị", "tên công ty", "company",
    )),
    CODE: (N_("Enterprise code"), (
        "Mã số doanh nghiệp", "Enterprise code", "mst", "mã số thuế", "tax code", "tax id", "msdn", "mã doanh nghiệp",
    )),
}  # fmt: skip
"""Whom an entry of a list belongs to; and which one it is, where our own export says so."""
_OF_PERSONS: dict[str, tuple[Phrase, tuple[str, ...]]] = {
    PROFILE: OWN[PROFILE],
    EXPERTISE: (N_("Knows about"), ("Chuyên môn", "Knows about", "expertise", "lĩnh vực chuyên môn", "năng lực")),
}

HABITS: dict[str, tuple[str, ...]] = {
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
_LIST_HABITS: dict[str, tuple[str, ...]] = {
    "name_vi": ("tên", "tên chương trình", "tên dịch vụ", "name"),
    "name_en": ("tên tiếng anh", "english name"),
    "title_vi": ("tên", "tiêu đề", "tên công nghệ", "tên bài toán", "title", "name"),
    "title_en": ("tên tiếng anh", "english title"),
    "text_vi": ("mô tả", "nội dung", "description"),
    "metric_vi": ("chỉ số", "metric"),
    "direction": ("cần hay giúp", "direction"),
    "line": ("địa chỉ", "address", "street"),
    "url": ("website", "trang web", "link"),
}
_PERSON_HABITS: dict[str, tuple[str, ...]] = {
    "name": ("tên", "họ tên", "tên chuyên gia", "tên cố vấn", "name", "expert", "mentor"),
    "headline_vi": ("chức danh", "chức vụ", "vị trí", "giới thiệu ngắn", "position", "job title"),
    "bio_vi": ("giới thiệu", "bio"),
    "sectors": ("lĩnh vực", "sector", "sectors"),
    "roles": ("vai trò", "role"),
    "languages": ("ngoại ngữ", "language"),
}


class Subject(msgspec.Struct, frozen=True):
    """What a file is a list of. `fields`: what its columns say; `own`: columns that are no field; `naming`: of these
    one has to be there. `called`: fields whose text is a name, in which lost letters cannot be put up with.
    """

    name: str
    vi: str
    en: str
    fields: dict[str, Field]
    own: dict[str, tuple[Phrase, tuple[str, ...]]]
    naming: frozenset[str]
    called: tuple[str, ...]
    habits: dict[str, tuple[str, ...]] = {}
    sections: tuple[Section, ...] = ()
    template: tuple[str, ...] = ()
    collection: Collection | None = None

    def label(self, locale: str | None = None) -> str:
        return self.en if (locale or current_locale()) == "en" else self.vi

    @property
    def organisations(self) -> bool:
        return self.name == ORGANISATIONS


_TEMPLATE = ("name", "name_en", "kinds", "legal_name", "enterprise_code", "founded_on", "website", "summary_vi",
             "summary_en", "sectors", "technologies", "stage", "province_code", "ward_code", "contact_email",
             "contact_phone", "headcount", "needs", "offers")  # fmt: skip


@cache
def subjects() -> dict[str, Subject]:
    """Every subject by its name, as a sender chooses among them."""
    found = [
        Subject(
            ORGANISATIONS, "Tổ chức", "Organisations", FIELDS, OWN,
            frozenset({"name", "legal_name", "enterprise_code", PROFILE, EXTERNAL}), ("name", "legal_name"), HABITS,
            tuple(SECTIONS.values()), _TEMPLATE,
        ),
        *(_of_list(collection) for collection in COLLECTIONS.values()),
        Subject(
            PERSONS, "Cố vấn, chuyên gia", "Mentors and experts", PERSON_FIELDS, _OF_PERSONS,
            frozenset({PROFILE, "contact_email"}), ("name",), {**HABITS, **_PERSON_HABITS},
            template=("name", "contact_email", "headline_vi", "headline_en", "bio_vi", "languages", "province_code",
                      "roles", "help_kinds", "sectors", "stages", EXPERTISE, "mode", "fee_policy"),
        ),
    ]  # fmt: skip
    return {subject.name: subject for subject in found}


def _of_list(collection: Collection) -> Subject:
    fields = {field.name: field for field in collection.fields}
    called = (ORGANISATION, *(name for name in collection.title if fields[name].type == "line"))
    return Subject(
        collection.name, collection.vi, collection.en, fields, _OF_LISTS, frozenset({ROW, PROFILE, ORGANISATION, CODE}),
        called, {**HABITS, **_LIST_HABITS}, template=(ORGANISATION, CODE, *fields), collection=collection,
    )  # fmt: skip


def subject_named(name: str) -> Subject:
    """The subject of this name, or NotFound."""
    if name not in subjects():
        raise NotFound
    return subjects()[name]
