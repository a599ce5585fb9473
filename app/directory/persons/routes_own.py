"""Pages of one's own public profile: sections that save by themselves, photo, who sees what, listing, history."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid, NotFound
from app.core.files.keeping import FileRefused, draft_from
from app.core.files.uploads import PICTURE_BODY, upload_form
from app.core.forms import Form, raw_form, read_form
from app.core.i18n import _
from app.core.web import Actor, done, page, signed_in, wants_fragment
from app.directory import vocabulary as terms
from app.directory.fields import PERSON_FIELDS, PERSON_SECTIONS, Field
from app.directory.fields.forms import form_of, options_of, read_fields
from app.directory.persons import (
    access,
    conflicts,
    forms,
    grants,
    history,
    listing,
    pairs,
    profile,
    proposals,
    role,
    team,
    views,
)
from app.directory.persons.completeness import completeness_of
from app.directory.persons.conduct import CONDUCT
from app.directory.persons.photo import PHOTO
from app.directory.seeing import Viewer, tier_of
from app.directory.vocabulary.persons import CONFLICT_GROUNDS, EXPERTISE_LEVELS
from app.directory.vocabulary.profiles import TIERS
from app.people.rights import consent
from app.people.rights.purposes import PURPOSES

AnyRequest = Request[Any, Any, Any]

HERE = "/account/profile"
FIELDS_OF = {
    section.name: [field for field in PERSON_FIELDS.values() if field.section == section.name and field.type != "file"]
    for section in PERSON_SECTIONS
}
GROUPS_OF = {
    name: [
        [field, *(other for other in fields if field.pair and other.pair == field.pair and other.half == "en")]
        for field in fields
        if field.half != "en"
    ]
    for name, fields in FIELDS_OF.items()
}
"""The two languages of a text side by side."""
CHOSEN_TIERS = tuple(field for field in PERSON_FIELDS.values() if not field.fixed and field.half != "en")
"""The fields whose readers one chooses; the two halves of a text have one choice."""


async def own(actor: Actor) -> access.Seen:
    """One's own profile, empty where there is none yet."""
    return await access.own_profile(actor) or access.Seen(
        row=_empty(actor), viewer=Viewer(member=True), listed=False, own=True
    )


def _empty(actor: Actor) -> access.Row:
    row: access.Row = {name: field.empty for name, field in PERSON_FIELDS.items()}
    nothing = ("listed_at", "hidden_at", "hidden_reason", "confirmed_at", "role_id", "conduct_accepted_at", "vetted_at")
    row |= dict.fromkeys((*nothing, "paused_at", "updated_at"))
    return row | {"person": actor.person_id, "name": actor.name, "slug": "", "tiers": {}, "version": 0,
                  "conduct_version": "", "sample": False}  # fmt: skip


@get(HERE, guards=[signed_in])
async def edit_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await draw(request, actor)


async def draw(
    request: AnyRequest,
    actor: Actor,
    *,
    section: str = "",
    form: Form[Any] | None = None,
    status: int = 200,
    **more: Any,
) -> Response[Any]:
    """The page; with a `section` and its `form` as it was typed. HTMX gets what came of saving that section."""
    seen = await own(actor)
    row = seen.row
    known = await role.expertise_of(actor.person_id)
    context: dict[str, Any] = {
        "seen": seen,
        "row": row,
        "sections": PERSON_SECTIONS,
        "fields_of": FIELDS_OF,
        "groups_of": GROUPS_OF,
        "filled_of": lambda name: _filled(name, row),
        "form_of": {name: form_of(fields, row) for name, fields in FIELDS_OF.items()},
        "options_of": options_of,
        "open_section": section,
        "form": form or Form(),
        "no_form": Form(),
        "complete": completeness_of(row, len(known), mentor=row["role_id"] is not None),
        "has_role": row["role_id"] is not None,
        "conduct": CONDUCT,
    }
    if section and form is not None and section in FIELDS_OF:
        context["form_of"][section] = form
    if not wants_fragment(request):
        context |= await _beside(actor, seen, known, more)
    return page(request, "directory/persons/edit.html", fragment="saved", status=status, **context)


def _filled(section: str, row: access.Row) -> tuple[int, int]:
    """How many fields of a section are filled, of how many; a text counts once for both languages."""
    groups = GROUPS_OF[section]
    filled = sum(any(row[field.name] not in (None, "", []) for field in group) for group in groups)
    return filled, len(groups)


async def _beside(actor: Actor, seen: access.Seen, known: list[Any], more: dict[str, Any]) -> dict[str, Any]:
    """What the whole page shows beside the fields."""
    standing = next(one for one in await consent.standing_of(actor.person_id) if one.purpose.code == listing.PURPOSE)
    return {
        "standing": standing,
        "purpose": PURPOSES[listing.PURPOSE],
        "known": known,
        "expertise": terms.MENTOR_EXPERTISE,
        "levels": EXPERTISE_LEVELS,
        "chosen_tiers": [(field, _tier_label(field), int(tier_of(field, seen.row["tiers"]))) for field in CHOSEN_TIERS],
        "tiers": [(int(tier), TIERS.label(str(int(tier)))) for tier in profile.OFFERED_TIERS],
        "conflicts": await conflicts.conflicts_of(actor),
        "grounds": CONFLICT_GROUNDS,
        "found_organisations": None,
        "requests": await grants.requests_to(actor),
        "proposal": await proposals.proposal_to(actor),
        "halves": await pairs.standing_of(actor.person_id, seen.row),
        "memberships": await team.organisations_of(actor.person_id, all_of_them=True),
        "draft": None,
        **more,
    }


