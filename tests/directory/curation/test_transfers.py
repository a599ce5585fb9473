"""Handing an organisation over: offered by an owner, accepted by the address's holder, never without an owner."""

from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed
from app.core.web import Actor
from app.directory.curation import transfers
from tests.directory.curation.conftest import latest_link, mails_to, owners
from tests.directory.make import join, organisation
from tests.factories import make_person


async def role_of(place: UUID, person: Actor) -> str | None:
    role: str | None = await database.fetchval(
        "SELECT role FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL", place, person.id
    )
    return role


@pytest.mark.parametrize(
    ("becomes", "role"), [("editor", "editor"), ("viewer", "viewer"), ("owner", "owner"), ("leaves", None)]
)
async def test_the_taker_owns_and_the_giver_becomes_what_was_said(
    lan: Actor, minh: Actor, becomes: str, role: str | None
) -> None:
    saved = await organisation(lan, "Của Lan")
    await transfers.offer_transfer(lan, saved.id, minh.email, becomes)
    assert await owners(saved.id) == {lan.id}

    slug = await transfers.accept_transfer(minh, await latest_link(minh.email, "/transfers/"))

    assert (slug, await role_of(saved.id, minh), await role_of(saved.id, lan)) == (saved.slug, "owner", role)
    assert await mails_to(lan.email) == ["Của Lan đã được bàn giao"]


async def test_an_offer_is_for_one_address_and_one_answer(lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    other = await make_person("Người khác")
    await transfers.offer_transfer(lan, saved.id, minh.email.upper(), "editor")
    token = await latest_link(minh.email.upper(), "/transfers/")

    with pytest.raises(transfers.ForAnotherHolder):
        await transfers.accept_transfer(other, token)
    await transfers.refuse_transfer(minh, token)
    with pytest.raises(transfers.TransferOver):
        await transfers.accept_transfer(minh, token)

    assert await owners(saved.id) == {lan.id}


async def test_an_address_that_was_never_confirmed_takes_nothing(lan: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    pretender = await make_person("Kẻ mạo danh", email="chu@robot.example", confirmed=False)
    await transfers.offer_transfer(lan, saved.id, "chu@robot.example", "editor")

    with pytest.raises(transfers.ForAnotherHolder):
        await transfers.accept_transfer(pretender, await latest_link("chu@robot.example", "/transfers/"))


async def test_a_new_offer_and_withdrawing_end_the_one_before(lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    await transfers.offer_transfer(lan, saved.id, minh.email, "editor")
    first = await latest_link(minh.email, "/transfers/")
    await transfers.offer_transfer(lan, saved.id, "khac@robot.example", "editor")

    with pytest.raises(transfers.TransferOver):
        await transfers.accept_transfer(minh, first)
    await transfers.withdraw_transfer(lan, saved.id)
    await transfers.withdraw_transfer(lan, saved.id)

    assert await transfers.open_transfer_of(saved.id) is None


async def test_who_stopped_being_owner_gives_nothing(lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    third = await make_person("Chủ thứ hai")
    await join(saved.id, third, "owner")
    await transfers.offer_transfer(lan, saved.id, minh.email, "editor")
    token = await latest_link(minh.email, "/transfers/")
    await database.execute("UPDATE membership SET role = 'viewer' WHERE person = $1", lan.id)

    with pytest.raises(transfers.GiverNoLongerOwner):
        await transfers.accept_transfer(minh, token)

    assert (await owners(saved.id), await role_of(saved.id, lan)) == ({third.id}, "viewer")


async def test_only_owners_offer_and_not_to_themselves(lan: Actor, minh: Actor) -> None:
    saved = await organisation(lan, "Của Lan")
    await join(saved.id, minh, "editor")

    with pytest.raises(NotAllowed):
        await transfers.offer_transfer(minh, saved.id, "x@robot.example", "editor")
    with pytest.raises(transfers.ToOneself):
        await transfers.offer_transfer(lan, saved.id, lan.email.upper(), "editor")
    for email, becomes, field in (("x", "editor", "email"), ("x@robot.example", "king", "giver_becomes")):
        with pytest.raises(Invalid) as refused:
            await transfers.offer_transfer(lan, saved.id, email, becomes)
        assert list(refused.value.fields) == [field]
