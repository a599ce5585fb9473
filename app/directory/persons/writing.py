"""What every change of a person's profile does besides its own: the lock, the profile's first row, its address."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from app.core import db
from app.core.clock import now
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.text import clean_line, slugify
from app.core.web import Actor
from app.directory.persons.access import COLUMNS, JOINS, Row, row_of
from app.directory.vocabulary.terms import words

CONFIRM_DAYS = 365
FALLBACK_SLUG = "thanh-vien"


def name_folded(name: str) -> str:
    """The form by which names are ordered and compared."""
    return words(name) or name.casefold()[:160]


async def locked(person: UUID) -> Row:
    """A profile, locked together with its account. Raises NotFound."""
    if not await db.fetchval("SELECT true FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", person):
        raise NotFound
    found = await db.fetchrow(
        f"SELECT {COLUMNS} FROM {JOINS} WHERE pp.person = $1 AND pp.ended_at IS NULL FOR NO KEY UPDATE OF pp",  # noqa: S608
        person,
    )
    if found is None:
        raise NotFound
    return row_of(found)


async def locked_own(actor: Actor) -> Row:
    """One's own profile, locked; begun with the account's name where there is none yet. Raises NotFound."""
    name = await db.fetchval(
        "SELECT name FROM person WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", actor.person_id
    )
    if name is None:
        raise NotFound
    if not await db.fetchval("SELECT true FROM person_profile WHERE person = $1", actor.person_id):
        await begin(actor.person_id, clean_line(name))
    return await locked(actor.person_id)


async def begin(person: UUID, name: str) -> None:
    """The first row of a profile, in the open transaction that holds the account's lock. Nobody else sees it yet."""
    await db.execute(
        "INSERT INTO person_profile (id, person, slug, name, name_folded, languages, links, sample, created_at,"
        " updated_at) SELECT $1, p.id, $3, $4, $5, '{}', '{}', p.sample, now(), now() FROM person p WHERE p.id = $2",
        *(new_id(), person, await free_slug(name), name, name_folded(name)),
    )


async def begin_role(person: UUID) -> None:
    """The row of the role of mentor or expert, if there is none; one that had ended begins anew."""
    await db.execute(
        "INSERT INTO mentor_role (id, person, created_at, updated_at) VALUES ($1, $2, now(), now())"
        " ON CONFLICT (person) DO UPDATE SET ended_at = NULL, ended_reason = NULL, created_at = now()"
        " WHERE mentor_role.ended_at IS NOT NULL",
        *(new_id(), person),
    )


async def free_slug(name: str) -> str:
    """An address that nobody has or had: namesakes get a number. One transaction at a time hands out addresses."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('person.slug'))")
    wanted = slugify(name, fallback=FALLBACK_SLUG)
    taken = {
        row["slug"]
        for row in await db.fetch(
            "SELECT slug FROM person_profile WHERE slug = $1 OR slug LIKE $2"
            " UNION ALL SELECT slug FROM person_former_slug WHERE slug = $1 OR slug LIKE $2",
            *(wanted, f"{wanted}-%"),
        )
    }
    slug, n = wanted, 1
    while slug in taken:
        n += 1
        slug = f"{wanted}-{n}"
    return slug


async def slug_after(person: UUID, slug: str, name: str) -> str:
    """The address under a new name; the old one is kept and leads on. One that was given up before is taken again."""
    wanted = slugify(name, fallback=FALLBACK_SLUG)
    if wanted == slug:
        return slug
    mine = await db.fetchval(
        "DELETE FROM person_former_slug WHERE person = $1 AND slug = $2 RETURNING slug", person, wanted
    )
    found: str = mine or await free_slug(name)
    await db.execute("INSERT INTO person_former_slug (slug, person, ended_at) VALUES ($1, $2, now())", slug, person)
    return found


async def note(person: UUID, fields: Iterable[str]) -> None:
    """These fields were said anew by the person: earlier checks no longer count. In the open transaction."""
    await db.execute(
        """
        INSERT INTO field_note (person, field, source, said_at, said_by, confirm_due_on)
        SELECT $1, field, 'self', now(), $1, $3 FROM unnest($2::text[]) AS field
        ON CONFLICT (person, field) WHERE person IS NOT NULL DO UPDATE SET
            source = excluded.source, said_at = excluded.said_at, said_by = excluded.said_by,
            confirm_due_on = excluded.confirm_due_on,
            verified_level = 0, verified_at = NULL, verified_by = NULL, verified_how = ''
        """,
        *(person, sorted(fields), now().date() + timedelta(days=CONFIRM_DAYS)),
    )
