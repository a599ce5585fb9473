"""Who may do what: every route of introductions, tried by everybody. A new route has to be entered here."""

import re
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.connections.introductions import api, followups, habits, routes
from app.connections.introductions.asking import ask
from app.core import clock
from app.core import db as database
from app.core.web import Actor
from tests.conftest import MakeClient
from tests.connections import make
from tests.factories import make_person
from tests.introductions.conftest import WISH, WORDS, Pair, make_pair, state_of

PEOPLE = (
    "nobody",
    "stranger",
    "other's owner",
    "former owner",
    "receiver's viewer",
    "receiver's editor",
    "receiver's owner",
    "asker's viewer",
    "asker's owner",
    "desk",
    "organizer",
    "moderator",
    "admin",
)
RECEIVERS = ("receiver's viewer", "receiver's editor", "receiver's owner")
ASKERS = ("asker's viewer", "asker's owner")
PARTIES = (*RECEIVERS, *ASKERS)
STAFF = ("organizer", "moderator", "admin")
EVERYBODY = dict.fromkeys(PEOPLE, 200)


def by(**groups: int) -> dict[str, int]:
    """404 for all but those named; "viewers" get 403 unless named."""
    found = dict.fromkeys(PEOPLE, 404)
    for names, status in groups.items():
        for name in {
            "parties": PARTIES,
            "receivers": RECEIVERS,
            "askers": ASKERS,
            "viewers": ("receiver's viewer", "asker's viewer"),
            "deciding": ("receiver's editor", "receiver's owner", "asker's owner"),
            "receiving": ("receiver's editor", "receiver's owner"),
            "asking": ("asker's owner",),
        }[names]:
            found[name] = status
    return found


def staff(status: int, *names: str) -> dict[str, int]:
    return {name: status if name in (names or STAFF) else 403 for name in PEOPLE}


ONE = "/introductions/{introduction:uuid}"
OWN = "/organisations/{slug:str}/introductions"
EXPECTED: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/introductions"): EVERYBODY,
    ("GET", "/introductions/count"): EVERYBODY,
    ("GET", "/introductions/settings"): EVERYBODY,
    ("POST", "/introductions/settings"): dict.fromkeys(PEOPLE, 303),
    ("GET", "/introductions/propose"): EVERYBODY,
    ("POST", "/introductions/propose"): dict.fromkeys(PEOPLE, 422),
    ("GET", "/organisations/{slug:str}/introduce-button"): EVERYBODY,
    ("GET", "/organisations/{slug:str}/introduce"): EVERYBODY,
    ("POST", "/organisations/{slug:str}/introduce"): {**by(asking=303)},
    ("GET", ONE): by(parties=200),
    ("POST", f"{ONE}/accept"): by(viewers=403, askers=403, receiving=303),
    ("POST", f"{ONE}/decline"): by(viewers=403, askers=403, receiving=303),
    ("POST", f"{ONE}/{{act:str}}"): by(viewers=403, receiving=403, asking=303),
    ("GET", f"{ONE}/report"): by(viewers=403, deciding=200),
    ("POST", f"{ONE}/report"): by(viewers=403, deciding=303),
    ("POST", f"{ONE}/messages"): by(viewers=403, deciding=303),
    ("POST", f"{ONE}/meetings"): by(viewers=403, deciding=303),
    ("POST", f"{ONE}/meetings/{{meeting:uuid}}/move"): by(viewers=403, deciding=303),
    ("POST", f"{ONE}/meetings/{{meeting:uuid}}/{{said:str}}"): by(viewers=403, receiving=303, asking=403),
    ("GET", f"{ONE}/meetings/{{meeting:uuid}}/meeting.ics"): by(parties=200),
    ("POST", f"{ONE}/questions"): by(viewers=403, deciding=303),
    ("GET", f"{ONE}/outcome"): by(viewers=403, deciding=200),
    ("POST", f"{ONE}/outcome"): by(viewers=403, deciding=303),
    ("POST", "/outcomes/{outcome:uuid}/{said:str}"): by(receiving=303, asking=403),
    ("GET", OWN): by(receivers=200),
    ("POST", f"{OWN}/questions/{{question:uuid}}"): {**by(receiving=303), "receiver's viewer": 403},
    ("POST", f"{OWN}/questions/{{question:uuid}}/refuse"): {**by(receiving=303), "receiver's viewer": 403},
    ("POST", f"{OWN}/unblock/{{other:str}}"): {**by(receiving=303), "receiver's viewer": 403},
    ("GET", "/staff/introductions"): staff(200),
    ("POST", "/staff/introductions/{held:uuid}/pass-on"): staff(303),
    ("POST", "/staff/introductions/{held:uuid}/turn-down"): staff(303),
    ("GET", "/staff/introductions/reports/{report:uuid}"): staff(200, "moderator", "admin"),
    ("POST", "/staff/introductions/reports/{report:uuid}/{decision:str}"): staff(303, "moderator", "admin"),
    ("POST", "/staff/introductions/outcomes/{confirmed:uuid}"): staff(303),
    ("GET", "/introductions/follow-up/{followup:uuid}/{person:uuid}/{token:str}"): EVERYBODY,
    ("POST", "/introductions/follow-up/{followup:uuid}/{person:uuid}/{token:str}"): EVERYBODY,
    ("GET", "/introductions/mails/{person:uuid}/{token:str}"): EVERYBODY,
    ("POST", "/introductions/mails/{person:uuid}/{token:str}"): EVERYBODY,
    ("GET", "/api/v1/introductions"): EVERYBODY,
    ("POST", "/api/v1/introductions"): {**dict.fromkeys(PEOPLE, 403), "asker's owner": 201},
    ("GET", f"/api/v1{ONE}"): by(parties=200),
    ("POST", f"/api/v1{ONE}/accept"): by(viewers=403, askers=403, receiving=200),
    ("POST", f"/api/v1{ONE}/decline"): by(viewers=403, askers=403, receiving=200),
    ("POST", f"/api/v1{ONE}/withdraw"): by(viewers=403, receiving=403, asking=200),
}
"""By route: the status for each of them. A pending request, but where the table says more of it."""

