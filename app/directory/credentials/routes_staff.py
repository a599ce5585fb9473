"""The department's pages about credentials: the queue, one of them and its decision, entering one, the figures."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.files.keeping import FileRefused, draft_from
from app.core.files.uploads import DOCUMENT_BODY, upload_form
from app.core.forms import Form, filled, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, role
from app.directory.credentials import counting, deciding, forms, queue, rules
from app.directory.credentials.evidence import EVIDENCE, evidence_url
from app.directory.credentials.holders import holder_at
from app.directory.credentials.routes_own import choices, seen_version
from app.directory.curation import paging
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.credentials import CREDENTIAL_CHECKS
from app.directory.vocabulary.profiles import REGIMES

AnyRequest = Request[Any, Any, Any]

HERE = "/staff/credentials"
NOBODY_THERE = N_("No organisation or person has this address.")
MOST_ROWS = 50_000


@get(HERE, guards=[role("moderator")])
async def waiting(request: AnyRequest) -> Response[Any]:
    """What waits to be checked, the oldest first, and the other lists; with `on` the figures as of that day."""
    if "on" in request.query_params:
        return await _figures(request)
    plain = paging.asked(request, queue.SHOWN)
    kind = request.query_params.get("type", "")
    asked = queue.QueueAsked(
        path=plain.path,
        shown=plain.shown,
        offset=plain.offset,
        q=plain.q,
        kind=kind if kind in CREDENTIAL_TYPES else "",
    )
    return page(
        request,
        "directory/credentials/queue.html",
        queue=paging.cut(asked, await queue.credentials_queue(asked), queue.PAGE, queue.SHOWN),
        types=CREDENTIAL_TYPES.options(),
        form=filled({"type": asked.kind, "q": asked.q}),
    )


async def _page(request: AnyRequest, credential: UUID, form: Form[Any], status: int = 200) -> Response[Any]:
    found = await queue.credential_for(credential)
    return page(
        request,
        "directory/credentials/one.html",
        status=status,
        row=found,
        file_url=evidence_url(found["file"]),
        form=form,
        checks=CREDENTIAL_CHECKS.options(),
        type_label=CREDENTIAL_TYPES.label,
        today=rules.today(),
    )


@get(f"{HERE}/{{credential:uuid}}", guards=[role("moderator")])
async def one(request: AnyRequest, credential: FromPath[UUID]) -> Response[Any]:
    return await _page(request, credential, Form())


async def _decided(request: AnyRequest, credential: UUID, form: Form[Any], act: Any) -> Response[Any]:
    """Carry the act out; a refusal is shown on the page with what was typed."""
    try:
        await act
    except Invalid as error:
        return await _page(request, credential, form.take(error), 422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await _page(request, credential, form, 409)
    return done(request, to=HERE, message=_("Decided. The holder hears by mail."))


@post(f"{HERE}/{{credential:uuid}}/verify", guards=[role("moderator")], status_code=200)
async def verify(request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Verifying)
    if form.value is None:
        return await _page(request, credential, form, 422)
    version = seen_version(form.value.version)
    act = deciding.verify_credential(actor, credential, _verified(form.value), version=version)
    return await _decided(request, credential, form, act)


@post(f"{HERE}/{{credential:uuid}}/refuse", guards=[role("moderator")], status_code=200)
async def refuse(request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Refusing)
    if form.value is None:
        return await _page(request, credential, form, 422)
    version = seen_version(form.value.version)
    act = deciding.refuse_credential(actor, credential, form.value.reason, version=version)
    return await _decided(request, credential, form, act)


@post(f"{HERE}/{{credential:uuid}}/revoke", guards=[role("moderator")], status_code=200)
async def revoke(request: AnyRequest, actor: NamedDependency[Actor], credential: FromPath[UUID]) -> Response[Any]:
    form = await read_form(request, forms.Revoking)
    if form.value is None:
        return await _page(request, credential, form, 422)
    act = deciding.revoke_credential(actor, credential, form.value.revoked_on, form.value.ground)
    return await _decided(request, credential, form, act)


def _verified(given: forms.Verifying | forms.Entering) -> deciding.Verified:
    return deciding.Verified(
        how=given.how, note=given.note, register=given.register, supersedes=_number(given.supersedes)
    )


def _number(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


# --- entering -----------------------------------------------------------------------------------------------------


async def _enter_page(request: AnyRequest, form: Form[Any], *, draft: Any = None, status: int = 200) -> Response[Any]:
    replaced = _number(form.raw.get("supersedes", ""))
    offered = choices(person=False)
    return page(
        request,
        "directory/credentials/enter.html",
        status=status,
        form=form,
        draft=draft,
        replaced=await queue.credential_for(replaced) if replaced else None,
        checks=CREDENTIAL_CHECKS.options(),
        **{**offered, "types": CREDENTIAL_TYPES.options()},
    )


@get(f"{HERE}/new", guards=[role("moderator")])
async def enter_page(request: AnyRequest) -> Response[Any]:
    """Also as the successor of another one, whose holder and type it begins with."""
    replaced = _number(request.query_params.get("supersedes", ""))
    if replaced is None:
        return await _enter_page(request, filled({"holder": request.query_params.get("holder", "")[:200]}))
    old = await queue.credential_for(replaced)
    kind = "ste_2025" if old["credential_type"] == "ste_2019" else old["credential_type"]
    begun = {
        "supersedes": replaced, "holder": old["holder_href"], "credential_type": kind, "issuer": old["issuer"],
        "title_vi": old["title_vi"], "title_en": old["title_en"], "size_class": old["size_class"],
    }  # fmt: skip
    return await _enter_page(request, filled(begun))


@post(f"{HERE}/new", guards=[role("moderator")], status_code=200, request_max_body_size=DOCUMENT_BODY)
async def enter(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    async with upload_form(request, forms.Entering, {"evidence": EVIDENCE.most_bytes}) as (form, files):
        draft, status = None, 422
        try:
            draft = await draft_from(actor, form, files, "evidence", EVIDENCE.name)
        except FileRefused as refusal:
            form.take(refusal)
        holder = await holder_at(form.raw.get("holder", "")[:300])
        if holder is None:
            form.add_error("holder", NOBODY_THERE)
        if form.value is not None and holder is not None:
            given = form.value
            try:
                made = await deciding.enter_credential(actor, holder, given.stated(), _verified(given), draft)
            except Invalid as error:
                form.take(error)
            except Conflict as error:
                form.add_error("", error.phrase)
                status = 409
            else:
                return done(request, to=f"{HERE}/{made}", message=_("Entered. The holder hears by mail."))
        return await _enter_page(request, form, draft=draft, status=status)


# --- figures ------------------------------------------------------------------------------------------------------


def _day(request: AnyRequest) -> date:
    try:
        found = date.fromisoformat(request.query_params.get("on", ""))
    except ValueError:
        return rules.today()
    return found if rules.OLDEST <= found <= rules.FURTHEST else rules.today()


def _behind(request: AnyRequest) -> counting.Rows:
    query = request.query_params
    kind, regime, fate = query.get("type", ""), query.get("regime", ""), query.get("fate", "")
    return counting.Rows(
        day=_day(request),
        credential_type=kind if kind in CREDENTIAL_TYPES else "",
        regime=regime if regime in REGIMES else "",
        fate=fate if fate in counting.FATES else "",
    )


def _rows_url(asked: counting.Rows, path: str = "rows", offset: int = 0) -> str:
    pairs = {"type": asked.credential_type, "regime": asked.regime, "fate": asked.fate, "from": offset}
    kept = {name: value for name, value in pairs.items() if value}
    return f"{HERE}/{path}?{urlencode({'on': asked.day.isoformat(), **kept})}"


async def _figures(request: AnyRequest) -> Response[Any]:
    """Issued, valid, run out, revoked and replaced, by type and basis, as of a day."""
    day = _day(request)
    counts = await counting.counts_on(day)
    return page(
        request,
        "directory/credentials/figures.html",
        day=day,
        today=rules.today(),
        counts=counts,
        total=counting.total_of(counts),
        fates={name: phrase.text() for name, phrase in counting.FATES.items()},
        rows_url=lambda count, fate: _rows_url(
            counting.Rows(day=day, credential_type=count.credential_type, regime=count.regime, fate=fate)
        ),
        form=filled({"on": day}),
    )


@get(f"{HERE}/figures.csv", guards=[role("moderator")])
async def figures_csv(request: AnyRequest) -> Response[Any]:
    day = _day(request)
    return _csv(counting.counts_as_cells(await counting.counts_on(day)), f"credentials-{day}.csv")


@get(f"{HERE}/rows", guards=[role("moderator")])
async def rows(request: AnyRequest) -> Response[Any]:
    """The certificates behind one figure."""
    asked = _behind(request)
    start = request.query_params.get("from", "")
    offset = min(int(start), MOST_ROWS) if start.isascii() and start.isdigit() and len(start) < 9 else 0
    found = await counting.rows_behind(asked, offset=offset)
    return page(
        request,
        "directory/credentials/rows.html",
        asked=asked,
        rows=found[: counting.PAGE],
        fates={name: phrase.text() for name, phrase in counting.FATES.items()},
        type_label=CREDENTIAL_TYPES.label(asked.credential_type),
        basis=REGIMES.label(asked.regime),
        csv_url=_rows_url(asked, "rows.csv"),
        previous=_rows_url(asked, offset=max(offset - counting.PAGE, 0)) if offset else None,
        next=_rows_url(asked, offset=offset + counting.PAGE) if len(found) > counting.PAGE else None,
    )


@get(f"{HERE}/rows.csv", guards=[role("moderator")])
async def rows_csv(request: AnyRequest) -> Response[Any]:
    asked = _behind(request)
    found = await counting.rows_behind(asked, limit=MOST_ROWS)
    return _csv(counting.rows_as_cells(found), f"credentials-rows-{asked.day}.csv")


def _csv(lines: Iterable[list[str]], name: str) -> Response[Any]:
    """A file that spreadsheets open with its letters right."""
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    return Response(
        ("\ufeff" + file.getvalue()).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


handlers = [
    *(waiting, one, verify, refuse, revoke, enter_page, enter),
    *(figures_csv, rows, rows_csv),
]
