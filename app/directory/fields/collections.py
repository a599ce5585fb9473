"""The lists of a profile: mandates, needs and offers, programmes, technologies, figures, awards, addresses."""

from app.directory.fields.field import Collection, Field, Tier, Words, pair
from app.directory.vocabulary import NEEDS, RAISING_ROUNDS, SECTORS, STAGES, TECHNOLOGIES, TICKET_BANDS, TRL
from app.directory.vocabulary.persons import LANGUAGES
from app.directory.vocabulary.profiles import (
    ADDRESS_TYPES,
    DIRECTIONS,
    FACILITY_TYPES,
    INSTRUMENTS,
    INTAKES,
    IP_STATES,
    IP_TYPES,
    LEADS,
    MENTION_TYPES,
    MODES,
    OPEN_TO,
    PROGRAMME_TYPES,
    STRENGTHS,
    TRANSFER_FORMS,
)

STARTUPS = frozenset({"startup", "project"})
SUPPORTERS = frozenset({"incubator", "support", "institute"})
MAKERS = frozenset({"institute", "company", "startup", "project"})

_SECTORS = Field("sectors", "codes", "Lĩnh vực", "Sectors", most=12, vocabulary=SECTORS)
_TECHNOLOGIES = Field("technologies", "codes", "Công nghệ", "Technologies", most=10, vocabulary=TECHNOLOGIES)
_CURRENCY = Field("currency", "currency", "Đồng tiền", "Currency")

MANDATES = Collection(
    name="mandate",
    vi="Khẩu vị đầu tư",
    en="What you invest in",
    one=Words("khẩu vị đầu tư", "mandate"),
    kinds=frozenset({"investor"}),
    most=8,
    title=("name_vi", "name_en"),
    weight=6,
    gives=Words("Không có khẩu vị thì không có gợi ý đúng.", "Without a mandate no suggestion can fit."),
    fields=(
        *pair("name", "Tên", "Name", type="line", most=120),
        Field("rounds", "codes", "Vòng", "Rounds", most=12, vocabulary=RAISING_ROUNDS),
        Field("stages", "codes", "Giai đoạn", "Stages", most=8, vocabulary=STAGES),
        Field("sectors", "codes", "Lĩnh vực đầu tư", "Sectors you invest in", most=12, vocabulary=SECTORS),
        Field("excluded_sectors", "codes", "Lĩnh vực không đầu tư", "Sectors you never invest in", most=26,
            vocabulary=SECTORS),
        _TECHNOLOGIES,
        Field("geographies", "regions", "Địa bàn", "Where", most=20,
            hint=Words("Để trống là mọi nơi.", "None means anywhere.")),
        Field("instruments", "codes", "Công cụ", "Instruments", most=6, vocabulary=INSTRUMENTS),
        Field("ticket_min", "money", "Mức đầu tư nhỏ nhất", "Smallest ticket", tier=Tier.MEMBERS,
            currency="ticket_currency"),
        Field("ticket_typical", "money", "Mức đầu tư thường gặp", "Typical ticket", tier=Tier.MEMBERS,
            currency="ticket_currency"),
        Field("ticket_max", "money", "Mức đầu tư lớn nhất", "Largest ticket", tier=Tier.MEMBERS,
            currency="ticket_currency"),
        Field("ticket_currency", "currency", "Đồng tiền", "Currency", tier=Tier.MEMBERS),
        Field("revenue_min", "money", "Doanh thu tối thiểu", "Least revenue", tier=Tier.MEMBERS,
            currency="ticket_currency"),
        Field("leads", "code", "Dẫn dắt vòng", "Leads rounds", vocabulary=LEADS),
        Field("takes_board_seat", "maybe", "Tham gia hội đồng quản trị", "Takes a board seat"),
        Field("impact_only", "flag", "Chỉ đầu tư tác động", "Impact only"),
        Field("diaspora", "flag", "Đầu tư vào người Việt ở nước ngoài", "Invests in the diaspora"),
        *pair("thesis", "Luận điểm đầu tư", "What convinces you", most=800),
    ),
)  # fmt: skip

