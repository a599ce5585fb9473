"""Who may do what, route by route, with requests that would succeed; whoever is refused changes nothing."""

import re
from typing import Any

import asyncpg
import httpx
import pytest

from app.core import db as database
from app.core.errors import NotAllowed
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import members, profiles, rows
from app.directory.vocabulary import words
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation
from tests.factories import make_person

NEED = {"direction": "need", "code": "capital", "strength": "must"}
ROUTES: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/directory"): {},
    ("GET", "/organisations"): {},
    ("GET", "/organisations/new"): {},
    ("POST", "/organisations/new"): {"data": {"name": "Mới Tinh", "kinds": ["startup"], "country": "VN"}},
    ("GET", "/organisations/{slug}"): {},
    ("GET", "/organisations/{slug}/portfolio"): {},
    ("GET", "/organisations/{slug}/edit"): {},
    ("POST", "/organisations/{slug}/edit/market"): {"data": {"version": "1", "technologies": ["t_ai"]}},
    ("GET", "/organisations/{slug}/edit/lists/need_offer"): {},
    ("POST", "/organisations/{slug}/edit/lists/need_offer"): {"data": NEED},
    ("GET", "/organisations/{slug}/edit/lists/need_offer/{row}"): {},
    ("POST", "/organisations/{slug}/edit/lists/need_offer/{row}"): {"data": {"act": "end"}},
    ("GET", "/organisations/{slug}/visibility"): {},
    ("POST", "/organisations/{slug}/visibility"): {"data": {"need_offer": "0"}},
    ("POST", "/organisations/{slug}/confirm"): {},
    ("GET", "/organisations/{slug}/history"): {},
    ("GET", "/organisations/{slug}/members"): {},
    ("POST", "/organisations/{slug}/members/invite"): {"data": {"email": "ban@example.com", "role": "viewer"}},
    ("POST", "/organisations/{slug}/members/{membership}/role"): {"data": {"role": "editor"}},
    ("POST", "/organisations/{slug}/members/{membership}/end"): {},
    ("POST", "/organisations/{slug}/invitations/{invitation}/withdraw"): {},
    ("GET", "/organisations/invitations/{token}"): {},
    ("POST", "/organisations/invitations/{token}"): {},
    ("GET", "/places/wards"): {},
    ("GET", "/api/v1/organisations"): {},
    ("GET", "/api/v1/organisations/{id}"): {},
    ("POST", "/api/v1/organisations"): {"json": {"name": "Mới Tinh", "kinds": ["startup"]}},
    ("PATCH", "/api/v1/organisations/{id}"): {"json": {"stage": "early"}},
}
"""Every route with a body that is taken from whoever may."""

TABLES = (
    "organisation",
    "membership",
    "organisation_invitation",
    "organisation_change",
    "mail",
    "outbox",
    "mandate",
    "need_offer",
)

PUBLIC = {("GET", path) for path in ("/directory", "/organisations/{slug}", "/organisations/{slug}/portfolio")}
PUBLIC |= {("GET", path) for path in ("/places/wards", "/api/v1/organisations", "/api/v1/organisations/{id}")}
SIGNED_IN = {("GET", "/organisations"), ("GET", "/organisations/new"), ("POST", "/organisations/new")}
SIGNED_IN |= {("POST", "/api/v1/organisations")}
MEMBERS = {("GET", "/organisations/{slug}/history"), ("GET", "/organisations/{slug}/members")}
EDITORS = {
    ("GET", "/organisations/{slug}/edit"),
    ("POST", "/organisations/{slug}/edit/market"),
    ("GET", "/organisations/{slug}/edit/lists/need_offer"),
    ("POST", "/organisations/{slug}/edit/lists/need_offer"),
    ("GET", "/organisations/{slug}/edit/lists/need_offer/{row}"),
    ("POST", "/organisations/{slug}/edit/lists/need_offer/{row}"),
    ("GET", "/organisations/{slug}/visibility"),
    ("POST", "/organisations/{slug}/visibility"),
    ("POST", "/organisations/{slug}/confirm"),
    ("PATCH", "/api/v1/organisations/{id}"),
}
OWNERS = {
    ("POST", "/organisations/{slug}/members/invite"),
    ("POST", "/organisations/{slug}/members/{membership}/role"),
    ("POST", "/organisations/{slug}/members/{membership}/end"),
    ("POST", "/organisations/{slug}/invitations/{invitation}/withdraw"),
}
INVITED = {("GET", "/organisations/invitations/{token}"), ("POST", "/organisations/invitations/{token}")}

