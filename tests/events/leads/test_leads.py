"""Leads: what a visitor agreed to and nothing more, one lead for a team, scans without a network, who may see."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import app.rights  # noqa: F401  every subject's erasers
from app.core import clock
from app.core import db as database
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from app.people.accounts import email_key
from app.people.rights.subject import Subject, erasers, exporters
from events import waitlist
from events.door import devices
from events.leads import agreeing, listing, meeting
from events.leads.access import scanner_for
from events.leads.meeting import Booth, LeadScanRequest
from tests.conftest import MakeClient
from tests.event_factories import World, make_event, make_registration, ticket_code
from tests.events.floor.making import accepted, open_ground
from tests.factories import make_person

EMAIL = "khach.bimat@test.example"
NAME = "Nguyễn Thị Bí Mật"
PHONE = "0912345678"
SECRETS = (EMAIL, "Bí Mật", PHONE, "Công ty Kín")


class Fair(msgspec.Struct):
    """An event that is going on, one exhibitor with its owner, one visitor with the ticket's code."""

    world: World
    owner: Actor
    exhibitor: UUID
    guest: UUID
    secret: str
    code: str

    @property
    def pages(self) -> str:
        return f"/events/{self.world.slug}/leads/{self.exhibitor}"

    async def booth(self, actor: Actor | None = None) -> Booth:
        return await scanner_for(actor or self.owner, self.exhibitor)


async def make_fair() -> Fair:
    starts = clock.now() - timedelta(hours=2)
    world = await make_event(capacity=100, starts_at=starts, ends_at=starts + timedelta(hours=9))
    await open_ground(world)
    owner, exhibitor = await accepted(world)
    guest = await make_registration(world, full_name=NAME, email=EMAIL, phone=PHONE, organisation="Công ty Kín")
    secret = await database.fetchval("SELECT secret FROM registration WHERE id = $1", guest.id)
    return Fair(world, owner, exhibitor, guest.id, secret, await ticket_code(world, guest))


@pytest.fixture
async def fair(db: asyncpg.Connection) -> Fair:
    return await make_fair()


async def colleague(fair: Fair, role: str = "viewer") -> Actor:
    person = await make_person(name=f"Đồng nghiệp {role}")
    await database.execute(
        "INSERT INTO membership (id, organisation, person, role) SELECT $1, organisation, $2, $3 FROM exhibitor"
        " WHERE id = $4",
        *(new_id(), person.id, role, fair.exhibitor),
    )
    return person


def shown(code: str, nonce: str = "", **kw: Any) -> LeadScanRequest:
    return LeadScanRequest(nonce=nonce or new_id().hex, code=code, **kw)


Pair = Callable[[Fair], Awaitable[tuple[UUID, Callable[..., Awaitable[httpx.Response]]]]]


@pytest.fixture
def pair(make_client: MakeClient) -> Pair:
    """A phone at the fair's booth: its device, and what it posts."""

    async def paired(fair: Fair) -> tuple[UUID, Callable[..., Awaitable[httpx.Response]]]:
        page = await make_client(fair.owner).post(f"{fair.pages}/devices", data={"name": "Máy gian hàng"})
        code = page.text.partition("#pair=")[2][:12]
        http = make_client()
        answer = await http.post("/api/v1/door/pair", json={"code": code})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}

        async def post(path: str, body: Any) -> httpx.Response:
            return await http.post(f"/api/v1{path}", headers=headers, json=body)

        return UUID(answer.json()["device"]["id"]), post

    return paired


# --- case 71: no more than was agreed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        (None, "visited", ()),
        ("none", "visited", ()),
        ("name", "ok", ("Bí Mật", "Công ty Kín")),
        ("contact", "ok", SECRETS),
    ],
)
async def test_case_71_nobody_learns_more_than_the_visitor_agreed_to(
    fair: Fair, pair: Pair, make_client: MakeClient, capsys: pytest.CaptureFixture[str],
    case: tuple[str | None, str, tuple[str, ...]],
) -> None:  # fmt: skip
    """Neither in the answer, nor on the page, nor in a file, nor in the log."""
    level, status, told = case
    if level:
        await agreeing.choose(fair.guest, level)
    _device, post = await pair(fair)
    answer = await post("/leads/scan", {"nonce": "n1", "code": fair.code})
    client = make_client(fair.owner)
    page = (await client.get(fair.pages)).text
    files = [(await client.get(f"{fair.pages}/files/leads.{form}")).content for form in ("csv", "xlsx")]
    with zipfile.ZipFile(io.BytesIO(files[1])) as book:
        workbook = "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    for where in (answer.text, page, files[0].decode(), workbook):
        assert [word for word in SECRETS if word in where] == [word for word in SECRETS if word in told]
    logged = capsys.readouterr()
    assert [word for word in SECRETS if word in logged.out + logged.err] == []
    counts = await listing.counts(fair.world.event, (await fair.booth()).organisation)
    assert (counts.leads, counts.visits) == ((1, 0) if status == "ok" else (0, 1))


