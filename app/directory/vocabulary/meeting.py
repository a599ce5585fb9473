"""What happens between people: mentoring, connections and why they were declined, events and roles at them."""

from app.directory.vocabulary.terms import Term, Vocabulary

MENTOR_EXPERTISE = Vocabulary(
    "mentor expertise",
    [
        Term("market_fit", "Tìm thị trường phù hợp", "Market fit"),
        Term("product", "Giải pháp, phát triển sản phẩm", "Solution & product development"),
        Term("business_model", "Mô hình kinh doanh", "Business model"),
        Term("marketing", "Vận hành marketing", "Marketing operations"),
        Term("sales", "Bán hàng", "Sales"),
        Term("operations", "Vận hành", "Operations"),
        Term("team", "Đội ngũ & tổ chức", "Team & organisational design"),
        Term("financing", "Tài chính, gọi vốn", "Financing"),
        Term("legal_ip", "Pháp lý, tuân thủ & sở hữu trí tuệ", "Legal, compliance & IP"),
        Term("systems", "Hệ thống & công nghệ", "Systems & technology"),
        Term("st_recognition", "Hồ sơ DN KH&CN và DN khởi nghiệp sáng tạo", "S&T and startup recognition dossiers"),
        Term("patents", "Đăng ký & thương mại hoá sáng chế", "Patents & commercialisation"),
        Term("tech_transfer", "Chuyển giao & định giá công nghệ", "Technology transfer & valuation"),
        Term("procurement", "Đấu thầu, mua sắm công", "Public procurement"),
        Term("sandbox", "Thử nghiệm có kiểm soát", "Sandbox"),
        Term("export", "Xuất khẩu & thị trường nước ngoài", "Export & foreign markets"),
        Term("accounting_tax", "Kế toán, thuế", "Accounting & tax"),
        Term("standards", "Tiêu chuẩn, đo lường, chất lượng", "Standards & metrology"),
        Term("esg", "ESG & kinh tế tuần hoàn", "ESG & circular economy"),
        Term("digital", "Chuyển đổi số", "Digital transformation"),
    ],
)

MENTOR_HELP = Vocabulary(
    "kinds of help",
    [
        Term("industry", "Chuyên môn ngành", "Industry-specific"),
        Term("functional", "Chuyên môn chức năng", "Functional"),
        Term("sounding_board", "Phản biện & hoàn thiện bản trình bày", "Sounding board & deck"),
        Term("balance", "Cân bằng công việc và cuộc sống", "Work–life balance"),
        Term("scale_up", "Quản trị mở rộng quy mô", "Managing scale-up"),
        Term("culture", "Văn hoá", "Culture"),
        Term("introductions", "Giới thiệu mạng lưới", "Introductions"),
    ],
)

CONNECTION_STATES = Vocabulary(
    "connection states",
    [
        Term("draft", "Bản nháp", "Draft"),
        Term("pending_a", "Chờ bên gửi xác nhận", "Waiting for the requester"),
        Term("pending_b", "Chờ bên nhận đồng ý", "Waiting for the recipient"),
        Term("accepted", "Đã đồng ý", "Accepted"),
        Term("contact_released", "Đã trao thông tin liên hệ", "Contact released"),
        Term("met", "Đã gặp", "Met"),
        Term("outcome", "Có kết quả", "Outcome"),
        Term("closed", "Đã đóng", "Closed"),
        Term("declined", "Đã từ chối", "Declined"),
        Term("expired", "Hết hạn", "Expired"),
        Term("withdrawn", "Đã rút lại", "Withdrawn"),
        Term("blocked", "Đã chặn", "Blocked"),
        Term("coordinator_hold", "Điều phối viên giữ lại", "Held by the coordinator"),
    ],
)

DECLINE_REASONS = Vocabulary(
    "decline reasons",
    [
        Term("sector", "Không đúng lĩnh vực", "Sector"),
        Term("too_early", "Quá sớm", "Too early"),
        Term("too_late", "Quá muộn", "Too late"),
        Term("geography", "Ngoài địa bàn", "Geography"),
        Term("ticket", "Số vốn không phù hợp", "Ticket size"),
        Term("conflict", "Trùng danh mục, xung đột", "Conflict"),
        Term("no_capacity", "Hết năng lực tiếp nhận", "No capacity"),
        Term("more_information", "Thiếu thông tin", "Need more information"),
        Term("not_verified", "Chưa đủ tin cậy", "Not verified"),
        Term("other", "Khác", "Other"),
    ],
)

EVENT_TYPES = Vocabulary(
    "event types",
    [
        Term("class", "Lớp học", "Class"),
        Term("competition", "Cuộc thi", "Competition"),
        Term("conference", "Hội nghị", "Conference"),
        Term("demo_day", "Ngày gọi vốn (Demo day)", "Demo day"),
        Term("expo", "Triển lãm", "Exhibition", ("expo", "exhibition")),
        Term("festival", "Ngày hội", "Festival", ("techfest",)),
        Term("hackathon", "Hackathon", "Hackathon"),
        Term("meetup", "Gặp gỡ", "Meetup"),
        Term("networking", "Giao lưu kết nối", "Networking"),
        Term("seminar", "Hội thảo", "Seminar"),
        Term("virtual", "Sự kiện trực tuyến", "Virtual event"),
        Term("webinar", "Hội thảo trực tuyến", "Webinar"),
        Term("investor_matching", "Kết nối đầu tư", "Investor matching"),
        Term("supply_demand", "Kết nối cung – cầu công nghệ", "Technology supply–demand", ("techconnect",)),
        Term("policy_dialogue", "Đối thoại chính sách", "Policy dialogue"),
        Term("training", "Tập huấn", "Training"),
        Term("signing", "Lễ ký kết", "Signing ceremony"),
        Term("final", "Chung kết", "Final"),
        Term("other", "Khác", "Other"),
    ],
)

EVENT_ROLES = Vocabulary(
    "roles at events",
    [
        Term("contestant", "Thí sinh", "Contestant"),
        Term("exhibitor", "Đơn vị trưng bày", "Exhibitor"),
        Term("organizer", "Ban tổ chức", "Organizer"),
        Term("speaker", "Diễn giả", "Speaker"),
        Term("sponsor", "Nhà tài trợ", "Sponsor"),
        Term("delegate", "Đại biểu", "Delegate"),
        Term("vip", "Khách mời VIP", "VIP"),
        Term("investor", "Nhà đầu tư", "Investor"),
        Term("mentor", "Cố vấn", "Mentor"),
        Term("judge", "Giám khảo", "Judge"),
        Term("village_lead", "Trưởng làng công nghệ", "Village lead"),
        Term("delegation_lead", "Trưởng đoàn địa phương", "Delegation lead"),
        Term("press", "Báo chí", "Press"),
        Term("volunteer", "Tình nguyện viên", "Volunteer"),
        Term("desk", "Lễ tân check-in", "Desk staff"),
        Term("interpreter", "Phiên dịch", "Interpreter"),
        Term("mc", "Người dẫn chương trình (MC)", "Master of ceremonies"),
        Term("visitor", "Khách tham quan", "Visitor"),
    ],
)
