"""The three scales of how far a startup is, rounds of funding, and bands of ticket sizes."""

from decimal import Decimal

import msgspec

from app.directory.vocabulary.terms import Term, Vocabulary

PRODUCT_STAGES = Vocabulary(
    "product stages",
    [
        Term("idea", "Ý tưởng", "Idea"),
        Term("poc", "Chứng minh khái niệm (PoC)", "Proof of concept", ("poc",)),
        Term("prototype", "Mẫu thử", "Prototype"),
        Term("mvp", "Sản phẩm khả dụng tối thiểu (MVP)", "Minimum viable product", ("mvp",)),
        Term("pilot", "Thử nghiệm thực tế", "Pilot"),
        Term("launched", "Thương mại hoá", "Launched"),
    ],
)

STAGES = Vocabulary(
    "stages",
    [
        Term("pre_inc", "Tiền ươm tạo", "Pre-incubation"),
        Term("inc", "Ươm tạo", "Incubation"),
        Term("early", "Giai đoạn đầu", "Early stage", ("early",)),
        Term("growth", "Tăng trưởng", "Growth"),
        Term("scale", "Mở rộng quy mô", "Scale-up", ("scaleup",)),
        Term("mature", "Trưởng thành", "Mature"),
        Term("exit", "Đã thoái vốn, M&A hoặc IPO", "Exited (M&A, IPO)", ("exit", "ipo")),
        Term("closed", "Ngừng hoạt động", "Closed"),
    ],
)
"""How far the company is; how far its product is stands in PRODUCT_STAGES, how far its technology in TRL."""

TRL = Vocabulary(
    "technology readiness levels",
    [
        Term("1", "TRL 1 – Nguyên lý cơ bản", "TRL 1 – Basic principles"),
        Term("2", "TRL 2 – Ý tưởng công nghệ", "TRL 2 – Technology concept"),
        Term("3", "TRL 3 – Chứng minh khái niệm", "TRL 3 – Proof of concept"),
        Term("4", "TRL 4 – Kiểm chứng trong phòng thí nghiệm", "TRL 4 – Validated in the lab"),
        Term("5", "TRL 5 – Kiểm chứng trong môi trường liên quan", "TRL 5 – Validated in a relevant environment"),
        Term("6", "TRL 6 – Trình diễn trong môi trường liên quan", "TRL 6 – Demonstrated in a relevant environment"),
        Term("7", "TRL 7 – Trình diễn trong môi trường vận hành", "TRL 7 – Demonstrated in operation"),
        Term("8", "TRL 8 – Hệ thống hoàn chỉnh", "TRL 8 – System complete"),
        Term("9", "TRL 9 – Đã chứng minh trong vận hành", "TRL 9 – Proven in operation"),
    ],
)

_SERIES = [Term(f"series_{letter}", f"Vòng {letter.upper()}", f"Series {letter.upper()}") for letter in "abcdefghij"]

ROUNDS = Vocabulary(
    "funding rounds",
    [
        Term("bootstrapped", "Tự vốn", "Bootstrapped"),
        Term("friends_family", "Gia đình & bạn bè", "Friends & family"),
        Term("grant", "Tài trợ, ngân sách", "Grant"),
        Term("non_equity_assistance", "Hỗ trợ không lấy cổ phần", "Non-equity assistance"),
        Term("angel", "Thiên thần", "Angel"),
        Term("pre_seed", "Tiền hạt giống", "Pre-seed"),
        Term("seed", "Hạt giống", "Seed"),
        *_SERIES,
        Term("series_c_plus", "Vòng C trở lên", "Series C or later"),
        Term("series_unknown", "Vốn mạo hiểm (không rõ vòng)", "Venture (series unknown)"),
        Term("convertible_note", "Khoản vay chuyển đổi", "Convertible note"),
        Term("corporate_round", "Vốn doanh nghiệp", "Corporate round"),
        Term("debt_financing", "Vay", "Debt financing"),
        Term("venture_debt", "Nợ mạo hiểm", "Venture debt"),
        Term("equity_crowdfunding", "Gọi vốn cộng đồng (cổ phần)", "Equity crowdfunding"),
        Term("product_crowdfunding", "Gọi vốn cộng đồng (sản phẩm)", "Product crowdfunding"),
        Term("private_equity", "Vốn tư nhân", "Private equity"),
        Term("secondary_market", "Thị trường thứ cấp", "Secondary market"),
        Term("post_ipo_equity", "Cổ phần sau IPO", "Post-IPO equity"),
        Term("post_ipo_debt", "Vay sau IPO", "Post-IPO debt"),
        Term("post_ipo_secondary", "Thứ cấp sau IPO", "Post-IPO secondary"),
        Term("undisclosed", "Không công bố", "Undisclosed"),
    ],
)

