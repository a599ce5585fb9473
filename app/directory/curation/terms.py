"""Looking after vocabularies: people suggest a term, staff map it, add it, refuse it; terms are renamed and retired."""

import re
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.mail import send_mail
from app.core.outbox import enqueue
from app.core.settings import get_settings
from app.core.text import clean_line, slugify
from app.core.web import Actor
from app.directory.curation.standing import Row, person_for_mail
from app.directory.listing import next_version
from app.directory.vocabulary import (
    BUSINESS_MODELS,
    CUSTOMERS,
    INVESTOR_TYPES,
    MENTOR_EXPERTISE,
    MENTOR_HELP,
    NEEDS,
    SECTORS,
    SUPPORT_TYPES,
    TECHNOLOGIES,
    Vocabulary,
    overlay,
    words,
)

OPEN = {
    "sectors": (SECTORS, N_("Sectors")),
    "technologies": (TECHNOLOGIES, N_("Technologies")),
    "business-models": (BUSINESS_MODELS, N_("Business models")),
    "customers": (CUSTOMERS, N_("Customers")),
    "needs": (NEEDS, N_("Needs and offers")),
    "expertise": (MENTOR_EXPERTISE, N_("Expertise of mentors")),
    "help": (MENTOR_HELP, N_("What mentors help with")),
    "investor-types": (INVESTOR_TYPES, N_("Kinds of investors")),
    "support-types": (SUPPORT_TYPES, N_("Kinds of support organisations")),
}
"""Vocabularies that people may add to, by their part of an address. The others are part of how the software works."""

PER_DAY = 20
MOST_LETTERS = 80
PAGE = 50

CODE_TAKEN = N_("This code is or was in use. Please take another one.")
NOT_A_CODE = N_("A code has small letters, digits and underscores, two to forty of them.")
IS_THERE = N_("This term is in the vocabulary already: %(label)s.")
IN_A_CIRCLE = N_("A term cannot replace itself, nor be replaced by a retired one.")


class TermIsThere(Conflict):
    message = IS_THERE


