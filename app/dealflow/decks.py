"""Decks and one-pagers of a startup: putting one there, a newer version, taking it away, and who was shown it."""

from typing import Any
from uuid import UUID

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.keeping import Draft, erase_file, keep
from app.core.files.purposes import Purpose, Stored, register
from app.core.forms import NOT_A_CHOICE
from app.core.i18n import N_, Phrase
from app.core.ids import new_id
from app.core.outbox import enqueue
from app.core.web import Actor
from app.dealflow import links
from app.dealflow.pipelines import checked_name

MOST = 30

Row = dict[str, Any]

CHOOSE = N_("Please choose a file.")
KINDS: dict[str, Phrase] = {"deck": N_("Deck"), "one_pager": N_("One-pager"), "other": N_("Other document")}


class TooManyDecks(Conflict):
    message = N_("There are thirty documents already. Take one away first.")


_MAY_SEE = """
SELECT EXISTS (SELECT FROM deck d JOIN organisation o ON o.id = d.organisation AND o.ended_at IS NULL
    JOIN membership m ON m.organisation = o.id AND m.person = $2 AND m.ended_at IS NULL
    WHERE d.file = $1 AND d.ended_at IS NULL)
"""


async def may_see(actor: Actor, file: Stored) -> bool:
    """The startup's own members have the file; whoever is shown it sees pages, never the file."""
    return actor.signed_in and bool(await db.fetchval(_MAY_SEE, file.id, actor.id))


DECK = register(Purpose(name="deck", documents=True, tier=4, lasting=False, may_see=may_see))


async def add(actor: Actor, organisation: UUID, about: tuple[str, str], draft: Draft) -> UUID:
    """Put a deck there and have its pages drawn. Locks the organisation. Raises Invalid, TooManyDecks."""
    title, kind = checked_name(about[0], "title"), about[1]
    if kind not in KINDS:
        raise Invalid(fields={"kind": NOT_A_CHOICE})
    async with db.tx():
        await db.execute("SELECT FROM organisation WHERE id = $1 FOR NO KEY UPDATE", organisation)
        count = await db.fetchval(
            "SELECT count(*) FROM deck WHERE organisation = $1 AND ended_at IS NULL", organisation
        )
        if count >= MOST:
            raise TooManyDecks
        deck = new_id()
        file = await keep(actor, draft, "deck", deck)
        await db.execute(
            "INSERT INTO deck (id, organisation, title, kind, file, pages, created_by, created_at, changed_at)"
            " SELECT $1, $2, $3, $4, $5, pages, $6, now(), now() FROM stored_file WHERE id = $5",
            *(deck, organisation, title, kind, file, actor.person_id),
        )
        await _have_drawn(deck, file)
    return deck


async def replace(actor: Actor, deck: UUID, draft: Draft) -> None:
    """A newer version: every open link shows it as soon as its pages are drawn; the old file is deleted.

    Raises NotFound for a deck that was taken away meanwhile; no file is kept then.
    """
    async with db.tx():
        old = await db.fetchval("SELECT file FROM deck WHERE id = $1 AND ended_at IS NULL FOR NO KEY UPDATE", deck)
        if old is None:
            raise NotFound
        file = await keep(actor, draft, "deck", deck)
        await erase_file(old)
        await db.execute(
            "UPDATE deck SET file = $2, pages = (SELECT pages FROM stored_file WHERE id = $2), drawn = 0,"
            " shapes = '{}', version = version + 1, changed_at = now() WHERE id = $1",
            *(deck, file),
        )
        await _have_drawn(deck, file)


async def end(deck: UUID) -> None:
    """Take a deck away: every link to it is dead from the commit on, its file is deleted. Twice changes nothing."""
    async with db.tx():
        file = await db.fetchval(
            "UPDATE deck SET ended_at = now(), ended_reason = 'taken_away' WHERE id = $1 AND ended_at IS NULL"
            " RETURNING file",
            deck,
        )
        if file:
            await erase_file(file)
            await db.execute(
                "UPDATE deck_link SET ended_at = now(), ended_reason = 'deck_ended'"
                " WHERE deck = $1 AND ended_at IS NULL",
                deck,
            )


async def _have_drawn(deck: UUID, file: UUID) -> None:
    await enqueue("dealflow.draw", {"deck": str(deck), "file": str(file)})


async def of_organisation(organisation: UUID) -> list[Row]:
    """Its decks, the newest first, with how many links are open and how many readers agreed to be counted."""
    rows = await db.fetch(
        "SELECT d.id, d.title, d.kind, d.pages, d.drawn, d.version, d.changed_at, s.size,"
        " (SELECT count(*) FROM deck_link l WHERE l.deck = d.id AND l.ended_at IS NULL AND l.expires_at > now())"
        " AS open,"
        " (SELECT count(*) FROM deck_link l JOIN deck_reader r ON r.link = l.id AND r.opened_at IS NOT NULL"
        "  WHERE l.deck = d.id) AS readers"
        " FROM deck d JOIN stored_file s ON s.id = d.file WHERE d.organisation = $1 AND d.ended_at IS NULL"
        " ORDER BY d.changed_at DESC, d.id DESC",
        organisation,
    )
    return [{**row, "kind_label": KINDS[row["kind"]].text()} for row in rows]


async def shown_to(viewer: UUID, owner: UUID) -> list[Row]:
    """Decks that `owner` shows to the people of `viewer` now, each with where it opens."""
    rows = await db.fetch(
        "SELECT l.id, l.key, l.expires_at, d.title, d.pages FROM deck_link l JOIN deck d ON d.id = l.deck"
        " JOIN organisation o ON o.id = d.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " WHERE l.viewer = $1 AND d.organisation = $2 AND l.ended_at IS NULL AND l.expires_at > now()"
        " AND d.ended_at IS NULL ORDER BY l.created_at DESC, l.id",
        *(viewer, owner),
    )
    return [{**row, "url": links.path_of(row["id"], row["key"])} for row in rows]


async def shown_to_team(viewer: UUID) -> list[Row]:
    """Every deck that somebody shows to the people of an organisation now."""
    rows = await db.fetch(
        "SELECT l.id, l.key, l.expires_at, d.title, d.pages, o.name FROM deck_link l JOIN deck d ON d.id = l.deck"
        " JOIN organisation o ON o.id = d.organisation AND o.ended_at IS NULL AND o.hidden_at IS NULL"
        " WHERE l.viewer = $1 AND l.ended_at IS NULL AND l.expires_at > now() AND d.ended_at IS NULL"
        " ORDER BY l.created_at DESC, l.id LIMIT 50",
        viewer,
    )
    return [{**row, "url": links.path_of(row["id"], row["key"])} for row in rows]
