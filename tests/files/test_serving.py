"""Serving: who gets a file, with which headers, in which part; never as a page, never longer than it may be kept."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.core import db
from app.core.files import purposes
from app.core.files.keeping import end_file, erase_file, keep, prepare, set_tier
from app.core.files.storage import key_of
from app.core.files.uploads import Upload
from app.core.files.where import storage
from app.core.web import Actor
from tests.files.conftest import OWNER, paper, picture

Make = Callable[..., Upload]
MEMBER = Actor(id=uuid4(), name="Thành viên", via="session")
PARTNER = Actor(id=uuid4(), name="Đối tác", via="session")
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


async def kept(actor: Actor, upload: Upload, purpose: str, tier: int | None = None) -> UUID:
    draft = await prepare(actor, upload, purpose)
    async with db.tx():
        return await keep(actor, draft, "organisation", OWNER, tier=tier)


async def test_a_public_picture_is_shown_to_everybody_and_kept_for_a_year(
    visitor: Any, somebody: Actor, upload: Make
) -> None:
    file_id = await kept(somebody, upload(picture(), "Lô gô"), "try_logo")
    answer = await visitor().get(f"/files/{file_id}/96.webp", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content[:4], answer.content[8:12]) == (200, b"RIFF", b"WEBP")
    told = {
        "content-type": "image/webp",
        "content-disposition": "inline; filename=\"lo go.webp\"; filename*=UTF-8''L%C3%B4%20g%C3%B4.webp",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "public, max-age=31536000, immutable",
        "etag": f'"{file_id.hex}-96.webp"',
        "content-length": str(len(answer.content)),
    }
    assert {name: answer.headers.get(name) for name in told} == told
    assert [name for name in ("vary", "set-cookie", "content-encoding") if name in answer.headers] == []
    again = await visitor().get(f"/files/{file_id}/96.webp", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await visitor().get(f"/files/{file_id}/256.webp", headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200
    head = await visitor().head(f"/files/{file_id}/96.webp")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_photo_of_a_person_is_asked_for_again_each_time(visitor: Any, somebody: Actor, upload: Make) -> None:
    """So that a withdrawn consent is a picture gone, in every browser."""
    file_id = await kept(somebody, upload(picture()), "try_photo")
    answer = await visitor().get(f"/files/{file_id}/96.webp")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
    again = await visitor().get(f"/files/{file_id}/96.webp", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    async with db.tx():
        await end_file(file_id, "withdrawn")
    gone = await visitor().get(f"/files/{file_id}/96.webp", headers={"If-None-Match": answer.headers["etag"]})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("tier", "seen_by"),
    [
        (0, {"nobody", "member", "partner", "bringer"}),
        (1, {"member", "partner", "bringer"}),
        (2, {"partner"}),
        (3, {"partner"}),
        (4, set()),
    ],
)
async def test_each_tier_is_seen_by_whom_its_purpose_lets(
    tier: int, seen_by: set[str], visitor: Any, somebody: Actor, upload: Make
) -> None:
    """Who brought the file is nobody special once it is kept: people leave organisations."""
    file_id = await kept(somebody, upload(paper(1)), "try_deck", tier=tier)
    who = {"nobody": visitor(), "member": visitor(MEMBER), "partner": visitor(PARTNER), "bringer": visitor(somebody)}
    answers = {name: await client.get(f"/files/{file_id}/file.pdf") for name, client in who.items()}
    assert {name for name, answer in answers.items() if answer.status_code == 200} == seen_by
    assert {answer.status_code for answer in answers.values()} <= {200, 404}
    for name in seen_by if tier else ():
        assert answers[name].headers["cache-control"] == "private, no-store"


async def test_a_paper_is_a_download_that_may_do_nothing(visitor: Any, somebody: Actor, upload: Make) -> None:
    content = paper(3)
    file_id = await kept(somebody, upload(content, "Bộ giới thiệu"), "try_deck", tier=0)
    answer = await visitor().get(f"/files/{file_id}/file.pdf", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, content)
    told = {
        "content-type": "application/pdf",
        "content-disposition": 'attachment; filename="bo gioi thieu.pdf";'
        " filename*=UTF-8''B%E1%BB%99%20gi%E1%BB%9Bi%20thi%E1%BB%87u.pdf",
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "accept-ranges": "bytes",
        "content-length": str(len(content)),
    }
    assert {name: answer.headers.get(name) for name in told} == told


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-50", 206, slice(-50, None)),
        ("bytes=0-99999999", 206, slice(0, None)),
        ("bytes=-99999999", 206, slice(0, None)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-2", 200, slice(0, None)),
        ("bytes=-", 200, slice(0, None)),
        ("bytes=0-1,5-6", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=" + "9" * 40 + "-", 200, slice(0, None)),
        ("bytes=٣-", 200, slice(0, None)),
    ],
)
async def test_a_part_of_a_paper(
    asked: str, status: int, part: slice | None, visitor: Any, somebody: Actor, upload: Make
) -> None:
    content = paper(2)
    file_id = await kept(somebody, upload(content), "try_deck", tier=0)
    answer = await visitor().get(f"/files/{file_id}/file.pdf", headers={"Range": asked.encode()})
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{len(content)}"
        return
    assert answer.content == content[part]
    assert answer.headers["content-length"] == str(len(answer.content))
    if status == 206:
        start = content.index(answer.content) if part.start else 0
        start = len(content) - len(answer.content) if part.start else start
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(content)}"


async def test_a_part_of_another_version_is_the_whole(visitor: Any, somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(paper(1)), "try_deck", tier=0)
    head = {"Range": "bytes=0-3"}
    same = await visitor().get(f"/files/{file_id}/file.pdf", headers={**head, "If-Range": f'"{file_id.hex}-file.pdf"'})
    other = await visitor().get(f"/files/{file_id}/file.pdf", headers={**head, "If-Range": '"another"'})
    assert (same.status_code, other.status_code) == (206, 200)


@pytest.mark.parametrize(
    "path",
    [
        "/files/{id}/97.webp",
        "/files/{id}/",
        "/files/{id}",
        "/files/{id}/96.png",
        "/files/{id}/..%2f..%2f96.webp",
        "/files/{id}/96.webp%00",
        "/files/{id}/file.pdf",
        "/files/01a20199-414d-7003-8626-67791733e7b6/96.webp",
        "/files/not-an-id/96.webp",
        "/files/../../etc/passwd",
    ],
)
async def test_what_is_not_there_is_not_found(path: str, visitor: Any, somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture()), "try_logo")
    assert (await visitor().get(path.format(id=file_id))).status_code == 404


async def test_a_draft_is_seen_by_its_bringer_alone(visitor: Any, somebody: Actor, upload: Make) -> None:
    draft = await prepare(somebody, upload(picture()), "try_logo")
    path = f"/files/{draft.id}/96.webp"
    mine, partner, nobody = [await visitor(who).get(path) for who in (somebody, PARTNER, None)]
    assert (mine.status_code, partner.status_code, nobody.status_code) == (200, 404, 404)
    assert mine.headers["cache-control"] == "private, no-store"


async def test_what_ended_what_was_erased_and_what_nobody_answers_for_is_gone(
    visitor: Any, somebody: Actor, upload: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, erased = [await kept(somebody, upload(picture()), "try_logo") for _n in range(2)]
    closed = await kept(somebody, upload(picture()), "try_evidence")
    async with db.tx():
        await end_file(ended, "replaced")
        await erase_file(erased)
    for file_id in (ended, erased):
        assert (await visitor(somebody).get(f"/files/{file_id}/96.webp")).status_code == 404
    answers = [await visitor(who).get(f"/files/{closed}/400.webp") for who in (None, PARTNER, somebody)]
    assert [answer.status_code for answer in answers] == [404, 404, 200]
    monkeypatch.delitem(purposes._purposes, "try_evidence")
    assert (await visitor(somebody).get(f"/files/{closed}/400.webp")).status_code == 404


async def test_a_file_that_is_closed_later_is_closed_at_once(visitor: Any, somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture()), "try_logo")
    async with db.tx():
        await set_tier(file_id, 3)
    answers = [await visitor(who).get(f"/files/{file_id}/96.webp") for who in (None, MEMBER, PARTNER)]
    assert [answer.status_code for answer in answers] == [404, 404, 200]


@pytest.mark.parametrize(("purpose", "name"), [("try_logo", "96.webp"), ("try_deck", "file.pdf")])
async def test_a_row_whose_bytes_are_lost_is_not_found(
    purpose: str, name: str, visitor: Any, somebody: Actor, upload: Make
) -> None:
    content = picture() if purpose == "try_logo" else paper(1)
    file_id = await kept(somebody, upload(content), purpose, tier=0)
    await storage().delete(key_of(file_id, name))
    assert (await visitor().get(f"/files/{file_id}/{name}")).status_code == 404


async def test_a_form_with_a_picture_works_and_what_was_brought_once_stays(
    visitor: Any, somebody: Actor, upload: Make
) -> None:
    browser: httpx.AsyncClient = visitor(somebody)
    again = await browser.post("/try/logo", data={"name": ""}, files={"logo": ("Lô gô.png", picture())})
    assert (again.status_code, list(again.json()["errors"])) == (422, ["name"])
    draft = again.json()["draft"]
    saved = await browser.post("/try/logo", data={"name": "Sao Mai", "logo_draft": draft})
    assert saved.json() == {"name": "Sao Mai", "file": draft}
    assert (await visitor().get(f"/files/{draft}/512.webp")).status_code == 200
    for odd in (draft, "x", "", str(uuid4()), "'; DROP"):
        answer = await browser.post("/try/logo", data={"name": "Sao Mai", "logo_draft": odd})
        assert answer.json() == {"name": "Sao Mai", "file": None}
    stranger = await visitor(MEMBER).post("/try/logo", data={"name": "A", "logo_draft": draft})
    assert stranger.json()["file"] is None


async def test_one_question_for_each_file(visitor: Any, somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture()), "try_logo")
    with db.count_queries() as asked:
        await visitor().get(f"/files/{file_id}/96.webp")
    assert len(asked) == 1