async def test_a_visit_without_a_name_leads_to_nobody(fair: Fair) -> None:
    await meeting.scan(await fair.booth(), shown(fair.code))
    rows = await database.fetch("SELECT lead, status FROM lead_scan")
    assert [(row["lead"], row["status"]) for row in rows] == [(None, "visited")]
    assert await database.fetchval("SELECT count(*) FROM lead") == 0


async def test_what_is_agreed_later_does_not_name_earlier_visits(fair: Fair) -> None:
    booth = await fair.booth()
    await meeting.scan(booth, shown(fair.code))
    await agreeing.choose(fair.guest, "contact")
    assert await listing.leads(booth.event, booth.organisation) == []


async def test_every_choice_stays_on_record_with_its_text(fair: Fair) -> None:
    for level in ("name", "name", "contact", "none"):
        await agreeing.choose(fair.guest, level)
    rows = await database.fetch("SELECT level, text_version, ended_at FROM lead_consent ORDER BY id")
    assert [(row["level"], row["ended_at"] is None) for row in rows] == [
        ("name", False), ("contact", False), ("none", True),
    ]  # fmt: skip
    assert {row["text_version"] for row in rows} == {agreeing.TEXT_VERSION}


# --- case 72: taken back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["one", "all"])
async def test_case_72_who_takes_it_back_is_hidden_and_in_no_file(
    fair: Fair, make_client: MakeClient, how: str
) -> None:
    await agreeing.choose(fair.guest, "contact")
    booth = await fair.booth()
    act = shown(fair.code, nonce="once", note="Rất quan tâm")
    met = await meeting.scan(booth, act)
    assert met.lead is not None
    visitor, client = make_client(), make_client(fair.owner)
    own = f"/tickets/{fair.secret}/leads"
    name = await database.fetchval("SELECT o.name FROM lead l JOIN organisation o ON o.id = l.organisation")
    assert name in (await visitor.get(own)).text
    if how == "one":
        await visitor.post(f"{own}/{met.lead['id']}/withdraw")
    else:
        await visitor.post(own, data={"level": "none"})
    page, file = (await client.get(fair.pages)).text, await listing.as_file(booth.event, booth.organisation, "csv")
    assert [word for word in (*SECRETS, "Rất quan tâm") if word in page or word in file.decode()] == []
    again = await meeting.scan(booth, act)
    assert (again.status, again.lead, again.replayed) == ("visited", None, True)
    assert (await meeting.scan(booth, shown(fair.code))).status == "visited"
    with pytest.raises(NotFound):
        await listing.write(booth, met.lead["id"], "Vẫn ghi", None, [])


async def test_one_exhibitor_loses_the_other_keeps(fair: Fair, make_client: MakeClient) -> None:
    await agreeing.choose(fair.guest, "name")
    other, number = await accepted(fair.world)
    first = await meeting.scan(await fair.booth(), shown(fair.code))
    second = await scanner_for(other, number)
    await meeting.scan(second, shown(fair.code))
    assert first.lead is not None
    own = f"/tickets/{fair.secret}/leads"
    await make_client().post(f"{own}/{first.lead['id']}/withdraw")
    booth = await fair.booth()
    left = [len(await listing.leads(one.event, one.organisation)) for one in (booth, second)]
    assert left == [0, 1]
    await make_client().post(f"{own}/{first.lead['id']}/allow")
    assert len(await listing.leads(booth.event, booth.organisation)) == 1


async def test_nobody_takes_back_for_another(fair: Fair, make_client: MakeClient) -> None:
    await agreeing.choose(fair.guest, "name")
    met = await meeting.scan(await fair.booth(), shown(fair.code))
    other = await make_registration(fair.world)
    secret = await database.fetchval("SELECT secret FROM registration WHERE id = $1", other.id)
    assert met.lead is not None
    answer = await make_client().post(f"/tickets/{secret}/leads/{met.lead['id']}/withdraw")
    assert (answer.status_code, await database.fetchval("SELECT withdrawn_at FROM lead")) == (404, None)


