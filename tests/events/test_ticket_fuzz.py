"""Codes that chance or malice made: of all that can be shown at a door, one spelling of a signed code opens it."""

import base64
import io
import re
import struct
from uuid import UUID

import asyncpg
import numpy as np
import pypdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from app.core import db
from app.core.errors import NotFound
from app.core.ids import new_id
from events import paper, tickets
from events.access import ticket_for
from tests.event_factories import World, make_event, make_registration, scan, ticket_code

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
EVENT, TICKET = UUID(int=0x01A2 << 112), UUID(int=(0x01A2 << 112) + 7)
CODE = tickets.sign(PRIVATE, 77, EVENT, TICKET)
FAST = settings(max_examples=150, deadline=None, derandomize=True)
ON_DATABASE = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    return await make_event(capacity=5)


class Keys(dict[int, tuple[UUID, Ed25519PrivateKey]]):
    """Every number names a key: 77 of EVENT, all others of somebody else's event, and all sign alike."""

    def __contains__(self, number: object) -> bool:
        return True

    def __missing__(self, number: int) -> tuple[UUID, Ed25519PrivateKey]:
        return UUID(int=5), PRIVATE


@pytest.fixture
def _known_key(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a database the keys are those of the code above."""
    if "world" not in request.fixturenames:
        monkeypatch.setattr(tickets, "_keys", Keys({77: (EVENT, PRIVATE)}))


pytestmark = pytest.mark.usefixtures("_known_key")


def raw(code: str = CODE) -> bytes:
    return base64.b32decode(code + "=" * (-len(code) % 8))


def spelled(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=")


async def test_the_code_itself_is_read() -> None:
    found = await tickets.read(CODE)
    assert found == tickets.Shown(CODE, event=EVENT, ticket=TICKET, key=77)


@pytest.mark.parametrize("bit", range(0, 101 * 8, 7))
async def test_no_flipped_bit_is_accepted(bit: int) -> None:
    content = bytearray(raw())
    content[bit // 8] ^= 1 << bit % 8
    found = await tickets.read(spelled(bytes(content)))
    assert (found.ticket, found.problem) in [(None, "bad_signature"), (None, "unknown_code")]
    assert found.problem == ("unknown_code" if bit < 8 else "bad_signature")


@FAST
@given(st.integers(0, 161), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
async def test_no_other_letter_is_accepted(place: int, letter: str) -> None:
    assume(CODE[place] != letter)
    found = await tickets.read(CODE[:place] + letter + CODE[place + 1 :])
    assert found.ticket is None
    assert found.problem in ("bad_signature", "unknown_code")


@FAST
@given(st.integers(0, 161), st.integers(0, 161))
async def test_no_two_letters_that_changed_places_are_accepted(one: int, other: int) -> None:
    letters = list(CODE)
    letters[one], letters[other] = letters[other], letters[one]
    assume("".join(letters) != CODE)
    assert (await tickets.read("".join(letters))).ticket is None


@FAST
@given(st.integers(0, 161))
async def test_no_part_of_a_code_is_accepted(length: int) -> None:
    for part in (CODE[:length], CODE[162 - length :], CODE[:length] + CODE[length + 1 :]):
        found = await tickets.read(part)
        assert (found.ticket, found.event, found.key) == (None, None, None)


@FAST
@given(st.text(max_size=500))
@example("A" * 162)
@example("7" * 162)
@example("\ud800")
@example("ſ" * 162)
@example("K" * 8)
@example("İ" * 162)
@example("٣" * 8)
async def test_any_text_is_read_to_an_answer(text: str) -> None:
    found = await tickets.read(text)
    assert found.ticket is None
    assert (found.code is None) != (found.problem is None)
    assert len(tickets.hashed(found.text)) == 16


@FAST
@given(st.binary(min_size=101, max_size=101))
async def test_no_bytes_of_the_right_length_are_accepted(content: bytes) -> None:
    assert (await tickets.read(spelled(content))).ticket is None


@FAST
@given(st.binary(min_size=37, max_size=37), st.integers(0, 2**32 - 1))
async def test_a_right_signature_of_other_words_is_no_ticket(content: bytes, number: int) -> None:
    """Signed by the right key but of another version, of another event, or without the name of what it is."""
    other = struct.pack(">BI", 2, 77) + content[5:]
    assert (await tickets.read(spelled(other + PRIVATE.sign(tickets.DOMAIN + other)))).problem == "unknown_code"
    foreign = struct.pack(">BI", 1, 77) + content[5:]
    assume(foreign[5:21] != EVENT.bytes)
    assert (await tickets.read(spelled(foreign + PRIVATE.sign(tickets.DOMAIN + foreign)))).problem == "bad_signature"
    body = raw()[:37]
    assert (await tickets.read(spelled(body + PRIVATE.sign(body)))).problem == "bad_signature"
    assert (await tickets.read(spelled(body + PRIVATE.sign(b"TICKET\x02" + body)))).problem == "bad_signature"


async def test_the_key_of_another_event_signs_nothing_here() -> None:
    body = struct.pack(">BI16s16s", 1, 78, EVENT.bytes, TICKET.bytes)
    assert (await tickets.read(spelled(body + PRIVATE.sign(tickets.DOMAIN + body)))).problem == "bad_signature"


SIGNS = st.sampled_from(
    [" ", "\t", "\r\n", "-", "\u200b", "\u200f", "\ufeff", "\x1d", "\x00", "\x7f", "\xa0", "\u3000"]
)
PREFIX = st.sampled_from(["", "\\000026", "\\000003", "\\000027\\000001", "]Q3", "]Q1", "]C1", " \\000026"])


@FAST
@given(st.lists(st.tuples(st.integers(0, 162), SIGNS), max_size=20), PREFIX, st.booleans())
async def test_what_scanners_and_people_add_is_forgiven(added: list[tuple[int, str]], prefix: str, small: bool) -> None:
    text = CODE.lower() if small else CODE
    for place, sign in sorted(added, reverse=True):
        text = text[:place] + sign + text[place:]
    found = await tickets.read(prefix + text)
    assert (found.text, found.ticket, found.key) == (CODE, TICKET, 77)


@pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase, str.title])
def test_caps_lock_and_shift_change_nothing(case: object) -> None:
    assert tickets.normalise(case(CODE.lower())) == CODE  # type: ignore[operator]


@pytest.mark.parametrize(
    ("layout", "table"),
    [
        ("azerty", str.maketrans("AZQWM", "QWAZ:")),
        ("qwertz", str.maketrans("YZ", "ZY")),
        ("dvorak", str.maketrans("QWERTY", "'<>PYF")),
    ],
)
async def test_a_scanner_on_another_keyboard_is_refused_and_never_somebody_elses_ticket(
    layout: str, table: dict[int, str]
) -> None:
    found = await tickets.read(CODE.translate(table))
    assert (found.ticket, found.problem in ("unknown_code", "bad_signature")) == (None, True), layout


@FAST
@given(st.uuids(), st.uuids(), st.integers(1, 2**31 - 1))
def test_codes_are_their_own_contents(event: UUID, ticket: UUID, number: int) -> None:
    code = tickets.sign(PRIVATE, number, event, ticket)
    body, signature = tickets.unpack(code) or (b"", b"")
    assert struct.unpack(">BI16s16s", body) == (1, number, event.bytes, ticket.bytes)
    PRIVATE.public_key().verify(signature, tickets.DOMAIN + body)
    assert (len(code), tickets.sign(PRIVATE, number, event, ticket)) == (162, code)


@FAST
@given(st.integers(1, 3))
def test_the_unused_bits_at_the_end_are_nought(spare: int) -> None:
    """162 letters hold two bits more than a code: only one of the four spellings is ours."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    other = CODE[:-1] + letters[letters.index(CODE[-1]) | spare]
    assert (other == CODE) or tickets.unpack(other) is None


def test_new_keys_are_pairs_and_never_the_same() -> None:
    pairs = [tickets.new_key() for _n in range(20)]
    assert len({private for private, _public in pairs}) == 20
    for private, public in pairs:
        signature = Ed25519PrivateKey.from_private_bytes(private).sign(b"x")
        Ed25519PublicKey.from_public_bytes(public).verify(signature, b"x")
    numbers = {tickets.new_key_id() for _n in range(200)}
    assert all(1 <= number <= 2**31 - 1 for number in numbers)


def test_short_codes_are_made_of_letters_that_nobody_mixes_up() -> None:
    codes = [tickets.new_code() for _n in range(300)]
    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) <= set("ABCDEFGHJKMNPQRSTUVWXYZ23456789")
    assert all(any(sign.isdigit() for sign in code) for code in codes)
    assert len(set(codes)) == 300


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nguyễn Thị Minh", True),
        ("Ngô", True),
        ("O'Neil", True),
        ("E\u0302 Ban", False),
        ("Nguyễn  V. A.", True),
        ("minh@test.example", True),
        ("ABCD2345", False),
        ("", False),
        ("a@b@c", False),
        ("x" * 60, False),
        ("x" * 59, True),
        ("12345678", False),
        ("Trần-Lê", True),
        ("Trần_Lê", False),
        ("<b>", False),
    ],
)
def test_what_is_taken_for_a_name(text: str, name: bool) -> None:
    assert tickets.looks_like_a_name(text) is name


