"""One's own profile: begun by the first edit, listed by consent only, gone with it at once, its history kept."""

import asyncio
import unicodedata
from typing import Any

import asyncpg
import pytest

from app.core import db as database
from app.core.errors import Invalid, NotAllowed, NotFound
from app.core.web import NOBODY, Actor
from app.directory.history import ChangedSince
from app.directory.persons import access, history, listing, mentors, pairs, profile, vetting
from app.directory.persons.asking import Asked
from app.directory.persons.history import PAGE
from app.people import ending
from app.people.record import Origin
from app.people.rights import consent
from tests.conftest import MakeClient
from tests.directory.persons.make import AGREED, listed, mentor
from tests.factories import make_person

LONG = "Công Tằng Tôn Nữ " + "Nguyễn Phước Khánh Thuỵ Hương " * 4 + "Giang"


@pytest.fixture
async def hoa(db: asyncpg.Connection) -> Actor:
    return await make_person("Nguyễn Thị Hoa")


async def found(text: str) -> list[str]:
    rows = await database.fetch("SELECT title FROM findable WHERE kind = 'person' AND title = $1", text)
    return [row["title"] for row in rows]


async def test_the_first_edit_begins_a_profile_with_the_accounts_name(hoa: Actor) -> None:
    assert await access.own_profile(hoa) is None

    saved = await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư"})

    own = await access.own_profile(hoa)
    assert own is not None
    assert (saved.slug, own.row["name"], own.row["headline_vi"], own.listed) == (
        "nguyen-thi-hoa",
        hoa.name,
        "Kỹ sư",
        False,
    )
    assert saved.changed == ("headline_vi",)
    assert (await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư"})).changed == ()


async def test_namesakes_get_addresses_of_their_own(hoa: Actor) -> None:
    other = await make_person(unicodedata.normalize("NFD", "Nguyễn Thị Hoa"))

    slugs = [(await listed(who)).slug for who in (hoa, other)]

    assert slugs == ["nguyen-thi-hoa", "nguyen-thi-hoa-2"]
    assert (await access.person_for(NOBODY, slugs[1])).row["name"] == "Nguyễn Thị Hoa"


async def test_a_new_name_leads_on_from_the_old_address_and_back(hoa: Actor) -> None:
    await listed(hoa)

    await profile.edit_profile(hoa, {"name": "Trần Thị Hoa"})
    assert await access.moved_to("nguyen-thi-hoa") == "tran-thi-hoa"
    await profile.edit_profile(hoa, {"name": "Nguyễn Thị Hoa"})

    assert (await access.person_for(NOBODY, "nguyen-thi-hoa")).row["name"] == "Nguyễn Thị Hoa"
    assert await access.moved_to("tran-thi-hoa") == "nguyen-thi-hoa"
    await listing.unlist_profile(hoa)
    assert await access.moved_to("tran-thi-hoa") is None


async def test_very_long_names_are_kept_whole_and_too_long_ones_refused(hoa: Actor) -> None:
    saved = await profile.edit_profile(hoa, {"name": unicodedata.normalize("NFD", LONG)})

    own = await access.own_profile(hoa)
    assert own is not None
    assert (own.row["name"], len(saved.slug) <= 80) == (LONG, True)
    with pytest.raises(Invalid) as refused:
        await profile.edit_profile(hoa, {"name": LONG * 2})
    assert list(refused.value.fields) == ["name"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a name of signs": ({"name": "…"}, "name"),
    "no name": ({"name": "  "}, "name"),
    "an unknown field": ({"password_hash": "x"}, "password_hash"),
    "a photo without its file": ({"photo_file": "x"}, "photo_file"),
    "a language that is none": ({"languages": ["xx"]}, "languages"),
    "seven industries": ({"sectors": ["agri", "food", "health", "bio", "edu", "fin", "city"]}, "sectors"),
    "too many people": ({"mentees_most": 101}, "mentees_most"),
    "less than nobody": ({"mentees_most": -1}, "mentees_most"),
    "a link to nowhere": ({"links": ["javascript:alert(1)"]}, "links"),
    "no address": ({"contact_email": "hoa at home"}, "contact_email"),
    "a province abroad": ({"country": "SG", "province_code": "01"}, "province_code"),
}


@pytest.mark.parametrize(("values", "field"), WRONG.values(), ids=WRONG.keys())
async def test_what_cannot_be_is_refused_by_field_and_nothing_is_written(
    hoa: Actor, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư", **values})

    assert list(refused.value.fields) == [field]
    assert await access.own_profile(hoa) is None


async def test_province_and_country_belong_together(hoa: Actor) -> None:
    async def place(**values: Any) -> tuple[str | None, str | None]:
        await profile.edit_profile(hoa, values)
        own = await access.own_profile(hoa)
        assert own is not None
        return own.row["country"], own.row["province_code"]

    assert await place(province_code="01") == ("VN", "01")
    assert await place(country="SG") == ("SG", None)
    assert await place(country="VN", province_code="79") == ("VN", "79")


async def test_a_field_that_another_window_changed_is_not_overwritten(hoa: Actor) -> None:
    first = await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư", "bio_vi": "Một"})
    await profile.edit_profile(hoa, {"headline_vi": "Giám đốc"}, version=first.version)

    with pytest.raises(profile.ChangedMeanwhile):
        await profile.edit_profile(hoa, {"headline_vi": "Thợ"}, version=first.version)
    assert (await profile.edit_profile(hoa, {"bio_vi": "Hai"}, version=first.version)).changed == ("bio_vi",)


# --- listed by consent ----------------------------------------------------------------------------------------------


async def test_nobody_is_listed_without_having_agreed(hoa: Actor) -> None:
    await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư"})

    with pytest.raises(Invalid) as refused:
        await listing.list_profile(hoa, "")
    with pytest.raises(consent.TextChanged):
        await listing.list_profile(hoa, "2020-01-01")

    assert list(refused.value.fields) == ["agree"]
    with pytest.raises(NotFound):
        await access.person_for(NOBODY, "nguyen-thi-hoa")
    assert await found(hoa.name) == []


async def test_nobody_is_listed_without_a_line_about_themselves(hoa: Actor) -> None:
    with pytest.raises(listing.NotReady) as refused:
        await listing.list_profile(hoa, AGREED)
    assert list(refused.value.fields) == ["headline_vi"]
    assert not await consent.has_consent(hoa.person_id, "profile")


async def test_listing_is_seen_by_everybody_and_unlisting_keeps_the_consent(hoa: Actor) -> None:
    await listed(hoa)
    await listing.list_profile(hoa, AGREED)  # again changes nothing
    assert (await access.person_for(NOBODY, "nguyen-thi-hoa")).listed is True
    assert await found(hoa.name) == [hoa.name]

    await listing.unlist_profile(hoa)
    await listing.unlist_profile(hoa)

    with pytest.raises(NotFound):
        await access.person_for(NOBODY, "nguyen-thi-hoa")
    assert await found(hoa.name) == []
    assert (await access.person_for(hoa, "nguyen-thi-hoa")).own is True
    await listing.list_profile(hoa, "")  # the consent still holds
    assert await found(hoa.name) == [hoa.name]


async def test_withdrawing_takes_everything_away_at_once(hoa: Actor) -> None:
    await mentor(hoa, "sales")
    everybody = await access.viewer_of(NOBODY)
    assert (await mentors.find(Asked(), everybody)).total == 1

    await consent.decide(hoa.person_id, "profile", False)

    assert (await mentors.find(Asked(), everybody)).total == 0
    assert await found(hoa.name) == []
    with pytest.raises(NotFound):
        await access.person_for(NOBODY, "nguyen-thi-hoa")
    acts = [change["act"] for change in await history.changes_of(hoa.person_id)]
    assert "consent_withdrawn" in acts


async def test_a_text_that_asks_again_hides_until_it_is_agreed_to(hoa: Actor) -> None:
    """Pages ask at each request; the hourly task clears the list and the search."""
    await mentor(hoa)
    await database.execute("SELECT set_config('ketnoi.erasing', 'on', true)")
    await database.execute("UPDATE consent SET text_version = '2020-01-01'")

    with pytest.raises(NotFound):
        await access.person_for(NOBODY, "nguyen-thi-hoa")
    await listing.unlist_without_consent()

    assert await found(hoa.name) == []
    assert await database.fetchval("SELECT count(*) FROM mentor_listing") == 0


async def test_with_the_account_the_profile_is_gone(hoa: Actor) -> None:
    admin = await make_person("QT", roles=("admin",))
    await mentor(hoa, "sales")

    await ending.end_account(admin, hoa.person_id, "asked", Origin())

    for who in (NOBODY, admin, hoa):
        with pytest.raises(NotFound):
            await access.person_for(who, "nguyen-thi-hoa")
    assert await found(hoa.name) == []
    again = await make_person("Nguyễn Thị Hoa")
    assert (await listed(again)).slug == "nguyen-thi-hoa-2"


# --- who sees what, history -----------------------------------------------------------------------------------------


async def test_a_choice_of_readers_that_is_none_is_refused(hoa: Actor) -> None:
    for tiers in ({"bio_vi": 9}, {"bio_vi": 4}, {"no_field": 1}):
        with pytest.raises(Invalid):
            await profile.set_tiers(hoa, tiers)
    with pytest.raises(NotAllowed):
        await profile.set_tiers(hoa, {"name": 1})


async def test_what_changed_can_be_put_back(hoa: Actor) -> None:
    await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư", "languages": ["vi"]})
    await profile.edit_profile(hoa, {"headline_vi": "Giám đốc", "languages": ["vi", "en"]})
    await profile.set_tiers(hoa, {"languages": 2})
    changes = {
        (change["act"], change["field"]): change["id"] for change in reversed(await history.changes_of(hoa.person_id))
    }

    for key in (("edited", "headline_vi"), ("edited", "languages"), ("shown_to", "languages")):
        await profile.undo(hoa, changes[key])

    own = await access.own_profile(hoa)
    assert own is not None
    assert (own.row["headline_vi"], own.row["languages"], own.row["tiers"]) == ("Kỹ sư", ["vi"], {})
    newest = (await history.changes_of(hoa.person_id))[1]
    assert newest["undoes"] == changes["edited", "languages"]
    other = await make_person("Người khác")
    with pytest.raises(NotFound):
        await profile.undo(other, changes["edited", "headline_vi"])


async def newest_change(person: Actor, act: str, field: str) -> int:
    changes = await history.changes_of(person.person_id)
    return max(change["id"] for change in changes if (change["act"], change["field"]) == (act, field))


@pytest.mark.parametrize("what", ["edited", "shown_to"])
async def test_what_another_window_wrote_since_is_not_taken_back(hoa: Actor, what: str) -> None:
    """Two windows show the same history; one writes again, the other takes back what it still sees as the newest."""
    kinds: dict[str, Any] = {
        "edited": (profile.edit_profile, profile.set_tiers, "languages", [["vi"], ["vi", "en"]]),
        "shown_to": (profile.set_tiers, profile.edit_profile, "tiers", [2, 3]),
    }
    write, others, column, values = kinds[what]

    async def now_there() -> Any:
        own = await access.own_profile(hoa)
        assert own is not None
        return own.row["languages"] if column == "languages" else own.row["tiers"]["languages"]

    await write(hoa, {"languages": values[0]})
    seen_in_both = await newest_change(hoa, what, "languages")
    await write(hoa, {"languages": values[1]})
    await others(hoa, {"languages": 2 if what == "edited" else ["en"]})

    with pytest.raises(ChangedSince):
        await profile.undo(hoa, seen_in_both)
    assert await now_there() == values[1]

    await profile.undo(hoa, await newest_change(hoa, what, "languages"))
    assert await now_there() == values[0]


@pytest.mark.parametrize("behind_the_lock", [True, False], ids=["asked behind the lock", "asked before it"])
async def test_what_lands_while_an_undo_waits_is_not_lost(
    committed: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, behind_the_lock: bool
) -> None:
    """The other window commits while the undo waits for the account; asked before the lock, it would be lost."""
    lan = await make_person("Bùi Lan")
    await profile.edit_profile(lan, {"headline_vi": "Kỹ sư"})
    change = await newest_change(lan, "edited", "headline_vi")
    if not behind_the_lock:
        await history.require_newest(lan.person_id, change)
        monkeypatch.setattr(history, "require_newest", lambda *_of: asyncio.sleep(0))

    async with committed.acquire() as other, other.transaction():
        await other.execute("SELECT FROM person WHERE id = $1 FOR UPDATE", lan.id)
        undoing = asyncio.create_task(profile.undo(lan, change))
        while not await committed.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0.01)
        await other.execute(
            "INSERT INTO person_change (person, actor, act, field, at) VALUES ($1, $1, 'edited', 'headline_vi', now())",
            lan.id,
        )
    [result] = await asyncio.gather(undoing, return_exceptions=True)

    taken_back = await committed.fetchval("SELECT count(*) FROM person_change WHERE undoes = $1", change)
    assert (type(result), taken_back) == ((ChangedSince, 0) if behind_the_lock else (profile.Saved, 1))


async def test_the_history_is_leafed_through(hoa: Actor) -> None:
    for number in range(PAGE + 3):
        await profile.edit_profile(hoa, {"headline_vi": f"Kỹ sư {number}"})

    first = await history.changes_of(hoa.person_id)
    rest = await history.changes_of(hoa.person_id, before=first[PAGE - 1]["id"])

    assert (len(first), len(rest)) == (PAGE + 1, 3)


async def test_still_true_is_dated_and_every_field_knows_when_to_ask_again(hoa: Actor) -> None:
    await profile.edit_profile(hoa, {"headline_vi": "Kỹ sư", "bio_vi": "Một"})
    await profile.confirm(hoa)

    notes = await database.fetch("SELECT field, source, verified_level, confirm_due_on FROM field_note")
    assert {note["field"]: (note["source"], note["verified_level"]) for note in notes} == {
        "headline_vi": ("self", 1),
        "bio_vi": ("self", 1),
    }
    assert all((note["confirm_due_on"]) is not None for note in notes)


async def test_what_was_taken_down_cannot_be_listed_by_its_owner(hoa: Actor) -> None:
    moderator = await make_person("Điều phối", roles=("moderator",))
    await listed(hoa)
    await vetting.hide(moderator, hoa.person_id, "Ảnh của người khác")

    with pytest.raises(listing.TakenDown):
        await listing.list_profile(hoa, AGREED)
    assert (await access.person_for(moderator, "nguyen-thi-hoa")).listed is False
    assert await found(hoa.name) == []

    await vetting.allow(moderator, hoa.person_id, "Đã sửa")
    with pytest.raises(NotFound):
        await access.person_for(NOBODY, "nguyen-thi-hoa")
    await listing.list_profile(hoa, "")
    assert (await access.person_for(NOBODY, "nguyen-thi-hoa")).listed is True
    subjects = [row["subject"] for row in await database.fetch("SELECT subject FROM mail ORDER BY created_at, id")]
    assert subjects == ["Hồ sơ của bạn đã bị gỡ", "Hồ sơ của bạn được phép đăng lại"]


async def test_a_text_knows_which_language_is_the_original_and_which_is_behind(
    db: asyncpg.Connection, make_client: MakeClient
) -> None:
    actor = await make_person(locale="en")
    await profile.edit_profile(actor, {"headline_vi": "Một", "bio_en": "One"})
    await profile.edit_profile(actor, {"headline_en": "One"})
    own = await access.own_profile(actor)
    assert own is not None
    first = await pairs.standing_of(actor.person_id, own.row)
    await db.execute("UPDATE field_note SET said_at = said_at - interval '1 hour' WHERE field = 'headline_en'")
    later = await pairs.standing_of(actor.person_id, own.row)
    page = (await make_client(actor).get("/account/profile")).text

    assert first == {"headline_vi": "original", "bio_en": "original"}
    assert later == {**first, "headline_en": "behind"}
    assert (page.count("This is the original"), page.count("Older than the other language")) == (2, 1)