# --- case 73: one lead for a team ----------------------------------------------------------------------------------


async def test_case_73_each_colleague_notes_beside_the_others(fair: Fair) -> None:
    await agreeing.choose(fair.guest, "name")
    team = [fair.owner, await colleague(fair), await colleague(fair, "editor")]
    for n, person in enumerate(team):
        booth = await fair.booth(person)
        await meeting.scan(booth, shown(fair.code, note=f"Ghi {n}", rating=n + 2, tags=["AI", f"nhãn {n}"]))
    (lead,) = await listing.leads(booth.event, booth.organisation)
    notes: Any = lead["notes"]
    assert [(note["author"], note["text"]) for note in notes] == [
        (person.name, f"Ghi {n}") for n, person in enumerate(team)
    ]
    assert (lead["rating"], lead["tags"]) == (4, ["AI", "nhãn 0", "nhãn 1", "nhãn 2"])


async def test_a_team_that_scans_at_once_has_one_lead(committed: asyncpg.Pool) -> None:
    fair = await make_fair()
    await agreeing.choose(fair.guest, "contact")
    team = [await colleague(fair) for _n in range(6)]
    booths = [await fair.booth(person) for person in team]
    met = await asyncio.gather(*(meeting.scan(booth, shown(fair.code, note="Gặp")) for booth in booths))
    assert len({one.lead["id"] for one in met if one.lead}) == 1
    assert await committed.fetchrow(
        "SELECT (SELECT count(*) FROM lead) AS l, (SELECT count(*) FROM lead_note) AS n"
    ) == (
        1,
        6,
    )


async def test_without_its_index_a_crowd_makes_several(committed: asyncpg.Pool) -> None:
    """The negative control: look first, then write, as it would be done by hand."""
    gate = asyncio.Barrier(4)
    await committed.execute("CREATE TABLE lead_by_hand (visitor integer)")

    async def by_hand() -> None:
        async with committed.acquire() as con, con.transaction():
            there = await con.fetchval("SELECT EXISTS (SELECT FROM lead_by_hand WHERE visitor = 1)")
            await gate.wait()
            if not there:
                await con.execute("INSERT INTO lead_by_hand VALUES (1)")

    try:
        await asyncio.gather(*(by_hand() for _n in range(4)))
        assert await committed.fetchval("SELECT count(*) FROM lead_by_hand") == 4
    finally:
        await committed.execute("DROP TABLE lead_by_hand")


async def test_one_act_sent_at_once_is_one(committed: asyncpg.Pool) -> None:
    fair = await make_fair()
    await agreeing.choose(fair.guest, "name")
    booth, act = await fair.booth(), shown(fair.code, nonce="one", note="Một lần")
    met = await asyncio.gather(*(meeting.scan(booth, act) for _n in range(6)))
    assert sorted(one.replayed for one in met) == [False, True, True, True, True, True]
    assert await committed.fetchval("SELECT count(*) FROM lead_note") == 1


# --- case 74, devices and the queue --------------------------------------------------------------------------------


async def test_case_74_twenty_scans_in_ten_seconds_are_all_taken(fair: Fair, pair: Pair) -> None:
    _device, post = await pair(fair)
    codes = [await ticket_code(fair.world, await make_registration(fair.world)) for _n in range(20)]
    answers = [await post("/leads/scan", {"nonce": f"n{n}", "code": code}) for n, code in enumerate(codes)]
    assert {(answer.status_code, answer.json()["status"]) for answer in answers} == {(200, "visited")}


async def test_a_queue_handed_in_twice_is_the_same_once(fair: Fair, pair: Pair) -> None:
    await agreeing.choose(fair.guest, "name")
    _device, post = await pair(fair)
    earlier = clock.now() - timedelta(minutes=30)
    acts: list[Any] = [
        {"nonce": "q1", "code": fair.code, "scanned_at": earlier.isoformat(), "note": "Ngoại tuyến", "rating": 5},
        {"nonce": "q2"},
        {"nonce": "q 3", "code": fair.code},
        {"nonce": "q1", "code": "KHAC"},
    ]
    first, second = [(await post("/leads/sync", {"scans": acts})).json() for _twice in range(2)]
    told = [(one["status"], one["reason"], one["replayed"]) for one in first["results"]]
    assert told == [
        ("ok", "", False), ("refused", "unreadable", False), ("refused", "unreadable", False),
        ("refused", "nonce_reused", False),
    ]  # fmt: skip
    assert [one["replayed"] for one in second["results"]] == [True, False, False, False]
    row = await database.fetchrow("SELECT first_at, rating, (SELECT count(*) FROM lead_note) AS notes FROM lead")
    assert row is not None
    assert (abs(row["first_at"] - earlier) < timedelta(seconds=1), row["rating"], row["notes"]) == (True, 5, 1)


