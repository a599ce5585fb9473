"""Reads an organisation's lists as they are stored, with the hard limits of this moment. Nothing is ranked here."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from app.connections import asking, discretion, filters, versions
from app.core import clock, db
from app.directory.access import Seen

State = Literal["ready", "renewing", "waiting", "no_engine", "failed"]
FIRST = 10
"""So many of a list are shown before somebody asks for more."""
PATIENCE = timedelta(seconds=60)
"""A request that is older than this and not answered counts as failed."""
LASTS = timedelta(hours=asking.LASTS_HOURS)
ASKED_LATELY = timedelta(seconds=asking.ASKING_AGAIN)

Row = dict[str, Any]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where an organisation's lists stand."""

    state: State
    computed_at: datetime | None = None
    model_version: str | None = None
    wanted: bool = False
    """Whether new lists should be asked for now."""

    @property
    def pending(self) -> bool:
        return self.state in ("waiting", "renewing")


async def standing(seen: Seen) -> Standing:
    """Whether there are lists, whether they are current, whether somebody is at work on them."""
    model = await versions.active()
    run = await db.fetchrow("SELECT * FROM suggestion_run WHERE organisation = $1", seen.id)
    under_way = bool(run and run["requested_at"] and run["requested_at"] > clock.now() - ASKED_LATELY)
    if run is None or run["computed_at"] is None:
        failed = bool(run and _given_up(run))
        state: State = "no_engine" if model is None else "failed" if failed else "waiting"
        return Standing(state=state, wanted=model is not None and not failed and not under_way)
    outdated = bool(
        model
        and (
            run["stale_at"]
            or run["requested_at"]
            or run["profile_version"] != seen.row["version"]
            or run["model_version"] != model.version
            or run["computed_at"] < clock.now() - LASTS
        )
    )
    return Standing(
        state="renewing" if outdated and not _given_up(run) else "ready",
        computed_at=run["computed_at"],
        model_version=run["model_version"],
        wanted=outdated and not under_way,
    )


def _given_up(run: Any) -> bool:
    if run["failed_at"] is not None:
        return True
    return run["requested_at"] is not None and run["requested_at"] < clock.now() - PATIENCE


async def suggested(organisation_id: UUID, kind: str, limit: int, *, saved: bool = False) -> list[Row]:
    """One list, best first, without whom the hard limits exclude by now; with `saved` only what was kept.

    Whatever shows a list (page, panel, API, a digest, an event) reads it here, so all show the same.
    """
    rows = await db.fetch(
        "SELECT s.score, s.base, s.p, s.q, s.reasons, s.rank, s.explored, m.level, w.accepts,"  # noqa: S608
        " c.id, c.slug, c.name, c.kinds, c.sectors, c.stage,"
        " c.country, c.state, c.region, c.province_code, c.ward_code, c.city,"
        " c.summary_vi, c.summary_en, c.sample, c.source, c.source_url,"
        " c.tiers, c.raising_round IS NOT NULL AS states_round, c.raising_amount IS NOT NULL AS states_amount,"
        " k.id IS NOT NULL AS saved"
        " FROM suggestion s JOIN organisation c ON c.id = s.candidate"
        " LEFT JOIN suggestion_choice k ON k.organisation = $1 AND k.candidate = c.id AND k.choice = 'saved'"
        " AND k.ended_at IS NULL"
        " LEFT JOIN matching_preference w ON w.organisation = c.id"
        " LEFT JOIN market_price m ON m.candidate = c.id"
        " AND m.run = (SELECT id FROM market_run WHERE kind = $2 AND ended_at IS NULL)"
        f" WHERE s.organisation = $1 AND s.kind = $2 AND {filters.ALLOWED} AND ($4 IS FALSE OR k.id IS NOT NULL)"
        " ORDER BY s.rank LIMIT $3",
        organisation_id,
        kind,
        limit,
        saved,
    )
    return [_completed(dict(row), kind) for row in rows]


def _completed(row: Row, kind: str) -> Row:
    """Reasons that may be told, with what the profile adds: names of shared places, and an ask where one is stated."""
    state = row["province_code"] or row["state"]
    places = {
        "city": row["city"],
        "region": row["region"],
        "state": f"{row['country']}-{state}" if state else None,
        "country": row["country"],
    }
    raising = discretion.tells_raising(row)
    row["reasons"] = discretion.told(row["reasons"], row, kind)
    for reason in row["reasons"]:
        if reason["code"] == "company":
            reason["params"]["raising"] = raising
        elif reason["code"] == "home":
            reason["params"] = {**places, **reason["params"]}
    return row


async def names_of(rows: list[Row]) -> dict[str, str]:
    """The names of the organisations that reasons speak of, by id, without those that are not there."""
    wanted = {text for row in rows for reason in row["reasons"] for text in _ids(reason["params"])}
    if not wanted:
        return {}
    found = await db.fetch(
        "SELECT id, name FROM organisation WHERE id = ANY($1::uuid[]) AND ended_at IS NULL AND hidden_at IS NULL",
        [UUID(text) for text in wanted],
    )
    return {str(row["id"]): row["name"] for row in found}


def _ids(params: dict[str, Any]) -> list[str]:
    values = [item for value in params.values() for item in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, str) and _is_id(value)]


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
