"""People suggest a word that they did not find; the department decides, and looks after the vocabularies."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from app.core.errors import Conflict, Invalid
from app.core.forms import NOT_A_CHOICE, Form, filled, read_form
from app.core.i18n import N_, _
from app.core.web import Actor, done, page, role, signed_in
from app.directory.curation import forms, paging, terms

AnyRequest = Request[Any, Any, Any]

SHOWN = {"waiting": N_("Waiting for us"), "decided": N_("Decided")}


def _vocabularies() -> list[tuple[str, str]]:
    return [(name, phrase.text()) for name, (_vocabulary, phrase) in terms.OPEN.items()]


@get("/terms/suggest", guards=[signed_in])
async def suggest_page(request: AnyRequest) -> Response[Any]:
    chosen = request.query_params.get("vocabulary", "")
    form = filled({"vocabulary": chosen if chosen in terms.OPEN else "sectors"})
    return page(request, "directory/curation/term_suggest.html", form=form, vocabularies=_vocabularies())


@post("/terms/suggest", guards=[signed_in], status_code=200)
async def suggest(request: AnyRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    form = await read_form(request, forms.Suggesting)
    if form.value is not None and form.value.vocabulary not in terms.OPEN:
        form.add_error("vocabulary", NOT_A_CHOICE)
    if form.value is not None:
        try:
            await terms.suggest_term(actor, form.value.vocabulary, form.value.text)
        except Invalid as error:
            form.take(error)
        except terms.TermIsThere as error:
            form.add_error("text", error.phrase, **error.params)
        else:
            message = _("Thank you. You hear by mail whether it is taken up.")
            return done(request, to="/organisations", message=message)
    return page(request, "directory/curation/term_suggest.html", status=422, form=form, vocabularies=_vocabularies())


@get("/staff/terms", guards=[role("moderator")])
async def queue(request: AnyRequest) -> Response[Any]:
    return await _queue(request, Form())


async def _queue(request: AnyRequest, form: Form[Any], status: int = 200) -> Response[Any]:
    asked = paging.asked(request, SHOWN)
    if asked.shown == "decided":
        rows = await terms.suggestions_decided(asked.offset)
    else:
        rows = await terms.suggestions_waiting("", asked.offset)
    return page(
        request,
        "directory/curation/queue_terms.html",
        status=status,
        queue=paging.cut(asked, rows, terms.PAGE, SHOWN),
        form=form,
        vocabularies=_vocabularies(),
        open={name: vocabulary for name, (vocabulary, _phrase) in terms.OPEN.items()},
    )


@post("/staff/terms/{vocabulary:str}/suggestions", guards=[role("moderator")], status_code=200)
async def decide(request: AnyRequest, actor: NamedDependency[Actor], vocabulary: FromPath[str]) -> Response[Any]:
    """Map, add or refuse a suggested word."""
    form = await read_form(request, forms.TermDecision)
    given = form.value
    try:
        if given is None:
            raise Invalid
        if given.decision == "map":
            await terms.map_suggestion(actor, vocabulary, given.suggested, given.code)
        elif given.decision == "add":
            new = terms.New(vi=given.vi, en=given.en, parent=given.parent)
            await terms.add_term(actor, vocabulary, new, given.suggested)
        else:
            await terms.refuse_suggestion(actor, vocabulary, given.suggested, given.reason)
    except Invalid as error:
        return await _queue(request, form.take(error), 422)
    except Conflict as error:
        return done(request, to="/staff/terms", message=error.text())
    return done(request, to="/staff/terms", message=_("Decided. Who suggested it hears by mail."))


@get("/staff/terms/{vocabulary:str}", guards=[role("moderator")])
async def one(request: AnyRequest, vocabulary: FromPath[str]) -> Response[Any]:
    return _one(request, vocabulary, Form())


def _one(request: AnyRequest, name: str, form: Form[Any], status: int = 200) -> Response[Any]:
    found = terms.vocabulary_for(name)
    return page(
        request,
        "directory/curation/vocabulary.html",
        status=status,
        name=name,
        title=terms.OPEN[name][1].text(),
        vocabulary=found,
        form=form,
    )


@post("/staff/terms/{vocabulary:str}", guards=[role("moderator")], status_code=200)
async def change(request: AnyRequest, actor: NamedDependency[Actor], vocabulary: FromPath[str]) -> Response[Any]:
    """Add a term, rename, retire or bring one back, drop a synonym."""
    form = await read_form(request, forms.TermEdit)
    given = form.value
    try:
        if given is None:
            raise Invalid
        if given.act == "add":
            await terms.add_term(
                actor, vocabulary, terms.New(vi=given.vi, en=given.en, code=given.code, parent=given.parent)
            )
        elif given.act == "rename":
            await terms.rename_term(actor, vocabulary, given.code, given.vi, given.en)
        elif given.act == "retire":
            await terms.retire_term(actor, vocabulary, given.code, given.replacement)
        elif given.act == "bring_back":
            await terms.bring_back_term(actor, vocabulary, given.code)
        elif given.act == "drop_synonym":
            await terms.drop_synonym(actor, vocabulary, given.code, given.synonym)
        else:
            raise Invalid(fields={"act": NOT_A_CHOICE})
    except Invalid as error:
        return _one(request, vocabulary, form.take(error), 422)
    message = _("Done. Profiles and the search follow within a minute.")
    return done(request, to=f"/staff/terms/{vocabulary}", message=message)


handlers = [suggest_page, suggest, queue, decide, one, change]
