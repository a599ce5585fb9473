"""Who may do what with places, invitations, payments and delegations: every route of theirs, asked by everybody."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core import clock, db
from app.core.web import Actor
from events.delegations import registering
from events.delegations import routes as delegations
from events.delegations.reading import Member
from events.inviting import routes as inviting
from events.inviting import vouchers
from events.paying import reconciling, vietqr
from events.paying import routes as paying
from events.seats import book, holds, pools
from events.seats import routes as seats
from tests.conftest import MakeClient
from tests.event_factories import World, make_event
from tests.events.test_permissions import (
    CAST,
    EVERYBODY,
    MANAGERS,
    Scene,
    routes_of,
    said,
    scene,  # noqa: F401  a fixture
)

ROUTES = {
    "GET /events/{slug}/places": MANAGERS,
    "POST /events/{slug}/places": MANAGERS,
    "POST /events/{slug}/places/{pool}": MANAGERS,
    "POST /events/{slug}/places/{pool}/remove": MANAGERS,
    "POST /events/{slug}/line": MANAGERS,
    "POST /events/{slug}/holds": MANAGERS,
    "POST /events/{slug}/holds/{hold}/end": MANAGERS,
    "GET /events/{slug}/invitations": MANAGERS,
    "POST /events/{slug}/invitations": MANAGERS,
    "POST /events/{slug}/invitations/people": MANAGERS,
    "POST /events/{slug}/invitations/{voucher}/end": MANAGERS,
    "GET /events/{slug}/payments": MANAGERS,
    "POST /events/{slug}/payments/account": MANAGERS,
    "POST /events/{slug}/payments/statement": MANAGERS,
    "POST /events/{slug}/payments/take": MANAGERS,
    "POST /events/{slug}/payments/{registration}/paid": MANAGERS,
    "GET /events/{slug}/delegations": MANAGERS,
    "GET /events/{slug}/delegation": EVERYBODY,
    "POST /events/{slug}/delegation": EVERYBODY,
    "GET /events/{slug}/delegation/begun": EVERYBODY,
    "GET /delegations/{secret}": EVERYBODY,
    "POST /delegations/{secret}/list": EVERYBODY,
    "POST /delegations/{secret}/register": EVERYBODY,
    "POST /delegations/{secret}/people/{registration}/substitute": EVERYBODY,
    "POST /delegations/{secret}/people/{registration}/cancel": EVERYBODY,
}
"""Whoever has the link of a delegation is its lead; nobody is told where it is."""

STATEMENT = "Ngày,Số tiền,Nội dung\n22/11/2026,50000,khong co ma\n"


def test_every_route_has_its_line_here() -> None:
    assert routes_of(seats.router, inviting.router, paying.router, delegations.router) == set(ROUTES)


async def prepared(world: World) -> dict[str, str]:
    """A pool, a hold, a code, an account, a delegation of one."""
    owner, event = world.owner, world.event
    pool = await pools.add(owner, event, pools.PoolPlan(name_vi="Cả hội", size=500, types=(world.type_id,)))
    async with db.tx():
        until = clock.now() + timedelta(days=1)
        hold = await holds.keep(await book.locked(event), owner, world.type_id, 2, "Đoàn", until)
    voucher = await vouchers.make(owner, event, vouchers.VoucherPlan(ticket_type=world.type_id))
    await reconciling.set_account(owner, event, vietqr.Account("970436", "0011223344", "SO KHCN"))
    lead = registering.Lead(name="Đoàn Huế", lead_name="Lan", lead_email="lan@test.example")
    delegation = await registering.begin(owner, event, lead)
    one = [Member(row=1, full_name="Đại biểu")]
    await registering.register(owner, delegation["id"], "visitor", one, "all")
    member = (await registering.people_of(delegation["id"]))[0]
    return {
        "slug": world.slug,
        "pool": str(pool),
        "hold": str(hold),
        "voucher": str(voucher),
        "secret": delegation["secret"],
        "registration": str(member["id"]),
    }


def form_of(route: str, world: World) -> dict[str, str]:
    kind = str(world.type_id)
    rule = {"promotion": "offer", "party_policy": "hold", "after_expiry": "out", "offer_hours": "4"}
    forms = {
        "/places": {"name_vi": "Làng", "size": "50"},
        "/places/{pool}": {"name_vi": "Cả hội", "size": "400", "types": kind},
        "/line": rule,
        "/holds": {"ticket_type": kind, "size": "3", "label": "Báo chí", "ends_at": "2030-01-01T08:00"},
        "/invitations": {"ticket_type": kind, "code": "MOI-2026"},
        "/people": {"ticket_type": kind, "people": "Minh, minh@test.example"},
        "/account": {"bank": "970415", "number": "123456", "holder": "SO"},
        "/take": {"act": "take"},
        "/paid": {"reason": "Tiền mặt"},
        "/delegation": {"name": "Đoàn Vinh", "lead_name": "Hà", "lead_email": "ha@test.example", "terms": "1"},
        "/list": {"ticket_type": "visitor", "people": "Trần Thị Mai"},
        "/register": {"way": "fit"},
        "/substitute": {"full_name": "Người thay"},
    }
    return next((form for end, form in forms.items() if route.endswith(end)), {})


async def ask(client: httpx.AsyncClient, route: str, world: World, values: dict[str, str]) -> httpx.Response:
    method, _space, path = route.partition(" ")
    address = path.format(**values)
    if method == "GET":
        return await client.get(address)
    if path.endswith("/statement"):
        return await client.post(address, files={"file": ("sao-ke.csv", STATEMENT.encode())})
    if path.endswith("/list"):
        fields: dict[str, Any] = {name: (None, text) for name, text in form_of(route, world).items()}
        return await client.post(address, files=fields)
    return await client.post(address, data=form_of(route, world))


@pytest.mark.parametrize("who", CAST)
async def test_who_may_do_what(who: str, scene: Scene, make_client: MakeClient) -> None:  # noqa: F811
    values = await prepared(scene.world)
    client = make_client(scene.cast[who])
    wanted = {route: line.split()[CAST.index(who)] for route, line in ROUTES.items()}
    found = {}
    for route in ROUTES:
        await db.execute("SAVEPOINT before")
        found[route] = said(await ask(client, route, scene.world, values))
        await db.execute("ROLLBACK TO SAVEPOINT before")
    assert found == wanted


CARRIED = [route for route in ROUTES if any(f"{{{name}}}" in route for name in ("pool", "hold", "voucher"))]
CARRIED += ["POST /events/{slug}/payments/{registration}/paid"]


@pytest.mark.parametrize("route", CARRIED)
async def test_an_owner_reaches_nothing_of_another_event_through_the_own_address(
    route: str,
    scene: Scene,  # noqa: F811
    make_client: MakeClient,
) -> None:
    values = await prepared(scene.world)
    mine: Actor = scene.cast["other_owner"]
    values["slug"] = (await make_event(owner=mine)).slug
    tables = ("seat_pool", "seat_hold", "event_voucher", "registration", "ticket_type_pool")
    before = [await db.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables]
    assert said(await ask(make_client(mine), route, scene.world, values)) == "404"
    assert [await db.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables] == before


async def test_somebody_of_another_delegation_is_not_there(scene: Scene, make_client: MakeClient) -> None:  # noqa: F811
    values = await prepared(scene.world)
    values["registration"] = scene.values["registration_id"]
    for act in ("substitute", "cancel"):
        route = f"POST /delegations/{{secret}}/people/{{registration}}/{act}"
        assert said(await ask(make_client(scene.world.owner), route, scene.world, values)) == "404"
