"""What a scanner decides alone, tried in a real browser: codes, cards, rules. No server, only the modules."""

import base64
import json
import re
import secrets
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from playwright.async_api import Browser, Page, Route

from app import assets
from events import tickets
from events.door import pages

pytestmark = pytest.mark.browser
EVENT = uuid4()
KEY = Ed25519PrivateKey.generate()
KID = 4711


@pytest.fixture
async def blank(browser: Browser) -> AsyncIterator[Page]:
    """An empty page of this machine (browsers give cryptography only there), with the scanner's modules beside it."""
    context = await browser.new_context()
    page = await context.new_page()

    async def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2].partition("?")[0]
        if not name:
            await route.fulfill(body="<!doctype html><title>leer</title>", content_type="text/html")
        elif name == "verifier.js":
            await route.fulfill(path=assets.VENDOR / "ed25519" / "index.js", content_type="text/javascript")
        else:
            await route.fulfill(path=pages.FOLDER / name, content_type="text/javascript")

    await page.route("**/*", answer)
    await page.goto("http://localhost/")
    yield page
    await context.close()


def code(ticket: UUID | None = None, *, event: UUID = EVENT, key: Ed25519PrivateKey = KEY, kid: int = KID) -> str:
    return tickets.sign(key, kid, event, ticket or uuid4())


# --- codes -----------------------------------------------------------------------------------------------------


def shown() -> list[str]:
    """Texts that are held up at a door: ours as scanners change them, and everything else (cases 51 and 52)."""
    real = code()
    raw = bytearray(base64.b32decode(real + "=" * (-len(real) % 8)))
    flipped = []
    for place in (0, 1, 7, 30, 36, 37, 70, 100):
        changed = bytearray(raw)
        changed[place] ^= 1
        flipped.append(base64.b32encode(changed).decode().rstrip("="))
    spelled_otherwise = real[:-1] + chr(ord(real[-1]) + 1)
    return [
        real, real.lower(), f"\\000026{real}", f"]Q1{real}", f" {real[:40]} {real[40:]}\n", *flipped, spelled_otherwise,
        real[:-1], real + "A", real[1:], code(kid=KID + 1), code(key=Ed25519PrivateKey.generate()), code(event=uuid4()),
        "ABCD2345", "abcd-2345", "", " ", "https://example.com/" + real, "BEGIN:VCARD\nFN:Nguyễn Văn A\nEND:VCARD",
        "A" * 4096, real * 30, "\x00" * 200, "ſ" * 162, "é" + real[1:], "１２３", "W" + "A" * 25,
    ]  # fmt: skip


def truth(text: str) -> list[Any]:
    """What the server's own reading of the same text says."""
    cleaned = tickets.normalise(text)
    if tickets._CODE.fullmatch(cleaned):
        return ["short", cleaned]
    if re.fullmatch("W[A-Z2-7]{25}", cleaned):
        return ["pass", cleaned]
    parts = tickets.unpack(cleaned)
    if parts is None:
        return ["unknown", cleaned]
    _version, kid, event, ticket = tickets._BODY.unpack(parts[0])
    good = kid == KID and KEY.sign(tickets.DOMAIN + parts[0]) == parts[1]
    return ["ticket", cleaned, kid, str(UUID(bytes=event)), str(UUID(bytes=ticket)), good]


@pytest.mark.parametrize("own", [True, False], ids=["the browser's own", "the module that stands in"])
async def test_case_52_a_scanner_reads_codes_as_the_server_does(own: bool, blank: Page) -> None:
    texts = shown()
    read = await blank.evaluate(
        """async ({texts, own, kid, publicKey}) => {
          const {read, verify, withoutOwn, fromBase64} = await import("/code.js");
          if (!own) withoutOwn();
          const said = [];
          for (const text of texts) {
            const found = read(text);
            if (found.kind !== "ticket") { said.push([found.kind, found.text]); continue; }
            const good = found.key === kid && await verify(found, fromBase64(publicKey), "/verifier.js");
            said.push([found.kind, found.text, found.key, found.event, found.ticket, good]);
          }
          return said;
        }""",
        {
            "texts": texts,
            "own": own,
            "kid": KID,
            "publicKey": base64.urlsafe_b64encode(KEY.public_key().public_bytes_raw()).decode().rstrip("="),
        },
    )
    assert read == [truth(text) for text in texts]
    assert [said[-1] for said in read if said[0] == "ticket"].count(True) == 6, (
        "five ways of showing one, and a foreign one"
    )


# --- cards -----------------------------------------------------------------------------------------------------


def _derived(text: str, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, EVENT.bytes, info).derive(text.encode())


