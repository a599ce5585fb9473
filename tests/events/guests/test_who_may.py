"""Who may do what: every route of the guest list, certificates and messages, asked by everybody it could concern."""

import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.ids import new_id
from app.core.web import NOBODY, Actor
from events.guests import acting, exporting, routes, views
from events.guests.asking import Asked
from events.messages import routes as message_routes
from events.messages import sending
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration
from tests.factories import make_person

PUBLIC = {
    "GET /certificates/{code}", "GET /certificates/{code}/certificate.pdf", "POST /tickets/{secret}/certificate",
    "GET /tickets/{secret}/ticket.png", "GET /tickets/{secret}/no-news", "POST /tickets/{secret}/no-news",
}  # fmt: skip
"""Opened by whoever holds the link; all others are for who plans the event."""


def all_routes() -> list[str]:
    found = []
    for router in (routes.router, message_routes.router):
        for route in router.routes:
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found += [
                f"{m} {path}"
                for h in route.route_handlers  # type: ignore[union-attr]
                for m in h.http_methods
                if m not in ("OPTIONS", "HEAD")
            ]
    return sorted(found)


async def asked(client: httpx.AsyncClient, route: str, values: dict[str, Any]) -> int:
    method, path = route.split(" ", 1)
    address = path.format(**values)
    return (await client.request(method, address, data={} if method == "POST" else None)).status_code


@pytest.mark.parametrize("who", ["nobody", "stranger", "guest", "desk", "other", "organizer", "owner"])
async def test_only_who_plans_this_event(who: str, db: asyncpg.Connection, make_client: MakeClient) -> None:
    world, other = await make_event(), await make_event()
    cast: dict[str, Actor] = {name: await make_person(name) for name in ("stranger", "guest", "desk", "organizer")}
    cast |= {"nobody": NOBODY, "other": other.owner, "owner": world.owner}
    for role in ("desk", "organizer"):
        await database.execute(
            "INSERT INTO event_staff (id, event, person, role) VALUES ($1, $2, $3, $4)",
            *(new_id(), world.event, cast[role].id, role),
        )
    guest = await make_registration(world, cast["guest"], email=cast["guest"].email)
    file = await exporting.ask(
        cast[who] if who in ("owner", "organizer") else world.owner, world.event, Asked(), "csv", "vi"
    )
    await views.save(world.owner, world.event, "Tất cả", Asked())
    draft = sending.Draft(subject_vi="A", body_vi="B")
    paths = {
        "/guests/files": file,
        "/guests/acts": await acting.ask(world.owner, world.event, acting.Asking(act="refuse", ids=[guest.id])),
        "/messages": await sending.save(world.owner, world.event, draft),
    }
    client = make_client(cast[who])
    for route in all_routes():
        number = next((value for part, value in paths.items() if f"{part}/" in route), new_id())
        view = (await views.of(world.event) or [{"id": new_id()}])[0]["id"]
        values = {
            "slug": world.slug, "registration": guest.id, "number": number, "view": view, "code": "NONE",
            "secret": guest.secret,
        }  # fmt: skip
        status = await asked(client, route, values)
        if route in PUBLIC:
            assert status in (200, 303, 404), route
        elif who == "nobody":
            assert status == 303, route
        elif who in ("owner", "organizer"):
            assert status in (200, 303, 404, 409, 422), route
        else:
            assert status == 403, (who, route)
    if who in ("owner", "organizer"):
        here = {**values, "slug": other.slug}
        codes = {await asked(make_client(other.owner), "GET /events/{slug}/guests/{registration}", here)}
        assert codes == {404}


def test_every_route_is_asked() -> None:
    assert len(all_routes()) == len(set(all_routes())) >= 24
    assert set(all_routes()) >= PUBLIC
