"""The life of a membership in all its turns: invited, joined, promoted, handed over, left, invited again."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.clock import now
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.i18n import in_language
from app.core.web import Actor
from app.directory import access, history, members, profiles
from app.people import ending
from app.people.record import Origin
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation
from tests.factories import make_person

ORIGIN = Origin(device="Firefox", network="10.0.0.0/24")


@pytest.fixture(autouse=True)
def _limits_afresh(fresh_queue: None) -> None:
    """Invitations are counted."""


async def secret() -> str:
    text = await database.fetchval("SELECT text FROM mail ORDER BY created_at DESC, id DESC LIMIT 1")
    found = re.search(r"/organisations/invitations/([A-Za-z0-9_-]{43})", text)
    assert found is not None
    return found[1]


async def membership(organisation_id: UUID, who: Actor) -> UUID:
    found: UUID = await database.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL",
        *(organisation_id, who.id),
    )
    return found


async def roles(organisation_id: UUID) -> dict[str, str]:
    return {row["name"]: row["role"] for row in await members.members_of(organisation_id)}


async def acts(organisation_id: UUID) -> list[str]:
    return [change["act"] for change in await history.changes_of(organisation_id)]


async def invited(cast: Cast, role: str = "viewer", email: str = "moi@example.com") -> tuple[Actor, str]:
    person = await make_person("Người mới", email=email)
    await members.invite(cast.owner, cast.id, email, role)
    return person, await secret()


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
async def test_from_invitation_to_membership_and_back(cast: Cast, role: str) -> None:
    person, token = await invited(cast, role)

    assert await members.accept_invitation(person, token) == cast.slug
    assert (await roles(cast.id))["Người mới"] == role
    assert [seen.slug for seen in await access.organisations_of(person)] == [cast.slug]
    await members.end_membership(person, cast.id, await membership(cast.id, person))

    assert "Người mới" not in await roles(cast.id)
    assert await access.organisations_of(person) == []
    assert (await acts(cast.id))[:3] == ["left", "joined", "invited"]


async def test_who_left_may_be_invited_again_with_another_role(cast: Cast) -> None:
    person, token = await invited(cast, "viewer")
    await members.accept_invitation(person, token)
    await members.end_membership(cast.owner, cast.id, await membership(cast.id, person))

    await members.invite(cast.owner, cast.id, person.email, "editor")
    await members.accept_invitation(person, await secret())

    assert (await roles(cast.id))["Người mới"] == "editor"
    rows = "SELECT count(*) FROM membership WHERE organisation = $1 AND person = $2"
    assert await database.fetchval(rows, cast.id, person.id) == 2


async def test_handing_over_and_leaving(cast: Cast) -> None:
    """The owner makes another one, steps down, leaves; the new one cannot leave."""
    new = await membership(cast.id, cast.viewer)
    old = await membership(cast.id, cast.owner)
    await members.change_role(cast.owner, cast.id, new, "owner")
    await members.change_role(cast.owner, cast.id, old, "viewer")
    with pytest.raises(NotAllowed):
        await members.change_role(cast.owner, cast.id, new, "viewer")
    await members.end_membership(cast.owner, cast.id, old)

    assert await roles(cast.id) == {"Người xem": "owner", "Người biên tập": "editor"}
    with pytest.raises(members.LastOwner):
        await members.end_membership(cast.viewer, cast.id, new)


async def test_an_owner_may_step_down_while_another_stays(cast: Cast) -> None:
    await members.change_role(cast.owner, cast.id, await membership(cast.id, cast.editor), "owner")
    mine = await membership(cast.id, cast.owner)

    await members.change_role(cast.owner, cast.id, mine, "editor")

    assert (await roles(cast.id))["Chủ hồ sơ"] == "editor"


async def test_an_admin_hands_over_what_nobody_owns(cast: Cast) -> None:
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", cast.owner.id)

    await members.change_role(cast.admin, cast.id, await membership(cast.id, cast.editor), "owner")

    assert await roles(cast.id) == {"Người biên tập": "owner", "Người xem": "viewer"}
    assert (await history.changes_of(cast.id))[0]["person"] == "Quản trị"


@pytest.mark.parametrize(
    ("error", "vi", "en"),
    [
        (members.LastOwner(), "chủ hồ sơ", "This is the last owner."),
        (members.AlreadyMember(), "thành viên", "belongs to the organisation already"),
        (members.InvitationOver(), "14 ngày", "older than 14 days"),
        (members.ForAnotherAddress(address="b…@x.vn"), "b…@x.vn", "b…@x.vn"),
        (members.NotHandedOver(organisations="Sen, Trúc"), "Sen, Trúc", "Sen, Trúc"),
        (profiles.ChangedMeanwhile({}), "Có người", "Somebody else changed this profile"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_refusal_speaks_both_languages(error: Any, vi: str, en: str) -> None:
    assert vi in error.text("vi")
    assert en in error.text("en")
    assert error.text("vi") != error.text("en")
    assert "%(" not in error.text("vi") + error.text("en")


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=13, hours=23), timedelta(days=14, seconds=1)])
async def test_a_link_works_for_fourteen_days(cast: Cast, age: timedelta) -> None:
    person, token = await invited(cast)
    await database.execute("UPDATE organisation_invitation SET expires_at = expires_at - $1::interval", age)

    if age < timedelta(days=14):
        assert await members.accept_invitation(person, token) == cast.slug
    else:
        with pytest.raises(members.InvitationOver):
            await members.accept_invitation(person, token)
        assert await members.open_invitations_of(cast.id) == []


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "A" * 43, "A" * 10_000, "\udcff"])
async def test_a_link_that_was_never_sent_opens_nothing(cast: Cast, token: str) -> None:
    await invited(cast)

    with pytest.raises(members.InvitationOver):
        await members.invitation_for(token)


async def test_an_invitation_to_what_has_ended_is_over(cast: Cast) -> None:
    person, token = await invited(cast)
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'x' WHERE id = $1", cast.id)

    with pytest.raises(members.InvitationOver):
        await members.accept_invitation(person, token)
    with pytest.raises(NotFound):
        await members.invite(cast.owner, cast.id, "noch@example.com", "viewer")


async def test_an_ended_account_joins_nothing(cast: Cast) -> None:
    person, token = await invited(cast)
    await ending.end_account(cast.admin, person.person_id, "Chuyển việc", ORIGIN)

    with pytest.raises(members.ForAnotherAddress):
        await members.accept_invitation(person, token)
    assert "Người mới" not in await roles(cast.id)


async def test_an_address_whose_account_has_ended_may_be_invited_and_joins_with_a_new_one(cast: Cast) -> None:
    await ending.end_account(cast.admin, cast.viewer.person_id, "Chuyển việc", ORIGIN)
    await members.invite(cast.owner, cast.id, cast.viewer.email, "viewer")

    assert [row["email"] for row in await members.open_invitations_of(cast.id)] == [cast.viewer.email]


@pytest.mark.parametrize(
    ("email", "shown"),
    [("an@example.com", "a…@example.com"), ("Ă.b@sub.example.com", None), ("x@y.vn", "x…@y.vn")],
)
async def test_another_account_learns_no_more_than_the_first_letter(cast: Cast, email: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(Invalid):
            await members.invite(cast.owner, cast.id, email, "viewer")
        return
    await members.invite(cast.owner, cast.id, email, "viewer")
    token = await secret()

    with pytest.raises(members.ForAnotherAddress) as refused:
        await members.accept_invitation(cast.stranger, token)
    assert shown in refused.value.text("en")
    assert email not in refused.value.text("en") or len(email.partition("@")[0]) == 1


@pytest.mark.parametrize(
    "email", ["", "a", "a@", "@b.vn", "a b@c.vn", "a@b.vn\nBcc: c@d.vn", "a@b..vn", "x" * 255 + "@y.vn"]
)
@pytest.mark.parametrize("role", ["viewer"])
async def test_no_address_no_invitation(cast: Cast, email: str, role: str) -> None:
    with pytest.raises(Invalid) as refused:
        await members.invite(cast.owner, cast.id, email, role)

    assert set(refused.value.fields) == {"email"}
    assert await database.fetchval("SELECT count(*) FROM mail") == 0


@pytest.mark.parametrize("locale", ["vi", "en"])
async def test_the_mail_says_who_invites_to_what_and_as_what(cast: Cast, locale: str) -> None:
    with in_language(locale):
        await members.invite(cast.owner, cast.id, "ban@example.com", "editor")

    mail = await database.fetchrow("SELECT * FROM mail")
    assert mail is not None
    assert mail["locale"] == locale
    assert "Nguyễn Đức Robot" in mail["subject"]
    for words in ("Chủ hồ sơ", "Nguyễn Đức Robot", "14", "http://127.0.0.1:8000/organisations/invitations/"):
        assert words in mail["text"]
    assert {"vi": "biên tập", "en": "ditor"}[locale] in mail["text"]


async def test_names_in_the_mail_are_plain_text(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"name": "A & B <script>"})
    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")

    mail = await database.fetchrow("SELECT * FROM mail")
    assert mail is not None
    assert "A & B <script>" in mail["text"]
    assert "&amp;" not in mail["text"] + mail["subject"]


async def test_invitations_are_told_apart_by_organisation(cast: Cast) -> None:
    other = await organisation(cast.owner, "Nơi Khác")
    person, first = await invited(cast, "viewer")
    await members.invite(cast.owner, other.id, person.email, "editor")
    second = await secret()

    await members.accept_invitation(person, first)
    await members.accept_invitation(person, second)

    assert {seen.slug: seen.role for seen in await access.organisations_of(person)} == {
        cast.slug: "viewer", "noi-khac": "editor",
    }  # fmt: skip


async def test_what_joining_and_leaving_put_into_the_outbox(cast: Cast) -> None:
    async def refreshes() -> int:
        found: int = await database.fetchval("SELECT count(*) FROM outbox WHERE topic = 'connections.refresh'")
        return found

    person, token = await invited(cast)
    before = await refreshes()
    await members.accept_invitation(person, token)

    assert await refreshes() == before + 1


async def test_withdrawing_is_told_once_in_the_history(cast: Cast) -> None:
    await invited(cast)
    invitation = (await members.open_invitations_of(cast.id))[0]["id"]
    for _again in range(3):
        await members.withdraw_invitation(cast.owner, cast.id, invitation)

    assert (await acts(cast.id)).count("invitation_withdrawn") == 1
    row = await database.fetchrow("SELECT withdrawn_at, accepted_at FROM organisation_invitation")
    assert row is not None
    assert row["withdrawn_at"] is not None
    assert row["accepted_at"] is None


async def test_an_accepted_invitation_cannot_be_withdrawn_any_more(cast: Cast) -> None:
    person, token = await invited(cast)
    invitation = (await members.open_invitations_of(cast.id))[0]["id"]
    await members.accept_invitation(person, token)

    await members.withdraw_invitation(cast.owner, cast.id, invitation)

    assert "invitation_withdrawn" not in await acts(cast.id)
    assert "Người mới" in await roles(cast.id)


async def test_members_are_listed_by_role_and_time(cast: Cast) -> None:
    for number, role in enumerate(("viewer", "owner", "editor", "viewer")):
        person = await make_person(f"Người {number}")
        found = await join(cast.id, person, role)
        await database.execute(
            "UPDATE membership SET started_at = $2 WHERE id = $1", found, now() + timedelta(minutes=number)
        )

    listed = [(row["role"], row["name"]) for row in await members.members_of(cast.id)]
    assert listed == [
        ("owner", "Chủ hồ sơ"), ("owner", "Người 1"), ("editor", "Người biên tập"), ("editor", "Người 2"),
        ("viewer", "Người xem"), ("viewer", "Người 0"), ("viewer", "Người 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "data", "code", "words"),
    [
        ("role", {"role": "king"}, 422, "Vui lòng kiểm tra"),
        ("role", {}, 422, "Vui lòng kiểm tra"),
        ("role", {"role": "viewer"}, 409, "chủ hồ sơ cuối cùng"),
        ("end", {}, 409, "chủ hồ sơ cuối cùng"),
    ],
)
async def test_the_page_says_why_not(
    cast: Cast, make_client: MakeClient, verb: str, data: dict[str, str], code: int, words: str
) -> None:
    mine = await membership(cast.id, cast.owner)
    response = await make_client(cast.owner).post(f"/organisations/{cast.slug}/members/{mine}/{verb}", data=data)

    assert response.status_code == code
    assert words in response.text or code == 422
    assert (await roles(cast.id))["Chủ hồ sơ"] == "owner"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "x", "role": "viewer"}, "email"),
        ({"email": "", "role": "viewer"}, "email"),
        ({"email": "ban@example.com", "role": "king"}, "role"),
        ({"email": "ban@example.com"}, "role"),
        ({"email": "x" * 300 + "@y.vn", "role": "viewer"}, "email"),
    ],
)
async def test_an_invitation_that_cannot_be_sent_is_shown_again(
    cast: Cast, make_client: MakeClient, data: dict[str, str], field: str
) -> None:
    response = await make_client(cast.owner).post(f"/organisations/{cast.slug}/members/invite", data=data)

    assert response.status_code == 422
    assert f'href="#f-{field}"' in response.text
    if data["email"]:
        assert f'value="{data["email"]}"' in response.text
    assert await database.fetchval("SELECT count(*) FROM mail") == 0


async def test_viewers_see_members_but_no_invitations(cast: Cast, make_client: MakeClient) -> None:
    await members.invite(cast.owner, cast.id, "bi-mat@example.com", "viewer")
    url = f"/organisations/{cast.slug}/members"

    assert "bi-mat@example.com" in (await make_client(cast.owner).get(url)).text
    for who in (cast.viewer, cast.editor):
        page = await make_client(who).get(url)
        assert "bi-mat@example.com" not in page.text
        assert cast.owner.email in page.text
        assert "/members/invite" not in page.text


# --- at once ----------------------------------------------------------------------------------------------------------


async def test_many_invitations_of_one_address_at_once_leave_one_open(committed: asyncpg.Pool) -> None:
    owner = await make_person()
    saved = await organisation(owner, "Cửa Hẹp")

    results = await asyncio.gather(
        *(members.invite(owner, saved.id, "ban@example.com", role) for role in ("viewer", "editor") * 4),
        return_exceptions=True,
    )

    assert results == [None] * 8
    assert len(await members.open_invitations_of(saved.id)) == 1


async def test_withdrawn_and_accepted_at_once_is_one_of_both(committed: asyncpg.Pool) -> None:
    owner = await make_person()
    outcomes = set()
    for number in range(8):
        saved = await organisation(owner, f"Cửa {number}")
        person = await make_person(email=f"ban{number}@example.com")
        await members.invite(owner, saved.id, person.email, "viewer")
        token = await secret()
        invitation = (await members.open_invitations_of(saved.id))[0]["id"]
        accepted, _withdrawn = await asyncio.gather(
            members.accept_invitation(person, token),
            members.withdraw_invitation(owner, saved.id, invitation),
            return_exceptions=True,
        )
        joined = len(await members.members_of(saved.id)) == 2
        row = await committed.fetchrow(
            "SELECT accepted_at IS NOT NULL AS taken, withdrawn_at IS NOT NULL AS gone"
            " FROM organisation_invitation WHERE id = $1",
            invitation,
        )
        assert row is not None
        assert (row["taken"], row["gone"]) == (joined, not joined)
        assert (accepted == saved.slug) is joined
        outcomes.add(joined)

    assert outcomes <= {True, False}


async def test_roles_changed_at_once_leave_an_owner(committed: asyncpg.Pool) -> None:
    """Two owners take each other's role at the same moment."""
    for number in range(8):
        first, second = await make_person(), await make_person()
        saved = await organisation(first, f"Đôi {number}")
        await join(saved.id, second, "owner")
        of_first, of_second = await membership(saved.id, first), await membership(saved.id, second)
        await asyncio.gather(
            members.change_role(first, saved.id, of_second, "viewer"),
            members.change_role(second, saved.id, of_first, "viewer"),
            return_exceptions=True,
        )
        assert sorted(row["role"] for row in await members.members_of(saved.id)) == ["owner", "viewer"]