class NothingWaits(Conflict):
    message = N_("This was decided meanwhile, or nobody suggests it any more.")


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A term to be added."""

    vi: str
    en: str
    code: str = ""
    parent: str = ""


def vocabulary_for(name: str) -> Vocabulary:
    if name not in OPEN:
        raise NotFound
    return OPEN[name][0]


async def suggest_term(actor: Actor, vocabulary: str, text: str, organisation: UUID | None = None) -> None:
    """Say that a word is missing. Idempotent while it waits. Raises TermIsThere, Invalid, NotFound, TooMany."""
    found = vocabulary_for(vocabulary)
    text = clean_line(text)
    if not words(text) or len(text) > MOST_LETTERS:
        raise Invalid(fields={"text": REQUIRED})
    known = found.resolve(text)
    if known:
        raise TermIsThere(label=found.label(known))
    await hit("term.suggested", actor.person_id, PER_DAY, 86_400)
    async with db.tx():
        await db.execute(
            "INSERT INTO term_suggestion (id, vocabulary, text, words, organisation, person, state, made_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, 'made', now())"
            " ON CONFLICT (vocabulary, words, person) WHERE state = 'made' DO NOTHING",
            *(new_id(), vocabulary, text, words(text), organisation, actor.person_id),
        )


async def suggestions_waiting(vocabulary: str = "", offset: int = 0) -> list[Row]:
    """What people did not find, each word once, the most wanted first; one more than a page, in one query."""
    rows = await db.fetch(
        "SELECT vocabulary, words, min(text) AS text, count(*) AS times, min(made_at) AS made_at,"
        " array_agg(DISTINCT p.name) AS people FROM term_suggestion s JOIN person p ON p.id = s.person"
        " WHERE s.state = 'made' AND ($1 = '' OR s.vocabulary = $1) GROUP BY vocabulary, words"
        " ORDER BY count(*) DESC, min(made_at), words LIMIT $2 OFFSET $3",
        *(vocabulary, PAGE + 1, offset),
    )
    return [dict(row) for row in rows]


async def suggestions_decided(offset: int = 0) -> list[Row]:
    rows = await db.fetch(
        "SELECT s.vocabulary, s.words, s.text, s.state, s.code, s.reason, s.decided_at, p.name AS person,"
        " d.name AS decided_by FROM term_suggestion s JOIN person p ON p.id = s.person"
        " LEFT JOIN person d ON d.id = s.decided_by WHERE s.state <> 'made'"
        " ORDER BY s.decided_at DESC, s.id LIMIT $1 OFFSET $2",
        *(PAGE + 1, offset),
    )
    return [dict(row) for row in rows]


# --- decisions of the staff -----------------------------------------------------------------------------------


async def map_suggestion(actor: Actor, vocabulary: str, suggested: str, code: str) -> None:
    """The word means a term that is there: it becomes its synonym. Who suggested it hears. Raises NothingWaits."""
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    if code not in found:
        raise Invalid(fields={"code": NOT_A_CHOICE})
    async with db.tx():
        text = await _decide(actor, vocabulary, suggested, "mapped", code)
        await _change(actor, found, act="synonym", code=code, synonym=text)


async def add_term(actor: Actor, vocabulary: str, new: New, suggested: str = "") -> str:
    """A term of its own, perhaps under another one; its code. Raises Invalid, NothingWaits, NotFound."""
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    async with db.tx():
        term = await _checked(found, new)
        if suggested:
            await _decide(actor, vocabulary, suggested, "added", term.code)
        await _change(actor, found, act="added", code=term.code, vi=term.vi, en=term.en, parent=term.parent)
        if suggested and words(suggested) not in {words(term.vi), words(term.en)}:
            await _change(actor, found, act="synonym", code=term.code, synonym=suggested)
    return term.code


async def refuse_suggestion(actor: Actor, vocabulary: str, suggested: str, reason: str) -> None:
    """Say no, with a reason for those who suggested it. Raises Invalid, NothingWaits."""
    actor.require("moderator")
    vocabulary_for(vocabulary)
    if not clean_line(reason):
        raise Invalid(fields={"reason": REQUIRED})
    async with db.tx():
        await _decide(actor, vocabulary, suggested, "refused", None, clean_line(reason))


async def rename_term(actor: Actor, vocabulary: str, code: str, vi: str, en: str) -> None:
    """Other labels for a term; the old ones are still understood. Idempotent. Raises Invalid, NotAllowed, NotFound."""
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    vi, en = clean_line(vi), clean_line(en)
    wrong = {name: REQUIRED for name, text in (("vi", vi), ("en", en)) if not words(text) or len(text) > MOST_LETTERS}
    if code not in found:
        raise NotFound
    for name, text in (("vi", vi), ("en", en)):
        if name not in wrong and found.resolve(text) not in (None, code):
            wrong[name] = NOT_A_CHOICE
    if wrong:
        raise Invalid(fields=wrong)
    async with db.tx():
        await _end(actor, found, "labelled", code)
        await _change(actor, found, act="labelled", code=code, vi=vi, en=en)


async def retire_term(actor: Actor, vocabulary: str, code: str, replacement: str) -> None:
    """Nobody can choose it any more; profiles that have it get the replacement by a job, with history. Old links work.

    Raises Invalid, NotAllowed, NotFound.
    """
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    if code not in found:
        raise NotFound
    if replacement not in found or replacement == code:
        raise Invalid(fields={"replacement": IN_A_CIRCLE})
    async with db.tx():
        await _change(actor, found, act="retired", code=code, replacement=replacement)


async def bring_back_term(actor: Actor, vocabulary: str, code: str) -> None:
    """A retired term can be chosen again; profiles that were mapped keep the replacement. Idempotent."""
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    async with db.tx():
        await _end(actor, found, "retired", code)


async def drop_synonym(actor: Actor, vocabulary: str, code: str, synonym: str) -> None:
    """A word no longer means this term. Idempotent; synonyms of the code itself stay."""
    actor.require("moderator")
    found = vocabulary_for(vocabulary)
    async with db.tx():
        await _end(actor, found, "synonym", code, synonym)


async def _checked(found: Vocabulary, new: New) -> New:
    vi, en = clean_line(new.vi), clean_line(new.en)
    wrong: dict[str, Any] = {}
    for name, text in (("vi", vi), ("en", en)):
        if not words(text) or len(text) > MOST_LETTERS:
            wrong[name] = REQUIRED
        elif found.resolve(text):
            wrong[name] = CODE_TAKEN if found.resolve(text) == text else NOT_A_CHOICE
    code = clean_line(new.code) or slugify(en, fallback="term").replace("-", "_")[:40]
    if not re.fullmatch(r"[a-z0-9_]{2,40}", code):
        wrong["code"] = NOT_A_CODE
    elif code in found or found.is_retired(code) or await _was_there(found, code):
        wrong["code"] = CODE_TAKEN
    if new.parent and new.parent not in found:
        wrong["parent"] = NOT_A_CHOICE
    if wrong:
        raise Invalid(fields=wrong)
    return New(vi=vi, en=en, code=code, parent=new.parent)


async def _was_there(found: Vocabulary, code: str) -> bool:
    taken: bool = await db.fetchval(
        "SELECT EXISTS (SELECT FROM term_change WHERE vocabulary = $1 AND code = $2)", *(found.name, code)
    )
    return taken


async def _decide(actor: Actor, vocabulary: str, suggested: str, state: str, code: str | None, reason: str = "") -> str:
    """Settle everybody's suggestion of this word; the word as it was written first. Each of them gets a mail."""
    rows = await db.fetch(
        "UPDATE term_suggestion SET state = $3, code = $4, reason = $5, decided_at = now(), decided_by = $6"
        " WHERE vocabulary = $1 AND words = $2 AND state = 'made' RETURNING id, person, text",
        *(vocabulary, words(suggested), state, code, reason, actor.person_id),
    )
    if not rows:
        raise NothingWaits
    for row in rows:
        reader = await person_for_mail(row["person"])
        await send_mail(
            to=reader["email"],
            template="directory/curation/mail/term_decided.txt",
            message_key=f"term-decided:{row['id']}",
            locale=reader["locale"],
            context={
                "name": reader["name"],
                "text": row["text"],
                "state": state,
                "label": OPEN[vocabulary][0].label(code, reader["locale"]) if state == "mapped" else "",
                "reason": reason,
                "link": f"{get_settings().origin}/organisations",
            },
        )
    return str(rows[0]["text"])