def card(text: str, values: list[Any]) -> tuple[bytes, bytes]:
    tag, iv = _derived(text, b"door tag", 8), secrets.token_bytes(6)
    plain = json.dumps(values, ensure_ascii=False).encode()
    sealed = iv + AESGCM(_derived(text, b"door card", 32)).encrypt(iv + bytes(6), plain, tag)
    return tag, tag + struct.pack(">H", len(sealed)) + sealed


def state(tag: bytes, status: int = 0, inside: tuple[tuple[int, int], ...] = ()) -> bytes:
    return tag + bytes([status, len(inside)]) + b"".join(struct.pack(">HI", *one) for one in inside)


def snapshot(cards: list[bytes], states: list[bytes], *, kind: int = 0, version: int = 1, total: int = 2) -> str:
    head = b"KND1" + struct.pack(">BQIII", kind, version, total, len(cards), len(states))
    return base64.b64encode(head + b"".join(cards) + b"".join(states)).decode()


_CARDS = """async ({event, steps, texts}) => {
  const {Cards} = await import("/cards.js");
  const {fromBase64} = await import("/code.js");
  const cards = new Cards();
  const said = [];
  for (const step of steps) {
    try { cards.take(fromBase64(step).buffer); } catch (error) { said.push(error.message || error.name); }
    const found = [];
    for (const text of texts) {
      const {state, person} = await cards.find(text, event);
      found.push([state ? state.status : null, state ? state.inside : null, person ? person.name : null]);
    }
    said.push([cards.version, cards.complete, found]);
  }
  return said;
}"""


async def test_a_card_opens_with_its_own_code_alone_and_deltas_replace_it(blank: Page) -> None:
    anh, binh = code(), code()
    name = "Công Tằng Tôn Nữ Thị Phương Thảo Nguyên Quỳnh Trâm Anh Đỗ"
    (tag, sealed), (other, other_sealed) = card(anh, [name, "Sao Mai", 3]), card(binh, ["Bình"])
    stolen = other + sealed[8:]  # Anh's card under Bình's tag
    steps = [
        snapshot([sealed, other_sealed], [state(tag), state(other, 2)]),
        snapshot([], [state(tag, 0, ((7, 1_795_000_000),))], kind=1, version=2**50),
        snapshot([stolen], [state(other)], kind=1, version=2**50 + 1),
        snapshot([], [state(other, 6)], kind=1, version=2**50 + 2, total=1),
        snapshot([sealed], [], version=3)[:-8],
        base64.b64encode(b"<html>captive portal</html>").decode(),
    ]
    said = await blank.evaluate(_CARDS, {"event": str(EVENT), "steps": steps, "texts": [anh, binh, code()]})
    inside = [{"n": 7, "at": 1_795_000_000_000}]
    assert said == [
        ["1", True, [[0, [], name], [2, [], "Bình"], [None, None, None]]],
        [str(2**50), True, [[0, inside, name], [2, [], "Bình"], [None, None, None]]],
        [str(2**50 + 1), True, [[0, inside, name], [0, [], None], [None, None, None]]],
        [str(2**50 + 2), True, [[0, inside, name], [None, None, None], [None, None, None]]],
        "cut off",
        [str(2**50 + 2), True, [[0, inside, name], [None, None, None], [None, None, None]]],
        "not a snapshot",
        [str(2**50 + 2), True, [[0, inside, name], [None, None, None], [None, None, None]]],
    ]


# --- rules -----------------------------------------------------------------------------------------------------

VENUE, SOUTH, NORTH, GATE, HALL = ("venue", "south", "north", "gate", "hall")
NOW = datetime(2026, 12, 12, 3, 0, tzinfo=UTC)  # 10:00 in Hanoi
MS = int(NOW.timestamp() * 1000)


def zone(n: int, name: str, parent: str | None, **more: Any) -> dict[str, Any]:
    kind = "gate" if name == GATE else "venue"
    return {
        "n": n,
        "id": name,
        "parent": parent,
        "kind": kind,
        "cap": None,
        "inside": 0,
        "re_entry": "after_exit",
    } | more


ZONES = [zone(0, VENUE, None), zone(1, SOUTH, VENUE), zone(2, NORTH, VENUE), zone(3, GATE, VENUE), zone(4, HALL, SOUTH)]
SESSION = {"id": "0a0b0c0d-0000-7000-8000-000000000000", "starts_at": "2026-12-12T10:04:00+07:00", "walk_in_minutes": 5}


def at(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"to {name}", "zone": name, "types": None, "session": None, "questions": []} | more


POINTS = [at(VENUE), at(SOUTH), at(NORTH), at(GATE), at(HALL)]
OK = ["ok", ""]


