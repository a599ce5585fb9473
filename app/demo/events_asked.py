"""Sample of what an organizer asks and writes: a published form with answers, messages, places of one village."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from app.core import db
from app.core.i18n import in_language
from app.core.web import Actor
from app.demo.events import OWNER, Report
from app.demo.ground import FESTIVAL
from events.asking import building
from events.asking.building import QuestionForm
from events.floor import villages
from events.floor.villages import VillagePlan
from events.messages import sending
from events.messages.sending import Draft

VILLAGE, PLACES = "Làng Giáo dục", 40
QUESTIONS = (
    QuestionForm(kind="line", vi="Chức danh", en="Job title"),
    QuestionForm(
        kind="many",
        vi="Bạn quan tâm đến",
        en="You are interested in",
        options="Gọi vốn | Raising money\nTìm khách hàng | Finding customers\nTuyển dụng | Hiring",
    ),
    QuestionForm(
        kind="choice",
        vi="Bữa trưa",
        en="Lunch",
        options="Thường | Usual\nChay | Vegetarian\nKhông dùng | None",
        help_vi="Cho ngày đầu tiên.",
        help_en="On the first day.",
    ),
    QuestionForm(kind="file", vi="Giới thiệu quỹ", en="About the fund", types=["nha-dau-tu"]),
    QuestionForm(
        kind="consent", vi="Tôi đồng ý xuất hiện trong ảnh của ngày hội.", en="Pictures of the festival may show me."
    ),
)
_ANSWER = """
UPDATE registration r SET answers = jsonb_build_object(
    'job-title', (ARRAY['Giám đốc', 'Chuyên viên', 'Sinh viên'])[1 + x.n % 3],
    'you-are-interested-in', CASE WHEN x.n % 2 = 0 THEN '["raising-money", "hiring"]'::jsonb
    ELSE '["finding-customers"]'::jsonb END, 'lunch', (ARRAY['usual', 'vegetarian', 'none'])[1 + x.n % 3])
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM registration WHERE event = $1 AND sample) x
WHERE x.id = r.id AND x.n % 5 <> 0 AND r.answers = '{}'
"""
THANKS = Draft(
    subject_vi="Hẹn gặp bạn tại ngày hội",
    body_vi="Cửa mở từ 7 giờ 30. Mời bạn mang theo mã QR trên vé; có thể xem lịch phiên trong trang vé.",
    subject_en="See you at the festival",
    body_en="Doors open at half past seven. Please have the QR code of your ticket ready.",
    query="status=confirmed",
)
REMINDER = Draft(
    subject_vi="Ngày mai là ngày hội",
    body_vi="Nhắc bạn: ngày hội bắt đầu vào sáng mai. Nếu không đến được, xin trả lại chỗ trên trang vé.",
    subject_en="The festival is tomorrow",
    body_en="A reminder: the festival begins tomorrow morning. If you cannot come, please give your place back.",
    before_hours=24,
)


async def load(report: Report) -> None:
    """Make what is missing; running it again changes nothing."""
    event = await db.fetchrow(
        "SELECT e.id, e.starts_at FROM event e WHERE e.sample AND e.title_vi = $1"
        " AND NOT EXISTS (SELECT FROM event_question q WHERE q.event = e.id) LIMIT 1",
        FESTIVAL,
    )
    row = await db.fetchrow("SELECT id, name, email FROM person WHERE email_key = $1 AND ended_at IS NULL", OWNER)
    if event is not None and row is not None:
        owner = Actor(id=row["id"], name=row["name"], email=row["email"], roles=frozenset({"organizer"}))
        with in_language("vi"):
            await _make(owner, event)
    await report("form and messages", 1.0)


async def _make(owner: Actor, event: asyncpg.Record) -> None:
    number: UUID = event["id"]
    for question in QUESTIONS:
        await building.add_question(owner, number, question)
    await building.publish(owner, number)
    await db.execute(_ANSWER, number)
    await _village(owner, number)
    sent = await sending.save(owner, number, THANKS)
    await _as_sent(number, sent, event)
    await sending.schedule(owner, number, await sending.save(owner, number, REMINDER))


async def _village(owner: Actor, event: UUID) -> None:
    row = await db.fetchrow("SELECT * FROM village WHERE event = $1 AND name_vi = $2", event, VILLAGE)
    if row is not None:
        texts = {name: row[name] for name in ("name_vi", "name_en", "about_vi", "about_en")}
        quotas = {name: row[name] for name in ("booth_quota", "nomination_quota", "heat_minimum")}
        await villages.edit(owner, row["id"], VillagePlan(**texts, **quotas, places=PLACES), limits=True)


async def _as_sent(event: UUID, message: UUID, row: asyncpg.Record) -> None:
    """A message of last week with its log. Nobody of the sample has an address at which anybody reads."""
    moment = row["starts_at"] - timedelta(days=23)
    async with db.tx():
        await db.execute(
            "INSERT INTO event_message_to (message, registration, fate, at) SELECT $2, id,"
            " CASE WHEN email = '' THEN 'no_address' ELSE 'sample' END, $3"
            " FROM registration WHERE event = $1 AND status = 'confirmed'",
            *(event, message, moment),
        )
        await db.execute(
            "UPDATE event_message SET state = 'sent', created_at = $2, started_at = $2, finished_at = $2,"
            " total = t.n, done = t.n FROM (SELECT count(*) AS n FROM event_message_to WHERE message = $1) t"
            " WHERE id = $1",
            *(message, moment),
        )
