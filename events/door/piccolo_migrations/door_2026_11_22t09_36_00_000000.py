"""Codes of a key that was replaced open doors as long as that key is kept valid."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T09:36:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "old codes until a chosen moment"

FORWARDS = """
CREATE OR REPLACE FUNCTION door_reason(
    p_guest record, p_point record, p_key integer, p_direction text, p_at timestamptz
) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_local timestamp := p_at AT TIME ZONE 'Asia/Ho_Chi_Minh';
BEGIN
    RETURN CASE
        WHEN p_key IS NOT NULL AND NOT EXISTS (SELECT FROM event_key k WHERE k.id = p_key AND k.revoked_at IS NULL
            AND (k.valid_until > p_at OR k.valid_until IS NULL AND k.id = p_guest.signing_key)) THEN 'revoked'
        WHEN p_point.event_status = 'cancelled' THEN 'event_cancelled'
        WHEN p_guest.status = 'cancelled' THEN 'cancelled'
        WHEN p_guest.status IN ('waitlisted', 'offered') THEN 'waitlisted'
        WHEN p_guest.status = 'pending_review' THEN 'unapproved'
        WHEN p_guest.status = 'started' THEN 'unpaid'
        WHEN p_guest.status = 'blocked' THEN 'blocked'
        WHEN p_guest.status <> 'confirmed' THEN 'not_confirmed'
        WHEN p_point.direction <> 'both' AND p_point.direction <> p_direction THEN 'wrong_direction'
        WHEN p_direction = 'out' AND p_point.ticket_types IS NOT NULL
             AND NOT p_guest.code = ANY (p_point.ticket_types) THEN 'wrong_checkpoint'
        WHEN p_direction = 'out' THEN ''
        WHEN p_point.opens_at > p_at OR p_point.opens_daily > v_local::time OR p_guest.valid_from > p_at THEN 'too_early'
        WHEN p_point.closes_at < p_at OR p_point.closes_daily < v_local::time OR p_guest.valid_until < p_at
            THEN 'too_late'
        WHEN p_point.ticket_types IS NOT NULL AND NOT p_guest.code = ANY (p_point.ticket_types) THEN 'wrong_checkpoint'
        WHEN p_guest.days IS NOT NULL
             AND NOT (door_day(p_at, p_point.empties_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = ANY (p_guest.days)
            THEN 'wrong_day'
        WHEN p_point.session IS NOT NULL
            THEN session_door(p_point.session, p_guest.id, p_at, p_point.walk_in_minutes)
        ELSE '' END;
END $$"""

BACKWARDS = """
CREATE OR REPLACE FUNCTION door_reason(
    p_guest record, p_point record, p_key integer, p_direction text, p_at timestamptz
) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_local timestamp := p_at AT TIME ZONE 'Asia/Ho_Chi_Minh';
BEGIN
    RETURN CASE
        WHEN p_key IS NOT NULL AND (p_guest.signing_key <> p_key OR EXISTS (
            SELECT FROM event_key k WHERE k.id = p_key AND k.revoked_at IS NOT NULL)) THEN 'revoked'
        WHEN p_point.event_status = 'cancelled' THEN 'event_cancelled'
        WHEN p_guest.status = 'cancelled' THEN 'cancelled'
        WHEN p_guest.status IN ('waitlisted', 'offered') THEN 'waitlisted'
        WHEN p_guest.status = 'pending_review' THEN 'unapproved'
        WHEN p_guest.status = 'started' THEN 'unpaid'
        WHEN p_guest.status = 'blocked' THEN 'blocked'
        WHEN p_guest.status <> 'confirmed' THEN 'not_confirmed'
        WHEN p_point.direction <> 'both' AND p_point.direction <> p_direction THEN 'wrong_direction'
        WHEN p_direction = 'out' AND p_point.ticket_types IS NOT NULL
             AND NOT p_guest.code = ANY (p_point.ticket_types) THEN 'wrong_checkpoint'
        WHEN p_direction = 'out' THEN ''
        WHEN p_point.opens_at > p_at OR p_point.opens_daily > v_local::time OR p_guest.valid_from > p_at THEN 'too_early'
        WHEN p_point.closes_at < p_at OR p_point.closes_daily < v_local::time OR p_guest.valid_until < p_at
            THEN 'too_late'
        WHEN p_point.ticket_types IS NOT NULL AND NOT p_guest.code = ANY (p_point.ticket_types) THEN 'wrong_checkpoint'
        WHEN p_guest.days IS NOT NULL
             AND NOT (door_day(p_at, p_point.empties_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date = ANY (p_guest.days)
            THEN 'wrong_day'
        WHEN p_point.session IS NOT NULL
            THEN session_door(p_point.session, p_guest.id, p_at, p_point.walk_in_minutes)
        ELSE '' END;
END $$"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