async def test_a_key_that_is_not_this_events_makes_no_code(world: World) -> None:
    guest = await make_registration(world)
    other = await make_event()
    for event, key in ((other.event, guest.signing_key), (world.event, 2**31), (world.event, 5)):
        with pytest.raises(NotFound):
            await tickets.code_of(guest.id, event, key)


async def test_a_process_forgets_keys_before_they_are_too_many(world: World) -> None:
    guest = await make_registration(world)
    code = await ticket_code(world, guest)
    tickets._keys.clear()
    tickets._keys.update({-n: (EVENT, PRIVATE) for n in range(1001)})
    assert (await scan(world, code)).outcome == "ok"
    assert list(tickets._keys) == [guest.signing_key]


@ON_DATABASE
@given(st.text(max_size=300))
async def test_whatever_is_scanned_is_answered_and_kept_as_a_hash(world: World, text: str) -> None:
    verdict = await scan(world, text, nonce=new_id().hex)
    assert (verdict.outcome, verdict.reason) == ("refused", "unknown_code")
    kept = await db.fetchval("SELECT code_hash FROM scan WHERE id = $1", verdict.id)
    assert bytes(kept) == tickets.hashed(tickets.normalise(text))


# --- on paper and on screen --------------------------------------------------------------------------------------


def drawn(svg: str) -> np.ndarray:
    """The dark modules of a picture, from its path of horizontal strokes."""
    path = svg.partition('stroke="#000" d="')[2].partition('"')[0]
    side = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    grid = np.zeros((side, side), bool)
    x, y = 0.0, 0.0
    for step, one, _blank, other in re.findall(r"([Mmh])(-?[\d.]+)(\s?(-?[\d.]+))?", path):
        if step == "h":
            grid[int(y), int(x) : int(x) + int(one)] = True
            x += int(one)
        else:
            x, y = (0.0, 0.0) if step == "M" else (x, y)
            x, y = x + float(one), y + float(other)
    return grid


def test_the_picture_and_the_paper_show_the_same_modules_with_a_quiet_zone() -> None:
    grid = drawn(tickets.qr_svg(CODE))
    matrix = np.array([list(row) for row in tickets.qr_matrix(CODE)], bool)
    assert (grid[4:-4, 4:-4] == matrix).all()
    assert not grid[:4].any()
    assert not grid[:, -4:].any()


async def test_a_ticket_of_a_long_name_keeps_the_code_on_its_page(world: World) -> None:
    guest = await make_registration(world, full_name="Nguyễn " * 25, organisation="Đại học " * 20)
    row = await ticket_for(guest.secret)
    page = pypdf.PdfReader(io.BytesIO(paper.ticket_pdf(row, await ticket_code(world, guest)))).pages[0]
    text = " ".join(page.extract_text().split())
    assert f"{guest.code[:4]} {guest.code[4:]}" in text
    assert "…" in text
