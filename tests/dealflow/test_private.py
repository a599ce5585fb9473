"""Nothing of a pipeline or a deck leaves it: not to the search, the engine, exports of others, the API, logs, or pages
of whoever is on a card. A mark is put wherever somebody writes, and looked for wherever somebody else reads."""

import csv
import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.connections import profiles
from app.core import db as database
from app.core import outbox
from app.core.web import Actor
from app.dealflow import board, cards, digest, exporting, fitting, keeping, links, moving, pipelines, trail
from app.dealflow.asking import Asked
from app.dealflow.moving import Passing, Place
from app.people.rights import copying
from app.people.rights.subject import subject_of
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import Team
from tests.dealflow.papers import deck_of
from tests.factories import make_person

MARK = "Zanzibarisch"


async def marked(team: Team) -> Any:
    """The mark in each text that a team or a startup writes here."""
    card = (await cards.add(team.editor, team.pipeline, team.startup, "profile")).card
    await pipelines.change(team.pipeline, f"{MARK} quy trình", team.owner.id)
    await pipelines.rename_stage(team.pipeline, team.stages["Met"], f"{MARK} vi", f"{MARK} en")
    await cards.edit(team.editor, team.pipeline, card, 1, (team.editor.id, f"{MARK} bước", date(2026, 12, 1)))
    await keeping.write_note(team.editor, team.pipeline, card, f"{MARK} ghi chú")
    await moving.pass_on(team.editor, team.pipeline, card, Passing(reason="conflict", note=f"{MARK} riêng"))
    deck = await deck_of(team.founder, team.startup)
    await database.execute("UPDATE deck SET title = $2 WHERE id = $1", deck, f"{MARK} deck")
    await links.make(team.founder, deck, (f"{MARK} người nhận", "ai@do.example", None), "7")
    return card


async def test_no_page_or_api_of_others_says_a_word_of_it(make_client: MakeClient, team: Team) -> None:
    await marked(team)
    slug = await make.slug_of(team.startup)
    admin, organizer = await make_person(roles=("admin",)), await make_person(roles=("organizer",))
    word = MARK.lower()
    asked = [
        f"/search?q={word}", f"/search/suggestions?q={word}", f"/directory?q={word}", f"/organisations/{slug}",
        f"/organisations/{slug}/history", f"/organisations/{slug}/answers", f"/organisations/{slug}/export/csv",
        f"/api/v1/organisations?q={word}", "/deals", "/suggestions", "/organisations", f"/compare?o={slug}",
        "/staff", "/staff/profiles", f"/suggestions?organisation={slug}",
    ]  # fmt: skip

    found = []
    people: dict[str, Actor | None] = {
        "nobody": None, "stranger": team.stranger, "founder": team.founder, "admin": admin, "organizer": organizer,
    }  # fmt: skip
    for name, actor in people.items():
        client = make_client(actor)
        for path in asked:
            answer = await client.get(path)
            text = answer.text.replace(word, "")  # what was asked is said again in small letters
            if MARK in text:
                found.append((name, path))
    assert found == []


async def test_the_index_and_the_engine_know_nothing_of_it(team: Team) -> None:
    before = [await profiles.profile_of(one) for one in (team.startup, team.fund)]
    await marked(team)
    after = [await profiles.profile_of(one) for one in (team.startup, team.fund)]

    texts = await database.fetch("SELECT title || names || text || coalesce(url, '') AS all FROM findable")
    reasons = await database.fetch("SELECT reasons::text AS all FROM suggestion")
    history = await database.fetch("SELECT concat(before, after) AS all FROM organisation_change")
    assert MARK.lower() not in str([*texts, *reasons, *history]).lower()
    assert before == after