def _tier_label(field: Field) -> str:
    return field.label().partition(" (")[0] if field.pair else field.label()


@post(f"{HERE}/section/{{section:str}}", guards=[signed_in], status_code=200)
async def save(request: AnyRequest, actor: NamedDependency[Actor], section: FromPath[str]) -> Response[Any]:
    """Save one section, by itself or by its button. Nothing typed is lost when something is wrong."""
    if section not in FIELDS_OF:
        raise NotFound
    form, values = read_fields(FIELDS_OF[section], await raw_form(request))
    status = 422
    if not form.phrases:
        version = form.raw.get("version", "")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
        try:
            await profile.edit_profile(actor, values, version=number)
        except Invalid as error:
            form.take(error)
        except profile.ChangedMeanwhile as error:
            form.add_error("", error.phrase)
            status = 422 if wants_fragment(request) else 409
        else:
            if wants_fragment(request):
                return await draw(request, actor, section=section)
            return done(request, to=f"{HERE}#{section}", message=_("Saved."))
    return await draw(request, actor, section=section, form=form, status=status)


@post(f"{HERE}/photo", guards=[signed_in], status_code=200, request_max_body_size=PICTURE_BODY)
async def photo(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    async with upload_form(request, forms.Photo, {"photo": PHOTO.most_bytes}) as (form, files):
        try:
            draft = await draft_from(actor, form, files, "photo", PHOTO.name)
        except FileRefused as refusal:
            form.take(refusal)
            return await draw(request, actor, section="photo", form=form, status=422)
        if draft or (form.value is not None and form.value.remove_photo):
            await profile.keep_photo(actor, draft)
        return done(request, to=f"{HERE}#photo", message=_("Saved."))


@post(f"{HERE}/visibility", guards=[signed_in], status_code=200)
async def visibility(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """Who sees which field; the two halves of a text go together."""
    data = await request.form()
    wanted: dict[str, int | None] = {}
    for field in CHOSEN_TIERS:
        text = data.get(f"tier_{field.name}")
        if not isinstance(text, str) or text not in [str(int(tier)) for tier in profile.OFFERED_TIERS]:
            continue
        for name in (f"{field.pair}_vi", f"{field.pair}_en") if field.pair else (field.name,):
            wanted[name] = int(text)
    await profile.set_tiers(actor, wanted)
    if wants_fragment(request):
        return await draw(request, actor, section="visibility")
    return done(request, to=f"{HERE}#visibility", message=_("Saved."))


@post(f"{HERE}/listing", guards=[signed_in], status_code=200)
async def list_me(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Listing)
    try:
        await listing.list_profile(actor, form.value.agree if form.value else "")
    except Invalid as error:
        return await draw(request, actor, section="listing", form=form.take(error), status=422)
    except Conflict as error:
        form.add_error("", error.phrase)
        return await draw(request, actor, section="listing", form=form, status=409)
    return done(request, to=f"{HERE}#listing", message=_("Your profile is in the directory now."))


@post(f"{HERE}/unlist", guards=[signed_in], status_code=200)
async def unlist_me(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    await listing.unlist_profile(actor)
    return done(
        request, to=f"{HERE}#listing", message=_("Your profile is out of the directory. What you wrote is kept.")
    )


@post(f"{HERE}/confirm", guards=[signed_in], status_code=200)
async def confirm(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """ "Still true" in one click."""
    await profile.confirm(actor)
    return done(request, to=HERE, message=_("Thank you: confirmed as of today."))


@get(f"{HERE}/history", guards=[signed_in])
async def history_page(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    return await _history(request, actor)


async def _history(request: AnyRequest, actor: Actor, *, refusal: str = "", status: int = 200) -> Response[Any]:
    before = request.query_params.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    changes = await history.changes_of(actor.person_id, before=number)
    more = len(changes) > history.PAGE
    return page(
        request,
        "directory/persons/history.html",
        status=status,
        changes=[views.change_of(change) for change in changes[: history.PAGE]],
        refusal=refusal,
        next_url=f"{HERE}/history?before={changes[history.PAGE - 1]['id']}" if more else None,
    )


@post(f"{HERE}/history/{{change:int}}/undo", guards=[signed_in], status_code=200)
async def undo(request: AnyRequest, actor: NamedDependency[Actor], change: FromPath[int]) -> Response[Any]:
    """Take one change back; what was changed again since is left, and said."""
    try:
        await profile.undo(actor, change % 2**62)
    except Conflict as error:
        return await _history(request, actor, refusal=error.text(), status=409)
    return done(request, to=f"{HERE}/history", message=_("Put back as it was before."))


handlers = [edit_page, save, photo, visibility, list_me, unlist_me, confirm, history_page, undo]
