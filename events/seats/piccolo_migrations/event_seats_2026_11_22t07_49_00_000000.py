"""Taking places from every pool of a ticket type in one function, giving them back in another; checks behind both."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:49:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "take_seats, give_seats and their checks"

FORWARDS = (
    "ALTER TABLE seat_pool ADD CONSTRAINT seat_pool_within_size CHECK"
    " (size >= 0 AND used >= 0 AND excess >= 0 AND used <= size + excess)",
    "ALTER TABLE seat_pool ADD CONSTRAINT seat_pool_kind CHECK (kind IN ('total', 'role', 'village', 'other'))",
    "ALTER TABLE seat_pool SET (fillfactor = 50)",
    "CREATE UNIQUE INDEX ticket_type_pool_once ON ticket_type_pool (ticket_type, pool)",
    "ALTER TABLE seat_hold ADD CONSTRAINT seat_hold_within_size CHECK (taken >= 0 AND taken <= size)",
    "CREATE INDEX seat_hold_due ON seat_hold (ends_at) WHERE ended_at IS NULL",
    "ALTER TABLE line_rule ADD CONSTRAINT line_rule_promotion CHECK (promotion IN ('confirm', 'offer')),"
    " ADD CONSTRAINT line_rule_party CHECK (party_policy IN ('skip', 'hold')),"
    " ADD CONSTRAINT line_rule_after CHECK (after_expiry IN ('tail', 'out')),"
    " ADD CONSTRAINT line_rule_hours CHECK (offer_hours BETWEEN 1 AND 720)",
    # The type's own places first, then its pools from the deepest to the root: the row that everybody needs is held
    # for the shortest time, and every transaction waits in the same order. A guarded UPDATE takes; where it finds none,
    # the row's lock is waited for and the guard asked once more, so that a place given back meanwhile is not lost, and
    # who is told "full" stands in line under the lock. What was taken on the way is put back when a later pool is full.
    """
CREATE FUNCTION take_seats(p_type uuid, p_count integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_pool uuid;
    v_taken uuid[] := '{}';
BEGIN
    UPDATE ticket_type SET sold = sold + p_count WHERE id = p_type AND sold + p_count <= capacity;
    IF NOT FOUND THEN
        PERFORM 1 FROM ticket_type WHERE id = p_type FOR NO KEY UPDATE;
        UPDATE ticket_type SET sold = sold + p_count WHERE id = p_type AND sold + p_count <= capacity;
        IF NOT FOUND THEN RETURN false; END IF;
    END IF;
    FOR v_pool IN SELECT p.id FROM ticket_type_pool l JOIN seat_pool p ON p.id = l.pool
                  WHERE l.ticket_type = p_type ORDER BY p.depth DESC, p.id LOOP
        UPDATE seat_pool SET used = used + p_count WHERE id = v_pool AND used + p_count <= size;
        IF NOT FOUND THEN
            PERFORM 1 FROM seat_pool WHERE id = v_pool FOR NO KEY UPDATE;
            UPDATE seat_pool SET used = used + p_count WHERE id = v_pool AND used + p_count <= size;
        END IF;
        IF NOT FOUND THEN
            UPDATE seat_pool SET used = used - p_count WHERE id = ANY (v_taken);
            UPDATE ticket_type SET sold = sold - p_count WHERE id = p_type;
            RETURN false;
        END IF;
        v_taken := v_taken || v_pool;
    END LOOP;
    RETURN true;
END $$""",
    """
CREATE FUNCTION give_seats(p_type uuid, p_count integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_pool uuid;
BEGIN
    UPDATE ticket_type SET sold = sold - p_count, excess = greatest(0, least(excess, sold - p_count - capacity))
    WHERE id = p_type;
    FOR v_pool IN SELECT p.id FROM ticket_type_pool l JOIN seat_pool p ON p.id = l.pool
                  WHERE l.ticket_type = p_type ORDER BY p.depth DESC, p.id LOOP
        UPDATE seat_pool SET used = used - p_count, excess = greatest(0, least(excess, used - p_count - size))
        WHERE id = v_pool;
    END LOOP;
END $$""",
    # How many stand in line for one of these types at this priority or a higher one, up to a number in line (none: all).
    # A function, so that it counts what was committed while a lock was awaited.
    """
CREATE FUNCTION line_place(p_event uuid, p_types uuid[], p_priority integer, p_number bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) FROM registration o WHERE o.event = p_event AND o.status = 'waitlisted'
            AND (o.ticket_type = ANY (p_types) OR o.also_types && p_types)
            AND (o.priority > p_priority
                 OR (o.priority = p_priority AND (p_number IS NULL OR o.queue_number <= p_number))));
END $$""",
    "DROP FUNCTION take_seat",
    "DROP FUNCTION place_in_line",
)

BACKWARDS = (
    """
CREATE FUNCTION place_in_line(p_type uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT count(*) + 1 FROM registration r WHERE r.ticket_type = p_type AND r.status = 'waitlisted');
END $$""",
    """
CREATE FUNCTION take_seat(p_type uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ticket_type SET sold = sold + 1 WHERE id = p_type AND sold < capacity;
    IF FOUND THEN RETURN true; END IF;
    PERFORM 1 FROM ticket_type WHERE id = p_type FOR NO KEY UPDATE;
    UPDATE ticket_type SET sold = sold + 1 WHERE id = p_type AND sold < capacity;
    RETURN FOUND;
END $$""",
    "DROP FUNCTION line_place",
    "DROP FUNCTION give_seats",
    "DROP FUNCTION take_seats",
    "ALTER TABLE line_rule DROP CONSTRAINT line_rule_promotion, DROP CONSTRAINT line_rule_party,"
    " DROP CONSTRAINT line_rule_after, DROP CONSTRAINT line_rule_hours",
    "DROP INDEX seat_hold_due, ticket_type_pool_once",
    "ALTER TABLE seat_hold DROP CONSTRAINT seat_hold_within_size",
    "ALTER TABLE seat_pool RESET (fillfactor)",
    "ALTER TABLE seat_pool DROP CONSTRAINT seat_pool_kind, DROP CONSTRAINT seat_pool_within_size",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="event_seats", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
