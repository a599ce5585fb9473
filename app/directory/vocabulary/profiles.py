"""What profiles of every kind choose from: legal forms, sizes, lenses, funds, programmes, technologies."""

from app.directory.vocabulary.terms import Term, Vocabulary

LEGAL_FORMS = Vocabulary(
    "legal forms",
    [
        Term("jsc", "Công ty cổ phần", "Joint-stock company", ("cp", "ctcp", "jsc")),
        Term("llc_1", "Công ty TNHH một thành viên", "Single-member limited company", ("tnhh mtv",)),
        Term("llc_2", "Công ty TNHH hai thành viên trở lên", "Limited company with members", ("tnhh", "co., ltd")),
        Term("partnership", "Công ty hợp danh", "Partnership"),
        Term("private", "Doanh nghiệp tư nhân", "Private enterprise", ("dntn",)),
        Term("household", "Hộ kinh doanh", "Household business"),
        Term("cooperative", "Hợp tác xã", "Cooperative", ("htx",)),
        Term("soe", "Doanh nghiệp nhà nước", "State-owned enterprise"),
        Term("public_unit", "Đơn vị sự nghiệp công lập", "Public service unit"),
        Term("st_organisation", "Tổ chức khoa học và công nghệ", "Science and technology organisation"),
        Term("association", "Hội, hiệp hội", "Association"),
        Term("foreign", "Pháp nhân nước ngoài", "Foreign legal entity"),
        Term("none", "Chưa có pháp nhân", "No legal person yet"),
    ],
)

STATUSES = Vocabulary(
    "statuses",
    [
        Term("active", "Đang hoạt động", "Active"),
        Term("dormant", "Tạm ngừng", "Dormant"),
        Term("closed", "Đã ngừng hoạt động", "Closed"),
        Term("acquired", "Đã được mua lại", "Acquired"),
        Term("merged", "Đã sáp nhập", "Merged"),
    ],
)

SIZE_CLASSES = Vocabulary(
    "size classes",
    [
        Term("micro", "Siêu nhỏ", "Micro"),
        Term("small", "Nhỏ", "Small"),
        Term("medium", "Vừa", "Medium"),
        Term("large", "Lớn", "Large"),
    ],
)

LENSES = Vocabulary(
    "lenses",
    [
        Term("social_impact", "Tác động xã hội", "Social impact"),
        Term("student", "Sinh viên", "Student"),
        Term("local", "Địa phương", "Local"),
        Term("international", "Quốc tế", "International"),
        Term("community", "Cộng đồng", "Community"),
        Term("one_person", "Doanh nghiệp một người", "One-person enterprise"),
    ],
)

SDGS = Vocabulary(
    "sustainable development goals",
    [
        Term("sdg_1", "Xoá nghèo", "No poverty"),
        Term("sdg_2", "Không còn nạn đói", "Zero hunger"),
        Term("sdg_3", "Sức khoẻ và cuộc sống tốt", "Good health and well-being"),
        Term("sdg_4", "Giáo dục có chất lượng", "Quality education"),
        Term("sdg_5", "Bình đẳng giới", "Gender equality"),
        Term("sdg_6", "Nước sạch và vệ sinh", "Clean water and sanitation"),
        Term("sdg_7", "Năng lượng sạch với giá hợp lý", "Affordable and clean energy"),
        Term("sdg_8", "Việc làm tốt và tăng trưởng kinh tế", "Decent work and economic growth"),
        Term("sdg_9", "Công nghiệp, sáng tạo và hạ tầng", "Industry, innovation and infrastructure"),
        Term("sdg_10", "Giảm bất bình đẳng", "Reduced inequalities"),
        Term("sdg_11", "Đô thị và cộng đồng bền vững", "Sustainable cities and communities"),
        Term("sdg_12", "Tiêu dùng và sản xuất có trách nhiệm", "Responsible consumption and production"),
        Term("sdg_13", "Hành động về khí hậu", "Climate action"),
        Term("sdg_14", "Tài nguyên và môi trường biển", "Life below water"),
        Term("sdg_15", "Tài nguyên và môi trường trên đất liền", "Life on land"),
        Term("sdg_16", "Hoà bình, công lý và thể chế vững mạnh", "Peace, justice and strong institutions"),
        Term("sdg_17", "Quan hệ đối tác vì các mục tiêu", "Partnerships for the goals"),
    ],
)

INSTRUMENTS = Vocabulary(
    "instruments",
    [
        Term("equity", "Cổ phần", "Equity"),
        Term("convertible", "Khoản vay chuyển đổi", "Convertible note"),
        Term("safe", "Quyền mua cổ phần (SAFE)", "SAFE, right to buy shares", ("safe",)),
        Term("debt", "Vay", "Debt"),
        Term("revenue_share", "Chia sẻ doanh thu", "Revenue share"),
        Term("grant", "Tài trợ", "Grant"),
    ],
)

