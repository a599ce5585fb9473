"""The API takes every field of the registry and the rows of every list, each by its name and type."""

from typing import Any

import pytest

from app.core import db as database
from app.directory.fields import FIELDS
from tests.conftest import MakeClient
from tests.directory.conftest import Cast


async def test_every_other_field_is_sent_under_details_and_comes_back_so(cast: Cast, make_client: MakeClient) -> None:
    client, url = make_client(cast.owner), f"/api/v1/organisations/{cast.id}"
    details = {
        "legal_name": "Công ty Robot", "headcount": 12, "pitch_vi": "Robot cho kho", "export_markets": ["JP"],
        "raising_min": "1000000.00", "raising_until": "2027-01-31", "vsic_codes": ["6201"],
    }  # fmt: skip

    changed = await client.patch(url, json={"raising_round": "seed", "raising_currency": "VND", "details": details})

    assert changed.status_code == 200
    shown = (await client.get(url)).json()["details"]
    assert {name: shown[name] for name in details} == details


@pytest.mark.parametrize(
    ("details", "field"),
    [({"fish": 1}, "details.fish"), ({"headcount": "x"}, "details.headcount"), ({"headcount": -1}, "headcount"),
     ({"legal_form": "fish"}, "legal_form"), ({"logo_file": None}, "details.logo_file")],
)  # fmt: skip
async def test_what_is_refused_names_its_field(
    cast: Cast, make_client: MakeClient, details: dict[str, Any], field: str
) -> None:
    assert set(details) - {"fish"} <= set(FIELDS)
    response = await make_client(cast.owner).patch(f"/api/v1/organisations/{cast.id}", json={"details": details})

    assert response.status_code == 422
    assert field in response.text


async def test_rows_are_added_changed_and_ended(cast: Cast, make_client: MakeClient) -> None:
    client, url = make_client(cast.editor), f"/api/v1/organisations/{cast.id}"
    need = {"direction": "need", "code": "capital", "strength": "must", "quantity": 2}

    added = await client.post(f"{url}/lists/need_offer", json=need)
    row = added.json()["id"]
    changed = await client.patch(f"{url}/lists/need_offer/{row}", json={"quantity": 3})
    stored = (await client.get(url)).json()["lists"]["need_offer"]
    ended = await client.delete(f"{url}/lists/need_offer/{row}")

    assert (added.status_code, changed.json()["changed"], ended.status_code) == (201, ["quantity"], 204)
    assert [(one["id"], one["quantity"]) for one in stored] == [(row, 3)]
    assert (await client.get(url)).json()["lists"]["need_offer"] == []
    assert await database.fetchval("SELECT ended_reason FROM need_offer") == "removed"


@pytest.mark.parametrize(
    ("who", "path", "body", "code"),
    [
        ("stranger", "need_offer", {"code": "capital"}, 403),
        ("viewer", "need_offer", {"code": "capital"}, 403),
        ("owner", "fish", {}, 404),
        ("owner", "need_offer", {"code": "fish", "direction": "need", "strength": "must"}, 422),
        ("owner", "need_offer", {"colour": "red"}, 422),
        ("owner", "need_offer", {}, 422),
    ],
)
async def test_rows_are_refused(
    cast: Cast, make_client: MakeClient, who: str, path: str, body: dict[str, Any], code: int
) -> None:
    response = await make_client(getattr(cast, who)).post(f"/api/v1/organisations/{cast.id}/lists/{path}", json=body)

    assert response.status_code == code
