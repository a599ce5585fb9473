"""Logs: one line each, with the request's id, readable by machines, without people's data in tracebacks."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import structlog

from app.core import logs


@pytest.fixture(autouse=True)
def _as_before(settings: Any) -> Iterator[None]:
    yield
    structlog.contextvars.clear_contextvars()
    logs.configure(settings)


@pytest.fixture
def as_json(settings: Any, capsys: pytest.CaptureFixture[str]) -> Any:
    """Begin to log as production does; what that gives tells the lines written since."""

    def begin() -> Any:
        logs.configure(msgspec.structs.replace(settings, log_format="json", log_level="info"))
        return lambda: [json.loads(line) for line in capsys.readouterr().err.split("\n") if line]

    return begin


def test_a_line_is_one_object_with_the_requests_id(as_json: Any) -> None:
    said = as_json()
    structlog.contextvars.bind_contextvars(request_id="abcdefgh")
    structlog.get_logger().info("request", route="/sự-kiện", status=200)
    (line,) = said()
    moment = line.pop("timestamp")
    assert line == {"event": "request", "route": "/sự-kiện", "status": 200, "request_id": "abcdefgh", "level": "info"}
    assert moment.endswith("Z")


def test_what_libraries_say_comes_in_the_same_shape(as_json: Any) -> None:
    said = as_json()
    structlog.contextvars.bind_contextvars(request_id="abcdefgh")
    logging.getLogger("some.library").warning("took %s s", 3)
    (line,) = said()
    assert (line["event"], line["level"], line["request_id"]) == ("took 3 s", "warning", "abcdefgh")


@pytest.mark.parametrize("evil", ["a\nERROR forged", "a\r\n{}", "a\u2028b", '"}\n{"level": "error"'])
def test_line_breaks_in_a_value_make_no_second_line(as_json: Any, evil: str) -> None:
    said = as_json()
    structlog.get_logger().info("request", name=evil)
    structlog.get_logger().info(evil)
    assert [line.get("name", line["event"]) for line in said()] == [evil, evil]


def test_a_traceback_names_the_place_and_no_values(as_json: Any) -> None:
    said = as_json()

    def fails(password: str) -> None:
        secret = password * 2
        raise ValueError(f"{len(secret)} letters")

    try:
        fails("con meo an ca")
    except ValueError as error:
        structlog.get_logger().error("unhandled exception", exc_info=error)
    (line,) = said()
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["frames"][-1]["name"] == "fails"
    assert "con meo an ca" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(
    ("level", "said"),
    [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)],
)
def test_the_level_is_kept_for_ours_and_for_libraries(
    settings: Any, capsys: pytest.CaptureFixture[str], level: Any, said: int
) -> None:
    logs.configure(msgspec.structs.replace(settings, log_format="json", log_level=level))
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(), name)("ours")
        getattr(logging.getLogger("library"), name)("theirs")
    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert (events.count("ours"), events.count("theirs")) == (said, said)


@pytest.mark.parametrize("name", ["uvicorn.access", "arq", "fontTools", "fpdf"])
def test_chatter_is_left_out(as_json: Any, name: str) -> None:
    said = as_json()
    logging.getLogger(name).info("GET / 200")
    logging.getLogger(name).warning("odd")
    assert [line["event"] for line in said()] == ["odd"]


def test_setting_up_again_doubles_no_line(settings: Any, as_json: Any) -> None:
    said = as_json()
    for _again in range(3):
        logs.configure(msgspec.structs.replace(settings, log_format="json", log_level="info"))
    logging.getLogger("uvicorn.error").handlers.append(logging.NullHandler())
    logging.getLogger("uvicorn.error").info("started")
    structlog.get_logger().info("once")
    assert [line["event"] for line in said()] == ["started", "once"]


def test_people_at_a_terminal_read_plain_lines(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(msgspec.structs.replace(settings, log_format="text", log_level="info"))
    structlog.get_logger().info("request", route="/về")
    said = capsys.readouterr().err
    assert ("request" in said, "route=/về" in said, "\x1b" in said) == (True, True, False)
