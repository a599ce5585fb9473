"""Technologies, challenges and programmes in the search: found with their organisation, as far as they are shown."""

from app.core import db as database
from app.directory import profiles, rows
from app.directory.search import everywhere
from tests.directory.conftest import Cast


async def found(q: str, tier: int = 0) -> dict[str, list[str]]:
    return {kind: [hit.title for hit in hits] for kind, hits in (await everywhere.search(q, tier=tier)).hits.items()}


async def institute(cast: Cast) -> None:
    await profiles.edit_organisation(cast.owner, cast.id, {"kinds": ["institute", "company", "support"]})


async def test_what_an_institute_offers_is_found_until_it_is_taken_off(cast: Cast) -> None:
    await institute(cast)
    values = {"title_vi": "Màng lọc nano bạc", "title_en": "Silver nano membrane", "text_vi": "Khử khuẩn nước giếng"}
    offer = await rows.add_row(cast.owner, cast.id, "technology_offer", {**values, "sectors": ["env"]})

    for typed in ("màng lọc nano", "silver membrane", "khu khuan", "mang loc nanno"):
        assert (await found(typed)).get("technology_offer") == ["Màng lọc nano bạc"], typed
    (hit,) = (await everywhere.search("mang loc")).hits["technology_offer"]
    assert (hit.url, hit.subtitle) == (
        f"/organisations/{cast.slug}#list-technology_offer",
        "Công nghệ chào bán · Nguyễn Đức Robot",
    )

    await rows.edit_row(cast.owner, cast.id, "technology_offer", offer, {"title_vi": "Màng graphene"})
    assert ((await found("graphene")).get("technology_offer"), await found("bac nano")) == (["Màng graphene"], {})
    await rows.end_row(cast.owner, cast.id, "technology_offer", offer)
    assert await found("graphene") == {}
    await rows.bring_back(cast.owner, cast.id, "technology_offer", offer)
    assert await found("graphene") == {"technology_offer": ["Màng graphene"]}


async def test_challenges_and_programmes_are_found_too(cast: Cast) -> None:
    await institute(cast)
    await rows.add_row(
        cast.owner, cast.id, "technology_need", {"title_vi": "Giảm bụi lò nung", "problem_vi": "Bụi mịn"}
    )

    assert await found("bui lo nung") == {"technology_need": ["Giảm bụi lò nung"]}


async def test_a_list_that_is_shown_to_fewer_is_found_by_fewer(cast: Cast) -> None:
    await institute(cast)
    await rows.add_row(cast.owner, cast.id, "technology_offer", {"title_vi": "Màng graphene"})

    for tier, public, members in ((1, {}, {"technology_offer": ["Màng graphene"]}), (3, {}, {})):
        await database.execute("UPDATE organisation SET tiers = $2 WHERE id = $1", cast.id, {"technology_offer": tier})
        await profiles.edit_organisation(cast.owner, cast.id, {"summary_vi": f"bậc {tier}"})
        assert (await found("graphene"), await found("graphene", tier=1)) == (public, members)


async def test_a_renamed_organisation_takes_its_offers_to_the_new_address(cast: Cast) -> None:
    await institute(cast)
    await rows.add_row(cast.owner, cast.id, "technology_offer", {"title_vi": "Màng graphene"})
    saved = await profiles.edit_organisation(cast.owner, cast.id, {"name": "Viện Màng"})

    (hit,) = (await everywhere.search("graphene")).hits["technology_offer"]
    assert (hit.url, hit.subtitle.endswith("Viện Màng")) == (f"/organisations/{saved.slug}#list-technology_offer", True)


async def test_what_the_page_no_longer_has_is_no_longer_found(cast: Cast) -> None:
    """Another kind of organisation has other lists; what was said in the old ones comes back with the kind."""
    await institute(cast)
    await rows.add_row(cast.owner, cast.id, "technology_offer", {"title_vi": "Màng graphene"})

    await profiles.edit_organisation(cast.owner, cast.id, {"kinds": ["investor"]})
    assert await found("graphene") == {}
    await institute(cast)
    assert await found("graphene") == {"technology_offer": ["Màng graphene"]}
