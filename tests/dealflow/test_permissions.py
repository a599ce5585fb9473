"""Who may do what: every route of deal flow, tried by everybody with requests that would succeed for whoever may."""

import re
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.web import Actor
from app.dealflow import api, cards, keeping, links, routes, views
from app.dealflow.asking import Asked
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import Team
from tests.dealflow.papers import deck_of, paper
from tests.factories import make_person

P, C, S, D, L = (
    "/deals/{pipeline:uuid}",
    "/deals/{pipeline:uuid}/cards/{card:uuid}",
    "/deals/{pipeline:uuid}/settings",
    "/decks/{deck:uuid}",
    "/shown/{link:uuid}/{token:str}",
)
API = "/api/v1"
AP = f"{API}/deals/pipelines/{{pipeline:uuid}}"
AC = f"{AP}/cards/{{card:uuid}}"
FUND = ("viewer", "editor", "owner")
EDITING = ("editor", "owner", "lead")
MANAGING = ("owner", "lead")
STARTUP = ("founder", "startup editor", "startup viewer")
EVERYBODY = (
    "nobody", "stranger", "former", "admin", "organizer", "viewer", "editor", "owner", "lead", "founder",
    "startup editor", "startup viewer",
)  # fmt: skip
SIGNED_IN = tuple(name for name in EVERYBODY if name != "nobody")
TEAM = (*FUND, "lead")
OK = (200, 201, 204, 303)

Who = tuple[str, ...]

