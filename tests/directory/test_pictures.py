"""Logo and cover of organisations: put there, taken off, put back, and seen by who sees the profile."""

from io import BytesIO

import pytest
from PIL import Image

from app.core import db as database
from tests.conftest import MakeClient
from tests.directory.conftest import Cast


def picture(colour: str = "teal", size: tuple[int, int] = (300, 200)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


async def logo_of(cast: Cast) -> object:
    return await database.fetchval("SELECT logo_file FROM organisation WHERE id = $1", cast.id)


async def test_a_logo_is_put_on_the_profile_replaced_and_put_back(cast: Cast, make_client: MakeClient) -> None:
    client, stranger = make_client(cast.editor), make_client()
    url = f"/organisations/{cast.slug}/edit/pictures"

    await client.post(url, files={"logo": ("a.png", picture(), "image/png")})
    first = await logo_of(cast)
    await client.post(url, files={"logo": ("b.png", picture("red"), "image/png"), "cover": ("c.png", picture(), "")})
    second = await logo_of(cast)
    changes = await database.fetch(
        "SELECT id, field FROM organisation_change WHERE act = 'picture_changed' ORDER BY id"
    )

    assert [row["field"] for row in changes] == ["logo_file", "logo_file", "cover_file"]
    assert (await stranger.get(f"/files/{first}/96.webp")).status_code == 404
    assert (await stranger.get(f"/files/{second}/96.webp")).status_code == 200
    assert f"/files/{second}/" in (await stranger.get(f"/organisations/{cast.slug}")).text

    undone = await client.post(f"/organisations/{cast.slug}/history/{changes[1]['id']}/undo")
    assert undone.status_code == 303
    assert await logo_of(cast) == first
    assert (await stranger.get(f"/files/{first}/96.webp")).status_code == 200

    await client.post(url, data={"remove_logo": "1"})
    assert await logo_of(cast) is None
    assert (await stranger.get(f"/files/{first}/96.webp")).status_code == 404


async def test_the_pictures_of_a_hidden_profile_are_for_its_members(cast: Cast, make_client: MakeClient) -> None:
    owner = make_client(cast.owner)
    await owner.post(f"/organisations/{cast.slug}/edit/pictures", files={"logo": ("a.png", picture(), "image/png")})
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'other' WHERE id = $1", cast.id)
    address = f"/files/{await logo_of(cast)}/96.webp"

    codes = [(await client.get(address)).status_code for client in (make_client(), make_client(cast.stranger), owner)]

    assert codes == [404, 404, 200]


async def test_a_refused_picture_keeps_the_other_one_for_the_next_try(cast: Cast, make_client: MakeClient) -> None:
    client = make_client(cast.owner)
    url = f"/organisations/{cast.slug}/edit/pictures"

    refused = await client.post(
        url, files={"logo": ("a.png", picture(), "image/png"), "cover": ("b.png", b"<svg>", "")}
    )

    assert refused.status_code == 422
    assert 'href="#f-cover"' in refused.text
    assert 'name="logo_draft"' in refused.text
    assert await logo_of(cast) is None


@pytest.mark.parametrize(("who", "code"), [("viewer", 403), ("stranger", 404)])
async def test_pictures_are_for_those_who_may_edit(cast: Cast, make_client: MakeClient, who: str, code: int) -> None:
    client = make_client(getattr(cast, who))

    response = await client.post(f"/organisations/{cast.slug}/edit/pictures", data={"remove_logo": "1"})

    assert response.status_code == code
