"""What organisations are, what they hold, what they need and offer."""

from app.directory.vocabulary.terms import Term, Vocabulary

KINDS = Vocabulary(
    "kinds",
    [
        Term("startup", "Doanh nghiệp khởi nghiệp", "Startup", ("startup", "khởi nghiệp", "dnkn")),
        Term("project", "Dự án khởi nghiệp", "Startup project", ("dự án", "project")),
        Term("investor", "Nhà đầu tư", "Investor", ("quỹ", "quỹ đầu tư", "fund", "vc", "venture capital")),
        Term("incubator", "Vườn ươm", "Incubator", ("ươm tạo", "tăng tốc", "accelerator", "cơ sở ươm tạo")),
        Term(
            "institute", "Viện, trường", "Institute or university", ("viện", "trường", "đại học", "university", "lab")
        ),
        Term("company", "Doanh nghiệp", "Company", ("tập đoàn", "corporate", "công ty")),
        Term("support", "Tổ chức hỗ trợ", "Support organisation", ("hỗ trợ", "cố vấn", "mentor", "mentoring")),
    ],
)

INVESTOR_TYPES = Vocabulary(
    "investor types",
    [
        Term("angel", "Nhà đầu tư thiên thần (cá nhân)", "Individual, angel"),
        Term("angel_group", "Mạng lưới nhà đầu tư thiên thần", "Angel group"),
        Term("micro_vc", "Quỹ đầu tư mạo hiểm nhỏ", "Micro VC"),
        Term("venture_capital", "Quỹ đầu tư mạo hiểm", "Venture capital"),
        Term(
            "startup_fund_38",
            "Quỹ đầu tư khởi nghiệp sáng tạo (NĐ 38/2018, NĐ 210/2025)",
            "Innovative-startup investment fund (Decrees 38/2018, 210/2025)",
        ),
        Term("local_gov_vc", "Quỹ đầu tư mạo hiểm địa phương (NĐ 264/2025)", "Local government venture fund"),
        Term("national_vc", "Quỹ đầu tư mạo hiểm quốc gia (NĐ 264/2025)", "National venture fund"),
        Term("corporate_venture_capital", "Quỹ đầu tư của tập đoàn", "Corporate venture capital", ("cvc",)),
        Term("accelerator", "Tổ chức thúc đẩy kinh doanh", "Accelerator"),
        Term("incubator", "Vườn ươm", "Incubator"),
        Term("university_program", "Chương trình của trường đại học", "University programme"),
        Term("startup_competition", "Cuộc thi khởi nghiệp", "Startup competition"),
        Term("entrepreneurship_program", "Chương trình khởi nghiệp", "Entrepreneurship programme"),
        Term("family_investment_office", "Văn phòng đầu tư gia đình", "Family office"),
        Term("syndicate", "Liên danh đầu tư", "Syndicate"),
        Term("funding_platform", "Nền tảng gọi vốn", "Funding platform"),
        Term("private_equity_firm", "Quỹ cổ phần tư nhân", "Private equity firm"),
        Term("venture_debt", "Quỹ cho vay mạo hiểm", "Venture debt"),
        Term("investment_bank", "Ngân hàng đầu tư", "Investment bank"),
        Term("fund_of_funds", "Quỹ của các quỹ", "Fund of funds"),
        Term("hedge_fund", "Quỹ phòng hộ", "Hedge fund"),
        Term("pension_funds", "Quỹ hưu trí", "Pension fund"),
        Term("secondary_purchaser", "Bên mua thứ cấp", "Secondary purchaser"),
        Term("government_office", "Cơ quan nhà nước", "Government office"),
        Term("impact_fund", "Quỹ tác động", "Impact fund"),
        Term("dfi", "Tổ chức tài chính phát triển", "Development finance institution"),
    ],
)

SUPPORT_TYPES = Vocabulary(
    "support-organisation types",
    [
        Term("incubator", "Cơ sở ươm tạo (vườn ươm)", "Incubator"),
        Term("technical_facility", "Cơ sở kỹ thuật hỗ trợ DNNVV", "Technical support facility"),
        Term("coworking", "Khu làm việc chung hỗ trợ DNNVV khởi nghiệp sáng tạo", "Co-working space"),
        Term("accelerator", "Tổ chức thúc đẩy kinh doanh", "Accelerator"),
        Term("innovation_centre", "Trung tâm đổi mới sáng tạo", "Innovation centre"),
        Term("innovation_centre_prov", "Trung tâm đổi mới sáng tạo cấp tỉnh", "Provincial innovation centre"),
        Term("innovation_centre_nat", "Trung tâm đổi mới sáng tạo quốc gia", "National innovation centre"),
        Term("startup_support_centre", "Trung tâm hỗ trợ khởi nghiệp sáng tạo", "Startup-support centre"),
        Term(
            "startup_support_centre_prov",
            "Trung tâm hỗ trợ khởi nghiệp sáng tạo cấp tỉnh",
            "Provincial startup-support centre",
        ),
        Term("tech_exchange", "Sàn giao dịch công nghệ", "Technology exchange"),
        Term("tto", "Tổ chức trung gian, văn phòng chuyển giao công nghệ", "Intermediary, technology-transfer office"),
        Term("maker_space", "Không gian sáng chế", "Maker space"),
        Term("university", "Trường đại học", "University"),
        Term("institute", "Viện nghiên cứu", "Research institute"),
        Term("lab", "Phòng thí nghiệm", "Laboratory"),
        Term("association", "Hiệp hội", "Association"),
        Term("community", "Cộng đồng", "Community"),
        Term("media", "Truyền thông", "Media"),
        Term(
            "service_provider", "Nhà cung cấp dịch vụ (luật, kế toán, SHTT)", "Service provider (law, accounting, IP)"
        ),
        Term("tech_village", "Làng công nghệ", "Technology village"),
        Term("government", "Cơ quan quản lý nhà nước", "Government body"),
    ],
)