NEEDS_AND_OFFERS = Collection(
    name="need_offer",
    vi="Nhu cầu và khả năng hợp tác",
    en="Needs and offers",
    one=Words("nhu cầu hoặc khả năng hợp tác", "need or offer"),
    tier=Tier.MEMBERS,
    most=40,
    title=("text_vi", "text_en", "code"),
    weight=6,
    gives=Words("Gợi ý nối nhu cầu với người đáp ứng được.", "Suggestions bring needs to whoever can meet them."),
    fields=(
        Field("direction", "code", "Cần hay có thể giúp", "Need or offer", required=True, vocabulary=DIRECTIONS),
        Field("code", "code", "Loại", "Kind", required=True, vocabulary=NEEDS),
        *pair("text", "Mô tả", "In your words", most=500),
        Field("strength", "code", "Mức độ", "How much it matters", required=True, vocabulary=STRENGTHS),
        _SECTORS,
        _TECHNOLOGIES,
        Field("quantity", "integer", "Số lượng", "How many", low=1, most=10_000),
        Field("valid_until", "date", "Có hiệu lực đến", "Valid until"),
    ),
)

TRACTION = Collection(
    name="traction",
    vi="Kết quả đạt được",
    en="Traction",
    one=Words("kết quả", "figure"),
    kinds=STARTUPS,
    tier=Tier.VERIFIED,
    title=("metric_vi", "metric_en"),
    weight=2,
    gives=Words("Nhà đầu tư thấy bạn tiến lên.", "Investors see that you move."),
    fields=(
        *pair("metric", "Chỉ số", "Metric", type="line", most=120),
        Field("value", "amount", "Giá trị", "Value", required=True),
        Field("unit", "line", "Đơn vị", "Unit", most=40),
        Field("measured_on", "date", "Vào ngày", "On", required=True),
    ),
)

IP_ASSETS = Collection(
    name="ip_asset",
    vi="Tài sản trí tuệ",
    en="Intellectual property",
    one=Words("tài sản trí tuệ", "asset"),
    kinds=MAKERS,
    tier=Tier.MEMBERS,
    title=("title_vi", "title_en", "number"),
    fields=(
        Field("ip_type", "code", "Loại", "Kind", required=True, vocabulary=IP_TYPES),
        *pair("title", "Tên", "Title", type="line", most=200),
        Field("number", "line", "Số", "Number", most=80),
        Field("state", "code", "Tình trạng bảo hộ", "Protection", vocabulary=IP_STATES),
        Field("granted_on", "date", "Ngày cấp", "Granted on"),
        Field("owner", "line", "Chủ sở hữu", "Owner", most=160),
    ),
)

MENTIONS = Collection(
    name="mention",
    vi="Giải thưởng, báo chí, chương trình",
    en="Awards, press, programmes",
    one=Words("mục", "entry"),
    title=("title_vi", "title_en"),
    fields=(
        Field("mention_type", "code", "Loại", "Kind", required=True, vocabulary=MENTION_TYPES),
        *pair("title", "Tên", "Title", type="line", most=200),
        Field("giver", "line", "Nơi trao hoặc đăng", "Given or published by", most=160),
        Field("rank", "line", "Thứ hạng", "Rank", most=80),
        Field("url", "url", "Địa chỉ", "Address", most=300),
        Field("mentioned_on", "date", "Ngày", "Date"),
    ),
)