async def test_what_is_written_after_the_scan_is_no_second_visit(fair: Fair, pair: Pair) -> None:
    """Also handed in later and twice; of somebody who tells nothing, or took it back, nothing is kept."""
    _device, post = await pair(fair)
    silent = await ticket_code(fair.world, await make_registration(fair.world))
    await agreeing.choose(fair.guest, "name")
    acts: list[Any] = [
        {"nonce": "s1", "code": fair.code},
        {"nonce": "s2", "code": silent},
        {"nonce": "n1", "of": "s1", "note": "Gọi lại thứ Hai", "rating": 4, "tags": ["đầu tư"]},
        {"nonce": "n2", "of": "s2", "note": "Áo xanh"},
        {"nonce": "n3", "of": "s9", "note": "Của máy khác"},
        {"nonce": "n4", "of": "s1", "code": fair.code},
    ]
    first, second = [(await post("/leads/sync", {"scans": acts})).json()["results"] for _twice in range(2)]
    assert [(one["status"], one["reason"]) for one in first] == [
        ("ok", ""), ("visited", ""), ("noted", ""), ("noted", "not_noted"), ("refused", "unknown_scan"),
        ("refused", "unreadable"),
    ]  # fmt: skip
    assert [one["replayed"] for one in second] == [True] * 5 + [False]
    booth = await fair.booth()
    (lead,) = await listing.leads(booth.event, booth.organisation)
    assert (lead["rating"], lead["tags"], [note["text"] for note in lead["notes"]]) == (
        4,
        ["đầu tư"],
        ["Gọi lại thứ Hai"],
    )
    assert msgspec.structs.astuple(await listing.counts(booth.event, booth.organisation)) == (1, 1)
    await agreeing.withdraw(fair.guest, lead["id"])
    late = (await post("/leads/scan", {"nonce": "n5", "of": "s1", "note": "Muộn rồi"})).json()
    assert (late["status"], late["reason"], late["lead"]) == ("noted", "not_noted", None)
    assert await database.fetchval("SELECT count(*) FROM lead_note") == 1


async def test_case_72_a_phone_hears_with_its_next_contact_whom_it_may_show_no_longer(fair: Fair, pair: Pair) -> None:
    await agreeing.choose(fair.guest, "contact")
    _device, post = await pair(fair)
    lead = (await post("/leads/scan", {"nonce": "s1", "code": fair.code})).json()["lead"]["id"]
    before = (await post("/leads/latest", {"shown": [lead]})).json()
    assert ([one["name"] for one in before["items"]], before["gone"]) == ([NAME], [])
    await agreeing.withdraw(fair.guest, UUID(lead))
    after = await post("/leads/latest", {"shown": [lead, lead]})
    assert (after.json()["items"], after.json()["gone"]) == ([], [lead])
    assert [word for word in SECRETS if word in after.text] == []
    assert (await post("/leads/latest", {"shown": "x"})).status_code == 422


@pytest.mark.parametrize("how", ["page", "file", "phone", "list"])
async def test_the_visitor_reads_who_has_seen_them(fair: Fair, pair: Pair, make_client: MakeClient, how: str) -> None:
    person = await make_person("Khách có tài khoản")
    await database.execute("UPDATE registration SET person = $1 WHERE id = $2", person.id, fair.guest)
    await agreeing.choose(fair.guest, "name")
    await meeting.scan(await fair.booth(), shown(fair.code))
    client = make_client(fair.owner)
    if how in ("page", "file"):
        await client.get(fair.pages + ("/files/leads.csv" if how == "file" else ""))
    else:
        _device, post = await pair(fair)
        await database.execute("DELETE FROM data_access")
        path, body = ("/leads/latest", {}) if how == "list" else ("/leads/scan", {"nonce": "p", "code": fair.code})
        await post(path, body)
    rows = await database.fetch("SELECT subject, viewer, kind, viewer_role FROM data_access")
    assert [tuple(row) for row in rows] == [(person.id, fair.owner.id, "events.lead", "member")]


