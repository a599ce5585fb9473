"""Sectors (the market), enabling technologies, business models and customers, and how CrunchBase's categories map."""

from app.directory.vocabulary.terms import Term, Vocabulary

SECTORS = Vocabulary(
    "sectors",
    [
        Term("agri", "Nông nghiệp công nghệ cao", "AgriTech", ("nông nghiệp", "agriculture", "farming", "thủy sản")),
        Term("food", "Thực phẩm & đồ uống", "FoodTech, F&B", ("thực phẩm", "food", "đồ uống", "foodtech")),
        Term(
            "health",
            "Y tế số & thiết bị y tế",
            "HealthTech, MedTech",
            ("y tế", "health", "medical", "sức khỏe", "medtech"),
        ),
        Term("bio", "Công nghệ sinh học & dược liệu", "Biotech & pharma", ("sinh học", "dược", "biotech", "pharma")),
        Term("edu", "Giáo dục & đào tạo", "EdTech", ("giáo dục", "education", "edtech", "đào tạo")),
        Term(
            "fin",
            "Tài chính, bảo hiểm",
            "FinTech, InsurTech",
            ("tài chính", "bảo hiểm", "fintech", "finance", "ngân hàng"),
        ),
        Term(
            "city",
            "Đô thị thông minh & chính quyền số",
            "Smart city, GovTech",
            ("đô thị thông minh", "smart city", "govtech", "government"),
        ),
        Term(
            "travel", "Du lịch & khách sạn", "TravelTech", ("du lịch", "khách sạn", "travel", "tourism", "hospitality")
        ),
        Term(
            "retail",
            "Thương mại điện tử & bán lẻ",
            "E-commerce & retail",
            ("thương mại điện tử", "bán lẻ", "ecommerce", "retail"),
        ),
        Term(
            "mobility",
            "Giao thông & logistics",
            "Mobility & logistics",
            ("giao thông", "logistics", "vận tải", "mobility"),
        ),
        Term(
            "prop",
            "Bất động sản & xây dựng",
            "PropTech, ConTech",
            ("bất động sản", "xây dựng", "real estate", "proptech"),
        ),
        Term(
            "manu",
            "Sản xuất & công nghiệp hỗ trợ",
            "Manufacturing & supporting industry",
            ("sản xuất", "công nghiệp hỗ trợ", "manufacturing", "cơ khí"),
        ),
        Term("hard", "Phần cứng, robot & IoT", "Hardware, robotics, IoT", ("phần cứng", "robot", "iot", "hardware")),
        Term("semi", "Bán dẫn & vi mạch", "Semiconductors", ("bán dẫn", "vi mạch", "chip", "semiconductor")),
        Term(
            "ai", "Trí tuệ nhân tạo & dữ liệu", "AI & data", ("trí tuệ nhân tạo", "dữ liệu", "ai", "machine learning")
        ),
        Term(
            "soft", "Phần mềm & dịch vụ CNTT", "Software & IT services", ("phần mềm", "cntt", "software", "it", "saas")
        ),
        Term("sec", "An ninh mạng", "Cybersecurity", ("an toàn thông tin", "bảo mật", "security")),
        Term("chain", "Blockchain & tài sản số", "Blockchain & digital assets", ("blockchain", "tài sản số", "crypto")),
        Term(
            "media",
            "Nội dung số, trò chơi & công nghiệp văn hoá",
            "Media, games & creative industries",
            ("nội dung số", "trò chơi", "game", "games", "media", "công nghiệp văn hóa"),
        ),
        Term("telecom", "Viễn thông", "Telecom", ("telecommunications", "messaging")),
        Term("energy", "Năng lượng sạch", "Clean energy", ("năng lượng", "energy", "cleantech", "năng lượng xanh")),
        Term(
            "env",
            "Môi trường & kinh tế tuần hoàn",
            "Environment & circular economy",
            ("môi trường", "kinh tế tuần hoàn", "environment", "circular economy"),
        ),
        Term("mat", "Vật liệu mới", "Advanced materials", ("vật liệu", "materials", "nano")),
        Term(
            "space",
            "Hàng không, vũ trụ & thiết bị bay",
            "Aerospace & drones",
            ("hàng không", "vũ trụ", "drone", "aerospace"),
        ),
        Term(
            "biz",
            "Dịch vụ doanh nghiệp & nhân sự",
            "Business & HR services",
            ("dịch vụ doanh nghiệp", "nhân sự", "hr", "marketing", "consulting"),
        ),
        Term(
            "life",
            "Tiêu dùng, thể thao & phong cách sống",
            "Consumer, sports & lifestyle",
            ("tiêu dùng", "thể thao", "phong cách sống", "ocop", "làng nghề", "consumer", "lifestyle", "sports"),
        ),
    ],
)

