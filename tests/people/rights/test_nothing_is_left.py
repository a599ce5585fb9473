"""Whoever is erased is nowhere any more: rows of every table that the schema leads to, files, outbox, mails, logs."""

from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import asyncpg
import httpx
import pytest

import app.worker  # noqa: F401  every subject's erasers and jobs
from app.core import db as database
from app.core import logs, mail, outbox
from app.core.files.storage import key_of
from app.core.files.where import kept_folder, storage
from app.core.ids import new_id
from app.core.mail import send_mail
from app.core.settings import get_settings
from app.core.web import Actor
from app.people.rights import copying, erasure, ledger, requests
from app.people.rights.subject import erasers, subject_of
from tests.conftest import MakeClient
from tests.event_factories import make_event, make_registration, scan, ticket_code
from tests.factories import make_person
from tests.people.rights.marked import EMAIL, MARK, NAME, Marked, mark, tables_of_people, traces
from tests.people.steps import ORIGIN, cookie_of, settings_with

WITHOUT_TEXTS = {
    *("mentoring_member", "mentoring_time", "mentoring_day", "mentoring_weekly", "mentoring_feed"),
    "mentoring_nudge",
    *("introduction_consent", "introduction_transition", "introduction_reading"),
    *("introduction_habit", "introduction_followup"),
    *("consent", "data_export", "data_export_part", "event_staff", "matching_preference"),
    *("recovery_code", "suggestion_choice", "pairing_choice", "mentor_price", "mentor_preference"),
    *("agenda_booking", "exhibitor_pass", "village_lead"),
    *("guest_fate", "event_message_to"),
    "lead_consent",
    *("event_public_figures", "suggestion_digest", "door_pass", "pipeline_watch"),
}
"""Tables about people in which nobody's words stand."""


async def somebody_marked() -> tuple[Actor, Marked]:
    """An account with a row in every table, and what has to be there so that it can go: another admin and owner."""
    actor = await make_person(NAME, EMAIL)
    marked = Marked(actor.person_id)
    for table in await tables_of_people():
        await mark(marked, table)
    other = await make_person(roles=("admin",))
    for row in await database.fetch("SELECT organisation FROM membership WHERE person = $1", actor.id):
        await database.execute(
            "INSERT INTO membership (id, organisation, person, role) VALUES ($1, $2, $3, 'owner')",
            *(new_id(), row["organisation"], other.id),
        )
    return actor, marked


async def with_a_life(actor: Actor, client: httpx.AsyncClient) -> dict[str, Any]:
    """What no table's columns tell: a ticket used at a door and one to come, mails, a file, a copy, work under way."""
    today = await make_event(starts_at=_now(), owner=await make_person("Chủ sự kiện", roles=("organizer",)))
    body = {"ticket_type": "visitor", "person": {"full_name": NAME, "email": EMAIL, "phone": "0912 345 678"}}
    answer = await client.post(
        f"/api/v1/events/{today.slug}/registrations", json=body, headers={"Idempotency-Key": f"key-of-{new_id()}"}
    )
    assert answer.status_code == 201, answer.text
    code = await database.fetchval("SELECT code FROM registration WHERE id = $1", UUID(answer.json()["id"]))
    assert (await scan(today, code)).outcome == "ok"
    later = await make_event(capacity=1)
    mine = await make_registration(later, actor, full_name=NAME, email=EMAIL.upper(), organisation=f"Hãng {NAME}")
    next_one = await make_registration(later, full_name="Người kế tiếp")
    assert (mine.status, next_one.status) == ("confirmed", "waitlisted")
    async with database.tx():
        for key, to in (("sent", "khac@test.example"), ("queued", "khac@test.example"), ("own", EMAIL)):
            context = {"name": f"“{NAME}” & <{EMAIL}>"}
            await send_mail(to=to, template="people/mail/account_ended.txt", message_key=f"t:{key}", context=context)
        await outbox.enqueue("people.reset", {"email": EMAIL, "request": "x"}, delay=3600)
    return {"later": later, "next": next_one.id, "file": await _file(actor)}