EVERYBODY = (
    "nobody", "stranger", "outsider", "former", "organizer", "desk", "viewer", "editor", "owner", "admin", "invited",
)  # fmt: skip
RIGHTS: dict[str, set[tuple[str, str]]] = {
    "nobody": PUBLIC,
    "stranger": PUBLIC | SIGNED_IN,
    "outsider": PUBLIC | SIGNED_IN,
    "former": PUBLIC | SIGNED_IN,
    "organizer": PUBLIC | SIGNED_IN,
    "desk": PUBLIC | SIGNED_IN,
    # the membership in the table's route is the viewer's own: everybody may leave
    "viewer": PUBLIC | SIGNED_IN | MEMBERS | {("POST", "/organisations/{slug}/members/{membership}/end")},
    "editor": PUBLIC | SIGNED_IN | MEMBERS | EDITORS,
    "owner": PUBLIC | SIGNED_IN | MEMBERS | EDITORS | OWNERS,
    "admin": PUBLIC | SIGNED_IN | MEMBERS | EDITORS | OWNERS,
    "invited": PUBLIC | SIGNED_IN | INVITED,
}
ALLOWED = (200, 201, 303)


class Stage:
    """The cast, more people around it, and an open invitation."""

    cast: Cast
    people: dict[str, Actor | None]
    places: dict[str, str]


@pytest.fixture
async def stage(cast: Cast, fresh_queue: None) -> Stage:
    found = Stage()
    found.cast = cast
    outsider = await make_person("Chủ nơi khác")
    await organisation(outsider, "Nơi Khác")
    former = await make_person("Người cũ")
    ended = await join(cast.id, former, "owner")
    await database.execute("UPDATE membership SET ended_at = now() WHERE id = $1", ended)
    invited = await make_person("Người được mời", email="moi@example.com")
    await members.invite(cast.owner, cast.id, "moi@example.com", "viewer")
    text = await database.fetchval("SELECT text FROM mail")
    token = re.search(r"/invitations/(\S+)", text)
    assert token is not None
    found.people = {
        "nobody": None, "outsider": outsider, "former": former, "invited": invited,
        "organizer": await make_person(roles=("organizer",)), "desk": await make_person(roles=("desk",)),
        **{name: getattr(cast, name) for name in ("stranger", "viewer", "editor", "owner", "admin")},
    }  # fmt: skip
    found.places = {
        "slug": cast.slug,
        "id": str(cast.id),
        "membership": str(await database.fetchval("SELECT id FROM membership WHERE person = $1", cast.viewer.id)),
        "invitation": str((await members.open_invitations_of(cast.id))[0]["id"]),
        "token": token[1],
        "row": str(await rows.add_row(cast.owner, cast.id, "need_offer", NEED)),
    }
    return found


async def everything() -> dict[str, list[Any]]:
    """All that a request could change."""
    return {
        table: [tuple(row) for row in await database.fetch(f"SELECT * FROM {table} t ORDER BY t::text")]
        for table in TABLES
    }


async def ask(stage: Stage, make_client: MakeClient, who: str, route: tuple[str, str]) -> httpx.Response:
    method, path = route
    return await make_client(stage.people[who]).request(method, path.format(**stage.places), **ROUTES[route])


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
async def test_who_may(
    stage: Stage, db: asyncpg.Connection, make_client: MakeClient, route: tuple[str, str], who: str
) -> None:
    before = await everything()
    response = await ask(stage, make_client, who, route)

    if route in RIGHTS[who]:
        assert response.status_code in ALLOWED
        if route[0] == "GET":
            assert await everything() == before
        else:
            assert await everything() != before
        return
    refused = {"nobody": (303, 401), "viewer": (403, 404), "editor": (403, 404), "owner": (403,), "admin": (403,)}
    assert response.status_code in refused.get(who, (403, 404))
    if response.status_code == 303:
        assert response.headers["Location"].startswith("/sign-in")
    assert await everything() == before


