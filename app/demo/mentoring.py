"""The demo's mentoring: mentors with hours, a startup's goals with what two mentors advised, a programme; made up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core import clock, db
from app.core.ids import new_id
from app.core.web import Actor
from app.directory.access import organisation_by_id_for
from app.mentoring import booking, free, goals, hours, notes, programmes
from app.people.accounts import person_by_email

Report = Callable[[str, float], Awaitable[None]]
Row = dict[str, Any]

LABEL = "mentoring"
STARTUP, INCUBATOR = "Lúa Thông Minh Sông Hồng", "Vườn ươm Công nghệ Hoà Lạc (mẫu)"
ABROAD = {"vo-thi-kim-ngan": "Europe/Berlin"}
"""One of the mentors lives where clocks change."""
SESSIONS: tuple[tuple[int, str, str, str, str], ...] = (
    (0, "Giá cho hợp tác xã", "Bán theo vụ, không bán theo cảm biến: hợp tác xã trả khi có lúa.",
     "Thử bảng giá mới ở ba hợp tác xã.", "Ba hợp tác xã nói gì về giá?"),
    (1, "Kênh bán ở đồng bằng sông Hồng", "Bán theo cảm biến, thu tiền trước: vụ mùa dài, tiền mặt cạn trước.",
     "Hỏi hai đại lý vật tư.", "Đi qua đại lý hay bán thẳng?"),
)  # fmt: skip
"""Which of the mentors, topic, advice, next step, question: the two contradict each other."""


async def load(report: Report) -> None:
    """Make what is missing. Idempotent; runs after mentors and organisations, and mails nobody: its sessions lie in the
    past but one."""
    await report(LABEL, 0.0)
    mentors = await _mentors()
    for number, row in enumerate(mentors, start=1):
        await _hours(row, number)
        await report(LABEL, 0.6 * number / len(mentors))
    startup = await person_by_email("startup@demo.example")
    organisation = await db.fetchval("SELECT id FROM organisation WHERE sample AND name = $1", STARTUP)
    if startup and organisation and len(mentors) > 1:
        await _work(_actor(startup), organisation, mentors)
        await _programme(organisation, mentors, startup["id"])
    await report(LABEL, 1.0)


def _actor(row: Any) -> Actor:
    return Actor(id=row["id"], name=row["name"], locale="vi", via="session")


async def _mentors() -> list[Row]:
    rows = await db.fetch(
        "SELECT pp.person AS id, pp.name, pp.slug, r.mode FROM person_profile pp"
        " JOIN mentor_role r ON r.person = pp.person AND r.ended_at IS NULL"
        " JOIN person p ON p.id = pp.person AND p.sample"
        " ORDER BY p.email <> 'mentor@demo.example', pp.slug"
    )
    return [dict(row) for row in rows]


async def _hours(row: Row, number: int) -> None:
    if await hours.hours_of(row["id"]):
        return
    actor = _actor(row)
    await hours.put_hours(
        actor,
        {
            "time_zone": ABROAD.get(row["slug"], "Asia/Ho_Chi_Minh"),
            "session_minutes": (45, 30, 60)[number % 3],
            "buffer_minutes": 15,
            "approves": number % 4 == 0,
            "mode": "online" if number % 3 else "hybrid",
            "place": "" if number % 3 else "Phòng họp mẫu, tầng 3",
            "link": f"https://meet.sample.example/{row['slug']}",
        },
        0,
    )
    days = [number % 5, (number + 2) % 5]
    await hours.add_part(actor, days, "09:00", "11:30")
    await hours.add_part(actor, [days[0]], "14:00", "16:00")
    await free.keep([row["id"]])


async def _work(actor: Actor, organisation: UUID, mentors: list[Row]) -> None:
    """Two goals; one with two sessions that took place and advice that contradicts, and one session ahead."""
    if await db.fetchval("SELECT true FROM mentoring_goal WHERE organisation = $1 LIMIT 1", organisation):
        return
    seen = await organisation_by_id_for(actor, organisation)
    due = clock.now().date() + timedelta(days=75)
    goal = await goals.open_goal(
        actor, seen,
        {"title": "Mười hợp tác xã trả phí trước vụ xuân", "need": "pilot_customer", "due_on": due, "shared": True,
         "measure": "Mười hợp đồng đã ký, tiền vụ đầu đã về."},
    )  # fmt: skip
    await goals.open_goal(
        actor, seen, {"title": "Nộp đơn sáng chế thuật toán tưới", "need": "ip", "due_on": None, "shared": False}
    )
    done = [
        await _held(actor, organisation, goal, mentors[place]["id"], (12 - 5 * place, topic, advice, step, question))
        for place, topic, advice, step, question in SESSIONS
    ]
    goal_seen_by = (done[0], done[1])
    await notes.note_contradiction(actor, goal, goal_seen_by, "Tính tiền theo vụ hay theo cảm biến?")
    open_at = await free.free_of(mentors[0]["id"])
    if open_at:
        wanted = booking.Wanted(
            starts_at=open_at[min(2, len(open_at) - 1)],
            goal=goal,
            question="Xem lại bảng giá sau khi hỏi ba hợp tác xã.",
        )
        await booking.book(actor, mentors[0]["id"], seen, wanted)


async def _held(
    actor: Actor, organisation: UUID, goal: UUID, mentor: UUID, said: tuple[int, str, str, str, str]
) -> UUID:
    """A session that both say took place some days ago, as the verbs would have left it."""
    days, topic, advice, step, question = said
    number = new_id()
    starts_at = (clock.now() - timedelta(days=days)).replace(hour=3, minute=0, second=0, microsecond=0)
    ends_at = starts_at + timedelta(minutes=45)
    async with db.tx():
        await db.execute(
            "INSERT INTO mentoring_booking (id, mentor, mentee, organisation, goal, starts_at, ends_at, buffer_minutes,"
            " status, question, mode, place, link, mentor_said, mentor_said_at, mentee_said, mentee_said_at,"
            " created_at, settled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 15, 'held', $8, 'online', '', 'https://meet.sample.example',"
            " 'held', $7, 'held', $7, $6, $7)",
            *(number, mentor, actor.person_id, organisation, goal, starts_at, ends_at, question),
        )
        await booking.take_time(number, mentor, "mentor", starts_at, ends_at + timedelta(minutes=15))
        await booking.take_time(number, actor.person_id, "mentee", starts_at, ends_at)
        for act, before, after, at in (
            ("book", None, "confirmed", starts_at),
            ("settle_held", "confirmed", "held", ends_at),
        ):
            await db.execute(
                "INSERT INTO mentoring_change (booking, act, from_status, to_status, by, role, at)"
                " VALUES ($1, $2, $3, $4, $5, 'mentee', $6)",
                *(number, act, before, after, actor.person_id, at - timedelta(days=2 if act == "book" else 0)),
            )
        await booking.begin_mentorship(mentor, organisation)
        await db.execute(
            "INSERT INTO mentoring_log (id, booking, topic, advice, next_step, written_by, written_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(new_id(), number, topic, advice, step, mentor, ends_at),
        )
        await db.execute(
            "INSERT INTO mentoring_action (id, booking, owner, text, due_on, written_by, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $3, $6)",
            *(new_id(), number, actor.person_id, step, (ends_at + timedelta(days=6)).date(), ends_at),
        )
    return number


async def _programme(organisation: UUID, mentors: list[Row], startup: UUID) -> None:
    """A cohort of the sample incubator: one startup that has met, one that was asked, mentors who joined."""
    host = await db.fetchrow(
        "SELECT o.id, m.person FROM organisation o LEFT JOIN membership m ON m.organisation = o.id"
        " AND m.ended_at IS NULL AND m.role IN ('owner', 'editor') WHERE o.sample AND o.name = $1 LIMIT 1",
        INCUBATOR,
    )
    organizer = await person_by_email("organizer@demo.example")
    if host is None or organizer is None:
        return
    if await db.fetchval("SELECT true FROM mentoring_programme WHERE organisation = $1 LIMIT 1", host["id"]):
        return
    await db.execute(
        "INSERT INTO membership (id, organisation, person, role, contact_for, started_at)"
        " VALUES ($1, $2, $3, 'editor', '{}', now())"
        " ON CONFLICT (organisation, person) WHERE ended_at IS NULL DO NOTHING",
        *(new_id(), host["id"], organizer["id"]),
    )
    actor = _actor(organizer)
    seen = await organisation_by_id_for(actor, host["id"])
    programme = await programmes.begin(actor, seen, "Ươm tạo nông nghiệp số 2026", None, None)
    others = await db.fetch(
        "SELECT id FROM organisation WHERE sample AND kinds && '{startup,project}' AND id <> $1 AND ended_at IS NULL"
        " ORDER BY name_folded LIMIT 2",
        organisation,
    )
    async with db.tx():
        for number, (column, who, joined_by) in enumerate(
            [("organisation", organisation, startup), *(("organisation", row["id"], None) for row in others)]
            + [("person", row["id"], row["id"]) for row in mentors[:4]]
        ):
            joined = joined_by is not None
            await db.execute(
                f"INSERT INTO mentoring_member (id, programme, {column}, invited_by, invited_at, joined_by, joined_at)"  # noqa: S608
                " VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN $5::timestamptz END)",
                *(
                    new_id(),
                    programme,
                    who,
                    actor.person_id,
                    clock.now() - timedelta(days=30 - number),
                    joined_by,
                    joined,
                ),
            )