def _now() -> Any:
    from datetime import timedelta

    from app.core import clock

    return clock.now() - timedelta(hours=1)


async def _file(actor: Actor) -> Path:
    """A photo of the person in the storage, as an upload leaves it."""
    number = new_id()
    source = get_settings().data_path / "photo"
    source.write_bytes(b"photo of Kanari")
    await storage().put(key_of(number, "256"), source)
    source.unlink()
    await database.execute(
        "INSERT INTO stored_file (id, purpose, kind, name, media_type, variants, sha256, owner_kind, owner_id,"
        " created_by)"
        " VALUES ($1, 'photo', 'image', $2, 'image/webp', '{256}', $3, 'person', $4, $4)",
        *(number, f"{NAME}.webp", f"{MARK}-sum", actor.id),
    )
    return kept_folder(get_settings()) / key_of(number, "256")


def marked_files() -> list[str]:
    """Files of the data folder whose name or bytes hold a mark; the servers' own files are not the application's."""
    folder = get_settings().data_path
    own = [path for path in folder.rglob("*") if path.is_file() and path.parts[len(folder.parts)] == "files"]
    own += [ledger.path()] if ledger.path().is_file() else []
    return [path.name for path in own if MARK in path.name.lower() or MARK.encode() in path.read_bytes().lower()]


async def test_the_schema_leads_to_every_table_and_each_is_marked(db: asyncpg.Connection) -> None:
    _actor, marked = await somebody_marked()
    found = await traces()
    assert set(await tables_of_people()) - set(found) == WITHOUT_TEXTS
    assert len(found) > 40
    assert set(found) - set(marked.rows) <= {"person", "findable"}