async def test_a_device_that_was_ended_hands_in_but_is_told_no_names(fair: Fair, pair: Pair) -> None:
    await agreeing.choose(fair.guest, "contact")
    device, post = await pair(fair)
    await devices.revoke(fair.owner, fair.world.event, device)
    answer = await post("/leads/sync", {"scans": [{"nonce": "q1", "code": fair.code}]})
    assert (answer.json()["revoked"], answer.json()["results"][0]["lead"]) == (True, None)
    assert [word for word in SECRETS if word in answer.text] == []
    assert await database.fetchval("SELECT count(*) FROM lead") == 1
    refused = await post("/leads/scan", {"nonce": "q2", "code": fair.code})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "device_revoked")


@pytest.mark.parametrize("role", ["scan", "search", "supervisor", "kiosk", "exhibitor"])
async def test_devices_of_doors_collect_no_leads(fair: Fair, make_client: MakeClient, role: str) -> None:
    """Nor does one of an exhibitor that was given no booth."""
    _number, code = await devices.add_device(fair.world.owner, fair.world.event, name="Máy", role=role)
    http = make_client()
    token = (await http.post("/api/v1/door/pair", json={"code": code})).json()["token"]
    answer = await http.post(
        "/api/v1/leads/scan", headers={"Authorization": f"Bearer {token}"}, json={"nonce": "n", "code": fair.code}
    )
    assert answer.status_code == (404 if role == "exhibitor" else 403)


@pytest.mark.parametrize(
    ("what", "reason"), [("forged", "unknown_code"), ("other", "wrong_event"), ("cancelled", "not_confirmed")]
)
async def test_what_is_no_ticket_of_this_event(fair: Fair, what: str, reason: str) -> None:
    await agreeing.choose(fair.guest, "contact")
    code = fair.code
    if what == "forged":
        code = code[:-8] + "AAAAAAAA"
    if what == "other":
        other = await make_event()
        code = await ticket_code(other, await make_registration(other))
    if what == "cancelled":
        await waitlist.cancel(NOBODY, fair.guest, by_guest=True)
    met = await meeting.scan(await fair.booth(), shown(code))
    assert (met.status, met.reason, met.lead) == ("refused", reason, None)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=140), st.text(max_size=60), st.integers(-(2**40), 2**40), st.integers(-9, 9))
def test_whatever_is_sent_is_taken_or_refused_by_name(nonce: str, tag: str, clock_ms: int, rating: int) -> None:
    refused: set[str] = set()
    try:
        meeting.check(LeadScanRequest(nonce=nonce, code="", clock_ms=clock_ms, rating=rating, tags=[tag]))
    except Invalid as error:
        refused = set(error.fields)
    plain = 0 < len(nonce) <= 128 and all("!" <= letter <= "~" for letter in nonce)
    wrong = {"nonce": not plain, "clock_ms": abs(clock_ms) >= 2**31, "rating": not 1 <= rating <= 5}
    wrong["tags"] = len(tag) > meeting.LONGEST_TAG or "\x00" in tag
    assert refused == {name for name, bad in wrong.items() if bad}


# --- pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_pages_scan_note_and_find(fair: Fair, make_client: MakeClient, locale: str) -> None:
    await agreeing.choose(fair.guest, "contact")
    client = make_client(msgspec.structs.replace(fair.owner, locale=locale))
    page = await client.post(f"{fair.pages}/scan", data={"nonce": "p1", "code": fair.code})
    assert (page.status_code, NAME in page.text) == (200, True)
    lead = await database.fetchval("SELECT id FROM lead")
    kept = await client.post(f"{fair.pages}/of/{lead}", data={"note": "Gọi lại", "rating": "4", "tags": "AI, Y tế"})
    assert kept.status_code == 303
    for words, there in (("bi mat", True), ("y tế", True), ("khong co ai", False)):
        assert ("Gọi lại" in (await client.get(fair.pages, params={"q": words})).text) == there
    wrong = await client.post(f"{fair.pages}/of/{lead}", data={"note": "Đang viết dở", "rating": "9", "tags": ""})
    assert (wrong.status_code, "Đang viết dở" in wrong.text) == (422, True)
    assert (await client.post(f"{fair.pages}/scan", data={"nonce": "", "code": ""})).status_code == 422


