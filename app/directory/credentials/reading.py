"""Credentials as others read them: badges of organisations and persons, all of them for members and the department."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from app.core import db
from app.core.clock import VIETNAM
from app.core.i18n import pick
from app.directory.credentials.acts import COLUMNS
from app.directory.credentials.badges import IS_BADGE
from app.directory.credentials.rules import standing, today
from app.directory.seeing import Viewer
from app.directory.vocabulary import CREDENTIAL_TYPES
from app.directory.vocabulary.credentials import CREDENTIAL_CHECKS, CREDENTIAL_STANDINGS
from app.directory.vocabulary.profiles import REGIMES, SIZE_CLASSES

Row = dict[str, Any]


class Badge(msgspec.Struct, frozen=True, kw_only=True):
    """What a badge says, in the language of the reader, and what stands behind it."""

    id: UUID
    code: str
    label: str
    basis: str
    number: str
    issuer: str
    issued_on: date
    valid_until: date | None
    verified_on: date
    how: str
    note: str
    register: str

    def as_data(self) -> dict[str, Any]:
        """The badge for the API: codes and days."""
        return {
            "id": str(self.id),
            "type": self.code,
            "label": self.label,
            "legal_basis": self.basis,
            "number": self.number,
            "issuer": self.issuer,
            "issued_on": self.issued_on.isoformat(),
            "valid_until": self.valid_until.isoformat() if self.valid_until else None,
            "verified_on": self.verified_on.isoformat(),
            "verified_how": self.how,
        }


async def badges_of(organisations: Iterable[UUID]) -> dict[UUID, list[Badge]]:
    """What is verified and valid today, by organisation; those without any are left out. One query."""
    return await _badges("organisation", list(organisations))


async def badges_of_person(person: UUID) -> list[Badge]:
    """The same of one person. One query."""
    return (await _badges("person", [person])).get(person, [])


async def _badges(holder: str, ids: Sequence[UUID]) -> dict[UUID, list[Badge]]:
    if not ids:
        return {}
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM credential c WHERE c.{holder} = ANY($1::uuid[]) AND {IS_BADGE.format(day='$2')}"  # noqa: S608
        " ORDER BY c.issued_on DESC, c.id",
        *(ids, today()),
    )
    found: dict[UUID, list[Badge]] = {}
    for row in rows:
        found.setdefault(row[holder], []).append(badge(row))
    return found


def badge(row: Any) -> Badge:
    return Badge(
        id=row["id"],
        code=row["credential_type"],
        label=label_of(row),
        basis=REGIMES.label(row["regime"]) if row["regime"] != "other" else "",
        number=row["number"],
        issuer=row["issuer"],
        issued_on=row["issued_on"],
        valid_until=row["valid_until"],
        verified_on=row["verified_at"].astimezone(VIETNAM).date(),
        how=CREDENTIAL_CHECKS.label(row["verified_how"]),
        note=row["verified_note"],
        register=row["evidence_url"] if row["verified_how"] == "register" else "",
    )


def label_of(row: Any) -> str:
    """What it is called: by its type, with its own title where it has one."""
    title = pick(row["title_vi"], row["title_en"])
    kind = CREDENTIAL_TYPES.label(row["credential_type"])
    return f"{kind}: {title}" if title else kind


async def credentials_of(organisation: UUID, viewer: Viewer) -> list[Row]:
    """Badges for strangers; for members and the department everything, with how it stands. One query."""
    return await _all_of("organisation", organisation, whole=viewer.member or viewer.staff)


async def credentials_of_person(person: UUID, *, own: bool) -> list[Row]:
    return await _all_of("person", person, whole=own)


async def _all_of(holder: str, found: UUID, *, whole: bool) -> list[Row]:
    which = "c.ended_at IS NULL" if whole else IS_BADGE.format(day="$2")
    rows = await db.fetch(
        f"SELECT {COLUMNS}, s.credential_type AS old_type, s.number AS old_number, $2::date AS day FROM credential c"  # noqa: S608
        f" LEFT JOIN credential s ON s.id = c.supersedes WHERE c.{holder} = $1 AND {which}"
        " ORDER BY c.state = 'draft', c.issued_on DESC NULLS LAST, c.id",
        *(found, today()),
    )
    return [line_of(row) for row in rows]


def line_of(row: Any) -> Row:
    """A credential of a list, in words: how it stands today, the badge where it gives one."""
    day = today()
    now = standing(row, day)
    evidence = row["evidence_file"] is not None or bool(row["evidence_url"])
    return {
        **row,
        "label": label_of(row),
        "basis": REGIMES.label(row["regime"]),
        "standing": now,
        "standing_label": CREDENTIAL_STANDINGS.label(now),
        "how": CREDENTIAL_CHECKS.label(row["verified_how"]),
        "size": SIZE_CLASSES.label(row["size_class"]),
        "badge": badge(row) if now == "valid" and row["verified_at"] and evidence else None,
        "days_left": (row["valid_until"] - day).days if now == "valid" and row["valid_until"] else None,
    }
