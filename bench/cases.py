"""What is measured: the paths that people feel, each with the baseline it is compared to."""

import asyncio
import json
import urllib.request
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from app.core import db
from app.core.settings import get_settings
from app.people.tokens import create_for_email
from bench import statements
from bench.load import Request, Timing, fire
from bench.stage import Stage
from events.tickets import code_of

SEARCHES = (
    "/directory",
    "/directory?q=nguyen",
    "/directory?q=robotics",
    "/directory?q=sequoia",
    "/directory?q=gogle",
    "/directory?kind=startup&sector=bio",
    "/directory?kind=investor&country=US",
    "/directory?q=mobile+games&kind=startup",
    "/directory?kind=startup&sector=soft&country=US",
    "/directory?q=c%C3%B4ng+ngh%E1%BB%87",
)


SETTLE_SECONDS = 300


class Result(msgspec.Struct, frozen=True):
    """A measured path beside its baseline."""

    name: str
    at_once: int
    measured: Timing
    baseline_name: str
    baseline: Timing
    note: str = ""

    @property
    def ratio(self) -> float:
        """Our rate as a share of the baseline's."""
        return self.measured.rate / self.baseline.rate if self.baseline.rate else 0.0


async def settled() -> None:
    """Wait until the worker has done what the fresh demo asked of it, the engine's first fit above all."""
    for _second in range(SETTLE_SECONDS):
        waiting = await db.fetchval("SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL")
        fits = await db.fetchval("SELECT count(*) FROM engine_model WHERE status <> 'fitting' AND NOT prior")
        if fits and not waiting:
            return
        await asyncio.sleep(1)
    raise SystemExit(f"the worker is still busy after {SETTLE_SECONDS} s")


async def pages(stage: Stage) -> list[Result]:
    """Pages as a visitor sees them, beside the bare framework."""
    slugs = [row["slug"] for row in await db.fetch("SELECT slug FROM organisation ORDER BY md5(slug) LIMIT 200")]
    token = await create_for_email("startup@demo.example")
    mine = await db.fetchval(
        "SELECT m.organisation FROM membership m JOIN person p ON p.id = m.person"
        " WHERE p.email_key = 'startup@demo.example' AND m.ended_at IS NULL LIMIT 1"
    )
    bearer = (("Authorization", f"Bearer {token}"),)
    words = await db.fetch(
        "SELECT DISTINCT split_part(name, ' ', 1) AS word FROM organisation"
        " WHERE length(name) > 5 ORDER BY 1 LIMIT 1060"
    )
    wanted = {
        "directory search": [Request("GET", path) for path in SEARCHES],
        "directory search, each asked once": [Request("GET", f"/directory?q={quote(row['word'])}") for row in words],
        "profile page": [Request("GET", f"/organisations/{slug}") for slug in slugs],
        "suggestions page": [Request("GET", "/suggestions", headers=(("Cookie", await _signed_in(stage)),))],
        "suggestions API": [Request("GET", f"/api/v1/organisations/{mine}/suggestions?kind=investor", headers=bearer)],
    }
    results = []
    for name, requests in wanted.items():
        await fire(stage.origin, requests[-60:], 60, 4)
        bare = await fire(stage.bare, [Request("GET", "/")], 2000, 20)
        results.append(Result(name, 20, await fire(stage.origin, requests, 1000, 20), "bare route", bare))
    return results


