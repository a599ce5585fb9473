"""What the worker does for curation by itself: claims that nobody proved end, addresses are forgotten, pairs appear."""

from uuid import UUID

from app.core import db as database
from app.core import outbox
from app.core.web import Actor
from app.directory.curation import claims, jobs, reports, terms, transfers
from app.directory.vocabulary import SECTORS, overlay
from tests.directory.curation.conftest import latest_link, unowned
from tests.directory.make import organisation


async def test_a_claim_whose_link_nobody_opened_ends_with_a_reason(lan: Actor, minh: Actor, robot: UUID) -> None:
    await claims.make_claim(lan, robot, claims.Wanted(method="email", email="lan@robot.example"))
    await claims.make_claim(minh, robot, claims.Wanted(method="department", message="x"))
    token = await latest_link("lan@robot.example")
    await jobs.end_claims()
    assert await database.fetchval("SELECT count(*) FROM claim WHERE state = 'made'") == 2

    await database.execute("UPDATE claim SET expires_at = now() - interval '1 minute' WHERE person = $1", lan.id)
    await jobs.end_claims()
    await jobs.end_claims()

    rows = await database.fetch("SELECT person, state, reason FROM claim ORDER BY state")
    assert [tuple(row) for row in rows] == [(minh.id, "made", None), (lan.id, "withdrawn", "no_answer")]
    try:
        await claims.prove_claim(lan, token)
    except claims.ClaimOver:
        return
    raise AssertionError("the link still worked")


async def test_addresses_are_kept_no_longer_than_needed(lan: Actor, moderator: Actor, robot: UUID) -> None:
    saved = await organisation(lan, "Của Lan")
    await transfers.offer_transfer(lan, saved.id, "ai@do.example", "editor")
    await transfers.offer_transfer(lan, saved.id, "khac@do.example", "editor")
    report = await reports.make_report(Actor(), robot, reports.Told(kind="fraud", email="a@b.example"), "10.0.0.0/24")
    await reports.decide_report(moderator, report, "done")
    await jobs.forget()
    assert await database.fetchval("SELECT count(*) FROM ownership_transfer") == 2

    await database.execute("UPDATE ownership_transfer SET expires_at = now() - interval '91 days'")
    await database.execute("UPDATE profile_report SET decided_at = now() - interval '366 days'")
    await jobs.forget()

    assert await database.fetchval("SELECT count(*) FROM ownership_transfer") == 0
    assert await database.fetchval("SELECT array_agg(email) FROM profile_report") == [""]


async def test_pairs_appear_by_themselves(lan: Actor) -> None:
    await unowned("Sông Hồng", website="")
    await unowned("Sông Hồng JSC", website="")

    await jobs.look_for_duplicates()

    assert await database.fetchval("SELECT count(*) FROM duplicate_pair WHERE state = 'found'") == 1


async def test_a_change_of_terms_reaches_profiles_through_the_outbox(moderator: Actor, lan: Actor) -> None:
    saved = await organisation(lan, "Một", sectors=["agri"])
    try:
        await terms.retire_term(moderator, "sectors", "agri", "fin")
        await outbox.drain()
        assert "agri" not in SECTORS
    finally:
        overlay.forget()

    assert await database.fetchval("SELECT sectors FROM organisation WHERE id = $1", saved.id) == ["fin"]