YEARS = Collection(
    name="yearly_update",
    vi="Cập nhật hằng năm",
    en="Yearly figures",
    one=Words("năm", "year"),
    tier=Tier.DEPARTMENT,
    title=("year",),
    weight=1,
    gives=Words(
        "Thành phố tính đúng mà không lộ số liệu của bạn.", "The city counts right without showing your figures."
    ),
    fields=(
        Field("year", "integer", "Năm", "Year", required=True, low=1990, most=2200),
        Field("revenue", "money", "Doanh thu", "Revenue", currency="currency"),
        _CURRENCY,
        Field("headcount", "integer", "Số lao động", "Headcount", most=1_000_000),
        Field("jobs_created", "integer", "Việc làm mới", "Jobs created", most=1_000_000),
        Field("capital_raised", "money", "Vốn đã gọi", "Capital raised", currency="currency"),
        Field("enterprises_supported", "integer", "Doanh nghiệp được hỗ trợ", "Enterprises supported", most=100_000),
        Field("projects_supported", "integer", "Dự án được hỗ trợ", "Projects supported", most=100_000),
        Field("graduates", "integer", "Tốt nghiệp chương trình", "Graduates", most=100_000),
        Field("ip_strategy", "maybe", "Dùng tài sản trí tuệ trong chiến lược", "Uses IP in its strategy"),
    ),
)

PROGRAMMES = Collection(
    name="programme",
    vi="Chương trình",
    en="Programmes",
    one=Words("chương trình", "programme"),
    kinds=SUPPORTERS,
    title=("name_vi", "name_en"),
    weight=4,
    gives=Words("Startup nộp đơn đúng chương trình.", "Startups apply to the programme that fits."),
    fields=(
        Field("programme_type", "code", "Loại", "Kind", required=True, vocabulary=PROGRAMME_TYPES),
        *pair("name", "Tên", "Name", type="line", most=160),
        *pair("text", "Mô tả", "Description", most=2_000),
        Field("intake", "code", "Cách nhận", "Intake", vocabulary=INTAKES),
        Field("weeks", "integer", "Số tuần", "Weeks", low=1, most=520),
        Field("equity_percent", "percent", "Cổ phần lấy (%)", "Equity taken (%)", most=100),
        Field("fee", "money", "Phí", "Fee", currency="currency"),
        Field("stipend", "money", "Hỗ trợ tiền mặt", "Stipend", currency="currency"),
        _CURRENCY,
        Field("stages", "codes", "Giai đoạn", "Stages", most=8, vocabulary=STAGES),
        _SECTORS,
        Field("languages", "codes", "Ngôn ngữ", "Languages", most=8, vocabulary=LANGUAGES),
        Field("mode", "code", "Hình thức", "Mode", vocabulary=MODES),
        Field("apply_from", "date", "Nhận đơn từ", "Apply from"),
        Field("apply_until", "date", "Nhận đơn đến", "Apply until"),
        Field("url", "url", "Địa chỉ", "Address", most=300),
    ),
)

SERVICES = Collection(
    name="service",
    vi="Dịch vụ",
    en="Services",
    one=Words("dịch vụ", "service"),
    kinds=SUPPORTERS | {"company"},
    title=("name_vi", "name_en", "code"),
    fields=(
        Field("code", "code", "Loại", "Kind", required=True, vocabulary=NEEDS),
        *pair("name", "Tên", "Name", type="line", most=160),
        *pair("text", "Mô tả", "Description", most=1_000),
        Field("subsidy_percent", "integer", "Mức hỗ trợ (%)", "Subsidy (%)", most=100),
        *pair("eligibility", "Ai được hỗ trợ", "Who is eligible", most=500),
        Field("url", "url", "Địa chỉ", "Address", most=300),
    ),
)

FACILITIES = Collection(
    name="facility",
    vi="Cơ sở vật chất",
    en="Facilities",
    one=Words("cơ sở", "facility"),
    kinds=SUPPORTERS | {"company"},
    title=("name_vi", "name_en", "facility_type"),
    fields=(
        Field("facility_type", "code", "Loại", "Kind", required=True, vocabulary=FACILITY_TYPES),
        *pair("name", "Tên", "Name", type="line", most=160),
        Field("quantity", "integer", "Số lượng", "How many", low=1, most=100_000),
        _TECHNOLOGIES,
        Field("open_to_others", "flag", "Cho bên ngoài dùng", "Open to others"),
    ),
)

