"""Codes and invitations, delegations, payments, and what guests change alone, by the numbers of the cases."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import clock, db, outbox
from app.core.errors import Conflict, Invalid
from app.core.web import NOBODY
from app.directory.importing.tabular import CannotRead
from events import changing, review, setup, waitlist
from events.delegations import reading, registering
from events.inviting import vouchers
from events.paying import reconciling, statement, vietqr
from events.planning import TypePlan
from events.registration import Wish
from events.seats import offering
from tests.conftest import MakeClient
from tests.event_factories import make_registration, scan
from tests.events.seats.conftest import Seats

LATER = clock.now() + timedelta(days=1)

# --- codes ---------------------------------------------------------------------------------------------------------


async def hidden(seats: Seats, visibility: str = "code") -> UUID:
    plan = TypePlan(code="vip", title_vi="VIP", capacity=2, visibility=visibility, access_code="Làng-2026")
    return await setup.add_type(seats.world.owner, seats.world.event, plan)


@pytest.mark.parametrize("code", ["làng 2026", "LANG-2026", "", "LÀNG-2027"])
async def test_a_hidden_type_is_absent_without_its_code(code: str, seats: Seats) -> None:
    await hidden(seats)
    if code in ("làng 2026", "LANG-2026"):
        assert (await make_registration(seats.world, ticket_type="vip", access_code=code)).status == "confirmed"
        return
    with pytest.raises(Invalid) as refused:
        await make_registration(seats.world, ticket_type="vip", access_code=code)
    with pytest.raises(Invalid) as absent:
        await make_registration(seats.world, ticket_type="no-such-type", access_code=code)
    assert refused.value.fields == absent.value.fields


async def test_a_voucher_is_used_as_often_as_it_may_and_its_kept_places_come_back(seats: Seats) -> None:
    kind = await hidden(seats, "invited")
    plan = vouchers.VoucherPlan(ticket_type=kind, code="BAO-CHI", uses_most=2, keeps=2, ends_at=LATER)
    number = await vouchers.make(seats.world.owner, seats.world.event, plan)
    assert await seats.used(kind) == (2, 2)
    first = await make_registration(seats.world, ticket_type="vip", access_code="bao chi")
    assert (first.status, await seats.used(kind)) == ("confirmed", (2, 2))
    await vouchers.end(seats.world.owner, seats.world.event, number)
    assert await seats.used(kind) == (1, 2)
    with pytest.raises(Invalid):
        await make_registration(seats.world, ticket_type="vip", access_code="bao chi")
    with pytest.raises(vouchers.CodeInUse):
        await vouchers.make(
            seats.world.owner, seats.world.event, vouchers.VoucherPlan(ticket_type=kind, code="bao-chi")
        )


async def test_an_invitation_is_for_its_address_alone_and_mailed_once(seats: Seats) -> None:
    plan = vouchers.VoucherPlan(ticket_type=seats.kinds["investor"])
    people = vouchers.read_invitees("Quỹ Một <mot@test.example>\n\nhai@test.example; Quỹ Hai\nMOT@test.example")
    assert [(one.full_name, one.email) for one in people] == [
        ("Quỹ Một", "mot@test.example"),
        ("Quỹ Hai", "hai@test.example"),
    ]
    assert [await vouchers.invite(seats.world.owner, seats.world.event, plan, people) for _n in range(2)] == [
        (2, 0),
        (0, 2),
    ]
    for _twice in range(2):
        await outbox.drain()
    assert await db.fetchval("SELECT count(*) FROM mail WHERE subject LIKE 'Trân trọng kính mời%'") == 2
    code = await db.fetchval("SELECT code FROM event_voucher WHERE email = 'mot@test.example'")
    with pytest.raises(Invalid):
        await make_registration(seats.world, ticket_type="investor", access_code=code, email="la@test.example")
    found = await make_registration(seats.world, ticket_type="investor", access_code=code, email="mot@test.example")
    assert found.status == "confirmed"  # no approval for who was invited


async def test_the_form_shows_what_a_code_opens_and_keeps_a_wrong_one(seats: Seats, make_client: MakeClient) -> None:
    await hidden(seats)
    client, path = make_client(NOBODY), f"/events/{seats.world.slug}/register"
    assert 'value="vip"' not in (await client.get(path)).text
    assert 'value="vip"' in (await client.get(path, params={"code": "lang2026"})).text
    wrong = await client.get(path, params={"code": "SAI-ROI"})
    assert "Mã này không đúng hoặc không còn hiệu lực." in wrong.text
    assert 'value="SAI-ROI"' in wrong.text
    form = {"ticket_type": "vip", "full_name": "Lan", "email": "lan@test.example", "terms": "1", "code": "lang-2026"}
    assert (await client.post(path, data=form)).status_code == 303
    assert await seats.line() == ["confirmed"]


# --- delegations -----------------------------------------------------------------------------------------------------


async def delegation(seats: Seats) -> UUID:
    lead = registering.Lead(name="Đoàn Thừa Thiên – Huế", lead_name="Lan", lead_email="lan@test.example")
    found: UUID = (await registering.begin(NOBODY, seats.world.event, lead))["id"]
    return found


def people(count: int) -> list[reading.Member]:
    return reading.pasted("\n".join(f"Đại biểu {n}" for n in range(count)))


async def test_case_12_all_or_nobody_and_as_many_as_fit(seats: Seats) -> None:
    number = await delegation(seats)
    with pytest.raises(registering.NotAllFit) as refused:
        await registering.register(NOBODY, number, "visitor", people(5), "all")
    assert (refused.value.fit, await seats.line(), await seats.used(seats.kinds["visitor"])) == (2, [], (0, 2))
    found = await registering.register(NOBODY, number, "visitor", people(5), "fit")
    assert found == registering.Registered(confirmed=2, waitlisted=3)
    assert [row["status"] for row in await registering.people_of(number)] == ["confirmed"] * 2 + ["waitlisted"] * 3
    again = await registering.register(NOBODY, number, "visitor", people(5), "fit")
    assert again == registering.Registered(known=5)


async def test_case_13_a_substitute_has_a_code_of_their_own(seats: Seats) -> None:
    number = await delegation(seats)
    await registering.register(NOBODY, number, "visitor", people(1), "all")
    old = (await registering.people_of(number))[0]
    await changing.transfer(NOBODY, old["id"], Wish(ticket_type="", full_name="Người thay", email="", mail=False))
    new = (await registering.people_of(number))[0]
    assert (new["full_name"], new["code"] != old["code"]) == ("Người thay", True)
    assert [(await scan(seats.world, row["code"])).reason for row in (old, new)] == ["cancelled", ""]


async def test_the_mails_of_somebody_without_an_address_go_to_the_lead(seats: Seats) -> None:
    number = await delegation(seats)
    await registering.register(NOBODY, number, "visitor", people(3), "fit")
    first = (await registering.people_of(number))[0]
    await waitlist.cancel(NOBODY, first["id"])
    await outbox.drain()
    rows = await db.fetch("SELECT DISTINCT to_address FROM mail")
    assert [row["to_address"] for row in rows] == ["lan@test.example"]


LISTS = {
    "titles": ("Họ và tên;Email;SĐT;Đơn vị\nNguyễn Văn Đức;duc@test.example;0912345678;Sở KH&CN", 1, 0),
    "guessed": ("Trần Thị Hoà, hoa@test.example, 0912 345 678, Trường Đại học Vinh", 1, 0),
    "only names": ("Lê Minh\n\nPhạm Thị Ánh Nguyệt", 2, 0),
    "twice": ("A, a@test.example\nB, A@Test.example", 2, 1),
    "wrong address": ("A, a@\nB", 2, 1),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_are_read_as_people_write_them(name: str) -> None:
    text, count, wrong = LISTS[name]
    found = reading.pasted(text)
    assert (len(found), sum(bool(member.wrong) for member in found)) == (count, wrong)
    assert all(member.full_name for member in found)


def test_a_list_of_titles_alone_or_of_nothing_is_refused() -> None:
    for text in ("", "   \n ", "Họ tên;Email"):
        with pytest.raises(Invalid):
            reading.pasted(text)
    with pytest.raises(CannotRead):
        reading.pasted("Email;SĐT\na@test.example;0912345678")


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_is_a_list_or_is_refused(text: str) -> None:
    try:
        found = reading.pasted(text)
    except Invalid:
        return
    assert all(member.wrong or member.full_name for member in found)


# --- money -----------------------------------------------------------------------------------------------------------

OF_NAPAS = (
    "00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5",
    "00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52",
)


@pytest.mark.parametrize("text", OF_NAPAS)
def test_the_checksum_is_that_of_the_published_examples(text: str) -> None:
    assert f"{vietqr.checksum(text[:-4].encode()):04X}" == text[-4:]
    assert vietqr.checksum(b"123456789") == 0x29B1


def test_the_code_names_account_amount_and_text() -> None:
    account = vietqr.Account("970415", "113366668888", "QUY VAC XIN")
    found = vietqr.payload(account, 79000, "Ủng hộ Đức & Quỹ vắc-xin phòng Covid")
    assert found[:-4] == (
        "00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA530370454057900058"
        "02VN62290825Ung ho Duc Quy vacxin pho6304"
    )


async def test_a_statement_pays_once_and_says_what_every_line_means(seats: Seats, tmp_path: Path) -> None:
    owner, event = seats.world.owner, seats.world.event
    wide = TypePlan(code="paid", title_vi="Trả phí", capacity=5, price=200_000)
    await setup.edit_type(owner, event, seats.kinds["paid"], wide)
    guests = [await make_registration(seats.world, ticket_type="paid") for _n in range(4)]
    await waitlist.cancel(NOBODY, guests[3].id)
    said = [
        f"MBVCB.123 kn{guests[0].code.lower()} thanh toan,200.000",
        f'CT DEN KN {guests[1].code[:4]}-{guests[1].code[4:]},"250,000.00"',
        f"KN{guests[2].code},199999",
        f"KN{guests[0].code} lan hai,200000",
        f"KN{guests[3].code},200000",
        f"KN{guests[0].code} KN{guests[1].code},400000",
        "tra luong thang 11,900000",
    ]
    file = tmp_path / "sao-ke.csv"
    rows = "\n".join(f"2{n}/11/2026,{line.rpartition(',')[0] if chr(34) not in line else line.split(',')[0]},"
                     f"{line.rpartition(',')[2] if chr(34) not in line else line.split(',', 1)[1]}"
                     for n, line in enumerate(said))  # fmt: skip
    file.write_text(f"Ngày giao dịch,Nội dung,Số tiền ghi có\n{rows}\nTổng,,2149999\n", encoding="utf-8")
    lines = statement.read(file)
    wanted = ["paid", "over", "short", "again", "ended", "several", "unknown"]
    assert [one.fate for one in await reconciling.fates(event, lines)] == wanted
    assert await seats.line() == ["started"] * 3 + ["cancelled"]
    assert [one.fate for one in await reconciling.take(owner, event, lines)] == wanted
    assert await seats.line() == ["confirmed", "confirmed", "started", "cancelled"]
    before = await db.fetch("SELECT * FROM bank_line ORDER BY id")
    assert {one.fate for one in await reconciling.take(owner, event, lines)} == {"before"}
    assert await db.fetch("SELECT * FROM bank_line ORDER BY id") == before
    assert (await seats.told())["paid"] == 2


async def test_only_the_statement_that_was_looked_through_is_taken_in(seats: Seats, make_client: MakeClient) -> None:
    world = seats.world
    guest = await make_registration(world, ticket_type="paid")
    account = vietqr.Account("970436", "0011223344", "SO KHCN")
    await reconciling.set_account(world.owner, world.event, account)
    client = make_client(world.owner)
    client.follow_redirects = True
    base = f"/events/{world.slug}/payments"

    async def read(text: str) -> dict[str, str]:
        rows = f"Ngày,Số tiền,Nội dung\n22/11/2026,200000,{text}\n"
        page = (await client.post(f"{base}/statement", files={"file": ("sao-ke.csv", rows.encode())})).text
        return {"act": "take", "mark": page.partition('name="mark" value="')[2].partition('"')[0]}

    seen, newer = await read("khong co ma"), await read(f"KN{guest.code}")
    for act in ("take", "discard"):
        assert "Vừa có một sao kê khác được đọc" in (await client.post(f"{base}/take", data={**seen, "act": act})).text
    assert await db.fetchval("SELECT count(*) FROM bank_line") == 0
    assert "1 vé" in (await client.post(f"{base}/take", data=newer)).text
    again = (await client.post(f"{base}/take", data=newer)).text
    assert ("đã được ghi nhận hoặc đã bỏ rồi" in again, "Đã bỏ sao kê" in again) == (True, False)
    assert await db.fetchval("SELECT count(*) FROM bank_line") == 1


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("1.500.000", 1_500_000),
        ("1,500,000.00 VND", 1_500_000),
        ("+500000", 500_000),
        (250_000, 250_000),
        ("-500000", None),
        ("", None),
        ("Số dư", None),
        ("2.5", 2),
    ],
)
def test_amounts_as_banks_write_them(cell: str | int, amount: int | None) -> None:
    assert statement.amount_of(cell) == amount


async def test_an_unpaid_place_expires_and_the_page_shows_how_to_pay(seats: Seats, make_client: MakeClient) -> None:
    guest = await make_registration(seats.world, ticket_type="paid")
    waiting = await make_registration(seats.world, ticket_type="paid")
    client = make_client(NOBODY)
    assert (await client.get(f"/tickets/{guest.secret}/pay.svg")).status_code == 404
    await reconciling.set_account(
        seats.world.owner, seats.world.event, vietqr.Account("970436", "0011223344", "SO KHCN")
    )
    page = (await client.get(f"/tickets/{guest.secret}")).text
    assert f"KN{guest.code}" in page
    assert "Vietcombank" in page
    assert (await client.get(f"/tickets/{guest.secret}/pay.svg")).headers["content-type"].startswith("image/svg")
    await seats.deadline(guest.id, clock.now() - timedelta(seconds=1))
    await offering.expire(seats.world.event)
    assert await seats.line() == ["expired", "started"]
    assert await seats.deadline(waiting.id) > clock.now()


# --- alone -----------------------------------------------------------------------------------------------------------


async def test_another_type_is_taken_and_the_old_one_given_back_or_nothing_changes(seats: Seats) -> None:
    guest, _other = await make_registration(seats.world), await make_registration(seats.world)
    waiting = await make_registration(seats.world)
    for _n in range(2):
        await make_registration(seats.world, ticket_type="startup")
    with pytest.raises(changing.KindFull):
        await changing.change_kind(NOBODY, guest.id, "startup")
    assert await seats.used(seats.kinds["visitor"]) == (2, 2)
    more = TypePlan(code="startup", title_vi="Khởi nghiệp", capacity=3)
    await setup.edit_type(seats.world.owner, seats.world.event, seats.kinds["startup"], more)
    assert await changing.change_kind(NOBODY, guest.id, "startup") == "confirmed"
    assert [await seats.used(seats.kinds[code]) for code in ("visitor", "startup")] == [(2, 2), (3, 3)]
    assert await db.fetchval("SELECT status FROM registration WHERE id = $1", waiting.id) == "confirmed"
    for code in ("investor", "paid", "nothing"):
        with pytest.raises(changing.NotThatKind):
            await changing.change_kind(NOBODY, guest.id, code)


async def test_two_registrations_of_one_person_become_the_better_one(seats: Seats) -> None:
    seated, _other = await make_registration(seats.world), await make_registration(seats.world)
    waiting = await make_registration(seats.world, phone="0912345678")
    next_one = await make_registration(seats.world)
    owner, event = seats.world.owner, seats.world.event
    assert await changing.merge(owner, event, waiting.id, seated.id) == "confirmed"
    assert await seats.line() == ["cancelled", "confirmed", "confirmed", "waitlisted"]
    assert await changing.merge(owner, event, waiting.id, next_one.id) == "confirmed"
    with pytest.raises(Conflict):
        await changing.merge(owner, event, waiting.id, next_one.id)
    assert await seats.used(seats.kinds["visitor"]) == (2, 2)


async def test_a_guest_corrects_passes_on_and_asks_for_the_mail_on_the_page(
    seats: Seats, make_client: MakeClient
) -> None:
    guest = await make_registration(seats.world, full_name="Tên Sai")
    client, path = make_client(NOBODY), f"/tickets/{guest.secret}"
    refused = await client.post(f"{path}/edit", data={"full_name": " ", "organisation": "Sở KH&CN"})
    assert (refused.status_code, "Sở KH&amp;CN" in refused.text) == (422, True)
    await client.post(f"{path}/edit", data={"full_name": "Tên Đúng", "organisation": "Sở KH&CN"})
    assert await db.fetchval("SELECT full_name FROM registration") == "Tên Đúng"
    for _twice in range(2):
        await client.post(f"{path}/resend")
    assert (await seats.told())["again"] == 1
    other = {"full_name": "Người khác", "email": "khac@test.example"}
    passed = await client.post(f"{path}/transfer", data=other)
    assert "thuộc về Người khác" in (await client.get(passed.headers["location"])).text
    assert "Đã hủy" in (await client.get(path)).text
    ics = (await client.get(f"{path}/event.ics")).text
    assert ("METHOD:CANCEL" in ics, f"UID:{guest.id}@" in ics) == (True, True)


@pytest.mark.parametrize(
    ("kind", "said"), [("investor", "cần duyệt Người khác trước"), ("visitor", "đã nhận chỗ chờ của bạn")]
)
async def test_what_is_said_after_passing_on_is_what_became_of_it(
    kind: str, said: str, seats: Seats, make_client: MakeClient
) -> None:
    if kind == "visitor":
        await make_registration(seats.world, party=2)
    guest = await make_registration(seats.world, ticket_type=kind)
    if kind == "investor":
        await review.approve(seats.world.owner, seats.world.event, [guest.id])
    client = make_client(NOBODY)
    other = {"full_name": "Người khác", "email": "khac@test.example"}
    answer = await client.post(f"/tickets/{guest.secret}/transfer", data=other)
    assert said in (await client.get(answer.headers["location"])).text
