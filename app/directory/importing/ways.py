"""For what a file is a list of: how its rows are judged, written and taken back. One importer, several subjects."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from app.directory.importing import judging, list_rows, lists, organisations, persons
from app.directory.importing.subjects import ORGANISATIONS, PERSONS


class Way(msgspec.Struct, frozen=True):
    """`judge` writes nothing; `judge_again`, `write` and `take_back` run in the transaction of a batch."""

    judge: Callable[..., Awaitable[list[judging.Judged]]]
    judge_again: Callable[..., Awaitable[list[judging.Judged]]]
    write: Callable[..., Awaitable[list[dict[str, Any]]]]
    take_back: Callable[..., Awaitable[dict[int, str]]]


_WAYS = {
    ORGANISATIONS: Way(judging.judge, organisations.judge_again, organisations.write, organisations.take_back),
    PERSONS: Way(persons.judge, persons.judge_again, persons.write, persons.take_back),
}
_LISTS = Way(lists.judge, lists.judge_again, list_rows.write, list_rows.take_back)


def way_of(subject: str) -> Way:
    return _WAYS.get(subject, _LISTS)
