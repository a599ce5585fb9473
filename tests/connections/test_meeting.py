"""Whom to meet at an event: only who comes sees who comes, and only those who agreed to be suggested."""

from datetime import timedelta
from typing import Any

import pytest

from app.connections import meeting, refresh
from app.core import db as database
from app.core.clock import now
from app.core.web import Actor
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES
from events import planning, registration
from tests.connections import make
from tests.factories import make_person


class Fair:
    """An announced event with a founder and an investor of each other's lists."""

    def __init__(self, slug: str, event: Any, founder: Actor, partner: Actor) -> None:
        self.slug, self.event, self.founder, self.partner = slug, event, founder, partner

    async def register(self, actor: Actor) -> None:
        wish = registration.Wish(ticket_type="a", full_name=actor.name, email=actor.email)
        await registration.register(actor, self.event, wish)

    async def names(self, actor: Actor) -> list[str]:
        return [card.slug for card in await meeting.whom(actor.person_id, self.slug)]


async def agree(actor: Actor, given: bool = True) -> None:
    version = PURPOSES["suggestions"].text.version if given else ""
    await consent.decide(actor.person_id, "suggestions", given, text_version=version)


@pytest.fixture
async def fair(market: dict[str, Any]) -> Fair:
    organizer, founder, partner = (
        await make_person("Ban tổ chức", roles=("organizer",)),
        await make_person("Chủ"),
        await make_person("Quỹ"),
    )
    await make.member(founder, market["startup-agri-VN"])
    await make.member(partner, market["fund-agri-VN"])
    await refresh.refresh(market["startup-agri-VN"])
    begins = now() + timedelta(days=30)
    plan = planning.EventPlan(
        title_vi="Ngày hội", starts_at=begins, ends_at=begins + timedelta(hours=3), venue="Hội trường"
    )
    row = await planning.create_event(organizer, plan, [planning.TypePlan(code="a", title_vi="Vé", capacity=9)])
    await planning.publish(organizer, row["id"])
    return Fair(row["slug"], row["id"], founder, partner)


async def test_who_comes_sees_those_of_their_lists_who_come_and_agreed(fair: Fair, market: dict[str, Any]) -> None:
    await fair.register(fair.founder)
    await agree(fair.partner)
    assert await fair.names(fair.founder) == []
    await fair.register(fair.partner)
    assert await fair.names(fair.founder) == [await make.slug_of(market["fund-agri-VN"])]
    await agree(fair.partner, False)
    assert await fair.names(fair.founder) == []


async def test_who_does_not_come_sees_nobody(fair: Fair, make_client: Any) -> None:
    await fair.register(fair.partner)
    await agree(fair.partner)
    assert await fair.names(fair.founder) == []
    part = await make_client(fair.founder).get(f"/events/{fair.slug}/whom-to-meet")
    assert (part.status_code, part.text.strip()) == (200, "")


async def test_the_events_page_asks_for_the_part_and_the_part_gives_reasons(fair: Fair, make_client: Any) -> None:
    client, address = make_client(fair.founder), f"/events/{fair.slug}/whom-to-meet"
    assert address not in (await client.get(f"/events/{fair.slug}")).text
    await fair.register(fair.founder)
    assert address in (await client.get(f"/events/{fair.slug}")).text
    headers = {"HX-Request": "true"}
    assert "Chưa có ai trong danh sách gợi ý của bạn đăng ký." in (await client.get(address, headers=headers)).text
    await fair.register(fair.partner)
    await agree(fair.partner)
    part = (await client.get(address, headers=headers)).text
    assert "Nên gặp ai ở đây" in part
    assert "/organisations/" in part


async def test_a_cancelled_place_is_no_meeting(fair: Fair) -> None:
    for actor in (fair.founder, fair.partner):
        await fair.register(actor)
    await agree(fair.partner)
    await database.execute("UPDATE registration SET status = 'cancelled' WHERE person = $1", fair.partner.id)
    assert await fair.names(fair.founder) == []