def mine(zone_name: str, minutes: float, direction: str = "in", **more: Any) -> dict[str, Any]:
    """One's own scan so many minutes ago."""
    moment = MS - int(minutes * 60_000)
    return {"checkpoint": f"to {zone_name}", "zone": zone_name, "direction": direction, "at": moment} | more


def case(at_door: str = VENUE, **more: Any) -> dict[str, Any]:
    """A visitor with a good ticket who stands at a door at ten; `more` changes what is named."""
    rules = {"event": {"status": "published"}, "time_zone": "Asia/Ho_Chi_Minh", "zones": ZONES, "checkpoints": POINTS}
    type_ = {"n": 0, "code": "visitor", "days": []} | more.pop("type", {})
    zones = more.pop("zones", {})
    rules |= {"types": [type_], "zones": [one | zones.get(one["id"], {}) for one in ZONES]} | more.pop("rules", {})
    door = at(at_door) | more.pop("door", {})
    person = {"name": "An", "type": 0, "sessions": []} | more.pop("person", {})
    inside = [{"n": n, "at": MS - 3_600_000} for n in more.pop("inside", ())]
    known = {"tag": "t", "state": {"status": more.pop("status", 0), "inside": inside}, "person": person}
    place = {"checkpoint": door, "direction": more.pop("direction", "in")}
    return {"rules": rules, "known": known, "mine": [], "place": place, "now": MS} | more


TODAY, YESTERDAY, TOMORROW = "2026-12-12", "2026-12-11", "2026-12-13"
QUESTION = {"code": "meal", "kind": "yes_no", "required": True}

