"""For the tests of stored files: pictures and papers made on the spot, a purpose of each kind, a way to send them."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pikepdf
import pytest
from litestar import Litestar, Request, Response, post
from litestar.di import NamedDependency
from PIL import Image

from app.core import db
from app.core.files import purposes
from app.core.files.keeping import Draft, FileRefused, draft_from, keep
from app.core.files.purposes import LOGO, PORTRAIT, SCAN, Purpose, Stored, by_tier, register
from app.core.files.uploads import PICTURE_BODY, Upload, upload_form
from app.core.forms import Line
from app.core.settings import get_settings
from app.core.shell import Shell
from app.core.web import Actor, signed_in
from app.main import create_litestar

BASE_URL = "http://127.0.0.1:8000"
OWNER = uuid4()
"""The organisation of the tests, which exists in no table: the ground knows no subject."""


async def counterpart(actor: Actor, file: Stored) -> bool:
    """A subject's own word: tier 2 and above is for one person of the tests."""
    return await by_tier(actor, file) or (file.tier <= 3 and actor.name == "Đối tác")


@pytest.fixture(scope="session", autouse=True)
def kinds() -> Iterator[None]:
    """The purposes of the tests, registered as subjects register theirs."""
    before = dict(purposes._purposes)
    register(Purpose(name="try_logo", pictures=LOGO, may_see=counterpart))
    register(Purpose(name="try_photo", pictures=PORTRAIT, lasting=False, may_see=counterpart))
    register(Purpose(name="try_deck", documents=True, tier=2, may_see=counterpart))
    register(Purpose(name="try_evidence", documents=True, pictures=SCAN, tier=4))
    register(Purpose(name="try_import", data=True, tier=4))
    yield
    purposes._purposes.clear()
    purposes._purposes.update(before)


def encoded(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def picture(width: int = 300, height: int = 200, colour: str = "#0b4f43", kind: str = "PNG") -> bytes:
    return encoded(Image.new("RGB", (width, height), colour), kind)


def paper(pages: int = 2, change: Callable[[pikepdf.Pdf], None] | None = None, **how: Any) -> bytes:
    """A PDF file of blank pages, changed as a test wants it."""
    file = io.BytesIO()
    with pikepdf.new() as pdf:
        for _page in range(pages):
            pdf.add_blank_page()
        if change:
            change(pdf)
        pdf.save(file, **how)
    return file.getvalue()


@pytest.fixture
def upload(tmp_path: Path) -> Callable[..., Upload]:
    """An upload as the form's reader would have left it on the disk."""

    def make(content: bytes, stem: str = "tệp thử") -> Upload:
        path = tmp_path / uuid4().hex
        path.write_bytes(content)
        return Upload(stem=stem, path=path, size=len(content), sha256="0" * 64, head=content[:64])

    return make


class Named(msgspec.Struct):
    name: Line
    remove_logo: bool = False


@post("/try/logo", guards=[signed_in], request_max_body_size=PICTURE_BODY, status_code=200)
async def take_logo(request: Request[Any, Any, Any], actor: NamedDependency[Actor]) -> Response[dict[str, Any]]:
    """A form with a name and a picture, as a subject writes it: kept together or drawn again together."""
    draft: Draft | None = None
    async with upload_form(request, Named, {"logo": 8_000_000}) as (form, files):
        try:
            draft = await draft_from(actor, form, files, "logo", "try_logo")
        except FileRefused as refusal:
            form.take(refusal)
    if form.value is None:
        told = {"errors": form.errors, "raw": form.raw, "draft": str(draft.id) if draft else None}
        return Response(told, status_code=422)
    async with db.tx():
        kept = await keep(actor, draft, "organisation", OWNER) if draft else None
    return Response({"name": form.value.name, "file": str(kept) if kept else None})


@pytest.fixture(scope="session")
def taking(settings: Any) -> Litestar:
    """The application with a route that takes files."""
    return create_litestar(take_logo)


MakeVisitor = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def visitor(taking: Litestar, fresh_queue: None, db: Any) -> Any:
    """Clients of that application: `visitor(actor)`."""
    opened: list[httpx.AsyncClient] = []

    def make(actor: Actor | None = None, **headers: str) -> httpx.AsyncClient:
        async def authenticate(_request: Any) -> Actor:
            return actor or Actor()

        shell = Shell(taking, get_settings(), authenticate)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=shell),  # type: ignore[arg-type]
            base_url=BASE_URL,
            headers={"Origin": BASE_URL, "Accept-Language": "vi", **headers},
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        await client.aclose()


@pytest.fixture
def somebody() -> Actor:
    return Actor(id=uuid4(), name="Nguyễn Đức", via="session")