CREDENTIAL_TYPES = Vocabulary(
    "credential types",
    [
        Term("ste_2019", "Giấy chứng nhận DN KH&CN (NĐ 13/2019)", "S&T enterprise certificate (Decree 13/2019)"),
        Term("ste_2025", "Giấy chứng nhận DN KH&CN (NĐ 268/2025)", "S&T enterprise certificate (Decree 268/2025)"),
        Term("startup_ent", "Công nhận doanh nghiệp khởi nghiệp sáng tạo", "Recognised startup enterprise"),
        Term("startup_ind", "Công nhận cá nhân khởi nghiệp sáng tạo", "Recognised startup individual"),
        Term("innov_centre", "Công nhận trung tâm đổi mới sáng tạo", "Recognised innovation centre"),
        Term("innov_centre_prov", "Công nhận trung tâm ĐMST cấp tỉnh", "Recognised provincial innovation centre"),
        Term("innov_centre_nat", "Công nhận trung tâm ĐMST quốc gia", "Recognised national innovation centre"),
        Term("support_centre", "Công nhận trung tâm hỗ trợ KNST", "Recognised startup-support centre"),
        Term(
            "support_centre_prov",
            "Công nhận trung tâm hỗ trợ KNST cấp tỉnh",
            "Recognised provincial startup-support centre",
        ),
        Term("hitech_ent", "Doanh nghiệp công nghệ cao", "High-tech enterprise"),
        Term(
            "sme_startup",
            "DNNVV khởi nghiệp sáng tạo (Luật Hỗ trợ DNNVV 2017)",
            "Innovative startup SME (SME support law)",
        ),
        Term("st_org", "Tổ chức KH&CN đăng ký hoạt động", "Registered S&T organisation"),
        Term("key_product", "Sản phẩm công nghiệp chủ lực Thủ đô", "Key industrial product of the capital"),
        Term(
            "strategic_tech",
            "Thuộc danh mục công nghệ chiến lược ưu tiên của Hà Nội",
            "On Hanoi's list of strategic technologies",
        ),
        Term("sandbox", "Được phép thử nghiệm có kiểm soát (NQ 29/2025)", "Admitted to a regulatory sandbox"),
        Term("ocop", "Sản phẩm OCOP", "OCOP product"),
        Term("ip_patent", "Sáng chế", "Patent"),
        Term("ip_utility", "Giải pháp hữu ích", "Utility solution"),
        Term("ip_design", "Kiểu dáng công nghiệp", "Industrial design"),
        Term("ip_layout", "Thiết kế bố trí mạch tích hợp", "Integrated-circuit layout"),
        Term("ip_trademark", "Nhãn hiệu", "Trademark"),
        Term("ip_software", "Bản quyền phần mềm", "Software copyright"),
        Term("ip_plant", "Giống cây trồng", "Plant variety"),
        Term("award", "Giải thưởng", "Award"),
    ],
)

NEEDS = Vocabulary(
    "needs and offers",
    [
        Term("capital", "Vốn", "Capital"),
        Term("mentoring", "Cố vấn", "Mentoring"),
        Term("pilot_customer", "Khách hàng thí điểm", "Pilot customer"),
        Term("distribution", "Kênh phân phối", "Distribution"),
        Term("manufacturing", "Nhà cung ứng, gia công", "Manufacturing partner"),
        Term("tech_transfer", "Chuyển giao công nghệ", "Technology transfer"),
        Term("lab_testing", "Phòng thí nghiệm, kiểm định", "Lab & testing"),
        Term("ip", "Hỗ trợ sở hữu trí tuệ", "IP support"),
        Term("legal", "Pháp lý", "Legal"),
        Term("workspace", "Mặt bằng làm việc", "Workspace"),
        Term("talent", "Nhân sự, đồng sáng lập", "Talent & co-founder"),
        Term("pr", "Truyền thông", "PR"),
        Term("international", "Thị trường quốc tế", "International market"),
        Term("recognition", "Thủ tục công nhận", "Recognition dossier"),
        Term("sandbox", "Thử nghiệm có kiểm soát", "Sandbox"),
        Term("data_compute", "Dữ liệu, hạ tầng tính toán", "Data & compute"),
        Term("training", "Đào tạo", "Training"),
    ],
)
"""The same codes for both: somebody's need is met by somebody's offer of the same code."""

MEMBER_ROLES = Vocabulary(
    "member roles",
    [
        Term("owner", "Chủ hồ sơ", "Owner"),
        Term("editor", "Người biên tập", "Editor"),
        Term("viewer", "Người xem", "Viewer"),
    ],
)
