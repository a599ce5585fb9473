"""Ticket codes: what opens a door, and what does not, whatever it is made of."""

import base64
import random
from uuid import UUID

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.core import db
from app.core.ids import new_id
from events import planning, tickets, waitlist
from events.access import ticket_for
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

KEY = tickets.new_key()
private = Ed25519PrivateKey.from_private_bytes


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=5)


async def test_a_code_is_short_personal_to_nobody_and_the_same_every_time(world: World) -> None:
    guest = await make_registration(world, full_name="Nguyễn Thị Minh Khai", email="khai@test.example")
    code = await ticket_code(world, guest)
    assert code == await ticket_code(world, guest)
    assert len(code) == 162
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    raw = base64.b32decode(code + "=" * (-len(code) % 8))
    assert b"Minh" not in raw
    assert b"khai" not in raw
    assert len(tickets.qr_matrix(code)) <= 49


async def test_renaming_a_guest_never_changes_the_code(world: World) -> None:
    guest = await make_registration(world)
    before = await ticket_code(world, guest)
    await db.execute("UPDATE registration SET full_name = 'Tên mới', email = 'new@test.example'")
    row = await ticket_for(guest.secret)
    assert await tickets.code_of(row["id"], row["event"], row["signing_key"]) == before
    assert (await scan(world, before)).outcome == "ok"


@pytest.mark.parametrize(
    "dress",
    [
        str.lower,
        lambda code: f"  {code}\r\n",
        lambda code: "\\000026" + code,
        lambda code: "]Q3" + code,
        lambda code: "\x1d" + code,
        lambda code: f"\ufeff{code}",
        lambda code: "-".join(code[i : i + 8] for i in range(0, len(code), 8)),
    ],
    ids=["lower", "blanks", "eci", "aim", "group", "bom", "hyphens"],
)
async def test_what_scanners_put_around_a_code(dress: "type", world: World) -> None:
    code = await ticket_code(world, await make_registration(world))
    assert (await scan(world, dress(code))).outcome == "ok"


async def test_forged_bits_never_open(world: World) -> None:
    """Every single flipped bit, and many random changes: none is read as a ticket."""
    code = await ticket_code(world, await make_registration(world))
    raw = bytearray(base64.b32decode(code + "=" * (-len(code) % 8)))
    dice = random.Random(7)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        shown = await tickets.read(base64.b32encode(bytes(changed)).decode().rstrip("="))
        assert shown.problem in ("bad_signature", "unknown_code")
        assert shown.ticket is None
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    for _n in range(2000):
        place = dice.randrange(len(code))
        other = dice.choice([letter for letter in letters if letter != code[place]])
        shown = await tickets.read(code[:place] + other + code[place + 1 :])
        assert shown.ticket is None


async def test_shorter_longer_and_otherwise_spelled_codes_never_open(world: World) -> None:
    code = await ticket_code(world, await make_registration(world))
    cut = (code[:-1], code[1:], code + "A", code + "AAAAAAAA", code + code)
    for text in (*cut, code.replace(code[0], "1", 1), "A" * 162):
        shown = await tickets.read(text)
        assert (shown.ticket, shown.code) == (None, None), text
    # the last letter holds spare bits: only one spelling of them counts
    spare = [code[:-1] + letter for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if letter != code[-1]]
    assert {(await tickets.read(text)).ticket for text in spare} == {None}


@pytest.mark.parametrize(
    "text",
    ["", " ", "https://evil.example/?x=1", "'; DROP TABLE scan; --", "BEGIN:VCARD\nFN:A", "x" * 5000, "\x00\x01",
     "👩‍🚀" * 50, "12345678", "ABCDEFG1", "%" * 8, "A" * 162],
)  # fmt: skip
async def test_other_things_that_people_scan(text: str, world: World) -> None:
    verdict = await scan(world, text)
    assert (verdict.outcome, verdict.reason) == ("refused", "unknown_code")
    assert await db.fetchval("SELECT count(*) FROM scan") == 1


