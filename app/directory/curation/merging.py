"""Making one profile of two, and two of one again: in one transaction, with history, for thirty days to be undone."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import now
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.text import clean
from app.core.web import Actor
from app.directory import history
from app.directory.curation import sides
from app.directory.curation.moving import (
    Moved,
    end_about_itself,
    end_given,
    give_again,
    move_back,
    move_rows,
    put_back,
    take_out,
)
from app.directory.curation.standing import owners_of
from app.directory.details import DETAILS, save_details
from app.directory.fields import COLLECTIONS, DETAIL_TABLES, FIELDS
from app.directory.listing import next_version
from app.directory.search.offers import keep_findable
from app.directory.seeing import tier_of
from app.directory.writing import derived

UNDO_DAYS = 30
Row = dict[str, Any]


class Itself(Invalid):
    message = N_("A profile cannot be merged with itself.")


class MergedAlready(Conflict):
    message = N_("One of the two profiles was merged or taken down meanwhile. Please look again.")


class CannotUndo(Conflict):
    message = N_("This merge can no longer be undone: it is older than 30 days, or was undone already.")


class MergedFurther(Conflict):
    message = N_("The profile that was kept has been merged into another one since. Please undo that merge first.")


class Snapshot(msgspec.Struct, kw_only=True):
    """What it takes to undo a merge. Rows are as PostgreSQL writes them as JSON."""

    before: dict[str, Row]
    after: dict[str, Row]
    changed: dict[str, list[str]]
    merged: Row
    moved: list[Moved]
    taken_out: dict[str, list[Row]]
    roles: dict[str, list[str]]
    ended: dict[str, list[str]] = {}


async def merge_organisations(
    actor: Actor, kept: UUID, merged: UUID, choices: Mapping[str, str], words: str = ""
) -> UUID:
    """Put `merged` into `kept`; the merge's id. `choices`: kept, merged or both by field, else what is proposed.

    Locks both in the order of their ids: of two merges at once one sees what the other did (MergedAlready). Members,
    rounds, claims and everything else that pointed at the one points at the other; grants, invitations and offers of
    the one that goes end; of two tiers the stricter one holds. The one that goes ends, its address leads on. Enqueues
    connections.refresh; owners of both get a mail. Raises Itself, NotAllowed, NotFound.
    """
    actor.require("moderator")
    if kept == merged:
        raise Itself
    async with db.tx():
        standing = await _locked(kept, merged)
        if any(row["ended_at"] is not None for row in standing.values()):
            raise MergedAlready
        one, other = await sides.profile_row(kept), await sides.profile_row(merged)
        readers = [(await owners_of(kept), one), (await owners_of(merged), one)]
        changes = sides.result(one, other, choices)
        before = await _as_json(kept)
        snapshot = Snapshot(
            before=before,
            after={},
            changed={},
            merged=(await _as_json(merged))["organisation"],
            moved=[],
            taken_out={},
            roles=await _raise_roles(kept, merged),
            ended=await end_given(merged),
        )
        await _take_notes(snapshot, kept, merged, sides.chosen(one, other, choices))
        snapshot.taken_out["investment"] = await take_out(
            "investment",
            "t.investor = $1 AND EXISTS (SELECT FROM investment b WHERE b.funding_round = t.funding_round"
            " AND b.investor = $2)",
            *(merged, kept),
        )
        snapshot.moved = await move_rows(merged, kept)
        snapshot.ended |= await end_about_itself(kept)
        await _end(other, kept)
        tiers = sides.stricter(one, other, set(changes))
        verified = one["verified_at"] is None and other["verified_at"] is not None
        await _write(one, {**changes, "tiers": tiers}, verified=verified, of=merged)
        snapshot.after = await _as_json(kept)
        snapshot.changed = _difference(before, snapshot.after)
        merge = await _note(actor, one, other, changes, clean(words))
        await _note_tiers(actor, one, tiers)
        await _show(kept, merged)
        await db.execute(
            "UPDATE organisation_merge SET snapshot = $2 WHERE id = $1",
            *(merge, msgspec.json.encode(snapshot).decode()),
        )
        await _tell(merge, one, other, readers)
    return merge


async def undo_merge(actor: Actor, merge: UUID) -> str:
    """Two profiles again; the address of the one that had ended. Fields changed since stay as they are.

    Locks both. Raises CannotUndo, MergedFurther, NotAllowed, NotFound.
    """
    actor.require("moderator")
    found = await db.fetchrow("SELECT kept, merged FROM organisation_merge WHERE id = $1", merge)
    if found is None:
        raise NotFound
    async with db.tx():
        standing = await _locked(found["kept"], found["merged"])
        taken = await db.fetchval(
            "UPDATE organisation_merge SET undone_at = now(), undone_by = $2 WHERE id = $1 AND undone_at IS NULL"
            " AND undo_until > now() RETURNING snapshot",
            *(merge, actor.person_id),
        )
        if taken is None:
            raise CannotUndo
        if standing[found["kept"]]["ended_at"] is not None:
            raise MergedFurther
        snapshot = msgspec.convert(taken, Snapshot)
        slug = await _revive(found["merged"], snapshot)
        await move_back(snapshot.moved, found["merged"], found["kept"])
        await give_again(snapshot.ended)
        for table, rows in snapshot.taken_out.items():
            await take_out(table, "t.id::text = ANY($1)", [str(row["id"]) for row in rows])
            await put_back(table, rows)
        for role, people in snapshot.roles.items():
            await db.execute(
                "UPDATE membership SET role = $3 WHERE organisation = $1 AND person = ANY($2::uuid[])"
                " AND ended_at IS NULL",
                *(found["kept"], people, role),
            )
        await _restore(found["kept"], snapshot)
        for organisation in (found["kept"], found["merged"]):
            await history.record(organisation, actor.id, "unmerged")
        await db.execute(
            "UPDATE duplicate_pair SET state = 'different', decided_at = now(), decided_by = $3"
            " WHERE first = least($1::uuid, $2::uuid) AND second = greatest($1::uuid, $2::uuid)",
            *(found["kept"], found["merged"], actor.person_id),
        )
        await _show(found["kept"], found["merged"])
    return slug


# --- what merging is made of ------------------------------------------------------------------------------------


async def _locked(*organisations: UUID) -> dict[UUID, Row]:
    rows = await db.fetch(
        "SELECT id, ended_at FROM organisation WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(organisations)
    )
    if len(rows) != len(organisations):
        raise NotFound
    return {row["id"]: dict(row) for row in rows}


async def _as_json(organisation: UUID) -> dict[str, Row]:
    """The organisation's own row and those of its details, as PostgreSQL writes them as JSON."""
    columns = ", ".join(
        f"(SELECT to_jsonb(t) FROM {table} t WHERE t.organisation = o.id) AS {table}"  # noqa: S608
        for table in DETAIL_TABLES
    )
    own = "to_jsonb(o) - 'search_vector' - 'search_text' AS organisation"
    row = await db.fetchrow(f"SELECT {own}, {columns} FROM organisation o WHERE o.id = $1", organisation)  # noqa: S608
    return {table: value for table, value in dict(row or {}).items() if value is not None}