def test_every_route_of_the_directory_is_in_the_table() -> None:
    from app.main import create_litestar

    names = {"{organisation_id}": "{id}", "{section}": "market", "{collection}": "need_offer", "{row_id}": "{row}"}

    def plain(path: str) -> str:
        path = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
        for old, new in names.items():
            path = path.replace(old, new)
        return path

    elsewhere = ("routes_grants", "routes_project", "api_lists")  # test_granting, test_becoming, test_api_fields

    ours = {
        (method, plain(route.path))
        for route in create_litestar().routes
        for handler in getattr(route, "route_handlers", [])
        if re.fullmatch(r"app\.directory\.\w+", handler.fn.__module__)
        and not handler.fn.__module__.endswith(elsewhere)  # the parts have tables of their own
        for method in handler.http_methods - {"HEAD", "OPTIONS"}
    }

    ours -= {  # test_pictures, test_undoing: they need something to be there first
        ("POST", "/organisations/{slug}/edit/pictures"),
        ("POST", "/organisations/{slug}/history/{change_id}/undo"),
    }
    assert ours == set(ROUTES) == PUBLIC | SIGNED_IN | MEMBERS | EDITORS | OWNERS | INVITED


# --- an organisation that has ended -----------------------------------------------------------------------------------

GONE = {
    "stranger": 404, "outsider": 404, "former": 404, "viewer": 200, "editor": 200, "owner": 200, "admin": 200,
}  # fmt: skip


@pytest.fixture
async def ended(stage: Stage) -> Stage:
    await database.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", stage.cast.id
    )
    return stage


@pytest.mark.parametrize("who", GONE)
async def test_what_has_ended_is_seen_by_those_who_belonged_to_it(
    ended: Stage, make_client: MakeClient, who: str
) -> None:
    for route in (
        ("GET", "/organisations/{slug}"),
        ("GET", "/organisations/{slug}/portfolio"),
        ("GET", "/api/v1/organisations/{id}"),
    ):
        assert (await ask(ended, make_client, who, route)).status_code == GONE[who]
    for route in MEMBERS:
        assert (await ask(ended, make_client, who, route)).status_code == GONE[who]


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("route", sorted(EDITORS | OWNERS | INVITED), ids=" ".join)
async def test_what_has_ended_is_changed_by_nobody(
    ended: Stage, make_client: MakeClient, route: tuple[str, str], who: str
) -> None:
    before = await everything()
    response = await ask(ended, make_client, who, route)

    assert response.status_code in ((303, 401) if who == "nobody" else (403, 404))
    assert await everything() == before


async def test_what_has_ended_is_in_no_list_count_or_graph(ended: Stage, make_client: MakeClient) -> None:
    cast = ended.cast
    await database.execute("UPDATE organisation SET listing_version = 1 WHERE id = $1", cast.id)
    client = make_client(cast.stranger)

    for path in ("/directory", f"/directory?q={cast.slug.replace('-', '+')}", "/directory?sector=hard"):
        assert cast.slug not in (await client.get(path)).text
    for query in ("", "?q=nguyen+duc", "?sector=hard&country=VN"):
        body = (await client.get(f"/api/v1/organisations{query}")).json()
        assert cast.slug not in {item["slug"] for item in body["items"]}
    assert (await client.get("/api/v1/organisations?sector=hard")).json()["total"] == 0


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code"), [("stranger", 403), ("viewer", 403), ("editor", 200), ("owner", 200), ("admin", 200)]
)
async def test_a_token_may_what_its_person_may(cast: Cast, make_client: MakeClient, who: str, code: int) -> None:
    from app.people import tokens

    person: Actor = getattr(cast, who)
    secret = await tokens.create_for_email(person.email)
    client = make_client()
    client.headers["Authorization"] = f"Bearer {secret}"

    changed = await client.patch(f"/api/v1/organisations/{cast.id}", json={"stage": "early"})
    made = await client.post("/api/v1/organisations", json={"name": "Qua Token", "kinds": ["startup"]})

    assert (changed.status_code, made.status_code) == (code, 201)
    assert [row["name"] for row in await _owned(person)] == sorted(
        ["Qua Token", *(["Nguyễn Đức Robot"] if who == "owner" else [])], key=words
    )


