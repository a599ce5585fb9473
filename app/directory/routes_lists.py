"""Pages on which members write the lists of a profile, choose who sees what, and say that all is still true."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid, NotFound
from app.core.forms import NOT_A_CHOICE, Form, raw_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in
from app.directory import access, editing, notes, places, rows
from app.directory.fields import Collection, collections_for, fields_for
from app.directory.fields.forms import form_of, options_of
from app.directory.seeing import tier_of
from app.directory.vocabulary.profiles import TIERS

AnyRequest = Request[Any, Any, Any]


@get("/organisations/{slug:str}/edit/lists/{collection:str}", guards=[signed_in])
async def new_row(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], collection: FromPath[str]
) -> Response[Any]:
    """A form for a new row of a list."""
    seen = await access.editable_organisation_for(actor, slug)
    kind = rows.collection_named(collection)
    return _row_page(request, seen, kind, form_of(kind.fields, _first_values(kind)))


def _first_values(kind: Collection) -> dict[str, Any]:
    names = {field.name for field in kind.fields}
    wanted = {"country": places.VIETNAM, "strength": "prefer", "open_to_others": True}
    return {name: value for name, value in wanted.items() if name in names}


@post("/organisations/{slug:str}/edit/lists/{collection:str}", guards=[signed_in], status_code=200)
async def add(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], collection: FromPath[str]
) -> Response[Any]:
    seen = await access.editable_organisation_for(actor, slug)
    kind = rows.collection_named(collection)
    form, values = editing.read_row(kind, await raw_form(request))
    if not form.phrases:
        try:
            await rows.add_row(actor, seen.id, kind.name, values)
        except Invalid as error:
            form.take(error)
        except rows.TooManyRows as error:
            form.take(Invalid(error.message))
        else:
            return _back(request, seen, kind, _("Added."))
    return _row_page(request, seen, kind, form, status=422)


@get("/organisations/{slug:str}/edit/lists/{collection:str}/{row_id:uuid}", guards=[signed_in])
async def row_page(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    collection: FromPath[str],
    row_id: FromPath[UUID],
) -> Response[Any]:
    seen = await access.editable_organisation_for(actor, slug)
    kind = rows.collection_named(collection)
    found = [row for row in (await rows.rows_of(seen.id, [kind.name]))[kind.name] if row["id"] == row_id]
    if not found:
        raise NotFound
    opened = Opened(row_id, found[0]["updated_at"].isoformat())
    return _row_page(request, seen, kind, form_of(kind.fields, found[0]), opened)


@post("/organisations/{slug:str}/edit/lists/{collection:str}/{row_id:uuid}", guards=[signed_in], status_code=200)
async def change(
    request: AnyRequest,
    actor: NamedDependency[Actor],
    slug: FromPath[str],
    collection: FromPath[str],
    row_id: FromPath[UUID],
) -> Response[Any]:
    """Save a row, take it off its list, bring it back, or move it: whichever button was pressed."""
    seen = await access.editable_organisation_for(actor, slug)
    kind = rows.collection_named(collection)
    raw = await raw_form(request)
    act = raw.get("act", ["save"])[0]
    if act == "end":
        await rows.end_row(actor, seen.id, kind.name, row_id)
        return _back(request, seen, kind, _("Removed. You can bring it back from the history."))
    if act == "back":
        await rows.bring_back(actor, seen.id, kind.name, row_id)
        return _back(request, seen, kind, _("It is back."))
    if act in ("up", "down"):
        await _move(actor, seen, kind, row_id, -1 if act == "up" else 1)
        return _back(request, seen, kind, None)
    form, values = editing.read_row(kind, raw)
    opened = Opened(row_id, form.raw.get("as_of", "")[:40])
    if form.phrases:
        return _row_page(request, seen, kind, form, opened, status=422)
    try:
        moment = await rows.bring_back(actor, seen.id, kind.name, row_id) if act == "revive" else None
        basis = rows.Basis(opened_at=moment or _moment(opened.as_of))
        await rows.edit_row(actor, seen.id, kind.name, row_id, values, basis)
    except Invalid as error:
        return _row_page(request, seen, kind, form.take(error), opened, status=422)
    except rows.RowChangedMeanwhile as error:
        theirs = editing.row_told(kind, error.row, error.differ)
        opened = Opened(row_id, error.row["updated_at"].isoformat(), error.text(), theirs)
    except (rows.RowRemoved, rows.TooManyRows) as error:
        opened = Opened(row_id, opened.as_of, error.text(), removed=True)
    else:
        return _back(request, seen, kind, _("Saved."))
    return _row_page(request, seen, kind, form, opened, status=409)


class Opened(msgspec.Struct, frozen=True):
    """The row that a form is about, when it was changed last as the form knows it, and what stands in the way."""

    id: UUID | None = None
    as_of: str = ""
    clash: str = ""
    theirs: list[tuple[str, str]] = []
    removed: bool = False


def _moment(text: str) -> datetime | None:
    """When the row had been changed last as its form was drawn; a moment that never was for what is not ours."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


