"""A person's own certificates in the copy of everything, and after an erasure: types and days, no words, no file."""

from datetime import date

from app.core import db as database
from app.core.web import Actor
from app.directory.credentials import counting, deciding, rights
from app.directory.credentials.holders import Holder, holder_of
from app.directory.rights import empty_directory
from app.people.rights.subject import Subject
from tests.directory.credentials.make import row_of, stated, verified


async def test_words_go_and_counts_stay(owner: Actor, whose: Holder, moderator: Actor) -> None:
    me = await holder_of({"organisation": None, "person": owner.id})
    gone = await verified(moderator, me, "startup_ind", number="7/QĐ")
    await deciding.revoke_credential(moderator, gone, date(2026, 2, 1), "Theo đề nghị của bà Lan")
    draft = await stated(owner, me, "ip_patent", number="8/QĐ")
    kept = await stated(owner, whose, title_vi=f"Của {owner.name}")
    subject = Subject(person=owner.id, name=owner.name)
    acts = [row async for row in rights.credential_acts(subject)]
    assert [row["act"] for row in acts] == ["entered", "revoked", "stated"]
    before = counting.total_of(await counting.counts_on(date(2026, 3, 1)))

    async with database.tx():
        await empty_directory(subject)
        await rights.empty_credentials(subject)

    row = await row_of(gone)
    assert (row["number"], row["revoked_ground"], row["verified_note"], row["issued_on"]) == (
        "", "", "", date(2026, 1, 5),
    )  # fmt: skip
    assert (await row_of(draft))["ended_reason"] == "erased"
    assert await database.fetchval("SELECT count(*) FROM credential_act WHERE words LIKE '%Lan%'") == 0
    assert owner.name not in (await row_of(kept))["title_vi"]
    assert counting.total_of(await counting.counts_on(date(2026, 3, 1))) == before