async def test_logs_of_a_day_of_work_name_nobody_and_nothing(
    make_client: MakeClient, team: Team, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await marked(team)
    client = make_client(team.editor)
    await client.post(f"/deals/{team.pipeline}/cards/{card}/notes", data={"text": f"{MARK} nữa"})
    await client.post(f"/deals/{team.pipeline}/cards/{card}/notes", data={"text": ""})
    await client.get(f"/deals/{team.pipeline}?q={MARK}")
    link = await database.fetchrow("SELECT id, key FROM deck_link")
    assert link is not None
    address = links.path_of(link["id"], link["key"])
    await make_client().get(address)
    await make_client().post(f"{address}/code")
    await outbox.drain()

    said = "".join(capfd.readouterr())
    assert MARK not in said
    assert address.rsplit("/", 1)[1] not in said


async def test_a_spreadsheet_of_the_pipeline_has_no_notes_and_no_formula(team: Team, tmp_path: Path) -> None:
    card = await team.card("=HYPERLINK(1)")
    await cards.edit(team.editor, team.pipeline, card, 1, (None, "+84 gọi", date(2026, 12, 1)))
    await keeping.write_note(team.editor, team.pipeline, card, f"{MARK} ghi chú")

    path = tmp_path / "x.csv"
    assert await exporting.write(await team.seen(), Asked(), path, "csv") == 1

    [_titles, row] = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert row[0] == "'=HYPERLINK(1)"
    assert row[4:6] == ["'+84 gọi", "2026-12-01"]
    assert MARK not in path.read_text(encoding="utf-8-sig")


async def test_xlsx_opens_and_holds_the_filter(make_client: MakeClient, team: Team) -> None:
    await team.card("Một")
    await team.card("Hai")

    answer = await make_client(team.viewer).get(f"/deals/{team.pipeline}/export/xlsx?q=hai")

    assert answer.content[:2] == b"PK"
    assert "filename*=UTF-8''Th%C6%B0%C6%A1ng%20v%E1%BB%A5" in answer.headers["content-disposition"]
    cards_found, total = await board.table_of(team.pipeline, Asked(q="hai"), 0)
    assert ([card.name for card in cards_found], total) == (["Hai"], 1)


async def test_a_founders_copy_of_their_data_holds_no_teams_notes(team: Team, tmp_path: Path) -> None:
    await marked(team)
    subject, theirs = await subject_of(team.founder.person_id), await subject_of(team.editor.person_id)
    assert subject is not None
    assert theirs is not None
    texts = []
    for one in (subject, theirs):
        path = tmp_path / f"{one.person}.zip"
        with path.open("wb") as file:
            await copying.write_zip(file, one)
        with zipfile.ZipFile(path) as archive:
            texts.append("".join(archive.read(name).decode("utf-8", "ignore") for name in archive.namelist()))
    assert f"{MARK} ghi chú" not in texts[0]
    assert f"{MARK} ghi chú" in texts[1]  # who wrote it gets their own words


async def test_a_reason_that_the_startup_closed_is_told_no_more(team: Team) -> None:
    """The snapshot keeps codes; what may be told is decided when it is read."""
    reason = {"code": "stated_technology", "for": "you", "contribution": 2.0, "params": {"technologies": ["t_ai"]}}
    await database.execute(
        "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, reasons, model_version)"
        " VALUES ($1, $2, 'startup', 1, 1, 1, 1, 1, $3, 'm1')",
        *(team.fund, team.startup, [reason]),
    )
    card = (await cards.add(team.editor, team.pipeline, team.startup, "suggestion")).card
    row = await cards.card_for(team.pipeline, card)
    before = await fitting.told(row["fit"], team.startup)
    await database.execute("""UPDATE organisation SET tiers = '{"technologies": 3}' WHERE id = $1""", team.startup)
    after = await fitting.told(row["fit"], team.startup)
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE id = $1", team.startup)
    gone = await fitting.told(row["fit"], team.startup)

    assert [len(one.for_you) for one in (before, after, gone)] == [1, 0, 0]
    assert (before.strength, gone.strength) == ("Khá phù hợp", "")


async def test_the_weekly_mail_names_each_new_startup_once_and_ends_with_one_click(
    make_client: MakeClient, team: Team
) -> None:
    async def suggest(company: Any, rank: int, contribution: float) -> None:
        reason = {"code": "stated_sector", "for": "you", "contribution": contribution, "params": {"sectors": ["agri"]}}
        await database.execute(
            "INSERT INTO suggestion (organisation, candidate, kind, rank, score, base, p, q, reasons, model_version)"
            " VALUES ($1, $2, 'startup', $3, 1, 1, 1, 1, $4, 'm1')",
            *(team.fund, company, rank, [reason]),
        )

    known, fresh, weak = await make.startup("Đã có"), await make.startup("Mới tinh"), await make.startup("Yếu")
    for place, (company, value) in enumerate(((known, 3.0), (fresh, 2.5), (weak, 0.2)), start=1):
        await suggest(company, place, value)
    await cards.add(team.editor, team.pipeline, known, "suggestion")
    client = make_client(team.viewer)
    no = await client.post(f"/deals/{team.pipeline}/settings/mail", data={"weekly": "on"})
    yes = await client.post(f"/deals/{team.pipeline}/settings/mail", data={"weekly": "on", "consents": "1"})

    async def monday() -> list[str]:
        await database.execute("UPDATE pipeline_watch SET digested_until = now() - interval '8 days'")
        await database.execute("DELETE FROM outbox WHERE topic = 'dealflow.digest'")
        await digest.find_due()
        await digest.find_due()
        await outbox.drain()
        rows = await database.fetch("SELECT text FROM mail ORDER BY created_at")
        await database.execute("DELETE FROM mail")
        return [row["text"] for row in rows]

    first, second = await monday(), await monday()
    another = await make.startup("Đến sau")
    await suggest(another, 9, 2.5)
    third = await monday()
    link = re.search(r"http://127.0.0.1:8000(/saved/mails/\S+)", third[0])
    assert link is not None
    await make_client().post(link[1])
    await suggest(await make.startup("Quá muộn"), 10, 2.5)
    fourth = await monday()

    assert (no.status_code, yes.status_code) == (422, 303)
    assert len(first) == 1
    assert ["Mới tinh" in first[0], "Đã có" in first[0], "Yếu" in first[0]] == [True, False, False]
    assert second == []
    assert ["Đến sau" in third[0], "Mới tinh" in third[0]] == [True, False]
    assert fourth == []


async def test_what_is_new_counts_what_others_did_until_one_says_it_is_seen(
    make_client: MakeClient, team: Team
) -> None:
    card = await team.card("Một")
    await moving.move(team.editor, team.pipeline, card, Place(stage=team.stages["Met"]), 0)
    owner, editor = make_client(team.owner), make_client(team.editor)

    changes = await owner.get(f"/deals/{team.pipeline}/changes?lang=en")
    newest = (await trail.last_looked(team.pipeline, team.owner.person_id))[3]
    own = await editor.get(f"/deals/{team.pipeline}/changes")
    await cards.edit(team.editor, team.pipeline, card, 1, (None, "Sau khi đọc", None))
    await owner.post(f"/deals/{team.pipeline}/changes", data={"change": str(newest)})
    left = await owner.get(f"/deals/{team.pipeline}/changes?lang=en")

    assert "Editor Quỹ moved it from “New” to “Met”" in changes.text
    assert "Không có gì mới" in own.text
    assert ("set the next step" in left.text, "moved it" in left.text) == (True, False)
