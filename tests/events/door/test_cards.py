"""What scanners are given: cards that only their own code opens, states without names, deltas; cases 51, 52, 63, 64."""

import json
import struct
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core import db
from app.core.ids import new_id
from events import checkin, planning, tickets, waitlist
from events.door import cards
from tests.event_factories import World, make_event, make_registration, scan, ticket_code
from tests.events.door.conftest import Scanner
from tests.events.door.forging import forgeries

FORGED = 20_000
"""`python -m bench door` hands a hundred thousand to running doors."""


class Read(msgspec.Struct):
    """A file as a scanner reads it, by docs/door.md alone."""

    whole: bool
    version: str
    total: int
    cards: dict[bytes, bytes]
    states: dict[bytes, tuple[int, list[tuple[int, int]]]]


def read(content: bytes) -> Read:
    magic, kind, version, total, number_of_cards, number_of_states = struct.unpack_from(">4sBQIII", content)
    assert magic == b"KND1"
    at = 25
    found = Read(kind == 0, str(version), total, {}, {})
    for _n in range(number_of_cards):
        tag, length = content[at : at + 8], struct.unpack_from(">H", content, at + 8)[0]
        found.cards[tag] = content[at + 10 : at + 10 + length]
        at += 10 + length
    for _n in range(number_of_states):
        tag, status, k = content[at : at + 8], content[at + 8], content[at + 9]
        found.states[tag] = (status, [struct.unpack_from(">HI", content, at + 10 + 6 * i) for i in range(k)])  # type: ignore[misc]
        at += 10 + 6 * k
    assert at == len(content)
    return found


def opened(found: Read, code: str, event: UUID) -> list[Any]:
    def derive(info: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=event.bytes, info=info).derive(code.encode())

    tag = derive(b"door tag", 8)
    card = found.cards[tag]
    plain = AESGCM(derive(b"door card", 32)).decrypt(card[:6] + bytes(6), card[6:], tag)
    return list(json.loads(plain))


async def given(scanner: Scanner, since: str = "") -> Read:
    cards._versions.clear()
    answer = await scanner.get("/door/cards" + (f"?since={since}" if since else ""))
    assert answer.status_code == 200
    found = read(answer.content)
    assert answer.headers["etag"] == f'"{found.version}"'
    return found


async def test_case_63_a_card_opens_with_its_own_code_and_nothing_is_readable(world: World, scanner: Scanner) -> None:
    guests = [
        await make_registration(
            world, full_name=f"Nguyễn Thị Lan {n}", email=f"lan{n}@test.example", organisation="Viện X"
        )
        for n in range(3)
    ]
    codes = [await ticket_code(world, guest) for guest in guests]
    raw = (await scanner.get("/door/cards")).content
    found = read(raw)
    assert [opened(found, code, world.event)[:3] for code in codes] == [
        [f"Nguyễn Thị Lan {n}", "Viện X", 0] for n in range(3)
    ]
    for readable in ("Nguyễn", "Lan", "lan0", "Viện", guests[0].code, codes[0][:40], str(guests[0].id)):
        assert readable.encode() not in raw
    assert guests[0].id.bytes not in raw
    tag, key = cards.derived(codes[0], world.event)[0], cards.derived(codes[1], world.event)[1]
    with pytest.raises(InvalidTag):
        AESGCM(key).decrypt(found.cards[tag][:6] + bytes(6), found.cards[tag][6:], tag)


async def test_a_delta_has_what_changed_and_where_people_are(world: World, scanner: Scanner) -> None:
    guests = [await make_registration(world) for _n in range(4)]
    codes = [await ticket_code(world, guest) for guest in guests]
    tags = [cards.derived(code, world.event)[0] for code in codes]
    await db.execute("UPDATE registration SET changed_at = now() - interval '10 minutes'")
    await db.execute("UPDATE registration SET changed_at = now() - interval '1 hour' WHERE id = $1", guests[3].id)
    first = await given(scanner)
    assert (first.whole, first.total, len(first.cards), len(first.states)) == (True, 4, 4, 4)
    nothing = await given(scanner, first.version)
    assert (nothing.whole, nothing.version) == (False, first.version)
    await waitlist.cancel(world.owner, guests[0].id)
    await db.execute("UPDATE registration SET full_name = 'Tên mới' WHERE id = $1", guests[1].id)
    await scan(world, guests[2].code)
    delta = await given(scanner, first.version)
    assert int(delta.version) > int(first.version)
    assert opened(delta, codes[1], world.event)[0] == "Tên mới"
    assert {tag: delta.states[tag][0] for tag in tags[:3]} == {tags[0]: 1, tags[1]: 0, tags[2]: 0}
    assert [n for n, _at in delta.states[tags[2]][1]] == [0]
    assert tags[3] not in delta.cards
    await scan(world, guests[2].code, direction="out")
    assert (await given(scanner, delta.version)).states[tags[2]][1] == []
    for strange in ("99999999999999999", "0", "-5"):
        assert (await given(scanner, strange)).whole


async def test_an_undone_check_in_is_in_the_next_delta(world: World, scanner: Scanner) -> None:
    guest = await make_registration(world)
    tag = cards.derived(await ticket_code(world, guest), world.event)[0]
    verdict = await scan(world, guest.code)
    assert verdict.id is not None
    await db.execute("UPDATE registration SET changed_at = now() - interval '20 minutes'")
    await db.execute("UPDATE admission SET changed_at = now() - interval '10 minutes'")
    before = await given(scanner)
    assert [n for n, _at in before.states[tag][1]] == [0]
    await checkin.undo(world.owner, world.event, verdict.id, "nhầm người")
    delta = await given(scanner, before.version)
    assert (delta.whole, delta.version != before.version, delta.states) == (False, True, {tag: (0, [])})


