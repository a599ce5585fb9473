"""Calendar entries, paper and mails: right letters, right lines, right times, both languages, every kind of news."""

import io
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import icalendar
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock, db, i18n, outbox
from app.core.web import NOBODY
from events import jobs, paper, planning, review, tickets, waitlist
from events.access import ticket_for
from events.planning import TypePlan
from events.registration import Registered
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, plan

SAMPLE: dict[str, Any] = {
    "id": "01a20058-e892-75d5-98a0-a859a99bfc27",
    "revision": 3,
    "starts_at": datetime(2026, 12, 12, 8, 30, tzinfo=clock.VIETNAM),
    "ends_at": datetime(2026, 12, 12, 17, 0, tzinfo=clock.VIETNAM),
    "title_vi": "Ngày hội Khởi nghiệp",
    "title_en": "Startup day",
    "venue": "",
    "address": "",
    "province_code": None,
    "slug": "ngay-hoi",
}


def entry_of(content: bytes) -> Any:
    (entry,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return entry


def unfolded(content: bytes) -> list[str]:
    """The logical lines, as a reader of the standard puts them together: by octets, before decoding."""
    return content.replace(b"\r\n ", b"").replace(b"\r\n\t", b"").decode().split("\r\n")


# --- the calendar -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200),
    st.text(st.sampled_from("ếộữỡẵ,;\\:\"'()đĐ 🚀\n"), max_size=120),
)
def test_what_is_written_into_a_calendar_is_read_out_again(title: str, venue: str) -> None:
    """Commas, semicolons and backslashes are escaped, long lines are folded between letters and never inside one."""
    content = paper.calendar({**SAMPLE, "title_vi": title, "title_en": "", "venue": venue})  # type: ignore[arg-type]
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # a letter that was cut in two would not be one
    assert b"\n" not in content.replace(b"\r\n", b"")
    entry = entry_of(content)
    assert str(entry["SUMMARY"]) == title
    assert str(entry.get("LOCATION", "")) == venue


def test_signs_of_the_format_are_escaped_as_the_standard_says() -> None:
    content = paper.calendar({**SAMPLE, "title_vi": "Hỏi; đáp, và \\ hơn\nthế"})  # type: ignore[arg-type]
    assert "SUMMARY:Hỏi\\; đáp\\, và \\\\ hơn\\nthế" in unfolded(content)


def test_times_are_utc_and_the_rest_is_what_programs_expect() -> None:
    lines = unfolded(paper.calendar(SAMPLE))  # type: ignore[arg-type]
    assert lines[0] == "BEGIN:VCALENDAR"
    assert {"DTSTART:20261212T013000Z", "DTEND:20261212T100000Z", "SEQUENCE:3", "STATUS:CONFIRMED"} <= set(lines)
    assert {"VERSION:2.0", "METHOD:PUBLISH", "URL:http://127.0.0.1:8000/events/ngay-hoi"} <= set(lines)
    assert f"UID:{SAMPLE['id']}@127.0.0.1" in lines
    assert not [line for line in lines if line.startswith("LOCATION")]
    (stamp,) = [line for line in lines if line.startswith("DTSTAMP:")]
    assert abs(datetime.strptime(stamp, "DTSTAMP:%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) - clock.now()) < timedelta(
        minutes=1
    )


def test_taking_an_entry_away_names_the_same_one_with_a_higher_number() -> None:
    here, gone = [entry_of(paper.calendar(SAMPLE, cancelled=c)) for c in (False, True)]  # type: ignore[arg-type]
    assert (here["UID"], here["SEQUENCE"] + 1, str(gone["STATUS"])) == (gone["UID"], gone["SEQUENCE"], "CANCELLED")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_entry_speaks_the_language_of_its_reader(language: str) -> None:
    with i18n.in_language(language):
        entry = entry_of(paper.calendar({**SAMPLE, "venue": "Cung", "province_code": "01"}))  # type: ignore[arg-type]
    assert str(entry["SUMMARY"]) == {"vi": "Ngày hội Khởi nghiệp", "en": "Startup day"}[language]
    assert str(entry["LOCATION"]).startswith("Cung, ")


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("", "", None), ""),
        (("Cung", "", None), "Cung"),
        (("", "1 Đinh Lễ", None), "1 Đinh Lễ"),
        (("Cung", "1 Đinh Lễ", "99"), "Cung, 1 Đinh Lễ"),
        (("Cung", "1 Đinh Lễ", "01"), "Cung, 1 Đinh Lễ, Hà Nội"),
    ],
)
def test_where_it_is_in_one_line(parts: tuple[str, str, str | None], line: str) -> None:
    venue, address, province = parts
    assert paper.place_of({"venue": venue, "address": address, "province_code": province}) == line


