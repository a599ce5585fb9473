"""What a list of guests is asked for: search, filters, columns and order, read from an address and written to one."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import msgspec

from app.core.clock import VIETNAM
from app.core.i18n import N_, Phrase
from app.core.text import fold
from events.states import TRANSITIONS

ORDERS: dict[str, Phrase] = {"new": N_("Newest first"), "old": N_("Oldest first"), "name": N_("By name")}
SOURCES: dict[str, Phrase] = {
    "page": N_("Registration page"),
    "api": N_("Another system (API)"),
    "desk": N_("At the desk"),
    "delegation": N_("Delegation"),
    "transfer": N_("Passed on"),
    "demo": N_("Sample data"),
}
WORDS = 6
_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})
_CAME = "EXISTS (SELECT 1 FROM admission a WHERE a.registration = r.id AND a.voided_at IS NULL)"
_CODE = re.compile(r"[\w-]{1,60}")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question to the list. What an address says that makes no sense is left out of it, never an error."""

    q: str = ""
    status: str = ""
    type: str = ""
    pool: UUID | None = None
    came: str = ""
    source: str = ""
    since: date | None = None
    until: date | None = None
    tag: str = ""
    delegation: UUID | None = None
    ask: str = ""
    answer: str = ""
    order: str = "new"
    columns: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The address that asks this."""
        pairs = [
            (name, str(value))
            for name, value in msgspec.structs.asdict(self).items()
            if name != "columns" and value not in ("", None) and (name, value) != ("order", "new")
        ]
        return urlencode([*pairs, *(("columns", column) for column in self.columns)])

    def but(self, **changes: Any) -> "Asked":
        return msgspec.structs.replace(self, **changes)

    @property
    def narrows(self) -> bool:
        """Whether anybody could be left out."""
        return self.but(order="new", columns=()) != Asked()


def read(query: Mapping[str, Any], columns: list[str]) -> Asked:
    """What an address asks."""
    ask = str(query.get("ask", ""))
    return Asked(
        q=str(query.get("q", "")).replace("\x00", "")[:200].strip(),
        status=_one_of(query.get("status", ""), TRANSITIONS),
        type=_code(query.get("type", "")),
        pool=_uuid(query.get("pool", "")),
        came=_one_of(query.get("came", ""), ("yes", "no")),
        source=_one_of(query.get("source", ""), SOURCES),
        since=_day(query.get("since", "")),
        until=_day(query.get("until", "")),
        tag=str(query.get("tag", "")).replace("\x00", "")[:40].strip(),
        delegation=_uuid(query.get("delegation", "")),
        ask=_code(ask),
        answer=str(query.get("answer", "")).replace("\x00", "")[:200].strip() if _code(ask) else "",
        order=_one_of(query.get("order", ""), ORDERS) or "new",
        columns=tuple(column[:70] for column in columns[:40] if column),
    )


def read_text(text: str) -> Asked:
    """The same for the text of a query."""
    pairs = parse_qsl(text[:4000], keep_blank_values=False, errors="replace")
    return read(dict(pairs), [value for name, value in pairs if name == "columns"])


def _one_of(text: Any, known: Any) -> str:
    return text if isinstance(text, str) and text in known else ""


def _code(text: Any) -> str:
    return text if isinstance(text, str) and _CODE.fullmatch(text) else ""


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None


def _day(text: Any) -> date | None:
    try:
        day = date.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return day if day and 1900 <= day.year <= 2200 else None


class Where:
    """The conditions of a question as SQL, with its arguments from `$1` (the event) on."""

    def __init__(self, event: UUID, asked: Asked) -> None:
        self.args: list[object] = [event]
        self.parts = ["r.event = $1"]
        self._words(asked)
        self._plain(asked)
        self._days(asked)
        self._answer(asked)

    def __str__(self) -> str:
        return " AND ".join(self.parts)

    def put(self, value: object) -> str:
        """One more argument; its name in the statement."""
        self.args.append(value)
        return f"${len(self.args)}"

    def _words(self, asked: Asked) -> None:
        words = fold(asked.q).split()[:WORDS]
        if words:
            patterns = self.put([f"%{word.translate(_LIKE)}%" for word in words])
            code = self.put(asked.q.replace(" ", "").upper())
            self.parts.append(f"(r.search_text LIKE ALL ({patterns}) OR r.code = {code})")

    def _plain(self, asked: Asked) -> None:
        if asked.status:
            self.parts.append(f"r.status = {self.put(asked.status)}")
        if asked.type:
            self.parts.append(
                "r.ticket_type = (SELECT k.id FROM ticket_type k WHERE k.event = $1 AND"  # noqa: S608
                f" k.code = {self.put(asked.type)})"
            )
        if asked.pool:
            pool = self.put(asked.pool)
            self.parts.append(f"r.ticket_type IN (SELECT p.ticket_type FROM ticket_type_pool p WHERE p.pool = {pool})")  # noqa: S608
        if asked.source:
            self.parts.append(f"r.source = {self.put(asked.source)}")
        if asked.delegation:
            self.parts.append(f"r.delegation = {self.put(asked.delegation)}")
        if asked.tag:
            tag = self.put(asked.tag)
            self.parts.append(
                f"r.id IN (SELECT g.registration FROM guest_tag g WHERE g.event = $1 AND g.tag = {tag})"  # noqa: S608
            )
        if asked.came:
            self.parts.append(f"NOT {_CAME}" if asked.came == "no" else _CAME)

    def _days(self, asked: Asked) -> None:
        if asked.since:
            self.parts.append(f"r.registered_at >= {self.put(_midnight(asked.since))}")
        if asked.until:
            self.parts.append(f"r.registered_at < {self.put(_midnight(asked.until + timedelta(days=1)))}")

    def _answer(self, asked: Asked) -> None:
        if not asked.ask:
            return
        name = self.put(asked.ask)
        if not asked.answer:
            self.parts.append(f"r.answers ? {name}")
            return
        spoken = {"yes": True, "no": False}.get(asked.answer, asked.answer)
        exact: list[object] = [spoken, [asked.answer], asked.answer]
        if spoken is True:
            exact.append({"given": True})
        either = [f"r.answers @> {self.put({asked.ask: value})}" for value in exact]
        words = self.put(f"%{asked.answer.translate(_LIKE)}%")
        self.parts.append(
            f"({' OR '.join(either)} OR (jsonb_typeof(r.answers -> {name}) = 'string'"
            f" AND r.answers ->> {name} ILIKE {words}))"
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)


def chosen(raw: Mapping[str, list[str]]) -> Asked:
    """What a form sent along as `query`."""
    return read_text((raw.get("query") or [""])[0])
