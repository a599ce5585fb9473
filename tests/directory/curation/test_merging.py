"""Two profiles become one and two again: fields by choice, everything that pointed at the one, both addresses."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.core import db as database
from app.core.errors import NotAllowed
from app.core.ids import new_id
from app.core.web import Actor
from app.directory import access, members, notes, profiles, rows
from app.directory.curation import claims, duplicates, merging, moving, sides, transfers
from app.directory.fields import COLLECTIONS, DETAIL_TABLES, Tier
from tests.directory.curation.conftest import latest_link, mails_to, owners, unowned
from tests.directory.make import join, organisation, round_of
from tests.factories import make_person


async def column(place: UUID, name: str) -> Any:
    return await database.fetchval(f"SELECT {name} FROM organisation WHERE id = $1", place)


async def everything(place: UUID) -> dict[str, Any]:
    row = await sides.profile_row(place)
    changing = {"version", "updated_at", "listing_version", "confirmed_at"}
    return {name: value for name, value in row.items() if name not in changing}


async def still_pointing(place: UUID) -> list[str]:
    """Columns of any table that the catalogue names in which a row still points at this organisation."""
    found = []
    for row in await database.fetch(moving._POINTING):
        if row["table"] in moving.STAYS or (row["table"] in DETAIL_TABLES and row["column"] == "organisation"):
            continue
        query = f"SELECT EXISTS (SELECT FROM {row['table']} WHERE {row['column']} = $1)"
        if await database.fetchval(query, place):
            found.append(f"{row['table']}.{row['column']}")
    return found


@pytest.fixture
async def two(lan: Actor) -> tuple[profiles.Saved, profiles.Saved]:
    kept = await organisation(
        lan, "Robot Sông Hồng", sectors=["agri"], country="VN", province_code="01", website="https://robot.example"
    )
    merged = await organisation(
        lan, "Công ty CP Robot Sông Hồng", sectors=["hard"], summary_vi="Người máy cho đồng ruộng", needs=["capital"]
    )
    return kept, merged


async def test_one_profile_ends_in_the_other_and_both_addresses_lead_there(
    moderator: Actor, two: tuple[profiles.Saved, profiles.Saved]
) -> None:
    kept, merged = two

    await merging.merge_organisations(moderator, kept.id, merged.id, {}, "cùng một công ty")

    row = await everything(kept.id)
    assert row["sectors"] == ["agri", "hard"]
    assert row["summary_vi"] == "Người máy cho đồng ruộng"
    assert row["aliases"] == ["Công ty CP Robot Sông Hồng"]
    assert row["needs"] == ["capital"]
    assert (row["name"], row["province_code"], row["slug"]) == ("Robot Sông Hồng", "01", kept.slug)
    assert await column(merged.id, "ended_reason") == "merged"
    assert await column(merged.id, "merged_into") == kept.id
    assert await access.moved_to(merged.slug) == kept.slug
    acts = await database.fetch("SELECT DISTINCT act FROM organisation_change WHERE organisation = $1", merged.id)
    assert {row["act"] for row in acts} == {"created", "merged_into"}
    refreshed = await database.fetch("SELECT payload FROM outbox WHERE topic = 'connections.refresh'")
    assert {str(kept.id), str(merged.id)} <= {row["payload"]["organisation_id"] for row in refreshed}


@pytest.mark.parametrize(
    ("choices", "name", "sectors"),
    [
        ({"name": "merged", "sectors": "merged"}, "Công ty CP Robot Sông Hồng", ["hard"]),
        ({"name": "both", "sectors": "kept"}, "Robot Sông Hồng", ["agri"]),
        ({"name": "nonsense", "unknown": "kept"}, "Robot Sông Hồng", ["agri", "hard"]),
    ],
)
async def test_each_field_is_taken_from_where_it_was_chosen(
    moderator: Actor,
    two: tuple[profiles.Saved, profiles.Saved],
    choices: dict[str, str],
    name: str,
    sectors: list[str],
) -> None:
    kept, merged = two

    await merging.merge_organisations(moderator, kept.id, merged.id, choices)

    assert (await column(kept.id, "name"), await column(kept.id, "sectors")) == (name, sectors)
    assert await column(kept.id, "name_folded") == sides_folded(name)


def sides_folded(name: str) -> str:
    from app.directory.search_text import name_folded

    return name_folded(name)


async def test_place_comes_from_one_profile_whole(moderator: Actor, lan: Actor) -> None:
    kept = await organisation(lan, "Alpha", country="VN", province_code="01")
    merged = await organisation(lan, "Alpha JSC", country="US", state="CA", city="Palo Alto")

    await merging.merge_organisations(moderator, kept.id, merged.id, {"country": "merged"})

    row = await everything(kept.id)
    assert (row["country"], row["province_code"], row["state"], row["city"]) == ("US", None, "CA", "Palo Alto")


async def test_members_rounds_investments_claims_and_former_addresses_move(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    kept, merged = await organisation(lan, "Alpha"), await organisation(minh, "Alpha JSC")
    investor = await organisation(lan, "Quỹ", ("investor",))
    await round_of(merged.id, "2024-05-01", (investor.id,))
    await join(kept.id, minh, "viewer")
    third = await make_person("Người thứ ba")
    await join(merged.id, third, "editor")
    await claims.make_claim(third, merged.id, claims.Wanted(method="department", message="x"))
    await profiles.edit_organisation(minh, merged.id, {"name": "Alpha Hai"})

    await merging.merge_organisations(moderator, kept.id, merged.id, {})

    assert await owners(kept.id) == {lan.id, minh.id}
    roles = await database.fetch(
        "SELECT person, role FROM membership WHERE organisation = $1 AND ended_at IS NULL", kept.id
    )
    assert {row["person"]: row["role"] for row in roles}[third.id] == "editor"
    for table in ("funding_round", "investment", "claim"):
        assert await database.fetchval(f"SELECT organisation FROM {table}") == kept.id
    # only the membership of who belongs to both has its like there already
    assert await still_pointing(merged.id) == ["membership.organisation"]
    assert await column(kept.id, "links") == 1
    assert [await access.moved_to(slug) for slug in ("alpha-jsc", "alpha-hai")] == [kept.slug, kept.slug]
    assert await mails_to(lan.email) == ["Hai hồ sơ của Alpha nay là một"]
    assert "Two profiles of Alpha are one now" in await mails_to(minh.email)


async def test_two_investors_of_one_round_become_one_investor(moderator: Actor, lan: Actor) -> None:
    one, other = [await organisation(lan, f"Quỹ {n}", ("investor",)) for n in (1, 2)]
    company = await organisation(lan, "Alpha")
    await round_of(company.id, "2024-05-01", (one.id, other.id))

    merge = await merging.merge_organisations(moderator, one.id, other.id, {})

    investors = await database.fetch("SELECT investor FROM investment")
    assert [row["investor"] for row in investors] == [one.id]
    await merging.undo_merge(moderator, merge)
    assert await database.fetchval("SELECT count(DISTINCT investor) FROM investment") == 2


async def test_undoing_gives_back_everything_as_it_was(moderator: Actor, lan: Actor, minh: Actor) -> None:
    kept = await organisation(lan, "Alpha", sectors=["agri"], needs=["capital"])
    merged = await organisation(
        minh, "Alpha JSC", sectors=["hard"], needs=["legal", "capital"], country="VN", founded_precision="year",
        founded_on=date(2020, 1, 1), pitch_vi="Một câu chuyện",
    )  # fmt: skip
    await round_of(merged.id, "2024-05-01")
    await join(kept.id, minh, "viewer")
    before = {place: await everything(place) for place in (kept.id, merged.id)}
    people = await database.fetch("SELECT organisation, person, role FROM membership ORDER BY id")
    needs = await database.fetch("SELECT id, organisation FROM need_offer ORDER BY id")
    notes = await database.fetch("SELECT organisation, field FROM field_note ORDER BY organisation, field")

    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {"founded_on": "merged"})
    assert (await everything(kept.id))["pitch_vi"] == "Một câu chuyện"
    slug = await merging.undo_merge(moderator, merge)

    assert slug == merged.slug
    assert {place: await everything(place) for place in (kept.id, merged.id)} == before
    assert await database.fetch("SELECT organisation, person, role FROM membership ORDER BY id") == people
    assert await database.fetch("SELECT id, organisation FROM need_offer ORDER BY id") == needs
    assert await database.fetch("SELECT organisation, field FROM field_note ORDER BY organisation, field") == notes
    assert await access.moved_to(merged.slug) is None
    with pytest.raises(merging.CannotUndo):
        await merging.undo_merge(moderator, merge)


async def test_what_was_changed_since_stays_when_a_merge_is_undone(
    moderator: Actor, two: tuple[profiles.Saved, profiles.Saved], lan: Actor
) -> None:
    kept, merged = two
    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})
    await profiles.edit_organisation(lan, kept.id, {"summary_vi": "Viết lại sau khi gộp"})

    await merging.undo_merge(moderator, merge)

    assert await column(kept.id, "summary_vi") == "Viết lại sau khi gộp"
    assert await column(kept.id, "sectors") == ["agri"]
    assert await column(merged.id, "summary_vi") == "Người máy cho đồng ruộng"


async def test_a_merge_is_undone_for_thirty_days_and_the_latest_first(moderator: Actor, lan: Actor) -> None:
    one, other, third = [await organisation(lan, f"Alpha {n}") for n in (1, 2, 3)]
    first = await merging.merge_organisations(moderator, other.id, one.id, {})
    second = await merging.merge_organisations(moderator, third.id, other.id, {})
    assert [await access.moved_to(saved.slug) for saved in (one, other)] == [third.slug, third.slug]

    with pytest.raises(merging.MergedFurther):
        await merging.undo_merge(moderator, first)
    await merging.undo_merge(moderator, second)
    assert await access.moved_to(one.slug) == other.slug
    await database.execute("UPDATE organisation_merge SET undo_until = now() - interval '1 second'")
    with pytest.raises(merging.CannotUndo):
        await merging.undo_merge(moderator, first)


async def test_a_profile_does_not_merge_with_itself_nor_after_it_has_ended(moderator: Actor, lan: Actor) -> None:
    one, other = await organisation(lan, "Alpha"), await organisation(lan, "Alpha JSC")

    with pytest.raises(merging.Itself):
        await merging.merge_organisations(moderator, one.id, one.id, {})
    await merging.merge_organisations(moderator, one.id, other.id, {})
    with pytest.raises(merging.MergedAlready):
        await merging.merge_organisations(moderator, other.id, one.id, {})
    with pytest.raises(NotAllowed):
        await merging.merge_organisations(lan, one.id, new_id(), {})
    with pytest.raises(NotAllowed):
        await merging.undo_merge(lan, new_id())


async def test_a_verified_profile_verifies_the_one_that_it_goes_into(
    moderator: Actor, two: tuple[profiles.Saved, profiles.Saved]
) -> None:
    kept, merged = two
    await database.execute("UPDATE organisation SET verified_at = now(), verified_how = 'x' WHERE id = $1", merged.id)

    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})
    assert await column(kept.id, "verified_how") == "x"

    await merging.undo_merge(moderator, merge)
    assert await column(kept.id, "verified_at") is None
    assert await column(merged.id, "verified_how") == "x"


async def test_the_pair_is_settled_by_merging_and_different_after_undoing(moderator: Actor) -> None:
    one, other = await unowned("Sông Hồng", website=""), await unowned("Sông Hồng JSC", website="")
    await duplicates.look_for_duplicates()

    merge = await merging.merge_organisations(moderator, one, other, {})
    await duplicates.look_for_duplicates()
    assert [row["state"] for row in await duplicates.pairs_queue("merged")] == ["merged"]

    await merging.undo_merge(moderator, merge)
    await duplicates.look_for_duplicates()
    assert [row["state"] for row in await duplicates.pairs_queue("different")] == ["different"]


async def test_side_by_side_names_what_differs_and_proposes(two: tuple[profiles.Saved, profiles.Saved]) -> None:
    kept, merged = two

    lines = {line.name: line for line in sides.lines(*[await sides.profile_row(saved.id) for saved in (kept, merged)])}

    assert (lines["sectors"].proposed, lines["name"].proposed, lines["summary_vi"].proposed) == (
        "both", "kept", "merged",
    )  # fmt: skip
    assert lines["kinds"].same
    assert lines["country"].kept == "Hà Nội"
    assert "needs" not in lines


async def test_what_the_owner_of_the_duplicate_kept_back_stays_kept_back(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    kept = await organisation(lan, "Alpha", website="https://alpha.example")
    merged = await organisation(minh, "Alpha JSC", description_vi="kín", founded_precision="year",
                                founded_on=date(2020, 1, 1), website="https://other.example")  # fmt: skip
    code = COLLECTIONS["mention"].field("mention_type").vocabulary.codes[0]  # type: ignore[union-attr]
    await rows.add_row(minh, merged.id, "mention", {"mention_type": code, "title_vi": "kín"})
    await notes.set_tiers(lan, kept.id, {"programme": 2})
    await notes.set_tiers(minh, merged.id, {"description_vi": 3, "website": 3, "mention": 3, "programme": 1})
    before = {place: await everything(place) for place in (kept.id, merged.id)}

    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})

    # the website is that of the one that stays, so its owner's choice holds
    row = await everything(kept.id)
    assert row["tiers"] == {"programme": 2, "description_vi": 3, "mention": 3}
    assert (row["website"], row["description_vi"]) == ("https://alpha.example", "kín")
    assert "kin" not in await column(kept.id, "search_text")
    told = await database.fetch("SELECT field, after FROM organisation_change WHERE act = 'shown_to' AND person = $1",
                                moderator.id)  # fmt: skip
    assert {one["field"]: one["after"] for one in told} == {"description_vi": 3, "mention": 3}

    await merging.undo_merge(moderator, merge)
    assert {place: await everything(place) for place in (kept.id, merged.id)} == before


async def test_a_value_taken_by_choice_is_seen_by_no_more_than_before(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    kept = await organisation(lan, "Alpha", website="https://alpha.example")
    merged = await organisation(minh, "Alpha JSC", website="https://other.example")
    await notes.set_tiers(minh, merged.id, {"website": 3})

    await merging.merge_organisations(moderator, kept.id, merged.id, {"website": "merged"})

    assert (await column(kept.id, "website"), await column(kept.id, "tiers")) == (
        "https://other.example", {"website": 3},
    )  # fmt: skip


async def given(organisation_id: UUID) -> tuple[list[str | None], list[str], int]:
    """How grants of and to it, offers to hand it over and its open invitations stand."""
    grants = await database.fetch(
        "SELECT ended_reason FROM field_grant WHERE organisation = $1 OR viewer = $1 ORDER BY asked_at, id",
        organisation_id,
    )
    offers = await database.fetch("SELECT state FROM ownership_transfer WHERE organisation = $1", organisation_id)
    invited = await members.open_invitations_of(organisation_id)
    return [row["ended_reason"] for row in grants], [row["state"] for row in offers], len(invited)


async def test_who_was_let_in_by_the_owner_of_the_duplicate_is_not_let_into_the_one_that_stays(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    kept, merged = await organisation(lan, "Alpha"), await organisation(minh, "Alpha JSC")
    stranger = await make_person("Người lạ")
    viewer = await organisation(stranger, "Quỹ", ("investor",))
    for owner, seer, days in ((merged.id, viewer.id, 30), (viewer.id, merged.id, 30), (kept.id, viewer.id, None)):
        await database.execute(
            "INSERT INTO field_grant (id, organisation, viewer, asked_at, granted_at, expires_at) VALUES"
            " ($1, $2, $3, now(), CASE WHEN $4::int IS NOT NULL THEN now() END, now() + make_interval(days => $4))",
            *(new_id(), owner, seer, days),
        )
    await transfers.offer_transfer(minh, merged.id, stranger.email, "editor")
    token = await latest_link(stranger.email, "/transfers/")
    await members.invite(minh, merged.id, stranger.email, "owner")

    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})

    assert await given(merged.id) == (["merged", "merged"], ["withdrawn"], 0)
    assert await given(kept.id) == ([None], [], 0)
    assert (await access.organisation_for(stranger, kept.slug)).tier == Tier.MEMBERS
    with pytest.raises(transfers.TransferOver):
        await transfers.accept_transfer(stranger, token)
    assert await owners(kept.id) == {lan.id, minh.id}

    await database.execute("UPDATE field_grant SET expires_at = now() WHERE organisation = $1", viewer.id)
    await merging.undo_merge(moderator, merge)
    assert sorted(map(str, (await given(merged.id))[0])) == ["None", "merged"]
    assert (await given(merged.id))[1:] == (["made"], 1)
    assert (await access.organisation_for(stranger, merged.slug)).tier == Tier.GRANTED


async def test_an_offer_of_who_owns_it_no_longer_does_not_come_back(moderator: Actor, lan: Actor, minh: Actor) -> None:
    kept, merged = await organisation(lan, "Alpha"), await organisation(minh, "Alpha JSC")
    await transfers.offer_transfer(minh, merged.id, "ai@do.example", "editor")
    await members.invite(minh, merged.id, "ai@do.example", "viewer")
    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", minh.id)

    await merging.undo_merge(moderator, merge)

    assert (await given(merged.id))[1:] == (["withdrawn"], 0)


async def test_technologies_are_found_at_the_profile_that_has_them_now(
    moderator: Actor, lan: Actor, minh: Actor
) -> None:
    kept = await organisation(lan, "Viện A", ("institute",))
    merged = await organisation(minh, "Viện A JSC", ("institute",))
    await rows.add_row(minh, merged.id, "technology_offer", {"title_vi": "Cảm biến độ mặn"})

    async def found() -> list[tuple[Any, ...]]:
        query = "SELECT owner, url, subtitle_vi, listed FROM findable WHERE kind = 'technology_offer'"
        return [tuple(row) for row in await database.fetch(query)]

    merge = await merging.merge_organisations(moderator, kept.id, merged.id, {})
    assert await found() == [(kept.id, f"/organisations/{kept.slug}#list-technology_offer", "Viện A", True)]

    await merging.undo_merge(moderator, merge)
    assert await found() == [(merged.id, f"/organisations/{merged.slug}#list-technology_offer", "Viện A JSC", True)]


async def test_a_need_that_has_run_out_is_not_taken_up_again(moderator: Actor, lan: Actor) -> None:
    kept = await organisation(lan, "Alpha", needs=["legal"])
    merged = await organisation(lan, "Alpha JSC", needs=["capital"])
    await database.execute("UPDATE need_offer SET valid_until = current_date - 2 WHERE organisation = $1", kept.id)

    await merging.merge_organisations(moderator, kept.id, merged.id, {})

    assert await column(kept.id, "needs") == ["capital"]
