"""Who belongs: invitations, roles, leaving; the last owner stays, however many leave at once."""

import asyncio
import re
from uuid import UUID

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound, TooMany
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import access, history, jobs, members
from app.people import ending, passwords
from app.people.record import Origin
from tests.conftest import MakeClient
from tests.directory.conftest import Cast
from tests.directory.make import join, organisation
from tests.factories import make_person


async def membership(cast: Cast, who: Actor) -> UUID:
    found: UUID = await database.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2 AND ended_at IS NULL", cast.id, who.id
    )
    return found


async def token() -> str:
    """The secret of the newest invitation, as its mail says it."""
    text = await database.fetchval("SELECT text FROM mail ORDER BY created_at DESC, id DESC LIMIT 1")
    found = re.search(r"/organisations/invitations/([A-Za-z0-9_-]{43})", text)
    assert found is not None
    return found[1]


async def test_an_invitation_brings_somebody_in_once(cast: Cast, fresh_queue: None) -> None:
    await members.invite(cast.owner, cast.id, cast.stranger.email, "editor")
    secret = await token()

    assert (await members.invitation_for(secret))["role"] == "editor"
    assert await members.accept_invitation(cast.stranger, secret) == cast.slug
    assert (await access.organisation_for(cast.stranger, cast.slug)).role == "editor"
    with pytest.raises(members.InvitationOver):
        await members.accept_invitation(cast.stranger, secret)
    assert [c["act"] for c in await history.changes_of(cast.id)][:2] == ["joined", "invited"]


@pytest.mark.parametrize("role", ["owner", "editor", "viewer"])
async def test_a_link_that_was_passed_on_brings_nobody_else_in(cast: Cast, fresh_queue: None, role: str) -> None:
    invited = await make_person("Người được mời", email="Ban.Moi@example.com")
    await members.invite(cast.owner, cast.id, "ban.moi@EXAMPLE.com", role)
    secret = await token()

    for other in (cast.stranger, cast.admin):
        with pytest.raises(members.ForAnotherAddress) as refused:
            await members.accept_invitation(other, secret)
        assert "b…@EXAMPLE.com" in refused.value.text("en")
    assert (await access.organisation_for(cast.stranger, cast.slug)).role == ""

    assert await members.accept_invitation(invited, secret) == cast.slug
    assert (await access.organisation_for(invited, cast.slug)).role == role


async def test_the_mail_is_in_the_language_of_who_invites_and_names_no_secret_in_the_database(
    cast: Cast, fresh_queue: None
) -> None:
    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")

    mail = await database.fetchrow("SELECT * FROM mail")
    assert mail is not None
    assert (mail["to_address"], mail["locale"]) == ("ban@example.com", "vi")
    assert "Nguyễn Đức Robot" in mail["subject"]
    stored = await database.fetchval("SELECT token_hash FROM organisation_invitation")
    assert await token() not in stored


async def test_inviting_again_replaces_the_link_and_the_role(cast: Cast, fresh_queue: None) -> None:
    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")
    first = await token()
    await members.invite(cast.owner, cast.id, "BAN@example.com", "owner")

    with pytest.raises(members.InvitationOver):
        await members.invitation_for(first)
    assert [(row["role"]) for row in await members.open_invitations_of(cast.id)] == ["owner"]


async def test_who_belongs_already_is_not_invited(cast: Cast, fresh_queue: None) -> None:
    with pytest.raises(members.AlreadyMember):
        await members.invite(cast.owner, cast.id, cast.editor.email.upper(), "viewer")


async def test_a_member_who_accepts_keeps_the_role(cast: Cast, fresh_queue: None) -> None:
    await members.invite(cast.owner, cast.id, cast.stranger.email, "owner")
    await join(cast.id, cast.stranger, "viewer")

    await members.accept_invitation(cast.stranger, await token())

    assert (await access.organisation_for(cast.stranger, cast.slug)).role == "viewer"


@pytest.mark.parametrize(("email", "role"), [("no address", "viewer"), ("ban@example.com", "king")])
async def test_impossible_invitations_are_refused(cast: Cast, email: str, role: str) -> None:
    with pytest.raises(Invalid):
        await members.invite(cast.owner, cast.id, email, role)