_KEPT_OUT = frozenset({"id", "organisation", "version", "listing_version", "updated_at"})


def _difference(before: dict[str, Row], after: dict[str, Row]) -> dict[str, list[str]]:
    return {
        table: names
        for table, row in after.items()
        if (names := [n for n in row if n not in _KEPT_OUT and row[n] != before.get(table, {}).get(n)])
    }


_RANK = "array_position(ARRAY['viewer', 'editor', 'owner'], {0}.role)"


async def _raise_roles(kept: UUID, merged: UUID) -> dict[str, list[str]]:
    """Who is in both keeps the higher role; who had which role before."""
    rows = await db.fetch(
        "UPDATE membership m SET role = n.role FROM membership n, membership was WHERE m.organisation = $1"  # noqa: S608
        " AND m.ended_at IS NULL AND n.organisation = $2 AND n.person = m.person AND n.ended_at IS NULL"
        f" AND was.id = m.id AND {_RANK.format('n')} > {_RANK.format('m')}"
        " RETURNING m.person, was.role AS before",
        *(kept, merged),
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["before"], []).append(str(row["person"]))
    return found


async def _take_notes(snapshot: Snapshot, kept: UUID, merged: UUID, chosen: dict[str, str]) -> None:
    """Provenance goes with the value: of what is taken from the other profile its note is taken too."""
    taken = [name for name, choice in chosen.items() if choice == "merged"]
    snapshot.taken_out["field_note"] = await take_out(
        "field_note", "t.organisation = ANY($1::uuid[]) AND t.field = ANY($2)", [kept, merged], taken
    )
    theirs = [row for row in snapshot.taken_out["field_note"] if row["organisation"] == str(merged)]
    await put_back("field_note", [{**row, "organisation": str(kept)} for row in theirs])


