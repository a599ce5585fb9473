"""Who is listed: by consent only, gone with it at once. What everybody may find of a person is made here, nowhere else.

`relist` ends every verb of this package: it writes the line in the list of mentors and the entry of the search from the
profile as each tier sees it, or takes both away.
"""

from collections.abc import Iterable
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid
from app.core.forms import REQUIRED
from app.core.i18n import N_, Phrase
from app.core.outbox import every
from app.core.web import Actor
from app.directory.fields import Tier
from app.directory.persons import history, writing
from app.directory.persons.access import COLUMNS, JOINS, LISTED, Row, is_mentor, row_of
from app.directory.search import index
from app.directory.seeing import Viewer, shown_person
from app.directory.vocabulary import MENTOR_EXPERTISE, MENTOR_HELP, SECTORS, STAGES
from app.directory.vocabulary.persons import PARTICIPATION
from app.directory.vocabulary.terms import words
from app.people.ending import before_end
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

PURPOSE = "profile"
LISTED_TIERS = (Tier.PUBLIC, Tier.MEMBERS, Tier.VERIFIED)
MOST_TEXT = 6_000
CHECK_SECONDS = 3600


class TakenDown(Conflict):
    message = N_("The department has taken this profile down. Please write to them before you list it again.")


class NotReady(Invalid):
    """Something that the public has to know is missing; the phrases say what, by field."""

    message = N_("A few things are missing before your profile can be listed.")


async def list_profile(actor: Actor, agreed_to: str) -> None:
    """Show one's profile to everybody: with the consent given here, or given before. Idempotent.

    `agreed_to` is the version of the text that was read, "" where nothing was ticked. Locks the account. Raises
    NotReady, TakenDown, Invalid without consent, TextChanged when another text was read than holds now.
    """
    purpose = PURPOSES[PURPOSE]
    async with db.tx():
        row = await writing.locked_own(actor)
        if row["hidden_at"] is not None:
            raise TakenDown
        missing = missing_of(row)
        if missing:
            raise NotReady(fields=missing)
        if agreed_to:
            if agreed_to != purpose.text.version:
                raise consent.TextChanged
            await consent.write(row["person"], purpose, given=True)
        elif not await consent.has_consent(row["person"], PURPOSE):
            raise Invalid(fields={"agree": REQUIRED})
        if row["listed_at"] is None:
            await db.execute("UPDATE person_profile SET listed_at = now() WHERE person = $1", row["person"])
            await history.record(row["person"], actor.id, "listed")
        await relist(row["person"])


def missing_of(row: Row) -> dict[str, Phrase]:
    """What the public has to know before somebody is listed, by field."""
    found: dict[str, Phrase] = {}
    if not row["headline_vi"] and not row["headline_en"]:
        found["headline_vi"] = N_("Please say in one line who you are; one language is enough.")
    return found


async def unlist_profile(actor: Actor) -> None:
    """Take one's profile out of the directory; what it says stays its owner's, and so does the consent. Idempotent."""
    async with db.tx():
        row = await writing.locked_own(actor)
        if row["listed_at"] is None:
            return
        await db.execute("UPDATE person_profile SET listed_at = NULL WHERE person = $1", row["person"])
        await history.record(row["person"], actor.id, "unlisted")
        await relist(row["person"])


@consent.on_withdrawal(PURPOSE, "persons")
async def consent_withdrawn(person: UUID) -> None:
    """In the transaction of the withdrawal: the profile, the list, the search and the pages of organisations forget."""
    await _take_off(person, "consent_withdrawn")


@before_end
async def account_ends(person: UUID) -> None:
    """With the account the profile is gone; another account of the same human begins a new one."""
    await _take_off(person, "account_ended")
    await db.execute(
        "UPDATE person_profile SET ended_at = now(), ended_reason = 'account ended'"
        " WHERE person = $1 AND ended_at IS NULL",
        person,
    )
    await db.execute(
        "UPDATE person_grant SET ended_at = now(), ended_reason = 'account ended'"
        " WHERE (person = $1 OR viewer = $1) AND ended_at IS NULL",
        person,
    )


async def _take_off(person: UUID, act: str) -> None:
    await db.execute("UPDATE membership SET listed = false WHERE person = $1 AND listed", person)
    await db.execute("DELETE FROM mentor_listing WHERE person = $1", person)
    await index.drop("person", person)
    if await db.execute("UPDATE person_profile SET listed_at = NULL WHERE person = $1", person):
        await history.record(person, person, act)