TECHNOLOGY_OFFERS = Collection(
    name="technology_offer",
    vi="Công nghệ chào bán, chuyển giao",
    en="Technologies on offer",
    one=Words("công nghệ", "technology"),
    kinds=MAKERS,
    title=("title_vi", "title_en"),
    weight=2,
    gives=Words("Doanh nghiệp đang cần công nghệ tìm thấy bạn.", "Companies that need a technology find you."),
    fields=(
        *pair("title", "Tên công nghệ", "Name of the technology", type="line", most=200),
        *pair("text", "Mô tả", "Description", most=3_000),
        Field("task_number", "line", "Mã số nhiệm vụ KH&CN", "Number of the research task", most=80),
        Field("trl", "level", "Mức sẵn sàng công nghệ (TRL)", "Technology readiness (TRL)", vocabulary=TRL),
        Field("ip_state", "code", "Tình trạng bảo hộ", "Protection", vocabulary=IP_STATES),
        Field("forms", "codes", "Hình thức chuyển giao", "Forms of transfer", most=5, vocabulary=TRANSFER_FORMS),
        Field("price_band", "code", "Khoảng giá", "Price band", tier=Tier.VERIFIED, vocabulary=TICKET_BANDS),
        _SECTORS,
        _TECHNOLOGIES,
        *pair("application", "Bằng chứng ứng dụng", "Evidence of use", most=1_000),
    ),
)

TECHNOLOGY_NEEDS = Collection(
    name="technology_need",
    vi="Nhu cầu công nghệ, bài toán đặt hàng",
    en="Technology needs and challenges",
    one=Words("bài toán", "challenge"),
    kinds=MAKERS,
    title=("title_vi", "title_en"),
    weight=2,
    gives=Words("Startup và viện trường mang lời giải đến.", "Startups and institutes bring solutions."),
    fields=(
        *pair("title", "Tên bài toán", "Name of the challenge", type="line", most=200),
        *pair("problem", "Vấn đề", "Problem", most=3_000),
        *pair("target", "Chỉ tiêu cần đạt", "Target to reach", most=500),
        Field("budget_band", "code", "Khoảng ngân sách", "Budget band", tier=Tier.VERIFIED, vocabulary=TICKET_BANDS),
        Field("data_available", "maybe", "Có sẵn dữ liệu", "Data available"),
        Field("open_to", "codes", "Ai có thể tham gia", "Open to", most=4, vocabulary=OPEN_TO),
        _SECTORS,
        _TECHNOLOGIES,
        Field("deadline", "date", "Hạn chót", "Deadline"),
        *pair("evaluation", "Cách đánh giá", "Evaluation", most=1_000),
    ),
)

ADDRESSES = Collection(
    name="address",
    vi="Địa chỉ",
    en="Addresses",
    one=Words("địa chỉ", "address"),
    most=20,
    title=("line",),
    fields=(
        Field("address_type", "code", "Loại", "Kind", required=True, vocabulary=ADDRESS_TYPES),
        Field("line", "line", "Số nhà, đường", "Street and number", most=250, required=True, standard="streetAddress"),
        Field("country", "country", "Quốc gia", "Country", required=True),
        Field("province_code", "province", "Tỉnh, thành phố", "Province or city"),
        Field("ward_code", "ward", "Xã, phường", "Ward or commune"),
        Field("valid_from", "date", "Từ ngày", "From"),
        Field("valid_until", "date", "Đến ngày", "Until"),
    ),
)

ALL: tuple[Collection, ...] = (
    MANDATES,
    NEEDS_AND_OFFERS,
    PROGRAMMES,
    SERVICES,
    FACILITIES,
    TECHNOLOGY_OFFERS,
    TECHNOLOGY_NEEDS,
    TRACTION,
    IP_ASSETS,
    MENTIONS,
    ADDRESSES,
    YEARS,
)
