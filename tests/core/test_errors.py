"""Every way to say no, as a page, a fragment and JSON, in both languages; and what each exception means to people."""

import html
import json
import logging
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from litestar import Request
from litestar.exceptions import (
    ClientException,
    HTTPException,
    ImproperlyConfiguredException,
    MethodNotAllowedException,
    NotAuthorizedException,
    NotFoundException,
    PermissionDeniedException,
    TooManyRequestsException,
    ValidationException,
)

from app.core import answers, templating
from app.core.answers import TITLES, BadRequest, Internal, MethodNotAllowed, TooLarge, answer, as_domain_error
from app.core.errors import Busy, Conflict, DomainError, Invalid, NotAllowed, NotFound, NotSignedIn, TooMany
from app.core.i18n import N_, in_language
from app.core.web import Actor, error_body

LAN = Actor(id=UUID(int=1), name="Lan", via="session")
HTMX = {"HX-Request": "true"}

REFUSALS = [
    # path, status, code
    ("/try/teapot", 400, "bad_request"),
    ("/try/forbidden", 403, "not_allowed"),
    ("/try/absent", 404, "not_found"),
    ("/nowhere", 404, "not_found"),
    ("/try/conflict", 409, "conflict"),
    ("/try/invalid", 422, "invalid"),
    ("/try/many", 429, "too_many"),
    ("/try/broken", 500, "internal"),
    ("/try/busy", 503, "busy"),
    ("/try/late", 503, "busy"),
    ("/try/text", 400, "bad_request"),
]
NAMES = [path for path, *_more in REFUSALS]


@pytest.mark.parametrize(("path", "status", "code"), REFUSALS, ids=NAMES)
async def test_a_refusal_is_a_page_in_the_readers_language(odd: Any, path: str, status: int, code: str) -> None:
    for language in ("vi", "en"):
        said = await odd().get(path, headers={"Accept-Language": language})
        text = html.unescape(said.text)
        assert said.status_code == status
        assert f'<html lang="{language}"' in text
        assert TITLES[status].text(language) in text
        assert said.headers["content-type"].startswith("text/html")
        assert "secret detail" not in text


@pytest.mark.parametrize(("path", "status", "code"), REFUSALS, ids=NAMES)
async def test_a_refusal_is_a_fragment_for_a_part_of_a_page(odd: Any, path: str, status: int, code: str) -> None:
    for language in ("vi", "en"):
        said = await odd().get(path, headers={"Accept-Language": language, **HTMX})
        text = html.unescape(said.text)
        assert (said.status_code, "<html" in text, "<head" in text) == (status, False, False)
        assert TITLES[status].text(language) in text
    boosted = await odd().get(path, headers={**HTMX, "HX-Boosted": "true"})
    assert (boosted.status_code, "<html" in boosted.text) == (status, True)


@pytest.mark.parametrize(("path", "status", "code"), REFUSALS, ids=NAMES)
async def test_a_refusal_is_json_in_both_languages_for_programs(odd: Any, path: str, status: int, code: str) -> None:
    said = await odd(Accept="application/json").get(path)
    error = said.json()["error"]
    assert (said.status_code, error["code"]) == (status, code)
    assert set(error) == {"code", "message_vi", "message_en", "fields"}
    assert error["message_vi"] != error["message_en"]
    assert said.headers["content-type"].startswith("application/json")
    assert "secret detail" not in said.text
    assert ("retry-after" in said.headers) == (status in (429, 503))


def test_every_title_is_in_both_languages() -> None:
    assert all(phrase.text("vi") != phrase.text("en") for phrase in TITLES.values())
    assert {status for _path, status, *_more in REFUSALS} | {401, 405, 413} == set(TITLES)