async def test_another_events_ticket_and_another_events_key(world: World) -> None:
    other = await make_event()
    guest = await make_registration(world)
    foreign = await ticket_code(other, await make_registration(other))
    assert (await scan(world, foreign)).reason == "wrong_event"
    # signed with the other event's key, for this event's ticket
    row = await db.fetchrow("SELECT id, private_key FROM event_key WHERE event = $1", other.event)
    assert row is not None
    forged = tickets.sign(private(row["private_key"]), row["id"], world.event, guest.id)
    assert (await scan(world, forged)).reason == "bad_signature"
    # and claiming to be for the other event, which is where the key belongs
    moved = tickets.sign(private(row["private_key"]), row["id"], other.event, guest.id)
    assert (await scan(world, moved)).reason == "wrong_event"


async def test_keys_that_nobody_has(world: World) -> None:
    guest = await make_registration(world)
    for number in (0, 1, guest.signing_key, 2**31, 2**32 - 1):
        forged = tickets.sign(private(KEY[0]), number, world.event, guest.id)
        assert (await scan(world, forged)).reason == "bad_signature"


async def test_a_signature_for_something_else_is_no_ticket(world: World) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    raw = base64.b32decode(code + "=" * (-len(code) % 8))
    private = await db.fetchval("SELECT private_key FROM event_key WHERE event = $1", world.event)
    plain = Ed25519PrivateKey.from_private_bytes(bytes(private)).sign(raw[:-64])
    forged = base64.b32encode(raw[:-64] + plain).decode().rstrip("=")
    assert (await tickets.read(forged)).problem == "bad_signature"


async def test_a_signed_code_of_no_registration(world: World) -> None:
    row = await db.fetchrow("SELECT id, private_key FROM event_key WHERE event = $1", world.event)
    assert row is not None
    ghost = tickets.sign(private(row["private_key"]), row["id"], world.event, new_id())
    assert (await scan(world, ghost)).reason == "unknown_code"


async def test_after_new_codes_the_old_one_is_dead_and_the_new_one_opens(world: World) -> None:
    guest = await make_registration(world)
    old = await ticket_code(world, guest)
    number = await planning.rotate_key(world.owner, world.event, "danh sách bị lộ")
    new = await tickets.code_of(guest.id, world.event, number)
    assert (await scan(world, old)).reason == "revoked"
    assert (await scan(world, new)).outcome == "ok"
    later = await make_registration(world)
    assert later.signing_key == number


async def test_cancelling_leaves_no_living_code(world: World) -> None:
    guest = await make_registration(world, email="a@test.example")
    code = await ticket_code(world, guest)
    await waitlist.cancel(world.owner, guest.id)
    again = await make_registration(world, email="a@test.example")
    assert again.id != guest.id
    assert (await scan(world, code)).reason == "cancelled"
    assert (await scan(world, guest.code)).reason == "cancelled"
    assert (await scan(world, await ticket_code(world, again))).outcome == "ok"


def test_short_codes_cannot_be_taken_for_names() -> None:
    codes = {tickets.new_code() for _n in range(2000)}
    assert len(codes) == 2000
    assert all(set(code) <= set(tickets.CODE_LETTERS) for code in codes)
    assert not any(tickets.looks_like_a_name(code) for code in codes)


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("Nguyễn Văn An", True),
        ("an", True),
        ("O'Neil", True),
        ("an@test.example", True),
        ("ABCD2345", False),
        ("abcd 2345", False),
        ("https://a.example/x", False),
        ("", False),
    ],
)
def test_names_are_told_from_codes(text: str, is_name: bool) -> None:
    assert tickets.looks_like_a_name(text) is is_name


def test_a_secret_is_unguessable() -> None:
    assert len({tickets.new_secret() for _n in range(1000)}) == 1000
    assert len(tickets.new_secret()) == 22
    assert UUID(int=0) != new_id()
