"""Who may do what: every route of mentoring, tried by everybody. A new route has to be entered here."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.core import clock
from app.core import db as database
from app.core.web import Actor
from app.mentoring import api, goals, programmes, routes
from tests.conftest import MakeClient
from tests.connections import make as organisations
from tests.factories import make_person
from tests.mentoring import make

PEOPLE = (
    "nobody",
    "stranger",
    "other's owner",
    "former owner",
    "viewer",
    "editor",
    "owner",
    "mentor",
    "other mentor",
    "incubator",
    "moderator",
    "organizer",
)
OURS = ("editor", "owner")
"""Who acts for the startup."""
BOTH = (*OURS, "mentor")
ALL = {name: 200 for name in PEOPLE if name != "nobody"}


def only(who: tuple[str, ...], status: int, others: int = 404) -> dict[str, int]:
    return {name: status if name in who else others for name in PEOPLE if name != "nobody"}


S, G, P = "/mentoring/sessions/{number:uuid}", "/mentoring/goals/{number:uuid}", "/mentoring/programmes/{number:uuid}"
STAFF = only(("moderator",), 422, 403)

EXPECTED: dict[tuple[str, str], dict[str, int]] = {
    ("GET", "/mentoring"): ALL,
    ("GET", "/mentoring/find"): ALL,
    ("GET", "/mentoring/mentors/{slug:str}"): ALL,
    ("POST", "/mentoring/mentors/{slug:str}/book"): only(OURS, 303),
    ("POST", "/mentoring/mentors/{slug:str}/wait"): only(OURS, 409),
    ("GET", "/mentoring/mentors/{slug:str}/panel"): {**ALL, "nobody": 200},
    ("POST", "/mentoring/waiting/{number:uuid}/leave"): only((), 303),
    ("GET", "/mentoring/hours"): only(("mentor", "other mentor"), 200),
    ("POST", "/mentoring/hours"): only(("mentor", "other mentor"), 422),
    ("POST", "/mentoring/hours/week"): only(("mentor", "other mentor"), 422),
    ("POST", "/mentoring/hours/days"): only(("mentor", "other mentor"), 422),
    ("POST", "/mentoring/hours/week/{part:uuid}/end"): only(("mentor",), 303),
    ("POST", "/mentoring/hours/days/{changed:uuid}/end"): only((), 303),
    ("POST", "/mentoring/hours/{act:str}"): only(("mentor", "other mentor"), 303),
    ("GET", "/mentoring/calendar"): ALL,
    ("POST", "/mentoring/calendar"): ALL,
    ("POST", "/mentoring/calendar/end"): dict.fromkeys(ALL, 303),
    ("GET", "/mentoring/calendar/{name:str}"): {**dict.fromkeys(ALL, 404), "nobody": 404},
    ("GET", S): only(BOTH, 200),
    ("POST", f"{S}/{{act:str}}"): only(BOTH, 303),
    ("POST", f"{S}/cancel"): only(BOTH, 422),
    ("POST", f"{S}/decline"): only(BOTH, 422),
    ("POST", f"{S}/move"): only(BOTH, 409),
    ("POST", f"{S}/report"): only(BOTH, 303),
    ("POST", f"{S}/log"): only(BOTH, 422),
    ("POST", f"{S}/actions"): only(BOTH, 422),
    ("POST", f"{S}/feedback"): only(BOTH, 422),
    ("POST", f"{S}/thanks"): only(BOTH, 422),
    ("GET", f"{S}/session.ics"): only(BOTH, 200),
    ("POST", "/mentoring/actions/{action:uuid}/{act:str}"): only(BOTH, 303),
    ("POST", "/mentoring/thanks/{number:uuid}/{act:str}"): only(("editor",), 303) | {"mentor": 303},
    ("POST", "/mentoring/mentorships/{mentor:uuid}/{organisation:uuid}/end"): only(BOTH, 303),
    ("GET", "/mentoring/strikes"): ALL,
    ("POST", "/mentoring/strikes/{number:uuid}/appeal"): only(("editor",), 422, 422),
    ("GET", "/mentoring/goals"): ALL,
    ("POST", "/mentoring/goals"): only(OURS, 422),
    ("GET", G): only(BOTH, 200),
    ("POST", f"{G}/close"): {**only(OURS, 422), "mentor": 403},
    ("POST", f"{G}/contradictions"): only(BOTH, 422),
    ("POST", f"{G}/contradictions/{{one:uuid}}"): {**only(OURS, 422), "mentor": 403},
    ("POST", f"{G}/{{act:str}}"): {**only(OURS, 303), "mentor": 403},
    ("GET", "/mentoring/programmes"): ALL,
    ("POST", "/mentoring/programmes"): only(("incubator",), 422),
    ("GET", P): only(("incubator",), 200),
    ("GET", f"{P}/overview.csv"): only(("incubator",), 200),
    ("POST", f"{P}/members"): only(("incubator",), 422),
    ("POST", f"{P}/members/{{member:uuid}}/match"): only(("incubator",), 303),
    ("POST", f"{P}/members/{{member:uuid}}/{{act:str}}"): only(("incubator",), 303),
    ("POST", "/mentoring/joining/{member:uuid}/{said:str}"): only(OURS, 303),
    ("GET", "/staff/mentoring"): only(("moderator",), 200, 403),
    ("POST", "/staff/mentoring/sessions/{number:uuid}"): STAFF,
    ("POST", "/staff/mentoring/strikes/{number:uuid}"): STAFF,
    ("POST", "/staff/mentoring/thanks/{number:uuid}"): STAFF,
    ("GET", "/api/v1/mentoring/mentors/{slug:str}/slots"): ALL,
    ("GET", "/api/v1/mentoring/bookings"): ALL,
    ("POST", "/api/v1/mentoring/bookings"): only(OURS, 201),
    ("DELETE", "/api/v1/mentoring/bookings/{number:uuid}"): only(BOTH, 422),
}


def all_routes() -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for router in (routes.router, api.router)
        for route in router.routes
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


def test_every_route_is_in_the_table() -> None:
    assert all_routes() == set(EXPECTED)


class Cast:
    """Everybody of the table around one held session of one startup, and what the paths name."""

    def __init__(self, people: dict[str, Actor | None], names: dict[str, str], body: dict[str, str]) -> None:
        self.people, self.names, self.body = people, names, body

    def path(self, pattern: str) -> str:
        number = "goal" if pattern.startswith("/mentoring/goals") else "session"
        for prefix, name in (("/mentoring/programmes", "programme"), ("/mentoring/waiting", "nothing"),
                             ("/mentoring/thanks", "thanks"), ("/mentoring/strikes", "nothing")):  # fmt: skip
            number = name if pattern.startswith(prefix) else number
        act = {"/mentoring/hours": "close", "/mentoring/actions": "done", "/mentoring/thanks": "withdraw"}
        acts = next((word for start, word in act.items() if pattern.startswith(start)), "share")
        acts = "confirm" if pattern.startswith("/mentoring/sessions") else acts
        acts = "nudge" if "/members/" in pattern else acts
        values = {**self.names, "number": self.names[number], "act": acts, "said": "yes", "name": "x.ics"}
        return re.sub(r"\{(\w+):\w+\}", lambda match: values[match[1]], pattern)


@pytest.fixture
async def cast(db: asyncpg.Connection) -> Callable[[], Awaitable[Cast]]:
    async def made() -> Cast:
        here = await make.world()
        editor, viewer, former = [await make_person() for _n in range(3)]
        await organisations.member(editor, here.startup, "editor")
        await organisations.member(viewer, here.startup, "viewer")
        await organisations.member(former, here.startup)
        await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", former.id)
        staff = await make_person()
        incubator = await organisations.organisation("Vườn ươm", ["incubator"])
        await organisations.member(staff, incubator)
        here.owner = editor  # the editor has booked; the owner acts for the same startup
        goal = await goals.open_goal(
            editor, await here.seen(editor), {"title": "Mục tiêu", "need": "ip", "shared": False, "due_on": None}
        )
        session = await make.held(here, goal=goal)
        action = await database.fetchval(
            "INSERT INTO mentoring_action (id, booking, owner, text, due_on, written_by) VALUES"
            " (gen_random_uuid(), $1, $2, 'Gọi', current_date, $2) RETURNING id",
            *(session, editor.person_id),
        )
        thanks = await database.fetchval(
            "INSERT INTO mentoring_thanks (id, booking, author, mentor, text) VALUES (gen_random_uuid(), $1, $2, $3,"
            " 'Cảm ơn') RETURNING id",
            *(session, editor.person_id, here.mentor_id),
        )
        from app.directory.access import organisation_by_id_for

        programme = await programmes.begin(staff, await organisation_by_id_for(staff, incubator), "Khoá 1", None, None)
        await programmes.invite(staff, programme, "startup", await organisations.slug_of(here.startup))
        member = await database.fetchval("SELECT id FROM mentoring_member")
        await programmes.answer(editor, member, True)
        owner = await make_person()
        await organisations.member(owner, here.startup)
        other, _number = await make.startup()
        part = await database.fetchval("SELECT id FROM mentoring_weekly WHERE mentor = $1 LIMIT 1", here.mentor_id)
        at = await make.free_at(here.mentor)
        people = {
            "nobody": None, "stranger": await make_person(), "other's owner": other, "former owner": former,
            "viewer": viewer, "editor": editor, "owner": owner, "mentor": here.mentor,
            "other mentor": await make.mentor(), "incubator": staff,
            "moderator": await make_person(roles=("moderator",)), "organizer": await make_person(roles=("organizer",)),
        }  # fmt: skip
        nothing = "01900000-0000-7000-8000-000000000000"
        names = {
            "slug": str(await database.fetchval("SELECT slug FROM person_profile WHERE person = $1", here.mentor_id)),
            "session": str(session), "goal": str(goal), "programme": str(programme), "member": str(member),
            "action": str(action), "thanks": str(thanks), "nothing": nothing, "changed": nothing, "one": nothing,
            "part": str(part), "mentor": str(here.mentor_id), "organisation": str(here.startup),
        }  # fmt: skip
        body = {"organisation": await organisations.slug_of(here.startup), "starts_at": at.isoformat()}
        return Cast(people, names, body)

    return made


@pytest.mark.parametrize("who", PEOPLE)
async def test_the_table_holds(who: str, cast: Callable[[], Awaitable[Cast]], make_client: MakeClient) -> None:
    """Each route on a state of its own: what one request changes, the next one does not see."""
    there = await cast()
    client = make_client(there.people[who])
    found: dict[str, Any] = {}
    for (method, pattern), statuses in EXPECTED.items():
        path = there.path(pattern)
        body: dict[str, Any] = {}
        if method == "POST" and pattern.startswith("/api/"):
            body = {"json": {**there.body, "mentor": there.names["slug"]}}
        elif method == "POST":
            incubator = who == "incubator" and pattern == "/mentoring/programmes"
            organisation = (
                await database.fetchval("SELECT slug FROM organisation WHERE name = 'Vườn ươm'") if incubator else ""
            )
            body = {"data": there.body | ({"organisation": organisation} if organisation else {})}
        point = await _savepoint()
        answer = await client.request(method, path, **body)
        await point.rollback()
        wanted = statuses.get(who, 401 if pattern.startswith("/api/") else 303)
        guarded = who == "nobody" and "nobody" not in statuses
        if answer.status_code != wanted or (guarded and wanted == 303 and "/sign-in" not in answer.headers["location"]):
            found[f"{method} {pattern}"] = (answer.status_code, wanted)
    assert found == {}


async def _savepoint() -> Any:
    async with database.connection() as con:
        point = con.transaction()
        await point.start()
        return point


async def test_the_one_who_booked_leaves_the_startup_and_sees_nothing_more(
    make_client: MakeClient, db: asyncpg.Connection
) -> None:
    here = await make.world()
    number = await make.booked(here)
    other = await make_person()
    await organisations.member(other, here.startup)
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", here.owner.person_id)
    assert (await make_client(here.owner).get(f"/mentoring/sessions/{number}")).status_code == 404
    assert (await make_client(other).get(f"/mentoring/sessions/{number}")).status_code == 200


async def test_an_offer_is_not_the_mentors_business_yet(make_client: MakeClient, db: asyncpg.Connection) -> None:
    from app.mentoring import changing, waiting
    from app.mentoring.booking import Wanted

    here = await make.world()
    at = await make.free_at(here.mentor)
    number = await make.booked(here, at)
    other, startup = await make.startup()
    await waiting.wait(
        other, here.mentor_id, await make.World(here.mentor, other, startup).seen(), Wanted(starts_at=at)
    )
    await changing.cancel(here.owner, number, "Bận")
    offer = await database.fetchval("SELECT id FROM mentoring_booking WHERE status = 'offered'")
    path = f"/mentoring/sessions/{offer}"
    seen = {name: (await make_client(actor).get(path)).status_code for name, actor in
            (("mentor", here.mentor), ("who cancelled", here.owner), ("who waited", other))}  # fmt: skip
    assert seen == {"mentor": 404, "who cancelled": 404, "who waited": 200}
    assert clock.now() + timedelta(hours=1) < at