RAISING_ROUNDS = Vocabulary(
    "rounds being raised",
    [
        ROUNDS[code]
        for code in (
            "grant",
            "angel",
            "pre_seed",
            "seed",
            "series_a",
            "series_b",
            "series_c",
            "convertible_note",
            "debt_financing",
        )
    ],
)
"""The rounds that a profile may say it is raising now."""

ROUND_GROUPS = Vocabulary(
    "stage groups of rounds",
    [
        Term("seed", "Hạt giống", "Seed"),
        Term("early_stage_venture", "Mạo hiểm giai đoạn đầu", "Early-stage venture"),
        Term("late_stage_venture", "Mạo hiểm giai đoạn sau", "Late-stage venture"),
        Term("private_equity", "Vốn tư nhân", "Private equity"),
        Term("m_and_a", "Mua bán, sáp nhập", "M&A"),
        Term("ipo", "Chào bán công khai (IPO)", "IPO"),
    ],
)

CRUNCHBASE_ROUNDS: dict[str, str] = {
    "angel": "angel",
    "venture": "series_unknown",
    "series-a": "series_a",
    "series-b": "series_b",
    "series-c+": "series_c_plus",
    "private-equity": "private_equity",
    "post-ipo": "post_ipo_equity",
    "crowdfunding": "equity_crowdfunding",
    "other": "undisclosed",
}

STAGE_AFTER_ROUND: dict[str, str] = {
    "angel": "early",
    "series_unknown": "early",
    "series_a": "early",
    "equity_crowdfunding": "early",
    "series_b": "growth",
    "series_c_plus": "scale",
    "private_equity": "mature",
    "post_ipo_equity": "exit",
}
"""The stage that a round suggests where the source names none: the furthest counts, and pages say it is derived."""


class TicketBand(msgspec.Struct, frozen=True):
    """A range of amounts in VND, from inclusive, to exclusive; facets only, amounts are stored as numbers."""

    code: str
    vnd_from: Decimal
    vnd_to: Decimal | None
    vi: str
    en: str

    def label(self, locale: str | None = None) -> str:
        return TICKET_BANDS.label(self.code, locale)


_MILLION = Decimal(1_000_000)
BANDS = (
    TicketBand("k0", Decimal(0), 500 * _MILLION, "Dưới 500 triệu đồng", "Under US$20k"),
    TicketBand("k1", 500 * _MILLION, 2_500 * _MILLION, "0,5–2,5 tỷ đồng", "US$20–100k"),
    TicketBand("k2", 2_500 * _MILLION, 7_500 * _MILLION, "2,5–7,5 tỷ đồng", "US$100–300k"),
    TicketBand("k3", 7_500 * _MILLION, 25_000 * _MILLION, "7,5–25 tỷ đồng", "US$0.3–1m"),
    TicketBand("k4", 25_000 * _MILLION, 75_000 * _MILLION, "25–75 tỷ đồng", "US$1–3m"),
    TicketBand("k5", 75_000 * _MILLION, 250_000 * _MILLION, "75–250 tỷ đồng", "US$3–10m"),
    TicketBand("k6", 250_000 * _MILLION, None, "Trên 250 tỷ đồng", "Over US$10m"),
)
TICKET_BANDS = Vocabulary("ticket bands", [Term(band.code, band.vi, band.en) for band in BANDS])


def ticket_band(amount_vnd: Decimal) -> str:
    """The code of the band that an amount in VND falls into."""
    return next(band.code for band in reversed(BANDS) if amount_vnd >= band.vnd_from)