async def test_inviting_very_many_is_slowed_down(
    cast: Cast, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "INVITED_PER_DAY", 1)
    await members.invite(cast.owner, cast.id, "a@example.com", "viewer")

    with pytest.raises(TooMany):
        await members.invite(cast.owner, cast.id, "b@example.com", "viewer")


async def test_a_withdrawn_or_old_invitation_is_over(cast: Cast, fresh_queue: None) -> None:
    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")
    secret = await token()
    invitation = (await members.open_invitations_of(cast.id))[0]["id"]

    await members.withdraw_invitation(cast.owner, cast.id, invitation)
    await members.withdraw_invitation(cast.owner, cast.id, invitation)
    with pytest.raises(members.InvitationOver):
        await members.accept_invitation(cast.stranger, secret)

    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")
    await database.execute("UPDATE organisation_invitation SET expires_at = now() - interval '1 second'")
    with pytest.raises(members.InvitationOver):
        await members.accept_invitation(cast.stranger, await token())


async def test_old_invitations_are_forgotten(cast: Cast, fresh_queue: None) -> None:
    await members.invite(cast.owner, cast.id, "ban@example.com", "viewer")
    await jobs.forget_invitations()
    assert await database.fetchval("SELECT count(*) FROM organisation_invitation") == 1

    await database.execute("UPDATE organisation_invitation SET expires_at = now() - interval '91 days'")
    await jobs.forget_invitations()
    assert await database.fetchval("SELECT count(*) FROM organisation_invitation") == 0


async def test_the_last_owner_neither_leaves_nor_steps_down(cast: Cast) -> None:
    mine = await membership(cast, cast.owner)

    for act in (
        lambda: members.end_membership(cast.owner, cast.id, mine),
        lambda: members.end_membership(cast.admin, cast.id, mine),
        lambda: members.change_role(cast.owner, cast.id, mine, "viewer"),
    ):
        with pytest.raises(members.LastOwner):
            await act()


async def test_with_a_second_owner_the_first_may_leave(cast: Cast) -> None:
    await members.change_role(cast.owner, cast.id, await membership(cast, cast.editor), "owner")

    await members.end_membership(cast.owner, cast.id, await membership(cast, cast.owner))

    assert [(m["name"], m["role"]) for m in await members.members_of(cast.id)] == [
        ("Người biên tập", "owner"),
        ("Người xem", "viewer"),
    ]


async def test_roles_change_once_and_are_in_the_history(cast: Cast) -> None:
    theirs = await membership(cast, cast.viewer)
    await members.change_role(cast.owner, cast.id, theirs, "editor")
    await members.change_role(cast.owner, cast.id, theirs, "editor")

    changes = [c for c in await history.changes_of(cast.id) if c["act"] == "role_changed"]
    assert [(c["before"], c["after"]) for c in changes] == [("viewer", "editor")]
    with pytest.raises(Invalid):
        await members.change_role(cast.owner, cast.id, theirs, "king")


async def test_everybody_may_leave_and_leaving_twice_is_leaving_once(cast: Cast) -> None:
    theirs = await membership(cast, cast.viewer)
    await members.end_membership(cast.viewer, cast.id, theirs)
    await members.end_membership(cast.viewer, cast.id, theirs)

    assert (await access.organisation_for(cast.viewer, cast.slug)).role == ""
    with pytest.raises(NotFound):
        await members.change_role(cast.owner, cast.id, theirs, "editor")


@pytest.mark.parametrize("who", ["editor", "viewer", "stranger"])
async def test_only_owners_and_admins_decide_about_others(cast: Cast, who: str, fresh_queue: None) -> None:
    actor: Actor = getattr(cast, who)
    theirs = await membership(cast, cast.owner)

    with pytest.raises(NotAllowed):
        await members.invite(actor, cast.id, "ban@example.com", "viewer")
    with pytest.raises(NotAllowed):
        await members.change_role(actor, cast.id, theirs, "viewer")
    with pytest.raises(NotAllowed):
        await members.end_membership(actor, cast.id, theirs)
    with pytest.raises(NotAllowed):
        await members.withdraw_invitation(actor, cast.id, new_id())