# --- paper --------------------------------------------------------------------------------------------------------


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(TypePlan(code="visitor", title_vi="Khách tham quan", title_en="Visitor", capacity=1))


async def pages_of(guest: Registered) -> str:
    row = await ticket_for(guest.secret)
    code = await tickets.code_of(row["id"], row["event"], row["signing_key"])
    (page,) = pypdf.PdfReader(io.BytesIO(paper.ticket_pdf(row, code))).pages
    return " ".join(page.extract_text().split())


ALL_LETTERS = "Ẳ ẵ Ặ ẽ Ễ ễ Ệ ị Ỉ Ọ ố Ỗ ộ Ớ ỡ Ợ ủ Ũ ứ Ữ ự ỳ Ỵ ỷ Ỹ Đ đ Ơ ơ Ư ư Ă ă Â â Ê ê Ô ô"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_every_vietnamese_letter_can_be_read_out_of_the_paper(form: str, world: World) -> None:
    guest = await make_registration(world, full_name=unicodedata.normalize(form, ALL_LETTERS))
    assert ALL_LETTERS in await pages_of(guest)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ["Ngày hội khởi nghiệp", "Khách tham quan", "Xuất trình mã này tại cửa"]),
        ("en", ["Startup day", "Visitor", "Show this code at the door, on paper or on your phone."]),
    ],
)
async def test_the_paper_speaks_the_language_of_its_reader(language: str, words: list[str], world: World) -> None:
    guest = await make_registration(world, organisation="Viện Hàn lâm")
    with i18n.in_language(language):
        text = await pages_of(guest)
    assert [word for word in [*words, "Viện Hàn lâm", guest.code[:4]] if word not in text] == []


async def test_what_somebody_without_a_place_may_take_along(world: World, make_client: MakeClient) -> None:
    first, waiting = await make_registration(world), await make_registration(world)
    client = make_client(NOBODY)
    found = {}
    for name, guest in {"confirmed": first, "waitlisted": waiting}.items():
        answers = [
            await client.get(f"/tickets/{guest.secret}/{part}") for part in ("ticket.pdf", "event.ics", "qr.svg")
        ]
        found[name] = [answer.status_code for answer in answers]
        assert all(a.headers["cache-control"] == "private, no-store" for a in answers if a.status_code == 200)
    assert found == {"confirmed": [200, 200, 200], "waitlisted": [404, 200, 200]}
    await waitlist.cancel(NOBODY, first.id)
    entry = icalendar.Calendar.from_ical((await client.get(f"/tickets/{first.secret}/event.ics")).content)
    assert entry["METHOD"] == "CANCEL"
    assert (await client.get(f"/tickets/{first.secret}/ticket.pdf")).status_code == 404


@pytest.mark.parametrize("secret", ["", "x", "%00", "x" * 5000, "../../etc/passwd", "'; DROP TABLE registration; --"])
@pytest.mark.parametrize("part", ["", "/qr.svg", "/ticket.pdf", "/event.ics"])
async def test_links_that_open_nothing(secret: str, part: str, world: World, make_client: MakeClient) -> None:
    await make_registration(world)
    answer = await make_client(NOBODY).get(f"/tickets/{secret}{part}")
    assert answer.status_code in (400, 404)


# --- mails --------------------------------------------------------------------------------------------------------

NEWS = {
    "registered": ("Vé của bạn: ", "Your ticket: ", {"application/pdf", "text/calendar"}),
    "waitlisted": ("Bạn đang trong danh sách chờ: ", "You are on the waiting list: ", set()),
    "pending_review": ("Chúng tôi đã nhận đăng ký của bạn: ", "We have your registration: ", set()),
    "again": ("Vé của bạn: ", "Your ticket: ", {"application/pdf", "text/calendar"}),
    "promoted": ("Vé của bạn: ", "Your ticket: ", {"application/pdf", "text/calendar"}),
    "approved": ("Vé của bạn: ", "Your ticket: ", {"application/pdf", "text/calendar"}),
    "refused": ("Về đăng ký của bạn: ", "About your registration: ", set()),
    "cancelled": ("Đăng ký của bạn đã hủy: ", "Your registration is cancelled: ", {"text/calendar"}),
    "changed": ("Đổi thời gian hoặc địa điểm: ", "New time or place: ", {"application/pdf", "text/calendar"}),
    "event_cancelled": ("Đã hủy: ", "Cancelled: ", {"text/calendar"}),
    "new_code": ("Vé của bạn: ", "Your ticket: ", {"application/pdf", "text/calendar"}),
}
REASON = "Lý do: bão số 9 & “mưa” <to>"