# --- what an exception means ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (HTTPException(status_code=400), BadRequest),
        (NotAuthorizedException(), NotSignedIn),
        (PermissionDeniedException(), NotAllowed),
        (NotFoundException(), NotFound),
        (MethodNotAllowedException(), MethodNotAllowed),
        (HTTPException(status_code=409), Conflict),
        (HTTPException(status_code=413), TooLarge),
        (HTTPException(status_code=415), BadRequest),
        (HTTPException(status_code=418), BadRequest),
        (HTTPException(status_code=422), Invalid),
        (TooManyRequestsException(), TooMany),
        (HTTPException(status_code=503), Busy),
        (ClientException(), BadRequest),
        (ValidationException(), BadRequest),
        (ValidationException(status_code=500), BadRequest),
        (ImproperlyConfiguredException(), Internal),
        (HTTPException(status_code=500), Internal),
        (asyncpg.ConnectionDoesNotExistError(), Busy),
        (asyncpg.CannotConnectNowError(), Busy),
        (asyncpg.TooManyConnectionsError(), Busy),
        (asyncpg.AdminShutdownError(), Busy),
        (asyncpg.CrashShutdownError(), Busy),
        (asyncpg.LockNotAvailableError(), Busy),
        (asyncpg.DeadlockDetectedError(), Busy),
        (asyncpg.SerializationError(), Busy),
        (asyncpg.QueryCanceledError(), Busy),
        (asyncpg.ReadOnlySQLTransactionError(), Busy),
        (asyncpg.DiskFullError(), Busy),
        (asyncpg.OutOfMemoryError(), Busy),
        (asyncpg.InterfaceError("cannot switch to state 15"), Internal),
        (ConnectionRefusedError(), Busy),
        (BrokenPipeError(), Busy),
        (TimeoutError(), Busy),
        (asyncpg.CharacterNotInRepertoireError(), BadRequest),
        (asyncpg.UntranslatableCharacterError(), BadRequest),
        (asyncpg.NumericValueOutOfRangeError(), BadRequest),
        (asyncpg.DataError(), BadRequest),
        (asyncpg.UniqueViolationError(), Internal),
        (asyncpg.CheckViolationError(), Internal),
        (asyncpg.UndefinedTableError(), Internal),
        (ValueError(), Internal),
        (KeyError("x"), Internal),
        (RecursionError(), Internal),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value)[:40],
)
def test_what_an_exception_means_to_the_person_who_asked(error: Exception, meaning: type[DomainError]) -> None:
    assert type(as_domain_error(error)) is meaning


def test_an_answer_of_the_domain_is_taken_as_it_is() -> None:
    said = Conflict(N_("Please sign in first."))
    assert as_domain_error(said) is said


# --- the families ---------------------------------------------------------------------------------------------


class TicketTypeSoldOut(Conflict):
    message = N_("This must be at most %(max)s.")


def test_the_machines_code_is_the_name_of_the_class() -> None:
    assert (TicketTypeSoldOut(max=3).code, NotSignedIn().code, TooMany().code) == (
        "ticket_type_sold_out",
        "not_signed_in",
        "too_many",
    )


def test_the_gaps_of_a_message_are_filled_in_either_language() -> None:
    refusal = TicketTypeSoldOut(max=3)
    assert refusal.text("en") == "This must be at most 3."
    assert refusal.text("vi") == "Giá trị không được vượt quá 3."
    assert refusal.text() == refusal.text("vi")
    with in_language("en"):
        assert refusal.text() == refusal.text("en")
    assert error_body(refusal)["error"] == {
        "code": "ticket_type_sold_out",
        "message_vi": "Giá trị không được vượt quá 3.",
        "message_en": "This must be at most 3.",
        "fields": {},
    }


def test_a_field_has_its_own_phrase_with_the_same_gaps() -> None:
    refusal = Invalid(fields={"capacity": N_("This must be at least %(min)s.")}, min=5)
    assert error_body(refusal)["error"]["fields"] == {
        "capacity": {"message_vi": "Giá trị phải từ 5 trở lên.", "message_en": "This must be at least 5."}
    }


