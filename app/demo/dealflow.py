"""The demo's deal flow: the sample fund's pipeline on its way, a sample deck that its startup shows. All made up."""

import hashlib
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from fpdf import FPDF

from app.core import clock, db
from app.core.files.keeping import prepare
from app.core.files.uploads import Upload
from app.core.i18n import ROOT
from app.core.web import Actor
from app.dealflow import cards, decks, keeping, links, moving, pipelines, reading, trail
from app.dealflow.moving import Passing, Place
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]

LABEL = "deals"
FUND, STARTUP = "Quỹ Hạt Giống Thăng Long", "Lúa Thông Minh Sông Hồng"
TEAM = ("investor@demo.example", "startup@demo.example")
FONTS = ROOT / "app" / "static" / "vendor" / "pdf-fonts"

ON_THE_WAY: tuple[tuple[str, int, str, int], ...] = (
    ("Tôm Sạch Cà Mau", 0, "", 0),
    ("Nước Mặn Báo Sớm", 0, "Đọc hồ sơ", 3),
    ("Cà Phê Truy Xuất Đắk Lắk", 1, "Hỏi số hợp tác xã đang trả phí", -2),
    (STARTUP, 2, "Thăm ruộng mẫu ở Thái Bình", 6),
    ("Mạng Cảm Biến Đô Thị", 2, "Gặp lần hai với kỹ sư trưởng", 10),
    ("Bếp Sạch Chung", 3, "Kiểm tra hợp đồng thuê bếp", 1),
    ("Điện Mặt Trời Mái Xưởng", 4, "Gửi bản điều khoản", 4),
    ("Gốm Bát Tràng Số", 5, "", 0),
)
"""Who is how far, with the next step and in how many days it is due."""
PASSED = ("Trò Chơi Sử Việt", "sector")
PAGES = (
    ("Lúa Thông Minh Sông Hồng", "Tưới đúng lúc, bớt nước, thêm lúa\nTài liệu mẫu để trình diễn"),
    ("Vấn đề", "Ruộng ngập quá lâu: tốn nước, phát thải mê-tan, lúa dễ đổ."),
    ("Giải pháp", "Cảm biến mực nước và dự báo ba ngày.\nNông dân nhận một dòng tin: tưới hay chưa tưới."),
    ("Kết quả", "420 ha đang dùng · 6 hợp tác xã trả phí\n(số liệu mẫu)"),
    ("Đội ngũ", "Kỹ sư thủy lợi, kỹ sư dữ liệu và một nông dân."),
    ("Gọi vốn", "Vòng hạt giống để mở rộng sang ba tỉnh.\n(số liệu mẫu)"),
)


async def load(report: Report) -> None:
    """Make the pipeline and the deck where they are missing. Idempotent; runs after the lists of suggestions."""
    await report(LABEL, 0.0)
    people = [await person_by_email(email) for email in TEAM]
    names = await db.fetch("SELECT id, name FROM organisation WHERE sample AND ended_at IS NULL")
    ids = {row["name"]: row["id"] for row in names}
    if people[0] is not None and FUND in ids:
        await _pipeline(Actor(id=people[0]["id"], locale="vi", via="session"), ids)
    await report(LABEL, 0.5)
    if people[1] is not None and STARTUP in ids and FUND in ids:
        await _deck(Actor(id=people[1]["id"], name=people[1]["name"], locale="vi", via="session"), ids)
    await report(LABEL, 1.0)


async def _pipeline(actor: Actor, ids: dict[str, UUID]) -> None:
    if await db.fetchval("SELECT true FROM pipeline WHERE organisation = $1 LIMIT 1", ids[FUND]):
        return
    pipeline = await pipelines.create(actor, ids[FUND], "Nông nghiệp và thực phẩm")
    await pipelines.create(actor, ids[FUND], "Đầu tư tiếp")
    stages = [row["id"] for row in await pipelines.stages_of(pipeline)]
    today: date = clock.now().date()
    for name, stage, step, days in ON_THE_WAY:
        if name not in ids:
            continue
        card = (await cards.add(actor, pipeline, ids[name], "suggestion")).card
        if step:
            await cards.edit(actor, pipeline, card, 1, (actor.id, step, today + timedelta(days=days)))
        if stage:
            await moving.move(actor, pipeline, card, Place(stage=stages[stage]), 0)
        if name == STARTUP:
            await keeping.write_note(actor, pipeline, card, "Ghi chú mẫu: đội ngũ trả lời nhanh, số liệu rõ ràng.")
    if PASSED[0] in ids:
        card = (await cards.add(actor, pipeline, ids[PASSED[0]], "directory")).card
        words = "Chúng tôi rất thích cách các bạn kể chuyện lịch sử. (Lời mẫu)"
        await moving.pass_on(actor, pipeline, card, Passing(reason=PASSED[1], tell=True, words=words))
    await trail.looked(pipeline, actor.person_id, 2**40)


async def _deck(actor: Actor, ids: dict[str, UUID]) -> None:
    if await db.fetchval("SELECT true FROM deck WHERE organisation = $1 LIMIT 1", ids[STARTUP]):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deck.pdf"
        _drawn(path)
        body = path.read_bytes()
        upload = Upload(stem="Bộ giới thiệu (mẫu)", path=path, size=len(body), head=body[:64])
        upload.sha256 = hashlib.sha256(body).hexdigest()
        draft = await prepare(actor, upload, decks.DECK.name)
    deck = await decks.add(actor, ids[STARTUP], ("Bộ giới thiệu (mẫu)", "deck"), draft)
    await links.make(actor, deck, ("", "", ids[FUND]), "90", may_download=True)
    link = await links.make(actor, deck, ("Trần Thu Hà (mẫu)", "thu.ha@sample.example", None), "30")
    await db.execute(
        "INSERT INTO deck_reader (id, link, let_in_at, answer, answered_at, text_version, opened_at, seen_at)"
        " VALUES (gen_random_uuid(), $1, now(), 'given', now(), $2, now() - interval '1 day', now())",
        *(link, reading.TEXT_VERSION),
    )
    await db.execute(
        "INSERT INTO deck_page_view (reader, version, page, seconds) SELECT r.id, 1, t.page, t.seconds"
        " FROM deck_reader r, unnest($2::int[]) WITH ORDINALITY AS t (seconds, page) WHERE r.link = $1",
        *(link, [22, 31, 58, 74, 12, 49]),
    )


def _drawn(path: Path) -> None:
    """Six slides that say on each that they are a sample."""
    paper = FPDF(orientation="L", format=(180, 320))
    paper.add_font("Be", "", FONTS / "BeVietnamPro-Regular.ttf")
    paper.add_font("Be", "B", FONTS / "BeVietnamPro-SemiBold.ttf")
    for title, text in PAGES:
        paper.add_page()
        paper.set_fill_color(11, 79, 67)
        paper.rect(0, 0, 320, 14, style="F")
        paper.set_xy(24, 50)
        paper.set_font("Be", "B", 40)
        paper.multi_cell(270, 18, title)
        paper.set_xy(24, 100)
        paper.set_font("Be", "", 22)
        paper.multi_cell(270, 12, text)
    paper.output(str(path))