@every(CHECK_SECONDS, "directory.unlist_without_consent")
async def unlist_without_consent() -> None:
    """A new text that means something else has to be agreed to again: until then nobody is in lists. Pages ask anew at
    each request; this clears the list and the search."""
    rows = await db.fetch(
        f"SELECT f.subject AS person FROM findable f WHERE f.kind = 'person' AND NOT EXISTS"  # noqa: S608
        f" (SELECT FROM {JOINS} WHERE pp.person = f.subject AND {LISTED}) LIMIT 1000"
    )
    for row in rows:
        async with db.tx():
            await relist(row["person"])


# --- what each tier may find ----------------------------------------------------------------------------------------


async def relist(person: UUID) -> None:
    """Make the line in the list of mentors and the entry of the search anew, in the open transaction. Idempotent."""
    found = await db.fetchrow(
        f"SELECT {COLUMNS}, ({LISTED}) AS is_listed, ARRAY(SELECT e.code FROM expertise e WHERE e.person = pp.person"  # noqa: S608
        f" AND e.ended_at IS NULL ORDER BY e.position, e.id) AS expertise FROM {JOINS} WHERE pp.person = $1",
        person,
    )
    if found is None or not found["is_listed"]:
        await db.execute("DELETE FROM mentor_listing WHERE person = $1", person)
        await index.drop("person", person)
        return
    row = row_of(found)
    await index.put(entry_of(row))
    if is_mentor(row):
        await _put_in_list(row)
    else:
        await db.execute("DELETE FROM mentor_listing WHERE person = $1", person)


async def _put_in_list(row: Row) -> None:
    seen = [shown_person(row, Viewer(tier=tier)) for tier in LISTED_TIERS]
    await db.execute(
        "INSERT INTO mentor_listing (person, place, name_folded, tokens_0, tokens_1, tokens_2, text_0, text_1, text_2,"
        " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now()) ON CONFLICT (person) DO UPDATE SET"
        " place = excluded.place, name_folded = excluded.name_folded, tokens_0 = excluded.tokens_0,"
        " tokens_1 = excluded.tokens_1, tokens_2 = excluded.tokens_2, text_0 = excluded.text_0,"
        " text_1 = excluded.text_1, text_2 = excluded.text_2, updated_at = now()",
        *(row["person"], place_of(row), row["name_folded"]),
        *(tokens_of(shown) for shown in seen),
        *(text_of(shown) for shown in seen),
    )


def place_of(row: Row) -> int:
    """Who takes people on comes before who is taking a break; whose references were checked before who is new."""
    return 2 * (row["paused_at"] is not None) + (row["vetted_at"] is None)


def has_room(row: Row) -> bool:
    """Whether somebody takes another person on, as far as `row` says; who names no number takes on whom they like."""
    if row["paused_at"] is not None:
        return False
    most = row["mentees_most"]
    return most is None or (row["mentees_now"] or 0) < most


def tokens_of(row: Row) -> list[str]:
    """What the list can be filtered by, as "facet:value"; of a row that is already cut to what may be seen."""
    lists = {"expertise": row["expertise"], "sector": row["sectors"], "stage": row["stages"]}
    lists |= {"language": row["languages"], "role": row["roles"]}
    single = {"province": row["province_code"], "mode": row["mode"], "fee": row["fee_policy"]}
    found = [f"{facet}:{value}" for facet, values in lists.items() for value in values]
    found += [f"{facet}:{value}" for facet, value in single.items() if value]
    if has_room(row):
        found.append("room:yes")
    if row["vetted_at"] is not None:
        found.append("vetted:yes")
    return found


def text_of(row: Row) -> str:
    """What the list can be searched by, folded."""
    parts: Iterable[str] = (
        *(row[name] for name in ("name", "headline_vi", "headline_en", "bio_vi", "bio_en")),
        SECTORS.search_words(row["sectors"]),
        MENTOR_EXPERTISE.search_words(row["expertise"]),
        MENTOR_HELP.search_words(row["help_kinds"]),
        PARTICIPATION.search_words(row["roles"]),
        STAGES.search_words(row["stages"]),
    )
    return " ".join(folded for part in parts if (folded := words(part)))[:MOST_TEXT]


def entry_of(row: Row) -> index.Entry:
    """What the search over everything knows of a person: nothing but what the public may see."""
    shown = shown_person(row, Viewer(tier=Tier.PUBLIC))
    roles = [PARTICIPATION.labels(shown["roles"], locale) for locale in ("vi", "en")]
    mentor = is_mentor(row)
    return index.Entry(
        kind="person",
        subject=row["person"],
        title=shown["name"],
        url=f"/people/{row['slug']}",
        subtitle_vi=shown["headline_vi"] or shown["headline_en"] or ", ".join(roles[0]),
        subtitle_en=shown["headline_en"] or shown["headline_vi"] or ", ".join(roles[1]),
        texts=(text_of(shown),) if mentor else (shown["bio_vi"], shown["bio_en"]),
        weight=1 if mentor else 0,
        sample=row["sample"],
    )