async def _end(other: Row, kept: UUID) -> None:
    await db.execute(
        "UPDATE organisation SET ended_at = now(), ended_reason = 'merged', status = 'merged', merged_into = $2,"
        " version = version + 1, updated_at = now() WHERE id = $1",
        *(other["id"], kept),
    )
    await db.execute(
        "INSERT INTO organisation_former_slug (slug, organisation, ended_at) VALUES ($1, $2, now())"
        " ON CONFLICT (slug) DO UPDATE SET organisation = excluded.organisation",
        *(other["slug"], kept),
    )


async def _write(row: Row, changes: Row, *, verified: bool, of: UUID) -> None:
    await save_details(row["id"], {name: value for name, value in changes.items() if name in DETAILS})
    own = {name: value for name, value in changes.items() if name not in DETAILS}
    own |= {**derived({**row, **changes}), "version": row["version"] + 1, "updated_at": now()}
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(own, start=2))
    await db.execute(f"UPDATE organisation SET {sets} WHERE id = $1", row["id"], *own.values())  # noqa: S608
    if verified:
        await db.execute(
            "UPDATE organisation o SET verified_at = m.verified_at, verified_how = m.verified_how FROM organisation m"
            " WHERE o.id = $1 AND m.id = $2",
            *(row["id"], of),
        )
    await _recount(row["id"])


_CODES = """SELECT code FROM need_offer n WHERE n.organisation = o.id AND n.ended_at IS NULL
    AND (n.valid_until IS NULL OR n.valid_until >= $2)"""


async def _recount(*organisations: UUID) -> None:
    """What follows from rows that moved: codes of needs and offers, recorded rounds and investments."""
    await db.execute(
        "UPDATE organisation o SET links = (SELECT count(*) FROM funding_round r"  # noqa: S608  constants only
        " WHERE r.organisation = o.id) + (SELECT count(*) FROM investment i WHERE i.investor = o.id),"
        f" needs = ARRAY({_CODES} AND n.direction = 'need' GROUP BY code ORDER BY min(position), code),"
        f" offers = ARRAY({_CODES} AND n.direction = 'offer' GROUP BY code ORDER BY min(position), code)"
        " WHERE o.id = ANY($1::uuid[])",
        *(list(organisations), now().date()),
    )


async def _note(actor: Actor, one: Row, other: Row, changes: Row, words: str) -> UUID:
    merge = new_id()
    await db.execute(
        "INSERT INTO organisation_merge (id, kept, merged, words, merged_at, merged_by, undo_until)"
        " VALUES ($1, $2, $3, $4, now(), $5, now() + make_interval(days => $6))",
        *(merge, one["id"], other["id"], words, actor.person_id, UNDO_DAYS),
    )
    told = {"merged": (None, other["slug"])} | {name: (one.get(name), value) for name, value in changes.items()}
    await history.record(one["id"], actor.id, "merged", told, history.Place(version=one["version"] + 1))
    await history.record(other["id"], actor.id, "merged_into", {"merged_into": (None, one["slug"])})
    await db.execute(
        "UPDATE duplicate_pair SET state = 'merged', decided_at = now(), decided_by = $3"
        " WHERE first = least($1::uuid, $2::uuid) AND second = greatest($1::uuid, $2::uuid)",
        *(one["id"], other["id"], actor.person_id),
    )
    return merge


