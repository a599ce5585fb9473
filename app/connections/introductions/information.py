"""Information asked for once: what one side of an introduction asks the other, answered by an answer that is kept."""

from typing import Any
from uuid import UUID

from app.connections.introductions import thread
from app.connections.introductions.access import Held
from app.connections.introductions.states import CONNECTED, NotNow
from app.connections.introductions.vocabulary import TOPICS
from app.core import db
from app.core.errors import Conflict, Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, REQUIRED, TOO_LONG
from app.core.i18n import N_
from app.core.ids import new_id
from app.core.limits import hit
from app.core.text import clean
from app.core.web import Actor
from app.directory.access import Seen

LONGEST = 4000
PER_DAY = 60

Row = dict[str, Any]


class AskedAlready(Conflict):
    message = N_("Your organisation has asked them for this already, and the answer is to come.")


async def ask(actor: Actor, held: Held, topic: str, words: str) -> UUID:
    """Ask the other side for something; one open question for each topic. Raises Invalid, AskedAlready, NotNow."""
    said = clean(words)
    if topic not in TOPICS:
        raise Invalid(fields={"topic": NOT_A_CHOICE})
    if topic == "other" and not said:
        raise Invalid(fields={"words": REQUIRED})
    if len(said) > LONGEST:
        raise Invalid(fields={"words": TOO_LONG}, max=LONGEST)
    await hit("introductions.information", actor.person_id, PER_DAY, 86_400)
    async with db.tx():
        if await db.fetchval("SELECT state FROM introduction WHERE id = $1 FOR SHARE", held.id) not in CONNECTED:
            raise NotNow
        question = await db.fetchval(
            "INSERT INTO information_question (id, introduction, side, topic, words, person) VALUES ($1, $2, $3, $4,"
            " $5, $6) ON CONFLICT DO NOTHING RETURNING id",
            *(new_id(), held.id, held.side, topic, said, actor.person_id),
        )
        if question is None:
            raise AskedAlready
        body = TOPICS.label(topic) + (f": {said}" if said else "")
        await thread.written(held.id, held.side, (actor.person_id, f"question:{question}"), body)
        return UUID(str(question))


async def answer(actor: Actor, own: Seen, question: UUID, words: str, kept: UUID | None = None) -> None:
    """Answer a question put to an organisation: in new words, which are kept for the next who asks, or with those kept.

    Idempotent. The answer stands in the thread. Raises Invalid, NotFound.
    """
    said = clean(words)
    if kept is None and not said:
        raise Invalid(fields={"words": REQUIRED})
    if len(said) > LONGEST:
        raise Invalid(fields={"words": TOO_LONG}, max=LONGEST)
    async with db.tx():
        row = await _locked(own.id, question)
        if row["answered_at"] is not None:
            return
        if kept is None:
            kept = new_id()
            await db.execute(
                "UPDATE information_answer SET ended_at = now() WHERE organisation = $1 AND topic = $2"
                " AND ended_at IS NULL AND $2 <> 'other'",
                *(own.id, row["topic"]),
            )
            await db.execute(
                "INSERT INTO information_answer (id, organisation, topic, words, person) VALUES ($1, $2, $3, $4, $5)",
                *(kept, own.id, row["topic"], said, actor.person_id),
            )
        else:
            found = await db.fetchval(
                "SELECT words FROM information_answer WHERE id = $1 AND organisation = $2 AND ended_at IS NULL",
                *(kept, own.id),
            )
            if found is None:
                raise NotFound
            said = found
        await db.execute(
            "UPDATE information_question SET answer = $2, answered_by = $3, answered_at = now(), refused_at = NULL"
            " WHERE id = $1",
            *(question, kept, actor.person_id),
        )
        side = "receiver" if row["side"] == "asker" else "asker"
        await thread.written(row["introduction"], side, (actor.person_id, f"answer:{question}"), said)


async def refuse(actor: Actor, own: Seen, question: UUID) -> None:
    """Not this: the question ends, and who asked sees that there will be no answer. Idempotent."""
    async with db.tx():
        row = await _locked(own.id, question)
        if row["answered_at"] is None:
            await db.execute(
                "UPDATE information_question SET refused_at = coalesce(refused_at, now()), answered_by = $2"
                " WHERE id = $1",
                *(question, actor.person_id),
            )


async def _locked(own: UUID, question: UUID) -> Row:
    row = await db.fetchrow(
        "SELECT q.* FROM information_question q JOIN introduction i ON i.id = q.introduction WHERE q.id = $1"
        " AND CASE WHEN q.side = 'asker' THEN i.receiver ELSE i.asker END = $2 AND i.state = ANY($3) FOR UPDATE OF q",
        *(question, own, list(CONNECTED)),
    )
    if row is None:
        raise NotFound
    return dict(row)


async def asked_of(organisation: UUID) -> list[Row]:
    """What an organisation was asked for, what waits first, each with the answer that it keeps on the topic."""
    rows = await db.fetch(
        "SELECT q.id, q.topic, q.words, q.asked_at, q.answered_at, q.refused_at, q.introduction, o.name, o.slug,"
        " a.words AS answered, k.id AS kept, k.words AS kept_words, k.created_at AS kept_at"
        " FROM information_question q JOIN introduction i ON i.id = q.introduction"
        " JOIN organisation o ON o.id = CASE WHEN q.side = 'asker' THEN i.asker ELSE i.receiver END"
        " LEFT JOIN information_answer a ON a.id = q.answer"
        " LEFT JOIN information_answer k ON k.organisation = $1 AND k.topic = q.topic AND k.ended_at IS NULL"
        " AND q.topic <> 'other'"
        " WHERE CASE WHEN q.side = 'asker' THEN i.receiver ELSE i.asker END = $1 AND i.state = ANY($2)"
        " ORDER BY q.answered_at IS NOT NULL OR q.refused_at IS NOT NULL, q.asked_at DESC, q.id LIMIT 200",
        *(organisation, list(CONNECTED)),
    )
    return [dict(row) for row in rows]


async def of_introduction(introduction: UUID) -> list[Row]:
    """What the two sides asked each other for, with the answers."""
    rows = await db.fetch(
        "SELECT q.id, q.side, q.topic, q.words, q.asked_at, q.answered_at, q.refused_at, a.words AS answered"
        " FROM information_question q LEFT JOIN information_answer a ON a.id = q.answer"
        " WHERE q.introduction = $1 ORDER BY q.asked_at DESC, q.id LIMIT 100",
        introduction,
    )
    return [dict(row) for row in rows]
