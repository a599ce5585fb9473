"""Mails and work under way that name somebody: to their address, or about them to somebody else."""

from markupsafe import escape

from app.core import db
from app.people.rights.subject import Subject, erases
from app.people.rights.taking_out import addresses_of, names_of, take_out


@erases("post")
async def empty_post(subject: Subject) -> int:
    """Mails to the address go whole, with what they carry; in others the name and the address are taken out.

    Work that names the address or the name is not done any more.
    """
    count = 0
    if subject.key:
        count += await db.execute("DELETE FROM mail WHERE lower(to_address) = $1", subject.key)
    words = [*addresses_of(subject), *names_of(subject)]
    count += await take_out(["mail"], list(dict.fromkeys([*words, *(str(escape(word)) for word in words)])))
    for word in words:
        count += await db.execute(
            "UPDATE outbox SET payload = '{}', done_at = coalesce(done_at, now()), last_error = NULL"
            " WHERE strpos(lower(payload::text), lower($1)) > 0 OR strpos(lower(last_error), lower($1)) > 0",
            word,
        )
    return count