CONNECTED = ("/messages", "/meetings", "/questions", "/outcome", "/outcomes")
NAMES = {
    "introduction_id": "introduction", "meeting_id": "meeting", "outcome_id": "outcome", "question_id": "question",
    "report_id": "report", "followup_id": "followup", "person_id": "person",
}  # fmt: skip


def all_routes() -> set[tuple[str, str]]:
    found = set()
    for router in (routes.router, api.router):
        for route in router.routes:
            path = re.sub(r"\{(\w+):", lambda match: f"{{{NAMES.get(match[1], match[1])}:", route.path)
            if path.startswith("/staff"):
                path = path.replace("{introduction:", "{held:").replace("{outcome:", "{confirmed:")
            for handler in route.route_handlers:  # type: ignore[union-attr]
                found |= {(method, path) for method in handler.http_methods - {"OPTIONS", "HEAD"}}
    return found


def test_every_route_is_in_the_table() -> None:
    assert all_routes() == set(EXPECTED)


class World:
    """A pair with a pending request, another pair that is connected, and what hangs on them."""

    pair: Pair
    values: dict[str, str]
    connected: dict[str, str]


async def _row(table: str, **values: Any) -> str:
    names, gaps = ", ".join(values), ", ".join(f"${place}" for place in range(1, len(values) + 1))
    query = f"INSERT INTO {table} (id, {names}) VALUES (gen_random_uuid(), {gaps}) RETURNING id"
    return str(await database.fetchval(query, *values.values()))


@pytest.fixture
async def world(db: asyncpg.Connection) -> World:
    found = World()
    pair = found.pair = await make_pair()
    other = await make.startup("Bên thứ ba")
    waiting = str(await pair.asks())
    # a connection of the same people between two further organisations of theirs
    second = await make_pair("Lúa Hai", "Quỹ Hai")
    for actor, organisation in ((pair.founder, second.startup), (pair.partner, second.fund)):
        await make.member(actor, organisation)
    joined = await second.connected()
    later = clock.now() + timedelta(days=3)
    meeting = await _row(
        "introduction_meeting", introduction=joined, side="asker", starts_at=later, ends_at=later + timedelta(hours=1)
    )
    question = await _row("information_question", introduction=joined, side="asker", topic="deck")
    stated = {"introduction": joined, "organisation": second.startup, "other": second.fund, "kind": "pilot",
              "happened_on": clock.now().date()}  # fmt: skip
    followup = await database.fetchval(
        "UPDATE introduction_followup SET asked_at = now() WHERE introduction = $1 AND side = 'receiver' AND days = 30"
        " RETURNING id",
        joined,
    )
    await database.execute(
        "INSERT INTO matching_preference (organisation, accepts, signals_off, updated_at)"
        " VALUES ($1, 'programme', '{}', now())",
        other,
    )
    held = await ask(pair.founder, await pair.seen(pair.founder, pair.startup), other, WISH)
    assert await state_of(held) == "coordinator_hold"
    person = pair.partner.person_id
    found.values = {
        "introduction": waiting,
        "held": str(held),
        "slug": await make.slug_of(pair.fund),
        "other": await make.slug_of(pair.startup),
        "report": await _row("introduction_report", introduction=joined, side="asker", kind="spam", words="x"),
        "person": str(person),
        "followup": str(followup),
        "token": habits.sign("mails", person),
        "act": "withdraw",
        "decision": "done",
        "confirmed": await _row("outcome", **{**stated, "kind": "memorandum"}, state="confirmed", answered_at=later),
    }
    found.connected = {
        "introduction": str(joined),
        "meeting": meeting,
        "question": question,
        "outcome": await _row("outcome", **stated),
        "said": "agree",
        "slug": await make.slug_of(second.fund),
    }
    found.second = second  # type: ignore[attr-defined]
    return found


