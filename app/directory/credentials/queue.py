"""The department's lists of credentials: to be checked, sent back, running out and all the others; one as a whole."""

from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.errors import NotFound
from app.core.i18n import N_
from app.core.text import fold
from app.directory.credentials.acts import ACTS, COLUMNS
from app.directory.credentials.reading import line_of
from app.directory.credentials.rules import family, today
from app.directory.curation.paging import Asked

Row = dict[str, Any]

PAGE = 25
SOON_DAYS = 90
SHOWN = {
    "waiting": N_("To be checked"),
    "refused": N_("Sent back"),
    "soon": N_("Running out"),
    "valid": N_("Valid"),
    "expired": N_("Run out"),
    "ended": N_("Revoked or replaced"),
}
_WHERE = {
    "waiting": "c.state = 'draft' AND c.refused_at IS NULL",
    "refused": "c.state = 'draft' AND c.refused_at IS NOT NULL",
    "soon": f"c.state = 'valid' AND c.valid_until BETWEEN $2 AND $2::date + {SOON_DAYS}",
    "valid": "c.state = 'valid' AND (c.valid_until IS NULL OR c.valid_until >= $2)",
    "expired": "c.state = 'valid' AND c.valid_until < $2",
    "ended": "c.state IN ('revoked', 'superseded')",
}
_ORDER = {"waiting": "c.updated_at, c.id", "refused": "c.refused_at, c.id", "soon": "c.valid_until, c.id"}

FROM_HOLDERS = """
    FROM credential c LEFT JOIN organisation o ON o.id = c.organisation LEFT JOIN person p ON p.id = c.person
    LEFT JOIN person_profile pp ON pp.person = c.person
"""
HOLDER = """coalesce(o.name, p.name) AS holder, o.slug AS organisation_slug, pp.slug AS person_slug,
    coalesce(o.sample, p.sample) AS sample"""


class QueueAsked(Asked, frozen=True, kw_only=True):
    """A state of the queue: also narrowed to one type."""

    kind: str = ""

    def url(self, **changed: Any) -> str:
        state = msgspec.structs.replace(self, **{"offset": 0, **changed})
        return Asked.url(state) + (f"&type={state.kind}" if state.kind else "")


async def credentials_queue(asked: QueueAsked) -> list[Row]:
    """A page of credentials in one query, one more than a page; who waits longest comes first."""
    rows = await db.fetch(
        f"SELECT {COLUMNS}, {HOLDER} {FROM_HOLDERS} WHERE c.ended_at IS NULL AND {_WHERE[asked.shown]}"
        " AND ($2::date IS NOT NULL) AND ($3 = '' OR c.credential_type = $3)"
        " AND ($4 = '' OR strpos(lower(c.number), lower($4)) > 0 OR strpos(lower(c.issuer), lower($4)) > 0"
        " OR strpos(coalesce(o.name_folded, pp.name_folded, lower(p.name)), $5) > 0)"
        f" ORDER BY {_ORDER.get(asked.shown, 'c.updated_at DESC, c.id')} LIMIT {PAGE + 1} OFFSET $1",
        *(asked.offset, today(), asked.kind, asked.q, fold(asked.q)),
    )
    return [{**line_of(row), "holder_href": holder_href(row)} for row in rows]


def holder_href(row: Any) -> str:
    """The public page of whose it is; "" for a person without one."""
    if row["organisation_slug"]:
        return f"/organisations/{row['organisation_slug']}"
    return f"/people/{row['person_slug']}" if row["person_slug"] else ""


_ONE = f"""
    SELECT {COLUMNS}, {HOLDER}, o.enterprise_code, o.legal_name, v.name AS verified_by_name, b.name AS created_by_name,
        (SELECT jsonb_build_object('id', f.id, 'name', f.name, 'kind', f.kind,
            'variant', f.variants[array_length(f.variants, 1)]) FROM stored_file f
            WHERE f.id = c.evidence_file AND f.erased_at IS NULL) AS file
    {FROM_HOLDERS} LEFT JOIN person v ON v.id = c.verified_by LEFT JOIN person b ON b.id = c.created_by
    WHERE c.id = $1
"""  # noqa: S608  constants only
_BESIDE = """
    SELECT c.id, c.credential_type, c.regime, c.number, c.title_vi, c.title_en, c.issued_on, c.state, c.supersedes,
        coalesce(c.organisation, c.person) = $2 AS same_holder, coalesce(o.name, p.name) AS holder
    FROM credential c LEFT JOIN organisation o ON o.id = c.organisation LEFT JOIN person p ON p.id = c.person
    WHERE c.id <> $1 AND c.ended_at IS NULL AND (coalesce(c.organisation, c.person) = $2
        OR (c.credential_type = $3 AND c.number = $4 AND $4 <> '')) ORDER BY c.issued_on DESC, c.id LIMIT 50
"""


async def credential_for(credential: UUID) -> Row:
    """One as the department sees it: evidence, log, what it may replace, who else states the same number.

    Three queries. Raises NotFound.
    """
    row = await db.fetchrow(_ONE, credential)
    if row is None:
        raise NotFound
    found = {**line_of(row), "holder_href": holder_href(row)}
    holder = row["organisation"] or row["person"]
    beside = await db.fetch(_BESIDE, credential, holder, row["credential_type"], row["number"])
    mine = [one for one in beside if one["same_holder"]]
    found["replaceable"] = [one for one in mine if _may_be_replaced(one, row)]
    found["replaces"] = next((one for one in mine if one["id"] == row["supersedes"]), None)
    found["replaced_by"] = next((one for one in mine if one["supersedes"] == row["id"]), None)
    found["same_number"] = [one["holder"] for one in beside if not one["same_holder"]]
    found["log"] = [
        {**one, "act": ACTS[one["act"]].text()}
        for one in await db.fetch(
            "SELECT a.act, a.at, a.words, p.name FROM credential_act a LEFT JOIN person p ON p.id = a.person"
            " WHERE a.credential = $1 ORDER BY a.at, a.id",
            credential,
        )
    ]
    return found


def _may_be_replaced(old: Any, new: Any) -> bool:
    return (
        old["state"] == "valid"
        and family(old["credential_type"]) == family(new["credential_type"])
        and new["issued_on"] is not None
        and old["issued_on"] <= new["issued_on"]
    )
