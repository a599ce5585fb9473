"""Pages on which members write: a new organisation, the edit page and its sections, wards to choose from."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.clock import now
from app.core.errors import Invalid, NotFound
from app.core.files.keeping import Draft, FileRefused, draft_from
from app.core.files.uploads import PICTURE_BODY, upload_form
from app.core.forms import Form, filled, raw_form
from app.core.i18n import _
from app.core.web import Actor, done, page, public, signed_in, wants_fragment
from app.directory import access, becoming, editing, forms, notes, origins, own, pictures, places, profiles
from app.directory import vocabulary as terms
from app.directory.curation import duplicates
from app.directory.details import details_of
from app.directory.fields import FIELDS, SECTIONS, collections_for
from app.directory.fields.forms import options_of, read_fields
from app.directory.notes import notes_of
from app.directory.profile_fields import Values
from app.directory.rows import rows_of, title_of
from app.directory.seeing import tier_of
from app.directory.vocabulary.profiles import SOURCES

AnyRequest = Request[Any, Any, Any]

NEW = ("name", "website", "enterprise_code", "kinds", "sectors", "country", "province_code", "summary_vi", "summary_en")
"""What is asked of a new organisation; everything else can be said later."""


@get("/organisations", guards=[signed_in])
async def mine(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """The organisations that I belong to."""
    found = await own.own_of(actor)
    return page(
        request,
        "directory/mine.html",
        found=found,
        terms=terms,
        standings=own.STANDINGS,
        place_label=places.place_label,
    )


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
    return await edit_drawn(request, actor, seen)


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
    form, values = editing.read_section(section, await raw_form(request))
    alone = wants_fragment(request)
    theirs: Values | None = None
    if not form.phrases:
        try:
            saved = await profiles.edit_organisation(actor, seen.id, values, version=_version(form))
        except Invalid as error:
            form.take(error)
        except profiles.ChangedMeanwhile as error:
            theirs, clash = {**error.row, **await details_of(seen.id)}, error.text()
        else:
            if alone:
                return await _saved(request, actor, seen, section, saved)
            return done(request, to=f"/organisations/{saved.slug}/edit#{section}", message=_("Saved."))
    if alone and theirs is not None:
        differ = editing.told_apart(section, theirs, form)
        return _state(request, seen, section, status=422, clash=clash, theirs=differ, over=theirs["version"])
    if alone:
        return _state(request, seen, section, status=422, form=form)
    if theirs is not None:
        seen = msgspec.structs.replace(seen, row=theirs)
        return await edit_drawn(request, actor, seen, Typed(section, form, clash), status=409)
    return await edit_drawn(request, actor, seen, Typed(section, form), status=422)


def _version(form: Form[Any]) -> int:
    """The version that the section was opened at, or the one that somebody chose to write over."""
    text = form.raw.get("over") or form.raw.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def _saved(
    request: AnyRequest, actor: Actor, seen: access.Seen, section: str, saved: profiles.Saved
) -> Response[str]:
    """What comes back of a section that saved itself: when, and how complete the profile is now."""
    found = await access.organisation_by_id_for(actor, saved.id)
    row = {**found.row, **await details_of(saved.id)}
    lists = await rows_of(saved.id, [collection.name for collection in collections_for(row["kinds"])])
    return _state(
        request,
        found,
        section,
        version=saved.version,
        saved_at=now(),
        other_kinds=set(row["kinds"]) != set(seen.row["kinds"]),
        complete=editing.completeness(row, lists, f"/organisations/{saved.slug}/edit"),
    )


def _state(request: AnyRequest, seen: access.Seen, section: str, *, status: int = 200, **context: Any) -> Response[str]:
    """The line that says whether a section is saved: all that comes back while somebody types."""
    nothing = {"form": None, "clash": "", "version": None, "saved_at": None, "other_kinds": False, "complete": None}
    return page(
        request,
        "directory/edit/state.html",
        status=status,
        section=section,
        slug=seen.slug,
        labels=editing.labels_of(section),
        **{"theirs": (), "over": 0, **nothing, **context},
    )


@post(
    "/organisations/{slug:str}/edit/pictures", guards=[signed_in], status_code=200, request_max_body_size=PICTURE_BODY
)
async def change_pictures(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """Logo and cover, both or one; what is well is kept for the next try when the other one is refused."""
    seen = await access.editable_organisation_for(actor, slug)
    limits = {name: purpose.most_bytes for name, purpose in pictures.PURPOSES.items()}
    async with upload_form(request, forms.Pictures, limits) as (form, files):
        given: dict[str, Draft | None] = {}
        for name in pictures.PURPOSES:
            try:
                draft = await draft_from(actor, form, files, name, name)
            except FileRefused as refusal:
                form.take(refusal)
                continue
            if draft or form.raw.get(f"remove_{name}") == "1":
                given[name] = draft
        if form.phrases:
            drafts = {name: draft for name, draft in given.items() if draft}
            return await edit_drawn(request, actor, seen, Typed("pictures", form, drafts=drafts), status=422)
        await pictures.change_pictures(actor, seen.id, given)
    return done(request, to=f"/organisations/{seen.slug}/edit#pictures", message=_("Saved."))


class Typed(msgspec.Struct, frozen=True):
    """What could not be saved of the edit page: the section, its form as it was typed, and why."""

    section: str = ""
    form: Form[Any] = msgspec.field(default_factory=Form)
    clash: str = ""
    drafts: dict[str, Draft] = {}


async def edit_drawn(
    request: AnyRequest, actor: Actor, seen: access.Seen, typed: Typed | None = None, *, status: int = 200, **more: Any
) -> Response[Any]:
    """The edit page; with what was typed where it could not be saved."""
    typed = typed or Typed()
    row = {**seen.row, **await details_of(seen.id)}
    lists = await rows_of(seen.id, [collection.name for collection in collections_for(row["kinds"])])
    known = await notes_of(seen.id)
    project = "project" in row["kinds"]
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
        form_of={**stored, typed.section: typed.form},
        stored=stored,
        fields_of=editing.typed_fields,
        groups_of=editing.groups_of,
        filled_of=editing.filled_of,
        labels_of=editing.labels_of,
        options_of=options_of,
        tier_of=lambda field: int(tier_of(field, row["tiers"])),
        picture_form=typed.form if typed.section == "pictures" else Form(),
        drafts=typed.drafts,
        linked={"host": None, "became": None, **(await becoming.linked_to(row) if project else {})},
        enterprises=await becoming.owned_by(actor, seen.id) if project and not row["became"] else [],
        seen_by=editing.seen_by,
        behind=editing.behind,
        notes=known,
        terms=terms,
        sources=SOURCES,
        complete=editing.completeness(row, lists, f"/organisations/{seen.slug}/edit"),
        open_section=typed.section,
        clash=typed.clash,
        wards=_wards_of(typed.form if typed.section == "place" else stored["place"]),
        **{"candidates": (), **more},
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
    """ "Still true" in one click: of everything, or of one section or list."""
    seen = await access.editable_organisation_for(actor, slug)
    part = (await raw_form(request)).get("part", [""])[0]
    fields = origins.fields_behind(part)
    if part and not fields:
        raise NotFound
    await notes.confirm(actor, seen.id, fields or None)
    return done(request, to=f"/organisations/{seen.slug}", message=_("Thank you: confirmed as of today."))


handlers = [mine, new_page, create, edit_page, save, change_pictures, wards, confirm]