async def somebody(world: World, name: str) -> Actor | None:
    if name == "nobody":
        return None
    roles = [name] if name in ("desk", "organizer", "moderator", "admin") else []
    person = await make_person(roles=roles)
    second: Pair = world.second  # type: ignore[attr-defined]
    if name.startswith(("receiver's", "asker's")):
        side, _blank, role = name.partition(" ")
        places = (world.pair.fund, second.fund) if side == "receiver's" else (world.pair.startup, second.startup)
        for place in places:
            await make.member(person, place, role)
    elif name == "other's owner":
        await make.member(person, await make.startup("Người ngoài"))
    elif name == "former owner":
        await make.member(person, world.pair.fund)
        await make.member(person, second.startup)
        await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", person.id)
    return person


def address(world: World, method: str, path: str, asker: bool) -> str:
    values = dict(world.values)
    if any(part in path for part in CONNECTED) and not path.startswith("/staff"):
        values |= world.connected
    if "/questions/" in path:
        values |= {"slug": world.connected["slug"]}
    if path.startswith("/outcomes"):
        values["said"] = "confirm"
    if "follow-up" in path:
        token = habits.sign("follow-up", world.values["followup"], world.values["person"])
        values["token"] = token
    return re.sub(r"\{(\w+):\w+\}", lambda match: values[match[1]], path)


async def body(world: World, path: str) -> dict[str, Any]:
    later = (clock.now() + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    asker = await make.slug_of(world.pair.startup)
    data = {
        "reason": "sector", "kind": "spam" if "report" in path else "pilot", "words": WORDS, "purpose": "capital",
        "asker": asker, "act": "ask", "mails": "soon", "nonce": "a nonce of a form", "body": "Xin chào",
        "starts_at": later, "topic": "financials", "happened_on": "2026-11-01", "answer": "met",
    }  # fmt: skip
    if path.startswith("/api/"):
        ids = {"asker": str(world.pair.startup), "receiver": str(world.pair.fund)}
        return {"json": {**ids, "purpose": "capital", "words": WORDS} if path.endswith("introductions") else
                {"reason": "sector"} if path.endswith("decline") else {}}  # fmt: skip
    return {"data": data}


NOBODY = {True: 401, False: 303}
PUBLIC = ("/introductions/follow-up", "/introductions/mails")


@pytest.mark.parametrize("name", PEOPLE)
async def test_who_may_do_what(make_client: MakeClient, world: World, db: asyncpg.Connection, name: str) -> None:
    """Each call is taken back before the next, so that none changes what the next one meets."""
    client = make_client(await somebody(world, name))
    found = {}
    for method, path in EXPECTED:
        sent = await body(world, path) if method == "POST" else {}
        savepoint = db.transaction()
        await savepoint.start()
        answer = await client.request(method, address(world, method, path, name in ASKERS), **sent)
        await savepoint.rollback()
        found[method, path] = answer.status_code
    expected = {
        route: statuses[name]
        if name != "nobody" or route[1].startswith(PUBLIC)
        else NOBODY[route[1].startswith("/api/")]
        for route, statuses in EXPECTED.items()
    }
    assert {route: (status, expected[route]) for route, status in found.items() if status != expected[route]} == {}


async def test_a_link_of_a_mail_works_for_its_person_only(make_client: MakeClient, world: World) -> None:
    stranger = await make_person()
    values = world.values
    token = habits.sign("follow-up", values["followup"], values["person"])
    client = make_client()
    for path in (
        f"/introductions/follow-up/{values['followup']}/{stranger.id}/{token}",
        f"/introductions/follow-up/{values['followup']}/{values['person']}/{'0' * 32}",
        f"/introductions/mails/{stranger.id}/{values['token']}",
    ):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path, data={"answer": "met"})).status_code == 404
    assert followups.path_of(world.values["followup"], world.values["person"]).endswith(token)  # type: ignore[arg-type]
