"""The life of a file: draft, kept with its verb or not at all, ended, taken back, erased to the last byte."""

import contextlib
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core import db, i18n, outbox
from app.core.errors import Busy, NotFound, NotSignedIn, TooMany
from app.core.files import jobs, keeping
from app.core.files.keeping import (
    Draft,
    FileRefused,
    draft_of,
    end_file,
    erase_file,
    erase_files_of,
    forget_person,
    keep,
    prepare,
    reopen_file,
    set_tier,
)
from app.core.files.purposes import Purpose, register
from app.core.files.storage import key_of
from app.core.files.uploads import Upload
from app.core.files.where import incoming_folder, kept_folder, storage
from app.core.settings import get_settings
from app.core.web import NOBODY, Actor
from tests.files.conftest import OWNER, paper, picture

Make = Callable[..., Upload]


@pytest.fixture(autouse=True)
async def _quiet(db: Any, fresh_queue: None) -> None:
    """Every test here writes, and is rolled back."""


async def kept(actor: Actor, upload: Upload, purpose: str = "try_logo", owner: UUID = OWNER) -> UUID:
    draft = await prepare(actor, upload, purpose)
    async with db.tx():
        return await keep(actor, draft, "organisation", owner)


def bytes_of(file_id: UUID) -> list[str]:
    """What lies on the disk for a file."""
    return sorted(path.name for path in (kept_folder(get_settings()) / key_of(file_id, "x")).parent.glob("*"))


async def broken(act: Coroutine[Any, Any, object]) -> None:
    """A verb that fails after `act`."""
    with contextlib.suppress(ZeroDivisionError):
        async with db.tx():
            await act
            raise ZeroDivisionError


async def row_of(file_id: UUID) -> dict[str, Any]:
    return dict(await db.fetchrow("SELECT * FROM stored_file WHERE id = $1", file_id) or {})


async def test_a_picture_is_stored_in_its_sizes_with_its_facts(somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture(600, 300), "Lô gô"))
    row = await row_of(file_id)
    wanted = {
        "purpose": "try_logo",
        "kind": "image",
        "name": "Lô gô.webp",
        "media_type": "image/webp",
        "variants": ["96.webp", "256.webp", "512.webp"],
        "width": 512,
        "height": 512,
        "pages": None,
        "tier": 0,
        "owner_kind": "organisation",
        "owner_id": OWNER,
        "created_by": somebody.id,
        "ended_at": None,
        "erased_at": None,
    }
    assert {name: row[name] for name in wanted} == wanted
    assert row["kept_at"] is not None
    assert bytes_of(file_id) == ["256.webp", "512.webp", "96.webp"]
    assert row["size"] == sum(path.stat().st_size for path in _paths(file_id))
    assert list(incoming_folder(get_settings()).glob("tmp*")) == []


def _paths(file_id: UUID) -> list[Path]:
    return list((kept_folder(get_settings()) / key_of(file_id, "x")).parent.iterdir())


async def test_a_paper_is_stored_to_the_byte(somebody: Actor, upload: Make) -> None:
    content = paper(3)
    file_id = await kept(somebody, upload(content, "Bộ giới thiệu"), "try_deck")
    row = await row_of(file_id)
    assert (row["kind"], row["name"], row["pages"], row["tier"]) == ("document", "Bộ giới thiệu.pdf", 3, 2)
    assert (row["size"], _paths(file_id)[0].read_bytes()) == (len(content), content)


async def test_evidence_is_a_paper_or_a_picture_and_other_data_is_kept_as_it_came(
    somebody: Actor, upload: Make
) -> None:
    scan = await row_of(await kept(somebody, upload(picture(3000, 1500)), "try_evidence"))
    proof = await row_of(await kept(somebody, upload(paper(1)), "try_evidence"))
    table = await row_of(await kept(somebody, upload(b"a,b\n1,2\n"), "try_import"))
    assert (scan["kind"], scan["width"], scan["height"], scan["variants"]) == (
        "image",
        2000,
        1000,
        ["400.webp", "2000.webp"],
    )
    assert (proof["kind"], proof["variants"]) == ("document", ["file.pdf"])
    assert (table["kind"], table["media_type"], table["variants"]) == ("data", "application/octet-stream", ["file.bin"])