async def _note_tiers(actor: Actor, one: Row, tiers: dict[str, int]) -> None:
    """The owners read in the history what fewer people see since."""
    told = {}
    for name in sorted({*tiers, *one["tiers"]}):
        field = FIELDS.get(name) or COLLECTIONS[name]
        before, after = int(tier_of(field, one["tiers"])), int(tier_of(field, tiers))
        if before != after:
            told[name] = (before, after)
    if told:
        await history.record(one["id"], actor.id, "shown_to", told, history.Place(version=one["version"] + 1))


async def _show(*organisations: UUID) -> None:
    for organisation in organisations:
        await keep_findable(organisation)
        await enqueue("connections.refresh", {"organisation_id": str(organisation)})
    await db.execute(
        "UPDATE organisation SET listing_version = $2 WHERE id = ANY($1::uuid[])",
        *(list(organisations), await next_version()),
    )


async def _revive(merged: UUID, snapshot: Snapshot) -> str:
    await db.execute("DELETE FROM organisation_former_slug WHERE slug = $1", snapshot.merged["slug"])
    await db.execute(
        "UPDATE organisation SET ended_at = NULL, ended_reason = NULL, merged_into = NULL, status = $2,"
        " version = version + 1, updated_at = now() WHERE id = $1",
        *(merged, snapshot.merged["status"]),
    )
    return str(snapshot.merged["slug"])


async def _restore(kept: UUID, snapshot: Snapshot) -> None:
    """Fields as they were before, but for those that somebody has changed since the merge."""
    current = await _as_json(kept)
    for table, names in snapshot.changed.items():
        still = [n for n in names if current.get(table, {}).get(n) == snapshot.after[table].get(n)]
        if not still:
            continue
        column = "id" if table == "organisation" else "organisation"
        if table not in snapshot.before:
            if still == names:
                await db.execute(f"DELETE FROM {table} WHERE organisation = $1", kept)  # noqa: S608
            continue
        sets = ", ".join(f"{name} = w.{name}" for name in still)
        await db.execute(
            f"UPDATE {table} t SET {sets} FROM jsonb_populate_record(NULL::{table}, $2) w WHERE t.{column} = $1",  # noqa: S608
            *(kept, snapshot.before[table]),
        )
    row = await sides.profile_row(kept)
    follows = derived(row)
    await db.execute(
        "UPDATE organisation SET name_folded = $2, search_text = $3, domain = $4, version = version + 1,"
        " updated_at = now() WHERE id = $1",
        *(kept, follows["name_folded"], follows["search_text"], follows["domain"]),
    )
    await _recount(kept, UUID(snapshot.merged["id"]))


async def _tell(merge: UUID, one: Row, other: Row, readers: list[tuple[list[Row], Row]]) -> None:
    link = f"{get_settings().origin}/organisations/{one['slug']}"
    told: set[UUID] = set()
    for owners, _side in readers:
        for owner in owners:
            if owner["id"] in told:
                continue
            told.add(owner["id"])
            await send_mail(
                to=owner["email"],
                template="directory/curation/mail/merged.txt",
                message_key=f"merged:{merge}:{owner['id']}",
                locale=owner["locale"],
                context={"name": owner["name"], "kept": one["name"], "merged": other["name"], "link": link,
                         "days": UNDO_DAYS},
            )  # fmt: skip


PAGE = 25


async def merges_of(shown: str, offset: int = 0) -> list[Row]:
    """A page of merges in one query, the newest first; one more than a page."""
    rows = await db.fetch(
        "SELECT m.id, m.words, m.merged_at, m.undo_until, m.undone_at, k.name AS kept_name, k.slug AS kept_slug,"
        " g.name AS merged_name, p.name AS merged_by, u.name AS undone_by FROM organisation_merge m"
        " JOIN organisation k ON k.id = m.kept JOIN organisation g ON g.id = m.merged"
        " LEFT JOIN person p ON p.id = m.merged_by LEFT JOIN person u ON u.id = m.undone_by"
        " WHERE (m.undone_at IS NOT NULL) = $1 ORDER BY m.merged_at DESC, m.id DESC LIMIT $2 OFFSET $3",
        *(shown == "undone", PAGE + 1, offset),
    )
    return [dict(row) for row in rows]