CRUNCHBASE_CATEGORIES: dict[str, tuple[str, ...]] = {
    "advertising": ("biz",),
    "analytics": ("ai",),
    "automotive": ("mobility",),
    "biotech": ("bio",),
    "cleantech": ("energy",),
    "consulting": ("biz",),
    "design": ("biz",),
    "ecommerce": ("retail",),
    "education": ("edu",),
    "enterprise": ("soft",),
    "fashion": ("life",),
    "finance": ("fin",),
    "games_video": ("media",),
    "government": ("city",),
    "hardware": ("hard",),
    "health": ("health",),
    "hospitality": ("travel",),
    "legal": ("biz",),
    "local": ("life",),
    "manufacturing": ("manu",),
    "medical": ("health",),
    "messaging": ("telecom",),
    "mobile": ("soft",),
    "music": ("media",),
    "nanotech": ("mat",),
    "network_hosting": ("soft",),
    "news": ("media",),
    "nonprofit": (),
    "other": (),
    "pets": ("life",),
    "photo_video": ("media",),
    "public_relations": ("biz",),
    "real_estate": ("prop",),
    "search": ("soft",),
    "security": ("sec",),
    "semiconductor": ("semi",),
    "social": ("media",),
    "software": ("soft",),
    "sports": ("life",),
    "transportation": ("mobility",),
    "travel": ("travel",),
    "web": ("soft",),
}
"""The 42 categories of CrunchBase's export of 2013. Two of them name no market: they give no sector."""


def sectors_of_category(category: str) -> tuple[str, ...]:
    """Our sectors for a category of CrunchBase; none for an empty or unknown one."""
    return CRUNCHBASE_CATEGORIES.get(category, ())


TECHNOLOGIES = Vocabulary(
    "technologies",
    [
        Term(
            "t_ai", "Trí tuệ nhân tạo, bản sao số, thực tế ảo/tăng cường", "AI, digital twin, VR/AR", ("ai", "vr", "ar")
        ),
        Term("t_cloud", "Điện toán đám mây, lượng tử, dữ liệu lớn", "Cloud, quantum, big data", ("cloud", "big data")),
        Term("t_chain", "Blockchain", "Blockchain"),
        Term("t_net", "Mạng di động thế hệ sau (5G/6G)", "Next-generation mobile (5G/6G)", ("5g", "6g")),
        Term("t_robot", "Robot và tự động hoá", "Robotics & automation", ("robot", "tự động hóa", "automation")),
        Term("t_chip", "Chip bán dẫn", "Semiconductor chips", ("chip", "bán dẫn")),
        Term("t_bio", "Y – sinh học tiên tiến", "Advanced biomedicine", ("y sinh", "biomedicine")),
        Term("t_mat", "Năng lượng, vật liệu tiên tiến", "Energy & advanced materials"),
        Term("t_sec", "An ninh mạng", "Cybersecurity"),
        Term("t_space", "Hàng không, vũ trụ", "Aerospace"),
    ],
)
"""Hanoi's list of strategic technologies, decision 1139/QĐ-UBND of 2026-03-16."""

BUSINESS_MODELS = Vocabulary(
    "business models",
    [
        Term("product_sale", "Bán sản phẩm", "Product sale"),
        Term("subscription", "Thuê bao (SaaS)", "Subscription (SaaS)", ("saas", "thuê bao")),
        Term("commission", "Hoa hồng – sàn giao dịch", "Marketplace commission", ("sàn", "marketplace")),
        Term("advertising", "Quảng cáo", "Advertising"),
        Term("licensing", "Cấp phép", "Licensing"),
        Term("services", "Dịch vụ", "Services"),
        Term("haas", "Phần cứng kèm dịch vụ", "Hardware as a service"),
        Term("freemium", "Miễn phí có nâng cấp (freemium)", "Freemium"),
        Term("other", "Khác", "Other"),
    ],
)

CUSTOMERS = Vocabulary(
    "customers",
    [
        Term("b2b", "Doanh nghiệp (B2B)", "Businesses (B2B)"),
        Term("b2c", "Người tiêu dùng (B2C)", "Consumers (B2C)"),
        Term("b2g", "Cơ quan nhà nước (B2G)", "Government (B2G)"),
        Term("b2b2c", "Qua doanh nghiệp tới người tiêu dùng (B2B2C)", "Through businesses to consumers (B2B2C)"),
        Term("c2c", "Giữa người tiêu dùng (C2C)", "Between consumers (C2C)"),
    ],
)