ROUTES: dict[tuple[str, str], tuple[dict[str, Any], Who, Who]] = {
    # the request's body, who may, and who is told that they may not (all others: not found)
    ("GET", "/deals"): ({}, SIGNED_IN, ()),
    ("POST", "/deals"): ({"data": {"organisation": "{fund}", "name": "Mới"}}, EDITING, ("viewer",)),
    ("GET", P): ({}, TEAM, ()),
    ("GET", f"{P}/changes"): ({}, TEAM, ()),
    ("POST", f"{P}/changes"): ({"data": {"change": "1"}}, TEAM, ()),
    ("GET", f"{P}/export/{{form:str}}"): ({}, TEAM, ()),
    ("POST", f"{P}/views"): ({"data": {"name": "Của tôi"}}, TEAM, ()),
    ("POST", f"{P}/views/{{view:uuid}}/end"): ({}, TEAM, ()),
    ("GET", f"{P}/stages/{{stage:uuid}}"): ({}, TEAM, ()),
    ("GET", C): ({}, TEAM, ()),
    ("POST", C): ({"data": {"version": "1", "next_step": "Gọi"}}, EDITING, ("viewer",)),
    ("POST", f"{C}/move"): ({"data": {"stage": "{stage}", "moves": "0"}}, EDITING, ("viewer",)),
    ("GET", f"{C}/pass"): ({}, EDITING, ("viewer",)),
    ("POST", f"{C}/pass"): ({"data": {"reason": "ticket"}}, EDITING, ("viewer",)),
    ("POST", f"{C}/notes"): ({"data": {"text": "Ghi"}}, EDITING, ("viewer",)),
    ("POST", f"{C}/notes/{{note:uuid}}/end"): ({}, ("owner",), ("viewer", "editor", "lead")),
    ("POST", f"{C}/files"): ({"files": {"file": ("a.pdf", paper(1), "application/pdf")}}, EDITING, ("viewer",)),
    ("POST", f"{C}/files/{{file:uuid}}/end"): ({}, EDITING, ("viewer",)),
    ("POST", f"{C}/end"): ({}, EDITING, ("viewer",)),
    ("GET", f"{C}/gone"): ({}, EDITING, ("viewer",)),
    ("POST", f"{C}/restore"): ({}, EDITING, ("viewer",)),
    ("GET", "/deals/add"): ({"headers": {"HX-Request": "true"}, "params": {"o": "{slug}"}}, EVERYBODY, ()),
    ("GET", "/deals/add/{slug:str}"): ({}, SIGNED_IN, ()),
    ("POST", "/deals/add/{slug:str}"): ({"data": {"pipeline": "{pipeline}"}}, EDITING, ("viewer",)),
    ("GET", S): ({}, TEAM, ()),
    ("POST", S): ({"data": {"name": "Tên mới"}}, MANAGING, ("viewer", "editor")),
    ("POST", f"{S}/mail"): ({"data": {"weekly": "on", "consents": "1"}}, TEAM, ()),
    ("POST", f"{S}/stages"): ({"data": {"stage_name": "Chờ"}}, MANAGING, ("viewer", "editor")),
    ("POST", f"{S}/stages/{{stage:uuid}}"): ({"data": {"name_vi": "Khác"}}, MANAGING, ("viewer", "editor")),
    ("POST", f"{S}/stages/{{stage:uuid}}/{{act:str}}"): ({}, MANAGING, ("viewer", "editor")),
    ("POST", f"{S}/end"): ({}, MANAGING, ("viewer", "editor")),
    ("GET", "/organisations/{slug:str}/answers"): ({}, STARTUP, ()),
    ("GET", "/organisations/{slug:str}/decks"): ({}, STARTUP, ()),
    ("POST", "/organisations/{slug:str}/decks"): (
        {"files": {"file": ("a.pdf", paper(1), "application/pdf")}}, STARTUP[:2], STARTUP[2:],
    ),
    ("GET", D): ({}, STARTUP, ()),
    ("GET", f"{D}/pages/{{number:int}}"): ({}, STARTUP, ()),
    ("POST", f"{D}/file"): (
        {"files": {"file": ("a.pdf", paper(1), "application/pdf")}}, STARTUP[:2], STARTUP[2:],
    ),
    ("POST", f"{D}/links"): (
        {"data": {"recipient_name": "Hà", "email": "ha@quy.example", "days": "7"}}, STARTUP[:2], STARTUP[2:],
    ),
    ("POST", f"{D}/links/{{link:uuid}}/revoke"): ({}, STARTUP[:2], STARTUP[2:]),
    ("POST", f"{D}/end"): ({}, STARTUP[:2], STARTUP[2:]),
    # behind a link for the fund's members; everybody gets the page that asks who they are
    ("GET", L): ({}, EVERYBODY, ()),
    ("POST", f"{L}/code"): ({}, EVERYBODY, ()),
    ("POST", f"{L}/enter"): ({"data": {"code": "1234"}}, EVERYBODY, ()),
    ("POST", f"{L}/answer"): ({"data": {"answer": "yes"}}, TEAM, tuple(set(EVERYBODY) - set(TEAM))),
    ("POST", f"{L}/looked"): ({"data": {"page": "1", "seconds": "3"}}, EVERYBODY, ()),
    ("GET", f"{L}/pages/{{number:int}}"): ({}, TEAM, tuple(set(EVERYBODY) - set(TEAM))),
    ("POST", f"{L}/file"): ({}, TEAM, tuple(set(EVERYBODY) - set(TEAM))),
    ("GET", f"{API}/deals/pipelines"): ({}, SIGNED_IN, ()),
    ("GET", AP): ({}, TEAM, ()),
    ("GET", f"{AP}/cards"): ({}, TEAM, ()),
    ("POST", f"{AP}/cards"): ({"json": {"organisation": "{startup}"}}, EDITING, ("viewer",)),
    ("GET", AC): ({}, TEAM, ()),
    ("PATCH", AC): ({"json": {"version": 1, "next_step": "Gọi"}}, EDITING, ("viewer",)),
    ("DELETE", AC): ({}, EDITING, ("viewer",)),
    ("POST", f"{AC}/move"): ({"json": {"stage": "{stage}", "moves": 0}}, EDITING, ("viewer",)),
    ("POST", f"{AC}/pass"): ({"json": {"reason": "ticket", "tell": True}}, EDITING, ("viewer",)),
    ("POST", f"{AC}/notes"): ({"json": {"text": "Ghi"}}, EDITING, ("viewer",)),
    ("DELETE", f"{AC}/notes/{{note:uuid}}"): ({}, ("owner",), ("viewer", "editor", "lead")),
    ("GET", f"{API}/organisations/{{organisation_id:uuid}}/decks"): ({}, STARTUP, ()),
    ("GET", f"{API}/decks/{{deck:uuid}}/links"): ({}, STARTUP, ()),
    ("POST", f"{API}/decks/{{deck:uuid}}/links"): (
        {"json": {"recipient_name": "Hà", "email": "ha@quy.example", "days": 7}}, STARTUP[:2], STARTUP[2:],
    ),
    ("POST", f"{API}/decks/{{deck:uuid}}/links/{{link:uuid}}/revoke"): ({}, STARTUP[:2], STARTUP[2:]),
}  # fmt: skip
UPLOADS = {route for route, (body, _may, _told) in ROUTES.items() if "files" in body}
TABLES = (
    "pipeline", "pipeline_stage", "deal_card", "deal_note", "deal_file", "deal_change", "pipeline_view",
    "pipeline_watch", "pass_letter", "deck", "deck_link", "deck_reader", "deck_page_view", "stored_file", "mail",
)  # fmt: skip


