"""A project becomes an enterprise, once; both profiles lead to each other. The host of a project is found by name."""

import asyncio
from datetime import date
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed
from app.directory import becoming, profiles, rows
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation
from tests.factories import make_person

DAY = date(2026, 9, 2)


@pytest.fixture
async def project(cast: Cast) -> Cast:
    """The cast's organisation as a project with texts, a need and a figure."""
    await profiles.edit_organisation(
        cast.owner, cast.id, {"kinds": ["project"], "pitch_vi": "Robot cho kho lạnh", "summary_vi": "Kho vận"}
    )
    need = {"direction": "need", "code": "capital", "strength": "must"}
    await rows.add_row(cast.owner, cast.id, "need_offer", need)
    figure = {"metric_vi": "Khách hàng", "value": 12, "measured_on": DAY}
    await rows.add_row(cast.owner, cast.id, "traction", figure)
    return cast


async def test_a_new_enterprise_begins_with_what_the_project_said(project: Cast, make_client: MakeClient) -> None:
    client = make_client(project.editor)

    made = await client.post(
        f"/organisations/{project.slug}/enterprise", data={"name": "Công ty Robot Kho Lạnh", "became_on": "2026-09-02"}
    )

    assert (made.status_code, made.headers["Location"]) == (303, "/organisations/cong-ty-robot-kho-lanh")
    row = await database.fetchrow("SELECT * FROM organisation WHERE slug = 'cong-ty-robot-kho-lanh'")
    assert row is not None
    assert (row["kinds"], row["needs"], row["predecessor"]) == (["startup"], ["capital"], project.id)
    lists = await rows.rows_of(row["id"], ["need_offer", "traction"])
    assert [[one["code"] for one in lists["need_offer"]], [one["value"] for one in lists["traction"]]] == [
        ["capital"],
        [12],
    ]
    members = await database.fetch("SELECT role FROM membership WHERE organisation = $1 ORDER BY role", row["id"])
    assert [member["role"] for member in members] == ["owner", "owner", "viewer"]
    assert await database.fetchval("SELECT pitch_vi FROM startup_details WHERE organisation = $1", row["id"]) == (
        "Robot cho kho lạnh"
    )
    stranger = make_client(project.owner)
    assert 'href="/organisations/cong-ty-robot-kho-lanh"' in (await stranger.get(f"/organisations/{project.slug}")).text
    assert f'href="/organisations/{project.slug}"' in (await stranger.get(made.headers["Location"])).text
    history = (await client.get(f"/organisations/{project.slug}/history")).text
    assert "trở thành doanh nghiệp" in history


async def test_an_enterprise_that_is_here_is_linked_by_its_own_people_only(project: Cast) -> None:
    mine = await organisation(project.owner, "Doanh nghiệp của tôi")
    other = await organisation(project.stranger, "Của người khác")

    with pytest.raises(NotAllowed):
        await becoming.become(project.owner, project.id, enterprise=other.id, name="", on=DAY)
    await becoming.become(project.owner, project.id, enterprise=mine.id, name="", on=DAY)
    with pytest.raises(becoming.BecameAlready):
        await becoming.become(project.owner, project.id, enterprise=mine.id, name="", on=DAY)

    assert await database.fetchval("SELECT predecessor FROM organisation WHERE id = $1", mine.id) == project.id
    found = await database.fetchrow("SELECT became, became_on FROM startup_details WHERE organisation = $1", project.id)
    assert found is not None
    assert tuple(found.values()) == (mine.id, DAY)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"became_on": ""}, "became_on"),
        ({"became_on": "2999-01-01"}, "became_on"),
        ({"became_on": "2026-09-02", "enterprise": "fish"}, "enterprise"),
    ],
)
async def test_what_is_refused_is_drawn_again(
    project: Cast, make_client: MakeClient, data: dict[str, str], field: str
) -> None:
    response = await make_client(project.owner).post(
        f"/organisations/{project.slug}/enterprise", data={"name": "Tên đã gõ", **data}
    )

    assert response.status_code == 422
    assert f'href="#f-{field}"' in response.text
    assert "Tên đã gõ" in response.text


async def test_a_startup_is_no_project(cast: Cast) -> None:
    with pytest.raises(becoming.NoProject):
        await becoming.become(cast.owner, cast.id, enterprise=None, name="", on=DAY)
    with pytest.raises(Invalid):
        await becoming.become(cast.owner, cast.id, enterprise=cast.id, name="", on=DAY)


async def test_the_host_is_found_by_its_name_and_chosen_where_names_are_alike(
    project: Cast, make_client: MakeClient
) -> None:
    client, url = make_client(project.owner), f"/organisations/{project.slug}/host"
    for name in ("Viện Vật liệu A", "Viện Vật liệu B", "Trường Bách khoa"):
        await organisation(project.stranger, name, ("institute",))

    async def host() -> UUID | None:
        found: UUID | None = await database.fetchval(
            "SELECT host FROM startup_details WHERE organisation = $1", project.id
        )
        return found

    unclear = await client.post(url, data={"host": "vien vat lieu"})
    assert (unclear.status_code, unclear.text.count('name="chosen"')) == (422, 2)
    assert (await client.post(url, data={"host": "vien vat lieu", "chosen": "vien-vat-lieu-b"})).status_code == 303
    assert 'href="/organisations/vien-vat-lieu-b"' in (await client.get(f"/organisations/{project.slug}")).text
    assert (await client.post(url, data={"host": "trường bách khoa"})).status_code == 303
    assert await host() == await database.fetchval("SELECT id FROM organisation WHERE slug = 'truong-bach-khoa'")
    assert (await client.post(url, data={"host": ""})).status_code == 303
    assert await host() is None


async def test_two_who_press_at_once_make_one_enterprise(committed: asyncpg.Pool) -> None:
    owner, editor = await make_person("Chủ"), await make_person("Bạn")
    await database.execute("UPDATE person SET created_at = now() - interval '30 days'")
    saved = await organisation(owner, "Tay giả", ("project",))
    await join(saved.id, editor, "editor")

    async def pressed(who: object) -> str:
        try:
            await becoming.become(who, saved.id, enterprise=None, name="Tay giả Việt", on=DAY)  # type: ignore[arg-type]
        except becoming.BecameAlready:
            return "already"
        return "made"

    assert sorted(await asyncio.gather(pressed(owner), pressed(editor))) == ["already", "made"]
    assert await database.fetchval("SELECT count(*) FROM organisation WHERE predecessor = $1", saved.id) == 1