async def _change(actor: Actor, found: Vocabulary, **change: str) -> None:
    names = ", ".join(change)
    places = ", ".join(f"${n}" for n in range(4, len(change) + 4))
    await db.execute(
        f"INSERT INTO term_change (id, vocabulary, made_at, made_by, {names}) VALUES ($1, $2, now(), $3, {places})"  # noqa: S608
        " ON CONFLICT (vocabulary, code, act, synonym) WHERE ended_at IS NULL DO NOTHING",
        *(new_id(), found.name, actor.person_id, *change.values()),
    )
    await _announce(found, change["code"])


async def _end(actor: Actor, found: Vocabulary, act: str, code: str, synonym: str = "") -> None:
    if await db.execute(
        "UPDATE term_change SET ended_at = now(), ended_by = $5 WHERE vocabulary = $1 AND code = $2 AND act = $3"
        " AND synonym = $4 AND ended_at IS NULL",
        *(found.name, code, act, synonym, actor.person_id),
    ):
        await _announce(found, code)


async def _announce(found: Vocabulary, code: str) -> None:
    """Every process takes it over within a second, this one after the commit; profiles follow by a job."""
    await db.execute(
        "INSERT INTO term_state AS state (id, version) VALUES (1, extract(epoch FROM clock_timestamp()) * 1000000)"
        " ON CONFLICT (id) DO UPDATE SET version = greatest(state.version + 1, excluded.version)"
    )
    await next_version()
    await enqueue("curation.map_terms", {"vocabulary": found.name, "code": code})
    db.after_commit(overlay.refresh)  # type: ignore[arg-type]