def all_routes() -> set[tuple[str, str]]:
    return {
        (method, route.path)
        for router in (routes.router, api.router)
        for route in router.routes
        for handler in route.route_handlers  # type: ignore[union-attr]
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }


def test_every_route_is_in_the_table() -> None:
    assert all_routes() == set(ROUTES)


class Stage:
    people: dict[str, Actor | None]
    places: dict[str, str]


@pytest.fixture
async def stage(team: Team) -> Stage:
    found = Stage()
    former, lead = await make_person("Người cũ"), await make_person("Trưởng nhóm")
    await make.member(former, team.fund)
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", former.id)
    await make.member(lead, team.fund, "editor")
    await database.execute("UPDATE pipeline SET lead = $2 WHERE id = $1", team.pipeline, lead.id)
    others = {}
    for name, role in (("startup editor", "editor"), ("startup viewer", "viewer")):
        others[name] = await make_person(name)
        await make.member(others[name], team.startup, role)
    found.people = {
        "nobody": None, "stranger": team.stranger, "former": former, "lead": lead, "founder": team.founder,
        "admin": await make_person(roles=("admin",)), "organizer": await make_person(roles=("organizer",)),
        "viewer": team.viewer, "editor": team.editor, "owner": team.owner, **others,
    }  # fmt: skip
    card = await team.card("Một")
    note = await keeping.write_note(team.viewer, team.pipeline, card, "Của người xem")
    await views.keep(team.viewer, team.pipeline, "Lọc", Asked(q="x"))
    deck = await deck_of(team.founder, team.startup)
    link = await links.make(team.founder, deck, ("", "", team.fund), "7", may_download=True)
    key = await database.fetchval("SELECT key FROM deck_link WHERE id = $1", link)
    found.places = {
        "pipeline": str(team.pipeline), "card": str(card), "stage": str(team.stages["Met"]), "note": str(note),
        "view": str(await database.fetchval("SELECT id FROM pipeline_view")), "file": str(deck), "form": "csv",
        "act": "later", "slug": await make.slug_of(team.startup), "fund": await make.slug_of(team.fund),
        "deck": str(deck), "link": str(link), "token": links.token_of(link, key), "number": "1",
        "startup": str(team.startup), "organisation_id": str(team.startup),
    }  # fmt: skip
    return found


async def everything() -> list[Any]:
    return [await database.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]


def _filled(body: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    kind = next((kind for kind in ("data", "json") if kind in body), None)
    if kind is None:
        return body
    return {
        kind: {name: value.format(**places) if isinstance(value, str) else value for name, value in body[kind].items()}
    }


@pytest.mark.parametrize("name", EVERYBODY)
async def test_who_may_do_what_and_whoever_may_not_changes_nothing(
    make_client: MakeClient, stage: Stage, name: str, db: Any
) -> None:
    client = make_client(stage.people[name])
    wrong = []
    for (method, path), (body, may, told) in ROUTES.items():
        if (method, path) in UPLOADS and name in may:
            continue  # taken from whoever may in other tests: each starts a process
        if path.endswith("/gone"):
            await cards.end(
                stage.people["owner"] or Actor(), UUID(stage.places["pipeline"]), UUID(stage.places["card"])
            )
        address = re.sub(r"\{(\w+):\w+\}", lambda match: stage.places[match[1]], path)
        before = await everything()
        point = db.transaction()
        await point.start()
        status = (await client.request(method, address, **_filled(body, stage.places))).status_code
        changed = await everything() != before
        await point.rollback()
        if path.endswith("/gone"):
            await database.execute("UPDATE deal_card SET ended_at = NULL, ended_reason = NULL")
        if name == "nobody" and name not in may + told:
            expected: tuple[int, ...] = (303, 404) if path.startswith("/deals/add") else (303,)
            expected = (401,) if path.startswith(API) else expected
            right = status in expected and not changed
        elif name in may:
            right = status in OK or path.endswith("/enter")
        else:
            right = status == (403 if name in told else 404) and not changed
        if not right:
            wrong.append((method, path, status, changed))
    assert wrong == []