async def test_memberships_of_other_organisations_are_not_touched(cast: Cast) -> None:
    other = await organisation(cast.stranger, "Khác")
    theirs: UUID = await database.fetchval("SELECT id FROM membership WHERE organisation = $1", other.id)

    with pytest.raises(NotFound):
        await members.end_membership(cast.owner, cast.id, theirs)
    with pytest.raises(NotFound):
        await members.change_role(cast.owner, cast.id, theirs, "viewer")
    with pytest.raises(NotFound):
        await members.end_membership(cast.owner, new_id(), theirs)


# --- with the account -----------------------------------------------------------------------------------------

ORIGIN = Origin(device="Firefox", network="10.0.0.0/24")


async def test_the_last_owner_hands_over_before_the_account_ends(cast: Cast) -> None:
    second = await organisation(cast.owner, "An Giang Xanh")
    await join(cast.id, cast.stranger, "viewer")

    with pytest.raises(members.NotHandedOver) as refusal:
        await ending.end_account(cast.admin, cast.owner.person_id, "Chuyển việc", ORIGIN)

    assert (refusal.value.status, refusal.value.code) == (409, "not_handed_over")
    assert refusal.value.text("en") == (
        "This account is the last owner of An Giang Xanh, Nguyễn Đức Robot."
        " Please hand it over first: make somebody else an owner."
    )
    assert "An Giang Xanh, Nguyễn Đức Robot" in refusal.value.text("vi")
    assert await database.fetchval("SELECT ended_at FROM person WHERE id = $1", cast.owner.id) is None
    assert len(await members.members_of(second.id)) == 1


async def test_with_the_account_its_memberships_end_and_the_history_says_why(cast: Cast) -> None:
    await members.change_role(cast.owner, cast.id, await membership(cast, cast.editor), "owner")
    closed = await organisation(cast.owner, "Đã Đóng")
    await database.execute("UPDATE organisation SET ended_at = now(), ended_reason = 'closed' WHERE id = $1", closed.id)

    await ending.end_account(cast.admin, cast.owner.person_id, "Chuyển việc", ORIGIN)

    assert [m["name"] for m in await members.members_of(cast.id)] == ["Người biên tập", "Người xem"]
    assert await members.members_of(closed.id) == []
    first = (await history.changes_of(cast.id))[0]
    assert (first["act"], first["field"], first["before"], first["after"], first["person"]) == (
        "account_ended", "role", "owner", None, "Chủ hồ sơ",
    )  # fmt: skip
    same = await database.fetchval(
        "SELECT count(*) FROM membership m JOIN person p ON p.id = m.person AND p.ended_at = m.ended_at"
        " WHERE m.person = $1",
        cast.owner.id,
    )
    assert same == 2
    async with database.tx():
        await members.leave_all(cast.owner.person_id)
    assert len([c for c in await history.changes_of(cast.id) if c["act"] == "account_ended"]) == 1


async def test_who_belongs_nowhere_may_end_the_account(cast: Cast) -> None:
    await ending.end_account(cast.admin, cast.stranger.person_id, "Chuyển việc", ORIGIN)
    assert await database.fetchval("SELECT ended_at FROM person WHERE id = $1", cast.stranger.id) is not None


async def test_the_page_names_what_to_hand_over(cast: Cast, make_client: MakeClient) -> None:
    password = "quả khế chua ngọt"
    await database.execute(
        "UPDATE person SET password_hash = $2 WHERE id = $1", cast.owner.id, await passwords.hash_password(password)
    )
    answer = await make_client(cast.owner).post("/account/end", data={"password": password})
    assert answer.status_code == 409
    assert "chủ hồ sơ cuối cùng của Nguyễn Đức Robot" in answer.text


# --- at once --------------------------------------------------------------------------------------------------

ROUNDS = 12


async def _two_owners_leave(round_number: int) -> int:
    """Both owners of a new organisation leave at the same moment; the owners that are left."""
    first, second = await make_person(), await make_person()
    saved = await organisation(first, f"Đôi {round_number}")
    second_one = await join(saved.id, second, "owner")
    first_one = await database.fetchval(
        "SELECT id FROM membership WHERE organisation = $1 AND person = $2", saved.id, first.id
    )
    await asyncio.gather(
        members.end_membership(first, saved.id, first_one),
        members.end_membership(second, saved.id, second_one),
        return_exceptions=True,
    )
    return int(
        await database.fetchval(
            "SELECT count(*) FROM membership WHERE organisation = $1 AND role = 'owner' AND ended_at IS NULL", saved.id
        )
    )