@pytest.mark.parametrize(
    ("purpose", "content", "vi", "en"),
    [
        ("try_logo", b"", "Tệp này không có nội dung.", "This file is empty."),
        (
            "try_logo",
            paper(1),
            "Hệ thống không đọc được ảnh này. Vui lòng chọn ảnh PNG, JPEG hoặc WebP.",
            "This is not a picture that we can read. Please choose a PNG, JPEG or WebP file.",
        ),
        ("try_deck", picture(), "Đây không phải là tệp PDF.", "This is not a PDF file."),
        (
            "try_evidence",
            b"PK\x03\x04 word",
            "Vui lòng chọn tệp PDF, hoặc ảnh PNG, JPEG, WebP.",
            "Please choose a PDF file, or a picture as PNG, JPEG or WebP.",
        ),
        (
            "try_evidence",
            b"\x89PNG" + bytes(8_000_000),
            "Tệp này lớn hơn 8 MB. Vui lòng chọn tệp nhỏ hơn.",
            "This file is larger than 8 MB. Please choose a smaller one.",
        ),
    ],
    ids=["empty", "paper-as-logo", "picture-as-deck", "word-as-evidence", "large-scan"],
)
async def test_what_cannot_be_taken_is_said_in_words_and_leaves_nothing(
    purpose: str, content: bytes, vi: str, en: str, somebody: Actor, upload: Make
) -> None:
    with pytest.raises(FileRefused) as refused:
        await prepare(somebody, upload(content), purpose, field="logo")
    (phrase,) = refused.value.fields.values()
    assert list(refused.value.fields) == ["logo"]
    assert phrase.text("vi", **refused.value.params) == vi
    assert phrase.text("en", **refused.value.params) == en
    assert await db.fetchval("SELECT count(*) FROM stored_file") == 0


def test_every_refusal_has_words_in_both_languages() -> None:
    from app.core.files.opening import WORDS

    for phrase in WORDS.values():
        with i18n.in_language("vi"):
            assert phrase.text(megabytes=8) != phrase.text("en", megabytes=8)


async def test_a_file_is_not_prepared_while_a_transaction_waits(somebody: Actor, upload: Make) -> None:
    with pytest.raises(RuntimeError, match="before the transaction"):
        async with db.tx():
            await prepare(somebody, upload(picture()), "try_logo")


async def test_nobody_and_unknown_purposes_and_too_many_uploads_are_refused(
    somebody: Actor, upload: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotSignedIn):
        await prepare(NOBODY, upload(picture()), "try_logo")
    with pytest.raises(RuntimeError, match="nobody registered"):
        await prepare(somebody, upload(picture()), "unheard_of")
    with pytest.raises(RuntimeError, match="two purposes named try_logo"):
        register(Purpose(name="try_logo"))
    monkeypatch.setattr(keeping, "UPLOADS", 1)
    with pytest.raises(FileRefused):
        await prepare(somebody, upload(b""), "try_logo")
    with pytest.raises(TooMany):
        await prepare(somebody, upload(b""), "try_logo")


async def test_a_verb_that_fails_leaves_a_draft_and_a_draft_is_kept_once_by_its_owner(
    somebody: Actor, upload: Make
) -> None:
    draft = await prepare(somebody, upload(picture()), "try_logo")
    other = Actor(id=uuid4(), via="session")
    await broken(keep(somebody, draft, "organisation", OWNER))
    assert (await row_of(draft.id))["kept_at"] is None
    assert await draft_of(somebody, draft.id, "try_logo") == draft
    assert await draft_of(somebody, draft.id, "try_photo") is None
    assert await draft_of(other, draft.id, "try_logo") is None
    assert await draft_of(somebody, None, "try_logo") is None
    with pytest.raises(NotFound):
        async with db.tx():
            await keep(other, draft, "organisation", OWNER)
    async with db.tx():
        await keep(somebody, draft, "organisation", OWNER, tier=3)
    assert (await row_of(draft.id))["tier"] == 3
    with pytest.raises(NotFound):
        async with db.tx():
            await keep(somebody, draft, "organisation", uuid4())
    assert await draft_of(somebody, draft.id, "try_logo") is None


@pytest.mark.parametrize(
    "act",
    [
        lambda draft: keep(Actor(id=uuid4()), draft, "organisation", OWNER),
        lambda draft: end_file(draft.id, "x"),
        lambda draft: reopen_file(draft.id),
        lambda draft: set_tier(draft.id, 1),
        lambda draft: erase_file(draft.id),
        lambda draft: forget_person(draft.id),
    ],
)
async def test_files_change_only_inside_a_verb(act: Callable[[Draft], Any]) -> None:
    with pytest.raises(RuntimeError, match="in the transaction of the verb"):
        await act(Draft(uuid4(), "try_logo", "image", "a", ("96.webp",)))