async def test_a_file_runs_nothing_and_has_every_note(fair: Fair) -> None:
    await agreeing.choose(fair.guest, "name")
    await database.execute("UPDATE registration SET full_name = '=1+1' WHERE id = $1", fair.guest)
    booth = await fair.booth()
    await meeting.scan(booth, shown(fair.code, note="=cmd()"))
    content = (await listing.as_file(booth.event, booth.organisation, "csv")).decode("utf-8-sig")
    _titles, line = csv.reader(io.StringIO(content))
    assert (line[0], line[2], line[3]) == ("'=1+1", "", "")
    assert line[7].endswith(": =cmd()")


async def test_as_many_statements_for_many_leads(fair: Fair) -> None:
    booth, counted = await fair.booth(), []
    for _round in range(2):
        for _n in range(2):
            guest = await make_registration(fair.world)
            await agreeing.choose(guest.id, "name")
            await meeting.scan(booth, shown(await ticket_code(fair.world, guest), note="Ghi"))
        with database.count_queries() as queries:
            await listing.leads(booth.event, booth.organisation)
        counted.append(len(queries))
    assert counted == [2, 2]


# --- who may -------------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "", "member"),
    ("POST", "/scan", "member"),
    ("POST", "/of/{lead}", "member"),
    ("GET", "/files/leads.csv", "editor"),
    ("POST", "/devices", "editor"),
    ("POST", "/devices/{nobody}/revoke", "editor"),
]


def test_every_page_of_an_exhibitor_is_in_the_matrix() -> None:
    from events.leads.routes import router

    start = "/events/{slug:str}/leads/{exhibitor:uuid}"
    written = {route.path.removeprefix(start) for route in router.routes if route.path.startswith(start)}
    known = {"", "/scan", "/of/{lead:uuid}", "/files/{name:str}", "/devices", "/devices/{device:uuid}/revoke"}
    assert (written, len(ROUTES)) == (known, len(known))


@pytest.mark.parametrize("who", ["owner", "editor", "viewer", "other", "organizer", "admin", "nobody"])
async def test_who_may(fair: Fair, make_client: MakeClient, who: str) -> None:
    """Also those who run the event see nothing of an exhibitor's leads."""
    await agreeing.choose(fair.guest, "contact")
    met = await meeting.scan(await fair.booth(), shown(fair.code))
    assert met.lead is not None
    actor: Actor | None = {"owner": fair.owner, "organizer": fair.world.owner}.get(who)
    if who in ("editor", "viewer"):
        actor = await colleague(fair, who)
    if who == "other":
        actor, _other = await accepted(fair.world)
    if who == "admin":
        actor = await make_person(roles=("admin",))
    client = make_client(actor) if actor else make_client()
    for method, path, least in ROUTES:
        address = fair.pages + path.format(lead=met.lead["id"], nobody=new_id())
        answer = await client.request(method, address, data={} if method == "POST" else None)
        inside = who in ("owner", "editor") or (who == "viewer" and least == "member")
        if who == "nobody":
            assert answer.status_code in (303, 401, 403), address
        elif who == "viewer" and least == "editor":
            assert answer.status_code == 403, address
        else:
            # the device is nobody's, so that also editors are told that it is absent
            assert (answer.status_code != 404) == (inside and "revoke" not in path), address
        if not inside:
            assert [word for word in SECRETS if word in answer.text] == []


# --- rights --------------------------------------------------------------------------------------------------------


async def test_who_is_erased_is_no_lead_any_more_and_the_copy_says_who_met_them(fair: Fair) -> None:
    await agreeing.choose(fair.guest, "contact")
    await meeting.scan(await fair.booth(), shown(fair.code, note="Về Bí Mật"))
    subject = Subject(email=EMAIL, key=email_key(EMAIL))
    copied = {
        sheet: [row async for row in exporters[f"events/{sheet}"](subject)]
        for sheet in ("lead_consents", "leads", "lead_notes", "lead_scans")
    }
    assert {sheet: len(rows) for sheet, rows in copied.items()} == dict.fromkeys(copied, 1)
    assert (copied["lead_notes"][0]["text"], copied["lead_consents"][0]["level"]) == ("Về Bí Mật", "contact")
    for _twice in range(2):
        await erasers["event_leads"](subject)
    left = await database.fetchrow(
        "SELECT (SELECT count(*) FROM lead) AS leads, (SELECT count(*) FROM lead_note) AS notes,"
        " (SELECT count(*) FROM lead_consent) AS consents, (SELECT string_agg(status, '') FROM lead_scan) AS scans"
    )
    assert left == (0, 0, 0, "visited")