LEADS = Vocabulary(
    "leads rounds",
    [
        Term("always", "Luôn dẫn dắt vòng", "Always leads"),
        Term("sometimes", "Có thể dẫn dắt", "Sometimes leads"),
        Term("never", "Chỉ tham gia cùng", "Never leads"),
    ],
)

INTRO_POLICIES = Vocabulary(
    "introduction policies",
    [
        Term("open", "Nhận mọi đề nghị", "Open to everybody"),
        Term("ask_first", "Hỏi trước khi giới thiệu", "Ask first"),
        Term("programme_only", "Chỉ qua chương trình", "Through programmes only"),
        Term("closed", "Hiện không nhận", "Closed for now"),
    ],
)

FUND_BASES = Vocabulary(
    "legal bases of funds",
    [
        Term("decree_38", "Quỹ đầu tư KNST (NĐ 38/2018, NĐ 210/2025)", "Startup fund (Decrees 38/2018, 210/2025)"),
        Term("decree_264", "Quỹ ĐTMH nhà nước (NĐ 264/2025)", "State venture fund (Decree 264/2025)"),
        Term("company", "Công ty đầu tư", "Investment company"),
        Term("individual", "Cá nhân", "Individual"),
        Term("foreign", "Quỹ nước ngoài", "Foreign fund"),
    ],
)

VALUE_ADD = Vocabulary(
    "value beyond capital",
    [
        Term("customers", "Giới thiệu khách hàng", "Customer introductions"),
        Term("hiring", "Tuyển dụng", "Hiring"),
        Term("next_round", "Chuẩn bị vòng sau", "Preparing the next round"),
        Term("strategy", "Chiến lược", "Strategy"),
        Term("product", "Sản phẩm & công nghệ", "Product & technology"),
        Term("governance", "Quản trị, pháp lý", "Governance & legal"),
        Term("abroad", "Mở rộng ra nước ngoài", "Going abroad"),
        Term("network", "Mạng lưới đối tác", "Partner network"),
    ],
)

SUPPORT_BASES = Vocabulary(
    "legal bases of support organisations",
    [
        Term("circular_07", "Thông tư 07/2020/TT-BKHCN", "Circular 07/2020/TT-BKHCN"),
        Term("decree_268", "Công nhận theo NĐ 268/2025", "Recognised under Decree 268/2025"),
        Term("decree_268_province", "Cấp tỉnh, NĐ 268/2025", "Provincial level, Decree 268/2025"),
        Term("decree_268_nation", "Cấp quốc gia, NĐ 268/2025", "National level, Decree 268/2025"),
        Term("none", "Chưa được công nhận", "Not recognised"),
    ],
)

DIRECTIONS = Vocabulary(
    "directions",
    [Term("need", "Chúng tôi cần", "We look for"), Term("offer", "Chúng tôi có", "We offer")],
)

STRENGTHS = Vocabulary(
    "strengths",
    [
        Term("must", "Bắt buộc", "Must have"),
        Term("prefer", "Ưu tiên", "Preferred"),
        Term("flexible", "Linh hoạt", "Flexible"),
    ],
)

IP_TYPES = Vocabulary(
    "kinds of intellectual property",
    [
        Term("patent", "Sáng chế", "Patent"),
        Term("utility", "Giải pháp hữu ích", "Utility solution"),
        Term("design", "Kiểu dáng công nghiệp", "Industrial design"),
        Term("layout", "Thiết kế bố trí", "Layout design"),
        Term("mark", "Nhãn hiệu", "Trade mark"),
        Term("software", "Bản quyền phần mềm", "Software copyright"),
        Term("plant", "Giống cây trồng", "Plant variety"),
    ],
)

IP_STATES = Vocabulary(
    "states of protection",
    [
        Term("none", "Chưa đăng ký", "Not registered"),
        Term("filed", "Đã nộp đơn", "Filed"),
        Term("granted", "Đã được cấp", "Granted"),
        Term("secret", "Bí quyết kỹ thuật", "Trade secret"),
        Term("expired", "Hết hiệu lực", "Expired"),
    ],
)

TRANSFER_FORMS = Vocabulary(
    "forms of transfer",
    [
        Term("licence", "Cấp quyền sử dụng", "Licence"),
        Term("transfer", "Chuyển nhượng", "Transfer"),
        Term("co_develop", "Cùng phát triển", "Joint development"),
        Term("spin_off", "Lập doanh nghiệp khởi nguồn", "Spin-off"),
        Term("service", "Dịch vụ kỹ thuật", "Technical service"),
    ],
)

OPEN_TO = Vocabulary(
    "who may answer",
    [
        Term("startup", "Doanh nghiệp khởi nghiệp", "Startups"),
        Term("institute", "Viện, trường", "Institutes and universities"),
        Term("company", "Doanh nghiệp", "Companies"),
        Term("anyone", "Mọi tổ chức, cá nhân", "Anyone"),
    ],
)