async def _move(actor: Actor, seen: access.Seen, kind: Collection, row_id: UUID, step: int) -> None:
    ids = [row["id"] for row in (await rows.rows_of(seen.id, [kind.name]))[kind.name]]
    if row_id not in ids:
        raise NotFound
    place = ids.index(row_id)
    ids.insert(min(max(place + step, 0), len(ids) - 1), ids.pop(place))
    await rows.order_rows(actor, seen.id, kind.name, ids)


def _back(request: AnyRequest, seen: access.Seen, kind: Collection, message: str | None) -> Response[Any]:
    return done(request, to=f"/organisations/{seen.slug}/edit#list-{kind.name}", message=message)


def _row_page(
    request: AnyRequest,
    seen: access.Seen,
    kind: Collection,
    form: Form[Any],
    opened: Opened = Opened(),  # noqa: B008  frozen
    *,
    status: int = 200,
) -> Response[Any]:
    return page(
        request,
        "directory/edit/row.html",
        status=status,
        seen=seen,
        kind=kind,
        form=form,
        opened=opened,
        options_of=options_of,
        seen_by=editing.seen_by(seen.row, kind),
        labels={field.name: field.label() for field in kind.fields},
        wards=_wards(form),
    )


def _wards(form: Form[Any]) -> list[tuple[str, str]]:
    province = form.raw.get("province_code", "")
    return [(ward.code, ward.name) for ward in places.wards().values() if province and ward.province_code == province]


@get("/organisations/{slug:str}/visibility", guards=[signed_in])
async def visibility(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Who sees which field and list, all on one page."""
    return _visibility_page(request, await access.editable_organisation_for(actor, slug), Form())


def _visibility_page(request: AnyRequest, seen: access.Seen, form: Form[Any], status: int = 200) -> Response[Any]:
    kinds = seen.row["kinds"]
    return page(
        request,
        "directory/visibility.html",
        status=status,
        form=form,
        labels={name: what.label() for name, what in notes.CHOOSABLE.items()},
        seen=seen,
        sections=editing.typed_sections(kinds),
        fields=[field for field in fields_for(kinds) if field.name in notes.CHOOSABLE],
        collections=[kind for kind in collections_for(kinds) if kind.name in notes.CHOOSABLE],
        chosen=lambda what: _chosen(form, what.name) or str(int(tier_of(what, seen.row["tiers"]))),
        options=TIERS.options()[:4],
        usual={name for name, what in notes.CHOOSABLE.items() if tier_of(what, seen.row["tiers"]) == what.tier},
    )


@post("/organisations/{slug:str}/visibility", guards=[signed_in], status_code=200)
async def show_to(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Choose who sees a field or list; several may be sent at once, each under its own name."""
    seen = await access.editable_organisation_for(actor, slug)
    raw = await raw_form(request)
    form: Form[Any] = Form({name: texts for name, texts in raw.items() if name in notes.CHOOSABLE})
    for name in form.raw:
        if not _chosen(form, name):
            form.add_error(name, NOT_A_CHOICE)
    if form.phrases:
        return _visibility_page(request, seen, form, status=422)
    wanted = {name: int(text) for name, text in form.raw.items()}
    await notes.set_tiers(actor, seen.id, wanted)
    return done(request, to=f"/organisations/{seen.slug}/visibility", message=_("Saved."))


def _chosen(form: Form[Any], name: str) -> str:
    """The tier that was chosen, "" for what is none."""
    text = form.raw.get(name, "")
    return text if text in ("0", "1", "2", "3") else ""


handlers = [new_row, add, row_page, change, visibility, show_to]