async def test_of_two_owners_who_leave_at_once_one_stays(committed: asyncpg.Pool, fresh_queue: None) -> None:
    assert [await _two_owners_leave(number) for number in range(ROUNDS)] == [1] * ROUNDS


async def test_without_the_lock_both_would_be_gone(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the race above can be lost."""
    together = asyncio.Barrier(2)
    check = members._require_another_owner

    async def unlocked(organisation_id: UUID) -> object:
        return {"id": organisation_id}

    async def slow_check(organisation_id: UUID, membership_id: UUID) -> None:
        await check(organisation_id, membership_id)
        await together.wait()

    monkeypatch.setattr(members, "_lock", unlocked)
    monkeypatch.setattr(members, "_require_another_owner", slow_check)

    assert await _two_owners_leave(0) == 0


async def _one_leaves_and_the_other_ends_the_account(round_number: int) -> int:
    """The owners that are left of two, of whom one leaves while the account of the other ends."""
    first, second = await make_person(), await make_person()
    admin = await make_person(roles=("admin",))
    saved = await organisation(first, f"Đôi {round_number}")
    second_one = await join(saved.id, second, "owner")
    await asyncio.gather(
        ending.end_account(admin, first.person_id, "Chuyển việc", ORIGIN),
        members.end_membership(second, saved.id, second_one),
        return_exceptions=True,
    )
    return len(await members.members_of(saved.id))


async def test_of_an_owner_who_leaves_and_one_whose_account_ends_one_stays(
    committed: asyncpg.Pool, fresh_queue: None
) -> None:
    found = [await _one_leaves_and_the_other_ends_the_account(number) for number in range(ROUNDS)]
    assert found == [1] * ROUNDS


async def test_two_owners_whose_accounts_end_at_once_leave_one(committed: asyncpg.Pool, fresh_queue: None) -> None:
    admin = await make_person(roles=("admin",))
    for number in range(ROUNDS):
        first, second = await make_person(), await make_person()
        saved = await organisation(first, f"Đôi {number}")
        await join(saved.id, second, "owner")
        results = await asyncio.gather(
            *(ending.end_account(admin, who.person_id, "Chuyển việc", ORIGIN) for who in (first, second)),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "NotHandedOver"]
        assert len(await members.members_of(saved.id)) == 1


async def test_without_the_locks_nobody_would_be_left(
    committed: asyncpg.Pool, fresh_queue: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of leaving while an account ends."""
    together = asyncio.Barrier(2)
    alone, another = members._owned_alone, members._require_another_owner

    async def unlocked(_organisation_or_person: UUID) -> None:
        return None

    async def slow_alone(person: UUID) -> list[str]:
        found = await alone(person)
        await together.wait()
        return found

    async def slow_another(organisation_id: UUID, membership_id: UUID) -> None:
        await another(organisation_id, membership_id)
        await together.wait()

    monkeypatch.setattr(members, "_lock", unlocked)
    monkeypatch.setattr(members, "_lock_all_of", unlocked)
    monkeypatch.setattr(members, "_owned_alone", slow_alone)
    monkeypatch.setattr(members, "_require_another_owner", slow_another)

    assert await _one_leaves_and_the_other_ends_the_account(0) == 0


async def test_an_invitation_accepted_many_times_at_once_counts_once(
    committed: asyncpg.Pool, fresh_queue: None
) -> None:
    owner = await make_person()
    saved = await organisation(owner, "Cửa Hẹp")
    person = await make_person(email="ban@example.com")
    await members.invite(owner, saved.id, person.email, "editor")
    secret = await token()

    results = await asyncio.gather(
        *(members.accept_invitation(person, secret) for _ in range(6)), return_exceptions=True
    )

    assert sum(result == saved.slug for result in results) == 1
    assert len(await members.members_of(saved.id)) == 2
