"""Pages of imports, for moderators: send a list, see every row's fate, decide, write, take back."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid, NotFound
from app.core.files.names import disposition
from app.core.files.uploads import upload_form
from app.core.forms import NOT_A_CHOICE, REQUIRED, Form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, role
from app.directory.importing import forms, routes_export, runs, showing
from app.directory.importing.columns import targets
from app.directory.importing.files import drafted
from app.directory.importing.letters import SCRIPTS
from app.directory.importing.runs import Choices, NotReady
from app.directory.importing.subjects import ORGANISATIONS, subject_named, subjects
from app.directory.importing.tables_out import MEDIA, TableOut
from app.directory.importing.tabular import MOST_BYTES, MOST_ROWS, TOO_LARGE

AnyRequest = Request[Any, Any, Any]

STAFF = [role("moderator")]
BODY = MOST_BYTES + 4_000_000
"""What a file over the limit is read to, so that the answer is words and not a broken line."""


@get("/staff/imports", guards=STAFF)
async def index(request: AnyRequest) -> Response[Any]:
    return await _index(request, Form())


async def _index(request: AnyRequest, form: Form[Any], status: int = 200) -> Response[Any]:
    before = _uuid(request.query_params.get("before", ""))
    found = await showing.runs(before)
    return page(
        request,
        "directory/importing/index.html",
        runs=found[: showing.RUNS],
        older=f"/staff/imports?before={found[showing.RUNS - 1]['id']}" if len(found) > showing.RUNS else None,
        states=showing.STATES,
        subjects=_subjects(),
        labels=dict(_subjects()),
        form=form,
        most_rows=MOST_ROWS,
        megabytes=MOST_BYTES // 1_000_000,
        first_page=before is None,
        status=status,
    )


@post("/staff/imports", guards=STAFF, status_code=200, request_max_body_size=BODY)
async def send(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    async with upload_form(request, forms.Sent, {"file": MOST_BYTES}) as (form, files):
        upload = files.get("file")
        if upload is None or not (upload.size or upload.too_large):
            form.add_error("file", REQUIRED)
        elif upload.too_large:
            form.add_error("file", TOO_LARGE, max=MOST_BYTES // 1_000_000)
        if form.value is not None and form.value.subject not in subjects():
            form.add_error("subject", NOT_A_CHOICE)
        if form.value is None or form.errors or upload is None:
            return await _index(request, form, 422)
        run = await runs.start(actor, upload.stem, upload.path, form.value.list_name, upload.sha256, form.value.subject)
    return done(request, to=f"/staff/imports/{run}")


@get("/staff/imports/{run:uuid}", guards=STAFF)
async def show(request: AnyRequest, run: FromPath[UUID]) -> Response[Any]:
    """The step an import is at; while a job works on it, HTMX asks for the progress again and again."""
    return await _show(request, await showing.run_for(run), Form())


async def _show(request: AnyRequest, run: dict[str, Any], form: Form[Any], status: int = 200) -> Response[Any]:
    fate = request.query_params.get("fate", "")
    fate = fate if fate in showing.FATES else ""
    after = _number(request.query_params.get("after", ""))
    busy = run["state"] in showing.BUSY
    rows = [] if busy or run["state"] == "refused" else await showing.rows_of(run["id"], fate, after)
    here = f"/staff/imports/{run['id']}"
    response = page(
        request,
        "directory/importing/show.html",
        fragment="progress" if busy else None,
        run=run,
        here=here,
        busy=busy,
        found=run["found"],
        counts=run["counts"],
        subject=subject_named(run["subject"]),
        unnamed=runs.unnamed(run["subject"]),
        fates=showing.fates_of(run["subject"]),
        states=showing.STATES,
        outcomes=showing.outcomes_of(run["subject"]),
        undone=showing.undone_of(run["subject"]),
        fate=fate,
        rows=rows[: showing.PAGE],
        next_url=f"{here}?fate={fate}&after={rows[showing.PAGE - 1].number}" if len(rows) > showing.PAGE else None,
        first_page=after == 0,
        columns=showing.columns_shown(run),
        targets=targets(subject_named(run["subject"])),
        scripts=[(code, SCRIPTS[code].text()) for code in _scripts(run)],
        problem=showing.problem_of(run),
        undo_days=runs.UNDO_DAYS,
        form=form,
        status=status,
    )
    if request.headers.get("hx-target") == "progress" and not busy:
        # the job is done: the page as a whole looks different now
        return Response(None, status_code=204, headers={"HX-Redirect": here})
    return response


@post("/staff/imports/{run:uuid}/choices", guards=STAFF, status_code=200)
async def choose(request: AnyRequest, run: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Read)
    if form.value is None:
        return await _show(request, await showing.run_for(run), form, 422)
    said = form.value
    before = await showing.run_for(run)
    known = targets(subject_named(before["subject"]))
    columns = {
        name.removeprefix("column-"): field
        for name, field in form.raw.items()
        if name.startswith("column-") and (field in known or field == "")
    }
    shown = {str(column["index"]) for column in before["found"].get("columns", [])}
    choices = Choices(
        script=said.script,
        sheet=said.sheet,
        titles=said.titles,
        columns={index: field for index, field in columns.items() if index in shown},
        take=said.people == "take",
    )
    return await _after(request, run, runs.choose(run, choices))


@post("/staff/imports/{run:uuid}/rows/{number:int}", guards=STAFF, status_code=200)
async def decide(request: AnyRequest, run: FromPath[UUID], number: FromPath[int]) -> Response[Any]:
    form = await read_form(request, forms.Decision)
    if form.value is None:
        raise Invalid
    back = f"?fate={form.value.fate}&after={form.value.after}" if form.value.fate in showing.FATES else ""
    return await _after(request, run, runs.decide(run, number, form.value.decision), back)


@post("/staff/imports/{run:uuid}/confirm", guards=STAFF, status_code=200)
async def confirm(request: AnyRequest, run: FromPath[UUID]) -> Response[Any]:
    return await _after(request, run, runs.confirm(run))


@post("/staff/imports/{run:uuid}/drop", guards=STAFF, status_code=200)
async def drop(request: AnyRequest, run: FromPath[UUID]) -> Response[Any]:
    await runs.drop(run)
    return done(request, to="/staff/imports", message=_("The import is given up; nothing was written."))


@post("/staff/imports/{run:uuid}/undo", guards=STAFF, status_code=200)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], run: FromPath[UUID]) -> Response[Any]:
    return await _after(request, run, runs.undo(actor, run))


async def _after(request: AnyRequest, run: UUID, act: Any, back: str = "") -> Response[Any]:
    """Do the act and show the import as it stands then; a refusal stands above it."""
    try:
        await act
    except (Invalid, NotReady) as error:
        form = Form[Any]()
        form.add_error("", error.phrase, **error.params)
        return await _show(request, await showing.run_for(run), form, error.status)
    return done(request, to=f"/staff/imports/{run}{back}")


@get("/staff/imports/{run:uuid}/faults/{form:str}", guards=STAFF)
async def faults(run: FromPath[UUID], form: FromPath[str]) -> Response[bytes]:
    """Every fault with row, column, value and reason, to be mended in the list itself."""
    found = await showing.run_for(run)
    if form not in MEDIA:
        raise NotFound
    async with drafted() as path:
        await showing.write_faults(run, path, form)  # type: ignore[arg-type]
        body = path.read_bytes()
    return _download(body, f"{found['name']} – {_('Faults')}.{form}", form)


@get("/staff/imports/empty", guards=STAFF)
async def empty(request: AnyRequest) -> Response[bytes]:
    """A table with titles and no rows, for those who begin a list: `what` says of what."""
    subject = subject_named(request.query_params.get("what", ORGANISATIONS))
    known = targets(subject)
    async with drafted() as path:
        with TableOut(path, "xlsx", [known[name] for name in subject.template]):
            pass
        body = path.read_bytes()
    return _download(body, f"{subject.label()}.xlsx", "xlsx")


def _subjects() -> list[tuple[str, str]]:
    return [(subject.name, subject.label()) for subject in subjects().values()]


def _download(body: bytes, name: str, form: str) -> Response[bytes]:
    headers = {"Content-Disposition": disposition(name, inline=False), "Cache-Control": "private, no-store"}
    return Response(body, media_type=MEDIA[form], headers=headers)


def _scripts(run: dict[str, Any]) -> list[str]:
    source = run["found"].get("source", {})
    if source.get("bytes") == "latin-1":
        return ["cp1258", "tcvn3", "vni", "viscii", "cp1252"]
    return ["as_is", "mojibake", "tcvn3", "vni"]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


router = Router(
    "/",
    route_handlers=[
        index, send, show, choose, decide, confirm, drop, undo, faults, empty, *routes_export.pages,
    ],
    include_in_schema=False,
)  # fmt: skip