async def _owned(person: Actor) -> list[asyncpg.Record]:
    return await database.fetch(
        "SELECT o.name FROM organisation o JOIN membership m ON m.organisation = o.id"
        " WHERE m.person = $1 AND m.role = 'owner' ORDER BY o.name_folded",
        person.id,
    )


@pytest.mark.parametrize("token", ["", "x", "knt_" + "0" * 40, "\u00e9"])
async def test_a_token_of_nobody_writes_nothing(cast: Cast, make_client: MakeClient, token: str) -> None:
    client = make_client()
    response = await client.patch(
        f"/api/v1/organisations/{cast.id}",
        json={"stage": "early"},
        headers={"Authorization": f"Bearer {token}".encode()},  # type: ignore[dict-item]
    )

    assert response.status_code == 401
    assert await database.fetchval("SELECT stage FROM organisation WHERE id = $1", cast.id) is None


# --- what does not exist ----------------------------------------------------------------------------------------------

NOWHERE = (
    "khong-co", "a%00b", "%2e%2e", "x" * 300, "%F0%9F%A6%84", "%ff", "'--", "{slug}", "Nguy%E1%BB%85n", "new/x",
)  # fmt: skip


@pytest.mark.parametrize("slug", NOWHERE)
@pytest.mark.parametrize("tail", ["", "/portfolio", "/edit", "/history", "/members"])
async def test_an_address_of_nobody_is_not_found(cast: Cast, make_client: MakeClient, slug: str, tail: str) -> None:
    response = await make_client(cast.owner).get(f"/organisations/{slug}{tail}")

    assert response.status_code == (400 if "%00" in slug else 404)
    assert "Traceback" not in response.text


@pytest.mark.parametrize("verb", ["role", "end"])
async def test_a_membership_of_nowhere_is_not_found(cast: Cast, make_client: MakeClient, verb: str) -> None:
    other = await organisation(cast.stranger, "Nơi Khác")
    theirs = await database.fetchval("SELECT id FROM membership WHERE organisation = $1", other.id)

    for membership in (new_id(), theirs):
        response = await make_client(cast.owner).post(
            f"/organisations/{cast.slug}/members/{membership}/{verb}", data={"role": "viewer"}
        )
        assert response.status_code == 404
    assert len(await members.members_of(other.id)) == 1


async def test_an_invitation_of_another_organisation_is_not_withdrawn(cast: Cast, make_client: MakeClient) -> None:
    other = await organisation(cast.stranger, "Nơi Khác")
    await members.invite(cast.stranger, other.id, "ban@example.com", "viewer")
    theirs = (await members.open_invitations_of(other.id))[0]["id"]

    response = await make_client(cast.owner).post(f"/organisations/{cast.slug}/invitations/{theirs}/withdraw")

    assert response.status_code == 303
    assert len(await members.open_invitations_of(other.id)) == 1


async def test_rights_end_with_the_membership_at_once(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.editor)
    url = f"/organisations/{cast.slug}/edit"
    assert (await client.get(url)).status_code == 200
    theirs = await database.fetchval("SELECT id FROM membership WHERE person = $1", cast.editor.id)

    await members.end_membership(cast.owner, cast.id, theirs)

    assert (await client.get(url)).status_code == 404
    with pytest.raises(NotAllowed):
        await profiles.edit_organisation(cast.editor, cast.id, {"stage": "early"})


async def test_rights_follow_the_role_at_once(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.viewer)
    url = f"/organisations/{cast.slug}/edit"
    theirs = await database.fetchval("SELECT id FROM membership WHERE person = $1", cast.viewer.id)
    codes = []
    for role in ("viewer", "editor", "owner", "viewer"):
        await members.change_role(cast.owner, cast.id, theirs, role)
        codes.append((await client.get(url)).status_code)
        codes.append((await client.post(f"/organisations/{cast.slug}/members/invite", data={"email": "x"})).status_code)

    assert codes == [403, 403, 200, 403, 200, 422, 403, 403]
