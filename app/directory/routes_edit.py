"""Pages on which members write: a new organisation, the edit page and its sections, wards to choose from."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Invalid, NotFound
from app.core.forms import Form, filled, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, public, signed_in
from app.directory import access, forms, notes, places, profiles
from app.directory import vocabulary as terms
from app.directory.profile_fields import CURRENCIES, Values

AnyRequest = Request[Any, Any, Any]

TITLES = {
    "identity": N_("Name and contact"),
    "texts": N_("In your words"),
    "market": N_("Market and stage"),
    "place": N_("Place"),
    "raising": N_("Raising now"),
    "investing": N_("What you invest in"),
    "needs": N_("What you need and offer"),
    "support": N_("Kind of support"),
}


def choices() -> Values:
    """What the fields of the forms can be chosen from, in the current language."""
    return {
        "kinds": terms.KINDS.options(),
        "sectors": terms.SECTORS.options(),
        "technologies": terms.TECHNOLOGIES.options(),
        "business_models": terms.BUSINESS_MODELS.options(),
        "customers": terms.CUSTOMERS.options(),
        "stages": terms.STAGES.options(),
        "product_stages": terms.PRODUCT_STAGES.options(),
        "trl": terms.TRL.options(),
        "needs": terms.NEEDS.options(),
        "raising_rounds": terms.RAISING_ROUNDS.options(),
        "rounds": terms.RAISING_ROUNDS.options(),
        "investor_types": terms.INVESTOR_TYPES.options(),
        "support_types": terms.SUPPORT_TYPES.options(),
        "countries": places.country_options(),
        "provinces": [(province.code, province.short_name) for province in places.provinces().values()],
        "us_states": list(places.US_STATES.items()),
        "geographies": _geographies(),
        "currencies": [(code, code) for code in CURRENCIES],
    }


NEAR = ("VN", "SG", "TH", "ID", "MY", "PH", "KH", "LA", "JP", "KR", "CN", "TW", "AU", "US", "DE", "FR", "GB")
"""Countries that investors of the region name; provinces of Vietnam follow them."""


def _geographies() -> list[tuple[str, str]]:
    near = [(code, places.country_label(code)) for code in NEAR]
    return near + [(province.region, province.short_name) for province in places.provinces().values()]


@get("/organisations", guards=[signed_in])
async def mine(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[str]:
    """The organisations that I belong to."""
    found = await access.organisations_of(actor)
    return page(request, "directory/mine.html", found=found, terms=terms, place_label=places.place_label)


@get("/organisations/new", guards=[signed_in])
async def new_page(request: AnyRequest) -> Response[str]:
    form = filled({"country": places.VIETNAM, "kinds": request.query_params.getall("kind", [])})
    return page(request, "directory/new.html", form=form, choices=choices())


@post("/organisations/new", guards=[signed_in], status_code=200)
async def create(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.NewOrganisation)
    if form.value is not None:
        try:
            saved = await profiles.create_organisation(actor, forms.values_of(form)[0])
        except Invalid as error:
            form.take(error)
        else:
            return done(
                request, to=f"/organisations/{saved.slug}/edit", message=_("Your organisation is in the directory.")
            )
    return page(request, "directory/new.html", status=422, form=form, choices=choices())


@get("/organisations/{slug:str}/edit", guards=[signed_in])
async def edit_page(request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str]) -> Response[Any]:
    """All sections, each a form of its own. Strangers do not find the page."""
    seen = await access.editable_organisation_for(actor, slug)
    return await _edit(request, seen)


@post("/organisations/{slug:str}/edit/{section:str}", guards=[signed_in], status_code=200)
async def save(
    request: AnyRequest, actor: NamedDependency[Actor], slug: FromPath[str], section: FromPath[str]
) -> Response[Any]:
    """Save one section. When somebody saved meanwhile, both versions are shown and nothing typed is lost."""
    seen = await access.editable_organisation_for(actor, slug)
    if section not in forms.SECTIONS:
        raise NotFound
    form = await read_form(request, forms.SECTIONS[section])
    version = form.raw.get("version", "")
    if form.value is not None:
        try:
            values, mandate = forms.values_of(form)
            saved = await profiles.edit_organisation(
                actor,
                seen.id,
                values,
                version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
                mandate=mandate,
            )
        except Invalid as error:
            form.take(_as_named_in_the_form(error) if section == "investing" else error)
        except profiles.ChangedMeanwhile as error:
            seen = access.Seen(row=error.row, role=seen.role, admin=seen.admin)
            return await _edit(request, seen, section=section, form=form, clash=error.text(), status=409)
        else:
            return done(request, to=f"/organisations/{saved.slug}/edit#{section}", message=_("Saved."))
    return await _edit(request, seen, section=section, form=form, status=422)


def _as_named_in_the_form(error: Invalid) -> Invalid:
    """The mandate's stages and sectors have names of their own in the form, for the profile has both too."""
    names = {"stages": "mandate_stages", "sectors": "mandate_sectors"}
    return Invalid(fields={names.get(name, name): phrase for name, phrase in error.fields.items()}, **error.params)


async def _edit(
    request: AnyRequest,
    seen: access.Seen,
    *,
    section: str = "",
    form: Form[Any] | None = None,
    clash: str = "",
    status: int = 200,
) -> Response[Any]:
    mandate = await profiles.mandate_of(seen.id) if "investor" in seen.row["kinds"] else None
    stored = forms.form_of(seen.row, mandate)
    return page(
        request,
        "directory/edit.html",
        status=status,
        seen=seen,
        row=seen.row,
        sections=[(name, TITLES[name].text()) for name in forms.sections_for(seen.row["kinds"])],
        form_of={name: form if form is not None and name == section else stored for name in forms.SECTIONS},
        stored=stored,
        open_section=section,
        clash=clash,
        choices=choices(),
        ward=places.ward_of(seen.row["ward_code"], seen.row["province_code"]),
        wards=_wards_of(stored if section != "place" or form is None else form),
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
