"""Decks by link: who gets in, what is counted and only then, what ends at once, and that nothing of it leaks."""

import asyncio
import io
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image, ImageChops
from pypdfium2 import PdfDocument

import app.core.files.jobs  # noqa: F401  erased bytes are deleted by its job
from app.core import db as database
from app.core import outbox
from app.core.errors import NotFound, TooMany
from app.core.files.keeping import erase_file
from app.core.files.storage import key_of
from app.core.files.where import storage
from app.dealflow import decks, figures, leaves, links, reading, taking
from tests.conftest import MakeClient
from tests.connections import make
from tests.dealflow.conftest import Team
from tests.dealflow.papers import deck_of, draft_of, paper, row_of, uploaded
from tests.factories import make_person

READER = "ha.tran@quy.example"


async def link_for(team: Team, deck: UUID, email: str = READER, viewer: UUID | None = None, days: str = "14") -> str:
    """The address of a new link."""
    link = await links.make(team.founder, deck, ("Trần Thu Hà", email, viewer), days)
    row = await database.fetchrow("SELECT id, key FROM deck_link WHERE id = $1", link)
    assert row is not None
    return links.path_of(row["id"], row["key"])


async def code_from_mail() -> str:
    found = re.search(r"\b(\d{4}) (\d{4})\b", await database.fetchval("SELECT text FROM mail ORDER BY id DESC LIMIT 1"))
    assert found is not None
    return found[1] + found[2]


async def let_in(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """The way of a reader without an account: a code by mail, typed."""
    await client.post(f"{address}/code")
    answer = await client.post(f"{address}/enter", data={"code": await code_from_mail()})
    assert answer.status_code == 303, answer.text
    return answer


async def written_about_reading() -> list[Any]:
    """Everything in the database that says something of a look at a page."""
    return [
        await database.fetch("SELECT opened_at, seen_at FROM deck_reader WHERE opened_at IS NOT NULL"),
        await database.fetch("SELECT page, seconds FROM deck_page_view ORDER BY page"),
    ]


async def test_a_founder_uploads_a_deck_and_its_pages_are_drawn_by_a_job(make_client: MakeClient, team: Team) -> None:
    client = make_client(team.founder)
    slug = await make.slug_of(team.startup)

    none = await client.post(f"/organisations/{slug}/decks", data={"title": "Giữ lời", "kind": "deck"})
    wrong = await client.post(f"/organisations/{slug}/decks", files={"file": ("a.pdf", b"no pdf", "application/pdf")})
    added = await client.post(
        f"/organisations/{slug}/decks",
        data={"kind": "deck"},
        files={"file": ("Gọi vốn.pdf", paper(11), "application/pdf")},
    )
    before = await client.get(added.headers["location"])
    await outbox.drain()
    after = await client.get(added.headers["location"])
    deck = await row_of(UUID(added.headers["location"].rsplit("/", 1)[1]))
    first = await client.get(f"{added.headers['location']}/pages/1")

    assert (none.status_code, wrong.status_code, added.status_code) == (422, 422, 303)
    assert 'value="Giữ lời"' in none.text
    assert "không phải tệp PDF" in wrong.text or "PDF" in wrong.text
    assert 'hx-trigger="load delay:2s"' in before.text
    assert 'hx-trigger="load delay:2s"' not in after.text
    shapes: Any = deck["shapes"]
    assert (deck["title"], deck["pages"], deck["drawn"], shapes[0::2]) == ("Gọi vốn", 11, 11, [1600] * 11)
    assert first.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(first.content)).size == tuple(shapes[:2])