async def test_whoever_is_erased_is_nowhere(
    db: asyncpg.Connection, make_client: MakeClient, capfd: pytest.CaptureFixture[str]
) -> None:
    actor, _marked = await somebody_marked()
    life = await with_a_life(actor, make_client())
    await outbox.drain()
    await _a_copy(actor)
    counts = {
        name: await database.fetchval(f"SELECT count(*) FROM {name}") for name in ("registration", "admission", "scan")
    }
    assert len(await traces()) > 40
    assert life["file"].name == "256"
    assert marked_files() == ["256"]
    capfd.readouterr()
    with settings_with(LOG_LEVEL="info"):
        logs.configure(get_settings())
        client = await cookie_of(make_client(), actor)
        answer = await client.post("/account/data/erase", data={"word": "xóa"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        await outbox.drain()
        said = capfd.readouterr()
    assert await traces() == {}
    assert not life["file"].exists()
    assert marked_files() == []
    assert "account/data/erase" in said.err
    assert MARK not in (said.out + said.err).lower()
    await _counts_hold(actor, life, counts)


async def _a_copy(actor: Actor) -> None:
    number = await copying.ask(actor, ORIGIN)
    await copying.make({"export": str(number)})
    assert await database.fetchval("SELECT count(*) FROM data_export_part WHERE export = $1", number) >= 1


async def _counts_hold(actor: Actor, life: dict[str, Any], counts: dict[str, int]) -> None:
    """Nothing that is counted has changed; the place of the event to come went to the next in line."""
    assert counts == {name: await database.fetchval(f"SELECT count(*) FROM {name}") for name in counts}
    row = await database.fetchrow("SELECT name, email, ended_reason, erased_at FROM person WHERE id = $1", actor.id)
    assert row is not None
    assert (row["name"], row["email"], row["ended_reason"]) == ("", "", "erased")
    assert row["erased_at"] is not None
    assert await database.fetchval("SELECT status FROM registration WHERE id = $1", life["next"]) == "confirmed"
    sold = await database.fetchval("SELECT sold FROM ticket_type WHERE id = $1", life["later"].type_id)
    assert sold == 1
    parts = "SELECT count(*) FROM data_export_part p JOIN data_export e ON e.id = p.export WHERE e.person = $1"
    assert await database.fetchval(parts, actor.id) == 0
    assert await database.fetchval("SELECT count(*) FROM erasure WHERE person = $1", actor.id) == 1


@pytest.mark.parametrize(
    ("left_out", "still_there"),
    [
        ("events", {"admission", "registration", "registration_change"}),
        ("directory", {"claim", "expertise", "membership", "organisation_change", "person_profile"}),
        ("people", {"person", "session", "rights_request", "account_event"}),
        ("post", {"mail", "mail_attachment"}),
        ("zz_everywhere", {"organisation", "event", "external_reference"}),
    ],
)
async def test_what_one_subject_forgets_is_found(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, left_out: str, still_there: set[str]
) -> None:
    """The control: without one eraser the search above finds what it was there for."""
    actor, _marked = await somebody_marked()
    monkeypatch.delitem(erasers, left_out)
    subject = await subject_of(actor.person_id)
    assert subject is not None
    async with database.tx():
        await database.execute(
            "UPDATE person SET ended_at = now(), ended_reason = 'x' WHERE id = $1 AND ended_at IS NULL", actor.id
        )
        await erasure.empty(subject)
    assert still_there - set(await traces()) == set()


async def test_erasing_twice_touches_nothing_more(db: asyncpg.Connection) -> None:
    actor, _marked = await somebody_marked()
    subject = await subject_of(actor.person_id)
    assert subject is not None
    await erasure.erase(subject, by=actor.id)
    async with database.tx():
        again = await erasure.empty(subject)
    assert {name: count for name, count in again.items() if name in ("post", "zz_everywhere", "files")} == {
        "post": 1,  # the last mail, which is still to be sent
        "zz_everywhere": 0,
        "files": 0,
    }


async def test_a_guest_without_an_account_is_erased_by_the_address(db: asyncpg.Connection) -> None:
    """Most who come to an event never make an account; they write to the department."""
    admin = await make_person(roles=("admin",))
    world = await make_event()
    guest = await make_registration(world, full_name=NAME, email=EMAIL, phone="0912345678", answers={"x": NAME})
    await scan(world, await ticket_code(world, guest))
    other = await make_registration(world, full_name="Người khác")
    number = await requests.register(
        admin, requests.Wish(kind="deletion", channel="paper", name=NAME, email=EMAIL, said="Xin xóa dữ liệu của tôi.")
    )
    done = await requests.carry_out(admin, number, "Đã đối chiếu căn cước tại văn phòng")
    await outbox.drain()
    assert await traces() == {}
    assert done.counts["events"] > 0
    row = await database.fetchrow(
        "SELECT state, name, email, said, decided_by FROM rights_request WHERE id = $1", number
    )
    assert tuple(row or ()) == ("done", "", "", "", admin.id)
    assert await database.fetchval("SELECT full_name FROM registration WHERE id = $1", other.id) == "Người khác"
    assert await database.fetchval("SELECT count(*) FROM scan WHERE registration = $1", guest.id) == 1


async def test_an_address_that_a_server_refuses_is_not_in_the_log(
    db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Servers repeat the address in their answer; logs are kept elsewhere and nobody erases in them."""

    async def refused(*_args: object) -> None:
        raise aiosmtplib.SMTPRecipientRefused(550, f"no such user {EMAIL}", EMAIL)

    monkeypatch.setattr(mail, "_hand_over", refused)
    async with database.tx():
        await send_mail(to=EMAIL, template="people/mail/erased.txt", message_key="x", context={"number": "1"})
    with settings_with(LOG_LEVEL="info", SMTP_HOST="127.0.0.1"):
        logs.configure(get_settings())
        await outbox.drain()
    said = capfd.readouterr()
    assert "no such user" in said.err
    assert MARK not in said.err.lower()
    assert MARK not in str(await database.fetchval("SELECT last_error FROM outbox")).lower()