JUDGED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a good ticket": (case(), OK),
    "the event is off": (case(rules={"event": {"status": "cancelled"}}), ["refused", "event_cancelled"]),
    "64 not in the snapshot": (case(known={"tag": "t", "state": None, "person": None}), ["unsure", "not_in_snapshot"]),
    "a card that does not open": (
        case(known={"tag": "t", "state": {"status": 0, "inside": []}, "person": None}),
        ["unsure", "not_in_snapshot"],
    ),
    "cancelled": (case(status=1), ["refused", "cancelled"]),
    "waiting list": (case(status=2), ["refused", "waitlisted"]),
    "8 waits for approval": (case(status=3), ["refused", "unapproved"]),
    "not accepted": (case(status=4), ["refused", "not_confirmed"]),
    "blocked": (case(status=5), ["refused", "blocked"]),
    "a status of a later version": (case(status=9), ["unsure", "not_in_snapshot"]),
    "45 inside since": (case(inside=[0]), ["already", "already_inside"]),
    "45 by this device": (case(mine=[mine(VENUE, 0.1)]), ["already", "already_inside"]),
    "54 after an exit": (case(mine=[mine(VENUE, 9), mine(VENUE, 5, "out")]), OK),
    "54 the exit was known here only": (case(inside=[0], mine=[mine(VENUE, 5, "out")]), OK),
    "54 an exit without an entry": (case(direction="out"), OK),
    "54 two exits": (case(direction="out", mine=[mine(VENUE, 5, "out")]), OK),
    "54 no re-entry": (
        case(zones={VENUE: {"re_entry": "once"}}, mine=[mine(VENUE, 9), mine(VENUE, 5, "out")]),
        ["refused", "re_entry"],
    ),
    "open village": (case(SOUTH, zones={SOUTH: {"re_entry": "any"}}, inside=[1]), OK),
    "56 once a day, and yesterday": (
        case(zones={VENUE: {"re_entry": "daily"}}, mine=[mine(VENUE, 1440), mine(VENUE, 1400, "out")]),
        OK,
    ),
    "56 once a day, and this morning": (
        case(zones={VENUE: {"re_entry": "daily"}}, mine=[mine(VENUE, 90), mine(VENUE, 60, "out")]),
        ["refused", "re_entry"],
    ),
    "another door let them out, as a newer snapshot says": (
        case(mine=[mine(VENUE, 60, settledAt=MS - 3_500_000)], asOf=MS - 60_000),
        OK,
    ),
    "an older snapshot cannot know": (
        case(mine=[mine(VENUE, 60, settledAt=MS - 3_500_000)], asOf=MS - 3_600_000),
        ["already", "already_inside"],
    ),
    "57 from one village to its sibling and back": (case(SOUTH, inside=[0, 1], mine=[mine(NORTH, 5)]), OK),
    "57 the venue around is unchanged": (
        case(VENUE, inside=[0, 1], mine=[mine(NORTH, 5)]),
        ["already", "already_inside"],
    ),
    "57 leaving a village leaves its halls": (case(HALL, inside=[0, 1, 4], mine=[mine(SOUTH, 5, "out")]), OK),
    "a gate leads into the venue": (case(GATE, inside=[0]), ["already", "already_inside"]),
    "58 full": (case(zones={VENUE: {"cap": 3, "inside": 3}}), ["refused", "checkpoint_full"]),
    "58 full as last heard": (case(occupancy={VENUE: {"inside": 9, "cap": 9}}), ["refused", "checkpoint_full"]),
    "58 somebody left meanwhile": (
        case(zones={VENUE: {"cap": 9, "inside": 9}}, occupancy={VENUE: {"inside": 8, "cap": 9}}),
        OK,
    ),
    "58 full around": (case(HALL, zones={VENUE: {"cap": 3, "inside": 3}}), ["refused", "checkpoint_full"]),
    "58 full around, and in there already": (case(HALL, inside=[0], zones={VENUE: {"cap": 3, "inside": 3}}), OK),
    "58 exits never wait": (case(direction="out", zones={VENUE: {"cap": 3, "inside": 3}}), OK),
    "56 a pass of today": (case(type={"days": [YESTERDAY, TODAY]}), OK),
    "56 a pass of tomorrow": (case(type={"days": [TOMORROW]}), ["refused", "wrong_day"]),
    "56 a pass of yesterday": (case(type={"days": [YESTERDAY]}), ["refused", "wrong_day"]),
    "56 a pass of the days around": (case(type={"days": [YESTERDAY, TOMORROW]}), ["refused", "wrong_day"]),
    "before the ticket holds": (case(type={"valid_from": "2026-12-12T10:00:01+07:00"}), ["refused", "too_early"]),
    "the ticket's first second": (case(type={"valid_from": "2026-12-12T10:00:00+07:00"}), OK),
    "the ticket's last second": (case(type={"valid_until": "2026-12-12T10:00:00+07:00"}), OK),
    "the ticket has run out": (case(type={"valid_until": "2026-12-12T09:59:59+07:00"}), ["refused", "too_late"]),
    "before the door opens": (case(door={"opens_at": "2026-12-12T03:30:00Z"}), ["refused", "too_early"]),
    "the door has closed": (case(door={"closes_at": "2026-12-12T02:30:00Z"}), ["refused", "too_late"]),
    "opens daily, just now": (case(door={"opens_daily": "10:00", "closes_daily": "18:00"}), OK),
    "opens daily, later": (case(door={"opens_daily": "10:01"}), ["refused", "too_early"]),
    "closes daily, just now": (case(door={"closes_daily": "10:00"}), OK),
    "closed daily": (case(door={"closes_daily": "09:59:59"}), ["refused", "too_late"]),
    "56 after midnight it is still the day before": (
        case(type={"days": [YESTERDAY]}, zones={VENUE: {"empties_at": "10:00:01"}}),
        OK,
    ),
    "an exit only": (case(door={"direction": "out"}), ["refused", "wrong_direction"]),
    "another kind of ticket at an exit": (
        case(direction="out", door={"direction": "out", "types": ["investor"]}),
        ["refused", "wrong_checkpoint"],
    ),
    "another kind of ticket": (case(door={"types": ["investor"]}), ["refused", "wrong_checkpoint"]),
    "this kind of ticket": (case(door={"types": ["visitor"]}), OK),
    "59 booked": (case(door={"session": SESSION | {"walk_in_minutes": None}}, person={"sessions": ["0a0b0c0d"]}), OK),
    "59 not booked, walk-in time": (case(door={"session": SESSION}), OK),
    "59 not booked, too early": (
        case(door={"session": SESSION | {"walk_in_minutes": 3}}),
        ["refused", "session_not_booked"],
    ),
    "59 not booked, no walk-ins": (
        case(door={"session": SESSION | {"walk_in_minutes": None}}),
        ["refused", "session_not_booked"],
    ),
    "67 a question": (case(door={"questions": [QUESTION]}), ["needs_input", "needs_answer"]),
    "67 answered": (case(door={"questions": [QUESTION]}, answers={"meal": "no"}), OK),
    "67 a question that may stay open": (
        case(door={"questions": [QUESTION | {"required": False}]}),
        ["needs_input", "needs_answer"],
    ),
    "67 and was left open": (case(door={"questions": [QUESTION | {"required": False}]}, answers={}), OK),
    "a checkpoint whose zone is not known": (case("nowhere"), OK),
}


async def test_the_rules_decide_as_the_contract_says(blank: Page) -> None:
    judged = await blank.evaluate(
        """async (cases) => {
          const {judge} = await import("/judge.js");
          return Object.fromEntries(Object.entries(cases).map(([name, one]) => {
            const {status, reason} = judge(one);
            return [name, [status, reason]];
          }));
        }""",
        {name: given for name, (given, _said) in JUDGED.items()},
    )
    assert judged == {name: said for name, (_given, said) in JUDGED.items()}
