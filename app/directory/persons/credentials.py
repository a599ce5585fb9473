"""What was certified about a person and checked by the department: valid on the day, open to everybody."""

from typing import Any
from uuid import UUID

from app.core import db


async def credentials_of(person: UUID) -> list[dict[str, Any]]:
    """Valid today and verified, the newest first: without a verifier nobody sees a badge. One query."""
    rows = await db.fetch(
        "SELECT credential_type, title_vi, title_en, issuer, issued_on, valid_until, verified_at, verified_how"
        " FROM credential WHERE person = $1 AND state = 'valid' AND verified_at IS NOT NULL AND ended_at IS NULL"
        " AND (valid_until IS NULL OR valid_until >= current_date) ORDER BY issued_on DESC NULLS LAST, id",
        person,
    )
    return [dict(row) for row in rows]