@pytest.mark.parametrize(
    ("family", "status"),
    [(NotFound, 404), (NotAllowed, 403), (Conflict, 409), (Invalid, 422), (NotSignedIn, 401), (TooMany, 429),
     (Busy, 503), (BadRequest, 400), (MethodNotAllowed, 405), (TooLarge, 413), (Internal, 500)],
)  # fmt: skip
def test_each_family_has_its_status_and_speaks_both_languages(family: type[DomainError], status: int) -> None:
    said = family()
    assert said.status == status
    assert said.text("vi") != said.text("en")
    assert str(said) == said.text("en")
    assert status in TITLES


# --- the last resorts -----------------------------------------------------------------------------------------


def _request(path: str = "/x", method: str = "GET", query: bytes = b"", **headers: str) -> Request[Any, Any, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": pairs, "query_string": query, "state": {}}
    return Request(scope)  # type: ignore[arg-type]


def test_an_error_page_that_fails_itself_is_plain_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    def broken(*_given: Any) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(templating, "render", broken)
    logging.getLogger().addHandler(caplog.handler)
    said = answer(_request(), NotFound())
    logging.getLogger().removeHandler(caplog.handler)
    assert (said.status_code, said.media_type) == (404, "text/plain; charset=utf-8")
    assert said.content.splitlines() == ["404 Không tìm thấy", NotFound().text("vi")]
    assert answer(_request(), Busy()).headers["Retry-After"] == "2"


def test_a_status_without_a_title_gets_one(settings: Any) -> None:
    class Gone(DomainError):
        status = 410

    said = answer(_request(), Gone())
    assert said.status_code == 410
    assert TITLES[400].text("vi") in said.content


@pytest.mark.parametrize(
    ("request_", "to"),
    [
        (_request("/events/a b", query=b"x=1&y=%2F"), "/sign-in?next=/events/a%20b%3Fx%3D1%26y%3D%252F"),
        (_request("/đường dẫn"), "/sign-in?next=/%C4%91%C6%B0%E1%BB%9Dng%20d%E1%BA%ABn"),
        (_request("//evil.example"), "/sign-in?next=//evil.example"),
        (_request("/x", method="POST"), "/sign-in?next=/"),
        (_request("/x", method="DELETE", query=b"a=1"), "/sign-in?next=/%3Fa%3D1"),
    ],
)
def test_the_way_to_sign_in_and_back(request_: Request[Any, Any, Any], to: str, settings: Any) -> None:
    said = answer(request_, NotSignedIn())
    assert (said.status_code, said.headers["Location"]) == (303, to)
    assert to.isascii()


def test_a_boosted_link_to_a_private_page_goes_to_sign_in_like_any_link(settings: Any) -> None:
    assert answer(_request(hx_request="true", hx_boosted="true"), NotSignedIn()).status_code == 303
    part = answer(_request(hx_request="true"), NotSignedIn())
    assert (part.status_code, part.headers) == (401, {"HX-Redirect": "/sign-in?next=/x"})


def test_json_is_readable_vietnamese(settings: Any) -> None:
    said = answer(_request("/api/v1/x"), NotFound())
    assert "Không" in said.content.decode()
    assert json.loads(said.content)["error"]["code"] == "not_found"


@pytest.mark.parametrize(("error", "level", "said"), [
    (ZeroDivisionError("x"), "ERROR", "unhandled exception"),
    (Busy(), "WARNING", "busy"),
    (asyncpg.DeadlockDetectedError("x"), "WARNING", "busy"),
    (asyncpg.DiskFullError("x"), "ERROR", "busy"),
    (HTTPException(status_code=500), "ERROR", "unhandled exception"),
    (HTTPException(status_code=415), None, ""),
    (NotFound(), None, ""),
    (Invalid(), None, ""),
    (TooMany(), None, ""),
])  # fmt: skip
def test_only_what_is_our_fault_is_logged(
    error: Exception, level: str | None, said: str, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    from app.core import logs

    logs.configure(settings)
    logging.getLogger().addHandler(caplog.handler)
    answers.on_error(_request(), error)
    logging.getLogger().removeHandler(caplog.handler)
    found = {(record.levelname, record.msg["event"]) for record in caplog.records}  # type: ignore[index]
    assert found == ({(level, said)} if level else set())
