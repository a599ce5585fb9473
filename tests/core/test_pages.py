"""Pages and fragments: the whole page for browsers and boosted links, the named block for HTMX."""

import json
from typing import Any

import pytest
from jinja2 import DictLoader, UndefinedError
from litestar import Request

from app.core import templating
from app.core.clock import now
from app.core.web import done, page

PAGE = "{% block one %}<p id=one>{{ who }}</p>{% endblock %} frame {% block two %}two{% endblock %}"


@pytest.fixture(autouse=True)
def _template(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    overlay = templating.environment().overlay(loader=DictLoader({"try.html": PAGE}))
    monkeypatch.setattr(templating, "environment", lambda: overlay)


def _request(**headers: str) -> Request[Any, Any, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/x", "headers": pairs, "query_string": b"", "state": {}})  # type: ignore[arg-type, typeddict-item]


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "<p id=one>Đ&lt;b&gt;</p> frame two"),
        ({"hx_request": "true"}, "<p id=one>Đ&lt;b&gt;</p>"),
        ({"hx_request": "true", "hx_target": "two"}, "two"),
        ({"hx_request": "true", "hx_target": "elsewhere"}, "<p id=one>Đ&lt;b&gt;</p>"),
        ({"hx_request": "true", "hx_boosted": "true"}, "<p id=one>Đ&lt;b&gt;</p> frame two"),
        ({"hx_request": "true", "hx_history_restore_request": "true"}, "<p id=one>Đ&lt;b&gt;</p> frame two"),
    ],
)
def test_what_is_drawn(headers: dict[str, str], text: str) -> None:
    assert page(_request(**headers), "try.html", fragment=("one", "two"), who="Đ<b>").content == text


def test_a_name_that_is_missing_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError):
        page(_request(), "try.html")


def test_done_redirects_browsers() -> None:
    response = done(_request(), to="/there", message="Đã lưu")
    assert (response.status_code, response.headers["Location"]) == (303, "/there")
    assert [cookie.key for cookie in response.cookies] == ["flash"]


def test_done_draws_for_htmx() -> None:
    request = _request(hx_request="true")
    response = done(request, to="/there", message="Đã lưu", draw=lambda: page(request, "try.html", fragment="two"))
    assert (response.status_code, response.content) == (200, "two")
    assert json.loads(response.headers["HX-Trigger"]) == {"toast": "Đã lưu"}
    assert response.headers["HX-Trigger"].isascii()


def test_done_moves_htmx_where_nothing_is_drawn() -> None:
    response = done(_request(hx_request="true"), to="/there")
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/there")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (templating.format_date(None), ""),
        (templating.format_datetime(None), ""),
        (templating.format_number(None), ""),
        (templating.format_money(None, "VND"), ""),
        (templating.timeago(None), ""),
        (templating.format_compact(None), ""),
    ],
)
def test_nothing_is_shown_for_nothing(shown: str, text: str) -> None:
    assert shown == text


def test_numbers_and_times_as_vietnamese_write_them() -> None:
    from datetime import UTC, datetime

    from app.core.i18n import in_language

    moment = datetime(2026, 12, 31, 18, 5, tzinfo=UTC)
    assert templating.format_date(moment, "short") == "01/01/2027"
    assert templating.format_datetime(moment, "time") == "01:05"
    assert templating.format_datetime(moment).startswith("01:05, 1 thg 1, 2027")
    assert templating.format_number(17726) == "17.726"
    assert templating.format_money(2_500_000_000, "VND") == "2.500.000.000 ₫"
    assert "trước" in templating.timeago(datetime(2020, 1, 1, tzinfo=UTC))
    with in_language("en"):
        assert templating.format_number(17726) == "17,726"
        assert templating.format_money(250_000, "USD") == "$250,000"
        assert templating.format_compact(17726) == "17.7K"
        assert templating.format_datetime(moment).startswith("01:05, Jan 1, 2027")
    assert templating.timeago(now()) != ""