PROGRAMME_TYPES = Vocabulary(
    "kinds of programmes",
    [
        Term("pre_incubation", "Tiền ươm tạo", "Pre-incubation"),
        Term("incubation", "Ươm tạo", "Incubation"),
        Term("acceleration", "Tăng tốc", "Acceleration"),
        Term("training", "Đào tạo", "Training"),
        Term("competition", "Cuộc thi", "Competition"),
        Term("soft_landing", "Hỗ trợ vào thị trường", "Soft landing"),
        Term("grant", "Tài trợ", "Grant scheme"),
        Term("mentoring", "Cố vấn", "Mentoring"),
    ],
)

INTAKES = Vocabulary(
    "intakes",
    [Term("rolling", "Nhận quanh năm", "Rolling"), Term("cohort", "Theo khoá", "In cohorts")],
)

MODES = Vocabulary(
    "modes",
    [
        Term("on_site", "Trực tiếp", "On site"),
        Term("online", "Trực tuyến", "Online"),
        Term("hybrid", "Kết hợp", "Hybrid"),
    ],
)

FACILITY_TYPES = Vocabulary(
    "kinds of facilities",
    [
        Term("workspace", "Chỗ làm việc", "Workspace"),
        Term("meeting", "Phòng họp, hội trường", "Meeting room, hall"),
        Term("lab", "Phòng thí nghiệm", "Laboratory"),
        Term("maker", "Không gian sáng chế", "Maker space"),
        Term("equipment", "Thiết bị dùng chung", "Shared equipment"),
        Term("testbed", "Khu thử nghiệm", "Test bed"),
        Term("compute", "Hạ tầng tính toán, dữ liệu", "Computing and data"),
    ],
)

MENTION_TYPES = Vocabulary(
    "mentions",
    [
        Term("award", "Giải thưởng", "Award"),
        Term("press", "Báo chí", "Press"),
        Term("programme", "Chương trình đã tham gia", "Programme taken part in"),
    ],
)

ADDRESS_TYPES = Vocabulary(
    "addresses",
    [
        Term("head_office", "Trụ sở chính", "Head office"),
        Term("branch", "Chi nhánh", "Branch"),
        Term("lab", "Xưởng, phòng thí nghiệm", "Workshop, laboratory"),
        Term("post", "Địa chỉ nhận thư", "Postal address"),
    ],
)

CREDENTIAL_STATES = Vocabulary(
    "states of credentials",
    [
        Term("draft", "Chưa kiểm tra", "Not checked yet"),
        Term("valid", "Có hiệu lực", "Valid"),
        Term("expired", "Hết hạn", "Expired"),
        Term("revoked", "Đã thu hồi", "Revoked"),
        Term("superseded", "Đã thay thế", "Superseded"),
    ],
)

REGIMES = Vocabulary(
    "regimes",
    [
        Term("decree_13_2019", "Nghị định 13/2019/NĐ-CP", "Decree 13/2019/NĐ-CP"),
        Term("decree_268_2025", "Nghị định 268/2025/NĐ-CP", "Decree 268/2025/NĐ-CP"),
        Term("sme_law_2017", "Luật Hỗ trợ DNNVV 2017", "SME Support Law 2017"),
        Term("resolution_29_2025", "Nghị quyết 29/2025/NQ-HĐND Hà Nội", "Hanoi Resolution 29/2025/NQ-HĐND"),
        Term("decision_1139_2026", "Quyết định 1139/QĐ-UBND 2026", "Decision 1139/QĐ-UBND 2026"),
        Term("ip_law", "Luật Sở hữu trí tuệ", "Intellectual Property Law"),
        Term("other", "Căn cứ khác", "Another basis"),
    ],
)

SOURCES = Vocabulary(
    "sources",
    [
        Term("self", "tự khai", "said by the organisation"),
        Term("import", "nhập từ tệp", "imported"),
        Term("registry", "cơ quan đăng ký", "from a register"),
        Term("department", "cơ quan quản lý", "from the department"),
        Term("event", "sự kiện", "from an event"),
    ],
)

TIERS = Vocabulary(
    "visibility",
    [
        Term("0", "Mọi người", "Everybody"),
        Term("1", "Thành viên đã đăng nhập", "Members who are signed in"),
        Term("2", "Đối tác đã xác minh", "Verified counterparts"),
        Term("3", "Chỉ ai được bạn cho phép", "Only whom you let"),
        Term("4", "Chỉ cơ quan quản lý", "The department only"),
    ],
)

PROFILE_VOCABULARIES = (
    LEGAL_FORMS,
    STATUSES,
    SIZE_CLASSES,
    LENSES,
    SDGS,
    INSTRUMENTS,
    LEADS,
    INTRO_POLICIES,
    FUND_BASES,
    VALUE_ADD,
    SUPPORT_BASES,
    DIRECTIONS,
    STRENGTHS,
    IP_TYPES,
    IP_STATES,
    TRANSFER_FORMS,
    OPEN_TO,
    PROGRAMME_TYPES,
    INTAKES,
    MODES,
    FACILITY_TYPES,
    MENTION_TYPES,
    ADDRESS_TYPES,
    CREDENTIAL_STATES,
    REGIMES,
    SOURCES,
    TIERS,
)