async def test_drawing_goes_on_where_it_stopped_and_twice_draws_nothing_twice(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck = await uploaded(team.founder, team.startup, tmp_path, 11)
    file: Any = (await row_of(deck))["file"]
    calls: list[tuple[int, int]] = []
    real = leaves.open_pages

    async def counted(source: Path, folder: Path, first: int, count: int) -> list[tuple[int, int]]:
        calls.append((first, count))
        if calls == [(1, 1), (2, 8)]:
            raise OSError("the machine went away")
        return await real(source, folder, first, count)

    monkeypatch.setattr(leaves, "open_pages", counted)
    with pytest.raises(OSError, match="went away"):
        await leaves.draw(deck, file)
    await leaves.draw(deck, file)
    await leaves.draw(deck, file)

    assert calls == [(1, 1), (2, 8), (2, 8), (10, 2)]
    assert (await row_of(deck))["drawn"] == 11


async def test_a_reader_without_an_account_gets_in_by_a_code(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    client = make_client()

    closed = await client.get(address)
    picture = await client.get(f"{address}/pages/1")
    sent = await client.post(f"{address}/code")
    wrong = await client.post(f"{address}/enter", data={"code": "0000 0000"})
    await let_in(client, address)
    opened = await client.get(address)
    drawn = await client.get(f"{address}/pages/1")
    elsewhere = await make_client().get(f"{address}/pages/1")

    assert f'action="{address}/enter"' in sent.text
    assert f'action="{address}/enter"' in wrong.text
    assert "h…@quy.example" in closed.text
    assert READER not in closed.text
    assert (picture.status_code, wrong.status_code, elsewhere.status_code) == (403, 422, 403)
    assert "h…@quy.example" in sent.text
    assert re.findall(r'src="[^"]+/pages/(\d+)', opened.text) == ["1", "2", "3"]
    assert opened.text.count('loading="lazy"') == 2
    assert drawn.headers["content-type"] == "image/webp"
    assert await database.fetchval("SELECT count(*) FROM mail WHERE text LIKE '%0000 0000%'") == 0


async def test_every_answer_behind_a_link_is_quiet(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    client = make_client()
    answers = [await client.get(address), await client.get(f"/shown/{deck}/{'0' * 48}")]
    await let_in(client, address)
    answers += [await client.get(address), await client.get(f"{address}/pages/1")]

    for answer in answers:
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "private, no-store"
    assert address not in answers[1].text
    assert 'rel="canonical"' not in answers[2].text


@pytest.mark.parametrize("answer", ["", "no"])
async def test_without_a_yes_nothing_is_written_of_what_is_read(
    make_client: MakeClient, team: Team, answer: str
) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    client = make_client()
    await let_in(client, address)
    if answer:
        await client.post(f"{address}/answer", data={"answer": answer})

    page = await client.get(address)
    await client.get(f"{address}/pages/2")
    looked = await client.post(f"{address}/looked", data={"page": "2", "seconds": "30"})
    told = await make_client(team.founder).get(f"/decks/{deck}")

    assert looked.status_code == 204
    assert await written_about_reading() == [[], []]
    assert "page-times" not in told.text
    assert ("Tôi đồng ý" in page.text) == (answer == "")
    assert 'data-counted="no"' in page.text


async def test_with_a_yes_the_startup_sees_pages_and_seconds_and_a_no_deletes_them(
    make_client: MakeClient, team: Team
) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    client = make_client()
    await let_in(client, address)
    await client.post(f"{address}/answer", data={"answer": "yes"})
    for number, seconds in ((1, 12), (2, 30), (2, 31), (3, 99_999), (9, 5), (0, 5)):
        await client.post(f"{address}/looked", data={"page": str(number), "seconds": str(seconds)})

    [shown] = await figures.of_deck(deck)
    told = await make_client(team.founder).get(f"/decks/{deck}?lang=en")
    await client.post(f"{address}/answer", data={"answer": "no"})
    await client.post(f"{address}/looked", data={"page": "2", "seconds": "30"})

    assert [(one.page, one.seconds) for one in shown.readers[0].pages] == [(1, 12), (2, 61), (3, 120)]
    assert "Trần Thu Hà" in told.text
    assert "3 pages" in told.text
    assert await written_about_reading() == [[], []]


async def test_the_readers_name_is_drawn_into_each_page(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    row = await row_of(deck)

    plain = Image.open(io.BytesIO(await leaves.plain(row, 1))).convert("L")
    ha = Image.open(io.BytesIO(await leaves.marked(row, 1, "Trần Thu Hà · ha@quy.example"))).convert("L")
    an = Image.open(io.BytesIO(await leaves.marked(row, 1, "Lê An · an@quy.example"))).convert("L")

    def changed(one: Image.Image, other: Image.Image) -> float:
        histogram = ImageChops.difference(one, other).histogram()
        return sum(histogram[12:]) / (one.width * one.height)

    assert ha.size == plain.size
    assert changed(plain, ha) > 0.02  # all over the page
    assert changed(ha, an) > 0.01  # and not the same for everybody
    corners = [(0, 0), (1200, 0), (0, 700), (1200, 700)]
    assert all(
        changed(plain.crop((x, y, x + 400, y + 200)), ha.crop((x, y, x + 400, y + 200))) > 0.004 for x, y in corners
    )


async def test_members_of_the_named_organisation_read_and_nobody_else(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck, "", team.fund)

    viewer, stranger = make_client(team.viewer), make_client(team.stranger)
    seen = [await client.get(address) for client in (viewer, stranger, make_client())]
    pictures = [await client.get(f"{address}/pages/1") for client in (viewer, stranger, make_client())]
    code = await stranger.post(f"{address}/code")
    await database.execute("UPDATE membership SET ended_at = now() WHERE person = $1", team.viewer.id)
    left = await viewer.get(f"{address}/pages/1")

    assert ["pages/1" in page.text for page in seen] == [True, False, False]
    assert [picture.status_code for picture in pictures] == [200, 403, 403]
    assert (code.status_code, left.status_code) == (303, 403)
    assert await database.fetchval("SELECT count(*) FROM mail") == 0


async def test_the_recipient_who_has_an_account_needs_no_code(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck, "Ha.Tran@quy.example")
    ha = await make_person("Hà", READER)
    unconfirmed = await make_person("Hà hai", "ha2@quy.example", confirmed=False)
    theirs = await link_for(team, deck, "ha2@quy.example")

    assert "/pages/1" in (await make_client(ha).get(address)).text
    assert "/pages/1" not in (await make_client(unconfirmed).get(theirs)).text


async def test_taken_back_run_out_and_taken_away_all_look_alike_at_once(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    founder = make_client(team.founder)
    answers = []
    for way in ("revoke", "expire", "end"):
        address = await link_for(team, deck, f"{way}@quy.example")
        client = make_client()
        await let_in(client, address)
        assert (await client.get(f"{address}/pages/1")).status_code == 200
        link = address.split("/")[2]
        if way == "revoke":
            await founder.post(f"/decks/{deck}/links/{link}/revoke")
        elif way == "expire":
            await database.execute(
                "UPDATE deck_link SET created_at = now() - interval '2 days', expires_at = now() - interval '1 second'"
                " WHERE id = $1",
                UUID(link),
            )
        else:
            await founder.post(f"/decks/{deck}/end")
        page, picture = await client.get(address), await client.get(f"{address}/pages/1")
        answers.append((page.status_code, picture.status_code, "Liên kết đã đóng" in page.text))
    wrong = await make_client().get(f"{address[:-1]}{'0' if address[-1] != '0' else '1'}")

    assert answers == [(404, 404, True)] * 3
    assert (wrong.status_code, "Liên kết đã đóng" in wrong.text) == (404, True)


async def test_a_code_holds_for_five_tries_and_five_codes_for_an_hour(team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    row = await links.open_link(UUID(address.split("/")[2]), address.split("/")[3])
    await reading.send_code(row, "vi")
    right = await code_from_mail()
    for _try in range(5):
        with pytest.raises(reading.WrongCode):
            await reading.let_in(row, "12345678" if right != "12345678" else "87654321")
    with pytest.raises(reading.WrongCode):
        await reading.let_in(row, right)

    for _code in range(4):
        await reading.send_code(row, "vi")
    with pytest.raises(TooMany):
        await reading.send_code(row, "vi")
    assert await reading.let_in(row, f" {await code_from_mail()} ")


async def test_a_deck_is_taken_along_only_where_the_link_allows_it_and_the_startup_sees_it(
    make_client: MakeClient, team: Team
) -> None:
    deck = await deck_of(team.founder, team.startup)
    await make_client(team.founder).post(
        f"/decks/{deck}/links", data={"recipient_name": "Hà", "email": READER, "days": "7", "may_download": "1"}
    )
    row = await database.fetchrow("SELECT id, key FROM deck_link")
    assert row is not None
    allowed, other = links.path_of(row["id"], row["key"]), await link_for(team, deck, "an@quy.example")
    client, stranger = make_client(), make_client()
    page = await client.get(allowed)

    early = [(await client.post(f"{address}/file")).status_code for address in (allowed, other)]
    await let_in(client, allowed)
    shown = await client.get(allowed)
    file = await client.post(f"{allowed}/file")
    seen = await make_client(team.founder).get(f"/decks/{deck}")
    await let_in(stranger, other)
    refused = await stranger.post(f"{other}/file")
    await links.revoke(team.founder, deck, row["id"])
    late = await client.post(f"{allowed}/file")

    assert (page.status_code, early, file.status_code, refused.status_code) == (200, [403, 403], 200, 404)
    assert late.status_code == 404
    assert ["/file" in one.text for one in (page, shown, await stranger.get(other))] == [False, True, False]
    paper_out = PdfDocument(file.content)
    text = "".join(paper_out[number].get_textpage().get_text_range() for number in range(len(paper_out)))
    assert (len(paper_out), text.strip()) == (3, "")  # pictures, and nothing of the file itself
    drawn, clean = paper_out[0].render(scale=1).to_pil().convert("L"), PdfDocument(paper(3))[0].render(scale=1).to_pil()
    grey = sum(drawn.resize(clean.size).histogram()[205:245]), sum(clean.convert("L").histogram()[205:245])
    assert grey[0] > 5 * grey[1]  # the reader's name lies over it
    assert "Đã tải về 1 lần" in seen.text
    assert [tuple(one) for one in await database.fetch("SELECT downloads FROM deck_link ORDER BY downloads")] == [
        (0,), (1,),
    ]  # fmt: skip


async def test_a_big_deck_is_taken_along_in_part_and_one_at_a_time(
    make_client: MakeClient, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MOST", 2)
    monkeypatch.setattr(taking, "PATIENCE", 0.01)
    deck = await deck_of(team.founder, team.startup)
    link = await links.make(team.founder, deck, ("", "", team.fund), "7", may_download=True)
    row = await database.fetchrow("SELECT id, key FROM deck_link WHERE id = $1", link)
    assert row is not None
    address, client = links.path_of(row["id"], row["key"]), make_client(team.viewer)

    page = await client.get(address)
    async with taking.alone():
        meanwhile = await client.post(f"{address}/file")
    file = await client.post(f"{address}/file")

    assert "Tệp gồm 2 trang đầu trong tổng số 3 trang." in page.text
    assert (meanwhile.status_code, file.status_code, len(PdfDocument(file.content))) == (409, 200, 2)
    assert await database.fetchval("SELECT downloads FROM deck_link") == 1


async def test_a_deck_of_a_hidden_organisation_is_named_to_nobody(team: Team) -> None:
    await links.make(team.founder, await deck_of(team.founder, team.startup), ("", "", team.fund), "7")

    async def named() -> list[int]:
        return [len(await decks.shown_to(team.fund, team.startup)), len(await decks.shown_to_team(team.fund))]

    before = await named()
    await database.execute("UPDATE organisation SET hidden_at = now(), hidden_reason = 'x' WHERE id = $1", team.startup)

    assert (before, await named()) == ([1, 1], [0, 0])


async def test_a_newer_version_is_what_open_links_show(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck)
    client = make_client()
    await let_in(client, address)
    old: Any = (await row_of(deck))["file"]

    await make_client(team.founder).post(f"/decks/{deck}/file", files={"file": ("b.pdf", paper(2), "application/pdf")})
    meanwhile = await client.get(address)
    await outbox.drain()
    left = [await storage().exists(key_of(old, name)) for name in ("file.pdf", "p1.webp")]
    after = await client.get(address)
    file = await make_client(team.founder).get(f"/files/{old}/file.pdf")

    assert 'id="rest"' in meanwhile.text
    assert re.findall(r"/pages/(\d+)\?v=2", after.text) == ["1", "2"]
    assert (file.status_code, left) == (404, [False, False])


async def test_a_deck_that_is_taken_away_while_it_is_drawn_leaves_no_bytes(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deck = await uploaded(team.founder, team.startup, tmp_path, 2)
    file: Any = (await row_of(deck))["file"]
    real = leaves.open_pages

    async def taken_away(source: Path, folder: Path, first: int, count: int) -> list[tuple[int, int]]:
        found = await real(source, folder, first, count)
        await decks.end(deck)
        return found

    monkeypatch.setattr(leaves, "open_pages", taken_away)
    await leaves.draw(deck, file)
    await outbox.drain()

    assert [await storage().exists(key_of(file, name)) for name in ("file.pdf", "p1.webp", "p2.webp")] == [False] * 3


async def test_nobody_but_the_startups_people_has_the_file_itself(make_client: MakeClient, team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    await link_for(team, deck, "", team.fund)
    row = await row_of(deck)
    asked = [f"/files/{row['file']}/file.pdf", f"/files/{row['file']}/p1.webp", f"/decks/{deck}/pages/1"]

    found = {
        name: [(await make_client(getattr(team, name)).get(path)).status_code for path in asked]
        for name in ("founder", "viewer", "owner", "stranger")
    }

    assert found == {
        "founder": [200, 200, 200],
        "viewer": [404, 404, 404],
        "owner": [404, 404, 404],
        "stranger": [404, 404, 404],
    }


async def test_what_was_drawn_is_erased_with_the_file(team: Team) -> None:
    deck = await deck_of(team.founder, team.startup)
    file: Any = (await row_of(deck))["file"]
    assert await storage().exists(key_of(file, "p2.webp"))
    async with database.tx():
        await erase_file(file)
    await outbox.drain()

    assert [await storage().exists(key_of(file, name)) for name in ("file.pdf", "p1.webp", "p2.webp")] == [False] * 3


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"to": "person", "email": READER, "days": "14"}, "f-recipient_name"),
        ({"to": "person", "recipient_name": "Hà", "email": "không phải", "days": "14"}, "f-email"),
        ({"to": "person", "recipient_name": "Hà", "email": READER, "days": "999"}, "f-days"),
        ({"to": "organisation", "viewer": "Không có nơi này", "days": "14"}, "f-viewer"),
    ],
)
async def test_a_link_that_cannot_be_made_says_why_beside_the_field(
    make_client: MakeClient, team: Team, form: dict[str, str], field: str
) -> None:
    deck = await deck_of(team.founder, team.startup)

    answer = await make_client(team.founder).post(f"/decks/{deck}/links", data=form)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert all(
        f'value="{value}"' in answer.text for name, value in form.items() if name in ("recipient_name", "viewer")
    )
    assert await database.fetchval("SELECT count(*) FROM deck_link") == 0


async def test_a_no_that_comes_with_the_seconds_is_the_last_word(committed_team: Team) -> None:
    """However the two fall together, after a no nothing is left; a count that does not look again would stay."""
    team = committed_team
    deck = await deck_of(team.founder, team.startup)
    address = await link_for(team, deck, "", team.fund)
    row = await links.open_link(UUID(address.split("/")[2]), address.split("/")[3])
    for _round in range(4):
        fresh = reading.Reader(name="x")
        await reading.answer(team.viewer, row, fresh, yes=True)
        reader = await reading.reader_of(team.viewer, row, "")
        assert reader is not None
        await asyncio.gather(
            *(reading.count(row, reader, page, 5) for page in (1, 2, 3)),
            reading.answer(team.viewer, row, reader, yes=False),
        )
        assert await written_about_reading() == [[], []]

    # negative control: the write alone, without the look at the answer, leaves what the no had deleted
    await database.execute(
        "INSERT INTO deck_page_view (reader, version, page, seconds) VALUES ($1, 1, 1, 5)", reader.row
    )
    assert await written_about_reading() != [[], []]


async def test_a_deck_taken_away_meanwhile_takes_no_newer_file(team: Team, tmp_path: Path) -> None:
    deck = await uploaded(team.founder, team.startup, tmp_path, 1)
    draft = await draft_of(team.founder, tmp_path, 2)
    await decks.end(deck)
    files = "SELECT count(*) FROM stored_file WHERE owner_id = $1"
    before = await database.fetchval(files, deck)
    with pytest.raises(NotFound):
        await decks.replace(team.founder, deck, draft)
    assert await database.fetchval(files, deck) == before