async def happen(kind: str, world: World, guest: Registered) -> None:
    """Bring about the news of this kind for a guest, by the verbs."""
    ids = [guest.id]
    if kind == "again":
        await make_registration(world, email="lan@test.example")
    elif kind == "promoted":
        first = await db.fetchval("SELECT id FROM registration WHERE status = 'confirmed'")
        await waitlist.cancel(NOBODY, first)
    elif kind == "approved":
        await review.approve(world.owner, world.event, ids)
    elif kind == "refused":
        await review.refuse(world.owner, world.event, ids, REASON)
    elif kind == "cancelled":
        await waitlist.cancel(world.owner, guest.id, REASON)
    elif kind == "changed":
        await planning.edit_event(world.owner, world.event, plan(venue="Nơi mới"))
    elif kind == "event_cancelled":
        await planning.cancel_event(world.owner, world.event, REASON)
    elif kind == "new_code":
        await planning.rotate_key(world.owner, world.event, "lộ mã")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", NEWS)
async def test_every_kind_of_news_in_both_languages(kind: str, language: str, db: asyncpg.Connection) -> None:
    approval = kind in ("pending_review", "approved", "refused")
    world = await make_event(
        TypePlan(code="visitor", title_vi="Khách", title_en="Visitor", capacity=1, needs_approval=approval)
    )
    if kind in ("waitlisted", "promoted"):
        await make_registration(world, email="first@test.example")
    i18n.set_locale("en" if language == "en" else "vi")
    guest = await make_registration(world, email="lan@test.example", full_name="Nguyễn Thị Lan")
    i18n.set_locale("vi")
    if kind not in ("registered", "waitlisted", "pending_review"):
        await outbox.drain()
        await db.execute("DELETE FROM mail_attachment")
        await db.execute("DELETE FROM mail")
    await happen(kind, world, guest)
    for _round in range(3):
        await outbox.drain()
    (mail,) = await db.fetch("SELECT * FROM mail WHERE to_address = 'lan@test.example'")
    vi, en, papers = NEWS[kind]
    title = "Startup day" if language == "en" else "Ngày hội khởi nghiệp"
    assert (mail["subject"], mail["locale"]) == ((en if language == "en" else vi) + title, language)
    parts = await db.fetch("SELECT media_type FROM mail_attachment WHERE mail = $1", mail["id"])
    assert {part["media_type"] for part in parts} == papers
    assert f"/tickets/{guest.secret}" in mail["text"]
    assert ("Hello Nguyễn Thị Lan," if language == "en" else "Nguyễn Thị Lan,") in mail["text"]
    assert (guest.code in mail["text"]) is ("application/pdf" in papers)
    assert (REASON in mail["text"]) is (kind in ("refused", "cancelled", "event_cancelled"))
    assert "<to>" not in mail["html"]
    assert not re.search(r"%\(|\{\{|None", mail["text"])


@pytest.mark.parametrize("kind", ["registered", "promoted", "approved", "again", "changed", "nothing known"])
async def test_news_that_was_overtaken_is_not_sent(kind: str, world: World) -> None:
    guest = await make_registration(world)
    await waitlist.cancel(NOBODY, guest.id)
    await db.execute("DELETE FROM outbox")
    await jobs.tell_guest({"registration_id": str(guest.id), "kind": kind, "mark": ""})
    sent = await db.fetchval("SELECT count(*) FROM mail")
    assert sent == (0 if kind in jobs.STALE else 1)


async def test_people_who_are_made_up_get_no_mail(world: World) -> None:
    guest = await make_registration(world, sample=True)
    await jobs.tell_guest({"registration_id": str(guest.id), "kind": "registered"})
    await planning.edit_event(world.owner, world.event, plan(venue="Nơi mới"))
    for _round in range(3):
        await outbox.drain()
    assert await db.fetchval("SELECT count(*) FROM mail") == 0


async def test_each_change_of_an_event_is_told_once_however_often_the_job_runs(world: World) -> None:
    await make_registration(world)
    await outbox.drain()
    for venue in ("Một", "Hai"):
        await planning.edit_event(world.owner, world.event, plan(venue=venue))
        for _round in range(3):
            await outbox.drain()
        payload = await db.fetchval("SELECT payload FROM outbox WHERE topic = 'events.tell_guests' ORDER BY id DESC")
        await jobs.tell_guests(payload)
        await outbox.drain()
    subjects = [row["subject"].split(":")[0] for row in await db.fetch("SELECT subject FROM mail ORDER BY id")]
    assert sorted(subjects) == ["Vé của bạn", *["Đổi thời gian hoặc địa điểm"] * 2]
