"""Pages on which members write: a new organisation, the edit page and its sections, wards to choose from."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.clock import now
from app.core.errors import Invalid, NotFound
from app.core.forms import Form, filled, raw_form
from app.core.i18n import _
from app.core.web import Actor, done, page, public, signed_in, wants_fragment
from app.directory import access, editing, notes, places, profiles
from app.directory import vocabulary as terms
from app.directory.curation import duplicates
from app.directory.details import details_of
from app.directory.fields import FIELDS, SECTIONS, collections_for
from app.directory.fields.forms import options_of, read_fields
from app.directory.notes import notes_of
from app.directory.profile_fields import Values
from app.directory.rows import rows_of, title_of
from app.directory.vocabulary.profiles import SOURCES

AnyRequest = Request[Any, Any, Any]

NEW = ("name", "website", "enterprise_code", "kinds", "sectors", "country", "province_code", "summary_vi", "summary_en")
"""What is asked of a new organisation; everything else can be said later."""


@get("/organisations", guards=[signed_in])
async def mine(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """The organisations that I belong to."""
    found = await access.organisations_of(actor)
    return page(request, "directory/mine.html", found=found, terms=terms, place_label=places.place_label)


@get("/organisations/new", guards=[signed_in])
async def new_page(request: AnyRequest) -> Response[str]:
    form = filled({"country": places.VIETNAM, "kinds": request.query_params.getall("kind", [])})
    return _new(request, form)


@post("/organisations/new", guards=[signed_in], status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form, values = read_fields([FIELDS[name] for name in NEW], await raw_form(request))
    if not form.phrases and not form.raw.get("anyway"):
        likely = await duplicates.likely(
            values.get("name") or "",
            website=values.get("website") or "",
            enterprise_code=values.get("enterprise_code") or "",
        )
        if likely:
            return _new(request, form, status=422, likely=likely)
    if not form.phrases:
        try:
            saved = await profiles.create_organisation(actor, values)
        except Invalid as error:
            form.take(error)
        else:
            return done(
                request, to=f"/organisations/{saved.slug}/edit", message=_("Your organisation is in the directory.")
            )
    return _new(request, form, status=422)


def _new(request: AnyRequest, form: Form[Any], status: int = 200, likely: Sequence[Values] = ()) -> Response[Any]:
    """The form; with the organisations that it may repeat, to which creating it all the same is a choice."""
    fields = [FIELDS[name] for name in NEW]
    labels = {field.name: field.label() for field in fields}
    return page(
        request,
        "directory/new.html",
        status=status,
        form=form,
        fields=fields,
        labels=labels,
        options_of=options_of,
        likely=likely,
        terms=terms,
        place_label=places.place_label,
    )


@get("/organisations/{slug:str}/edit", guards=[signed_in])
async def edit_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """All sections, each a form of its own, and all lists. Strangers do not find the page."""
    seen = await access.editable_organisation_for(actor, slug)
    return await edit_drawn(request, seen)


@post("/organisations/{slug:str}/edit/{section:str}", guards=[signed_in], status_code=200)
async def save(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], section: FromPath[str]
) -> Response[Any]:
    """Save one section, by its button or by itself while somebody types.

    When somebody changed the same fields meanwhile, both versions are shown and nothing typed is lost.
    """
    seen = await access.editable_organisation_for(actor, slug)
    if section not in SECTIONS:
        raise NotFound
    raw = await raw_form(request)
    form, values = editing.read_section(section, raw)
    alone = wants_fragment(request)
    clash = ""
    if not form.phrases:
        try:
            saved = await profiles.edit_organisation(actor, seen.id, values, version=_version(form))
        except Invalid as error:
            form.take(error)
        except profiles.ChangedMeanwhile as error:
            clash = error.text()
            seen = msgspec.structs.replace(seen, row=error.row)
        else:
            if alone:
                return _state(request, section, version=saved.version, saved_at=now(), slug=saved.slug)
            return done(request, to=f"/organisations/{saved.slug}/edit#{section}", message=_("Saved."))
    if alone:
        return _state(request, section, form=form, clash=clash, status=422, slug=slug)
    return await edit_drawn(request, seen, section=section, form=form, clash=clash, status=409 if clash else 422)


def _version(form: Form[Any]) -> int:
    text = form.raw.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _state(request: AnyRequest, section: str, *, slug: str, status: int = 200, **context: Any) -> Response[str]:
    """The line that says whether a section is saved: all that comes back while somebody types."""
    context = {"form": None, "clash": "", "version": None, "saved_at": None, **context}
    labels = editing.labels_of(section)
    return page(
        request, "directory/edit/state.html", status=status, section=section, slug=slug, labels=labels, **context
    )


async def edit_drawn(
    request: AnyRequest,
    seen: access.Seen,
    *,
    section: str = "",
    form: Form[Any] | None = None,
    clash: str = "",
    status: int = 200,
) -> Response[Any]:
    """The edit page; `section` with what was typed there where it could not be saved."""
    row = {**seen.row, **await details_of(seen.id)}
    lists = await rows_of(seen.id, [collection.name for collection in collections_for(row["kinds"])])
    known = await notes_of(seen.id)
    sections = editing.typed_sections(row["kinds"])
    stored = {one.name: editing.section_form(one.name, row) for one in sections}
    return page(
        request,
        "directory/edit.html",
        status=status,
        seen=seen,
        row=row,
        sections=sections,
        collections=collections_for(row["kinds"]),
        lists=lists,
        title_of=title_of,
        form_of={**stored, section: form} if form is not None else stored,
        stored=stored,
        fields_of=editing.typed_fields,
        labels_of=editing.labels_of,
        options_of=options_of,
        seen_by=editing.seen_by,
        behind=editing.behind,
        notes=known,
        terms=terms,
        sources=SOURCES,
        complete=editing.completeness(row, lists, f"/organisations/{seen.slug}/edit"),
        open_section=section,
        clash=clash,
        wards=_wards_of(stored["place"] if section != "place" or form is None else form),
    )


def _wards_of(form: Form[Any]) -> list[tuple[str, str]]:
    """Every ward of the chosen province, so that the page works without scripts."""
    province = form.raw.get("province_code", "")
    found = [ward for ward in places.wards().values() if ward.province_code == province]
    return [(ward.code, ward.name) for ward in sorted(found, key=lambda ward: terms.words(ward.name))]


@get("/places/wards", opt=public)
async def wards(request: AnyRequest) -> Response[Any]:
    """Wards to choose from: those of a province, or those whose name has the words of `q`."""
    province = request.query_params.get("province_code", "")[:2]
    text = request.query_params.get("q", "")[:80]
    known = province if province in places.provinces() else None
    if text:
        found = [(ward.code, ward.name) for ward in places.find_wards(text, known)]
    else:
        found = _wards_of(filled({"province_code": known or ""}))
    return page(request, "directory/wards.html", fragment="wards", form=Form(), wards=found, chosen="")


@post("/organisations/{slug:str}/confirm", guards=[signed_in], status_code=200)
async def confirm(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """ "Still true" in one click."""
    seen = await access.editable_organisation_for(actor, slug)
    await notes.confirm(actor, seen.id)
    return done(request, to=f"/organisations/{seen.slug}", message=_("Thank you: confirmed as of today."))


handlers = [mine, new_page, create, edit_page, save, wards, confirm]