async def test_case_51_a_cancelled_ticket_has_no_second_live_code_anywhere(world: World, scanner: Scanner) -> None:
    guest = await make_registration(world)
    before = await ticket_code(world, guest)
    await waitlist.cancel(world.owner, guest.id)
    found = await given(scanner)
    assert found.states == {cards.derived(before, world.event)[0]: (1, [])}
    assert found.cards == {}


async def test_case_52_after_a_rotation_the_old_codes_open_no_card_and_their_key_is_marked(
    world: World, scanner: Scanner
) -> None:
    guest = await make_registration(world)
    old = await ticket_code(world, guest)
    version = (await scanner.get("/door/rules")).json()["version"]
    number = await planning.rotate_key(world.owner, world.event, "lộ mã")
    new = await tickets.code_of(guest.id, world.event, number)
    found = await given(scanner)
    assert list(found.cards) == [cards.derived(new, world.event)[0]]
    assert cards.derived(old, world.event)[0] not in found.states
    rules = (await scanner.get("/door/rules")).json()
    assert {key["kid"]: key["revoked"] for key in rules["keys"]}[number] is False
    assert sorted(key["revoked"] for key in rules["keys"]) == [False, True]
    assert rules["version"] != version


async def test_rules_are_whole_and_a_known_version_is_not_sent_again(world: World, scanner: Scanner) -> None:
    answer = await scanner.get("/door/rules")
    rules = answer.json()
    code = await ticket_code(world, await make_registration(world))
    body, signature = tickets.unpack(code) or (b"", b"")
    (key,) = rules["keys"]
    import base64

    public = base64.urlsafe_b64decode(key["public_key"] + "=")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, b"TICKET\x01" + body)
    assert key["kid"] == struct.unpack_from(">I", body, 1)[0]
    assert [zone["id"] for zone in rules["zones"]] == [str(world.checkpoint)]
    assert {"already_inside", "unsure", "internal"} <= set(rules["reasons"])
    for said in rules["reasons"].values():
        assert all(said[f"{who}_vi"] != said[f"{who}_en"] for who in ("staff", "guest", "next"))
    again = await scanner.get("/door/rules", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    seen = (await scanner.post("/door/seen", {"sent_at": rules["server_time"]})).json()
    assert (seen["rules_version"], seen["occupancy"][0]["inside"]) == (rules["version"], 0)


async def test_case_64_ten_thousand_tickets_are_less_than_a_megabyte_and_a_half(db: asyncpg.Connection) -> None:
    world = await make_event(capacity=20_000)
    await make_registration(world)
    await db.execute(
        "INSERT INTO registration (id, event, ticket_type, signing_key, status, full_name, email, email_key, code,"
        " secret, organisation) SELECT gen_random_uuid(), event, ticket_type, signing_key, 'confirmed',"
        " 'Nguyễn Thị Thanh Huyền ' || n, n || '@x.example', n || '@x.example', 'c' || n, 's' || n,"
        " 'Trung tâm Đổi mới sáng tạo Hà Nội ' || n FROM registration, generate_series(1, 9999) AS n"
    )
    cards._versions.clear()
    _version, content = await cards.pack(world.event, None)
    found = read(content)
    assert (found.total, len(found.cards), len(found.states)) == (10_000, 10_000, 10_000)
    assert len(content) < 1_500_000


async def test_case_52_of_many_forged_codes_none_has_a_right_signature(world: World, scanner: Scanner) -> None:
    other = await make_event()
    guest = await make_registration(world)
    code, foreign = await ticket_code(world, guest), await ticket_code(other, await make_registration(other))
    shown = forgeries(code, foreign, FORGED)
    read_as = [await tickets.read(text) for text in shown]
    admitted = [text for text, what in zip(shown, read_as, strict=True) if what.ticket == guest.id]
    assert [text for text in admitted if tickets.normalise(text) != code] == []
    assert admitted == []
    assert {text for text, what in zip(shown, read_as, strict=True) if what.ticket is not None} <= {foreign}
    sample = [*shown[:40], foreign, "https://example.com/" + code, "\x00", "🎫", "A" * 4096, code.lower()[:-1]]
    found = await scanner.sync(*(scanner.act(text) for text in sample))
    assert {one["status"] for one in found} == {"refused"}
    assert (await scanner.scan("\\000026" + code.lower()))["status"] == "ok"
    assert len(set(shown)) > FORGED // 2


async def test_case_70_the_counters_of_a_zone_are_the_recount(world: World, scanner: Scanner) -> None:
    codes = [await ticket_code(world, await make_registration(world)) for _n in range(20)]
    for n, code in enumerate(codes):
        await scanner.scan(code)
        if n % 3 == 0:
            await scanner.scan(code, direction="out")
    told = (await scanner.post("/door/seen", {"sent_at": "2026-12-12T08:00:00+07:00"})).json()["occupancy"]
    counted = await db.fetchval("SELECT count(DISTINCT registration) FROM admission WHERE inside AND voided_at IS NULL")
    assert (told[0]["inside"], counted) == (13, 13)


def test_an_iv_follows_from_what_a_card_says() -> None:
    event = new_id()
    tag, key = cards.derived("A" * 162, event)
    first, same, other = (cards.sealed(tag, key, text) for text in (b'["A"]', b'["A"]', b'["B"]'))
    assert first == same
    assert first[10:16] != other[10:16]


def test_states_name_every_state_of_a_registration() -> None:
    from events import states

    known = {status for ends in states.TRANSITIONS.values() for status in ends}
    assert known <= set(cards.STATUS)
    assert timedelta(0) < cards.STATES_OVERLAP < cards.CARDS_OVERLAP
