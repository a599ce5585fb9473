"""The one rule of badges, as SQL: for profiles, for cards of lists, for the filter by what is verified."""

IS_BADGE = """c.state = 'valid' AND c.verified_at IS NOT NULL AND c.ended_at IS NULL AND c.issued_on <= {day}
    AND (c.valid_until IS NULL OR c.valid_until >= {day}) AND (c.evidence_file IS NOT NULL OR c.evidence_url <> '')"""
"""Verified, valid on the day, with evidence."""

TODAY = "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"

HELD = f"FROM credential c WHERE c.organisation = o.id AND {IS_BADGE.format(day=TODAY)}"
"""What is verified and valid today of the organisation `o`."""

BADGES = f"(SELECT array_agg(DISTINCT c.credential_type ORDER BY c.credential_type) {HELD}) AS badges"