async def _signed_in(stage: Stage) -> str:
    """The cookie of a browser in which the demo's startup has signed in."""
    form = {"email": "startup@demo.example", "password": get_settings().demo_password}
    async with httpx.AsyncClient(base_url=stage.origin) as browser:
        answer = await browser.post("/sign-in", data=form)
    if answer.status_code != HTTPStatus.SEE_OTHER:
        raise SystemExit(f"sign-in answered {answer.status_code}")
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def _post(stage: Stage, path: str, body: dict[str, Any], token: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310
        stage.origin + path,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found


async def _event(stage: Stage, token: str, capacity: int) -> str:
    body = {
        "title": {"vi": "Đo tải", "en": "Load"},
        "starts_at": "2030-01-01T08:00:00+07:00",
        "ends_at": "2030-01-01T17:00:00+07:00",
        "venue": "Hà Nội",
        "ticket_types": [{"code": "visitor", "title": "Khách", "capacity": capacity, "needs_approval": False}],
    }
    slug: str = (await asyncio.to_thread(_post, stage, "/api/v1/events", body, token))["slug"]
    await asyncio.to_thread(_post, stage, f"/api/v1/events/{slug}/publish", {}, token)
    return slug


async def registration(stage: Stage) -> list[Result]:
    """Many people, one ticket type with fewer places; afterwards exactly the places are sold."""
    people, capacity, at_once = 1500, 1000, 50
    token = await create_for_email("organizer@demo.example")
    slug = await _event(stage, token, capacity)

    def request(number: int) -> Request:
        person = {"full_name": f"Nguyễn Văn {number}", "email": f"p{number}@example.com"}
        body = json.dumps({"ticket_type": "visitor", "person": person, "answers": {}}).encode()
        headers = (
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Idempotency-Key", f"bench-registration-{number}"),
        )
        return Request("POST", f"/api/v1/events/{slug}/registrations", body, headers, expect=(201,))

    url = get_settings().database_url
    await statements.prepare(url)
    bare = await statements.registrations(url, people, at_once)
    served = await fire(stage.bare, lambda n: Request("POST", f"/register?n={people + n}"), people, at_once)
    measured = await fire(stage.origin, request, people, at_once)
    confirmed = await db.fetchval(
        "SELECT count(*) FROM registration r JOIN event e ON e.id = r.event"
        " WHERE e.slug = $1 AND r.status = 'confirmed'",
        slug,
    )
    note = f"{confirmed} of {capacity} places sold to {people} people"
    name = "registration, one hot ticket type"
    return [
        Result(name, at_once, measured, "bare statement over HTTP", served, note),
        Result(name, at_once, measured, "bare SQL statement", bare),
    ]


async def scan(stage: Stage) -> list[Result]:
    """Each ticket of an event scanned once, by ten devices, in turns with the baselines; the middle turn is told."""
    turns, tickets, at_once = 3, 1000, 20
    token = await create_for_email("organizer@demo.example")
    slug = await _event(stage, token, turns * tickets)
    scans = await _scans(stage, token, slug, turns * tickets)
    await settled()  # the tickets' mails and PDFs are made meanwhile
    url = get_settings().database_url
    await statements.prepare(url)
    measured, served, bare = [], [], []
    for turn in range(turns):
        first = turn * tickets
        bare.append(await statements.scans(url, tickets, at_once, 2 * first))
        numbered = partial(_bare_scan, 2 * first + tickets)
        served.append(await fire(stage.bare, numbered, tickets, at_once))
        measured.append(await fire(stage.origin, scans[first : first + tickets], tickets, at_once))
    admitted = await db.fetchval(
        "SELECT count(*) FROM scan s JOIN checkpoint c ON c.id = s.checkpoint JOIN event e ON e.id = c.event"
        " WHERE e.slug = $1 AND s.outcome = 'ok'",
        slug,
    )
    note = f"{admitted} of {len(scans)} admitted once, the middle of {turns} turns"
    over_http = [
        Result("scan", at_once, m, "bare statement over HTTP", s, note) for m, s in zip(measured, served, strict=True)
    ]
    direct = [Result("scan", at_once, m, "bare SQL statement", b) for m, b in zip(measured, bare, strict=True)]
    return [_middle(over_http), _middle(direct)]


def _middle(turns: list[Result]) -> Result:
    """The turn with the median ratio: other work on the machine spoils one turn more often than most of them."""
    return sorted(turns, key=lambda turn: turn.ratio)[len(turns) // 2]


def _bare_scan(first: int, number: int) -> Request:
    return Request("POST", f"/scan?n={first + number}")


async def _scans(stage: Stage, token: str, slug: str, tickets: int) -> list[Request]:
    """One scan for each of so many tickets of an event, registered here. The codes are what a QR holds, so that
    checking a signature is part of the figure."""
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"))

    def register(number: int) -> Request:
        person = {"full_name": f"Trần Thị {number}", "email": f"s{number}@example.com"}
        body = json.dumps({"ticket_type": "visitor", "person": person, "answers": {}}).encode()
        key = ("Idempotency-Key", f"bench-scan-{number:06d}")
        return Request("POST", f"/api/v1/events/{slug}/registrations", body, (*headers, key), expect=(201,))

    await fire(stage.origin, register, tickets, 20)
    rows = await db.fetch(
        "SELECT r.id, r.event, r.signing_key FROM registration r JOIN event e ON e.id = r.event WHERE e.slug = $1"
        " ORDER BY r.id",
        slug,
    )
    checkpoint = await db.fetchval(
        "SELECT c.id FROM checkpoint c JOIN event e ON e.id = c.event WHERE e.slug = $1 ORDER BY c.id LIMIT 1", slug
    )
    found = []
    for number, row in enumerate(rows):
        act = {
            "nonce": f"{slug}-{number:08d}",
            "device_id": f"device-{number % 10}",
            "checkpoint_id": str(checkpoint),
            "direction": "in",
            "code": await code_of(row["id"], row["event"], row["signing_key"]),
            "scanned_at": "2026-11-21T09:00:00+07:00",
            "offline": False,
        }
        found.append(Request("POST", "/api/v1/checkin/scan", json.dumps(act).encode(), headers))
    return found