async def test_an_ended_file_can_be_taken_back_until_it_is_erased(somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture()))
    async with db.tx():
        await end_file(file_id, "replaced")
        await end_file(file_id, "again")
        await end_file(None, "nothing was there")
    assert (await row_of(file_id))["end_reason"] == "replaced"
    assert len(bytes_of(file_id)) == 3
    async with db.tx():
        assert await reopen_file(file_id) is True
        await set_tier(file_id, 4)
    assert [(await row_of(file_id))[name] for name in ("ended_at", "end_reason", "tier")] == [None, None, 4]
    async with db.tx():
        await erase_file(file_id)
        assert await reopen_file(file_id) is False


async def test_an_erased_file_is_gone_to_the_last_byte_and_letter(somebody: Actor, upload: Make) -> None:
    first = await kept(somebody, upload(picture(), "Ảnh của Bí Mật"))
    second = await kept(somebody, upload(paper(1), "Hồ sơ Bí Mật"), "try_deck")
    other = await kept(somebody, upload(picture(), "khác"), owner=uuid4())
    async with db.tx():
        assert await erase_files_of("organisation", OWNER) == 2
        assert await erase_files_of("organisation", OWNER) == 0
    assert bytes_of(first) != []  # until the job has run
    await outbox.drain()
    assert [bytes_of(first), bytes_of(second), len(bytes_of(other))] == [[], [], 3]
    told = str(await db.fetch("SELECT * FROM stored_file WHERE erased_at IS NOT NULL")) + str(
        await db.fetch("SELECT payload FROM outbox")
    )
    assert ("Bí Mật" in told, str(somebody.id) in told, str(OWNER) in told) == (False, False, False)
    await jobs.remove_bytes({"id": str(first), "names": ["96.webp"]})  # a second time changes nothing


async def test_a_rolled_back_erasure_erases_nothing(somebody: Actor, upload: Make) -> None:
    file_id = await kept(somebody, upload(picture()))
    await broken(erase_file(file_id))
    await outbox.drain()
    assert ((await row_of(file_id))["erased_at"], len(bytes_of(file_id))) == (None, 3)


async def test_a_person_is_forgotten_in_their_own_files_drafts_and_as_the_bringer_of_others(
    somebody: Actor, upload: Make
) -> None:
    person = somebody.person_id
    logo = await kept(somebody, upload(picture()))
    draft = await prepare(somebody, upload(picture()), "try_photo")
    photo = await prepare(somebody, upload(picture()), "try_photo")
    async with db.tx():
        await keep(somebody, photo, "person", person)
    async with db.tx():
        assert await forget_person(person) == 2
    await outbox.drain()
    assert [bytes_of(photo.id), bytes_of(draft.id), len(bytes_of(logo))] == [[], [], 3]
    row = await row_of(logo)
    assert (row["created_by"], row["owner_id"], row["erased_at"]) == (None, OWNER, None)


async def test_drafts_and_pieces_of_uploads_go_after_a_day_and_nothing_else_does(
    somebody: Actor, upload: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await prepare(somebody, upload(picture()), "try_logo")
    young = await prepare(somebody, upload(picture()), "try_logo")
    stays = await kept(somebody, upload(picture()))
    await db.execute(
        "UPDATE stored_file SET created_at = now() - interval '25 hours' WHERE id = ANY($1)", [old.id, stays]
    )
    folder = incoming_folder(get_settings())
    for name in ("lâu rồi", "mới"):
        (folder / f"{name} tmp").mkdir()
        (folder / f"{name} tmp" / "96.webp").write_bytes(b"x")
        (folder / name).write_bytes(b"x")
    for path in (folder / "lâu rồi tmp", folder / "lâu rồi"):
        os.utime(path, (0, 0))
    await jobs.sweep()
    await outbox.drain()
    assert [await row_of(old.id), bytes_of(old.id)] == [{}, []]
    assert [len(bytes_of(young.id)), len(bytes_of(stays))] == [3, 3]
    assert sorted(path.name for path in folder.iterdir()) == ["mới", "mới tmp"]
    monkeypatch.setattr(jobs, "DRAFT_SECONDS", -10)
    await jobs.sweep()
    assert await row_of(young.id) == {}
    assert list(folder.iterdir()) == []


async def test_bytes_that_cannot_be_stored_leave_a_draft_that_is_swept(
    somebody: Actor, upload: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row comes first: bytes without a row would lie there for ever."""

    async def full(_self: object, _key: str, _source: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(storage()), "put", full)
    with pytest.raises(Busy):
        await prepare(somebody, upload(picture()), "try_logo")
    assert await db.fetchval("SELECT count(*) FROM stored_file WHERE kept_at IS NULL") == 1
