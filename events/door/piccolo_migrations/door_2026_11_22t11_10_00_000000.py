"""People inside are counted, not tickets: who comes with three others on one ticket takes four places."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute
from events.door.piccolo_migrations import door_2026_11_22t08_05_00_000000 as deciding

ID = "2026-11-22T11:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a ticket counts as many as come on it"

SCANS_OF_TICKETS = deciding.FORWARDS[-1].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _for_people(text: str) -> str:
    """`scan_tickets` with the three places that know how many come on a ticket."""
    for old, new in (
        ("t.colour, f.vip, f.attention, f.note", "t.colour, r.party, f.vip, f.attention, f.note"),
        (
            "IF door_inside(v_zone.id, v_changes) >= v_zone.cap THEN",
            "IF door_inside(v_zone.id, v_changes) + v_guest.party > v_zone.cap THEN",
        ),
        (
            "|| CASE WHEN v_guest.vip IS NOT NULL THEN",
            "|| CASE WHEN v_guest.party > 1 THEN jsonb_build_object('people', v_guest.party) ELSE '{}' END\n"
            "                    || CASE WHEN v_guest.vip IS NOT NULL THEN",
        ),
    ):
        if text.count(old) != 1:
            raise RuntimeError(f"not there once: {old}")
        text = text.replace(old, new)
    return text


# What the counters of zones have to be changed by after a guest's rows went from one state to another.
COUNT = """
CREATE OR REPLACE FUNCTION door_count(
    p_registration uuid, p_was_in uuid[], p_was_known uuid[], p_in uuid[], p_known uuid[]
) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_array(
        c.z, abs(hashtextextended(p_registration::text, 5) % 16), c.i * r.party, c.a * r.party)), '[]')
    FROM (SELECT z, (z = ANY (p_in))::integer - (z = ANY (p_was_in))::integer AS i,
                 (z = ANY (p_known))::integer - (z = ANY (p_was_known))::integer AS a
          FROM (SELECT DISTINCT z FROM unnest(p_was_known || p_known) AS z) every_zone) c
    JOIN registration r ON r.id = p_registration
    WHERE c.i <> 0 OR c.a <> 0
$$"""
COUNT_TICKETS = COUNT.replace(" * r.party", "").replace("    JOIN registration r ON r.id = p_registration\n", "")

# Who is counted already while the number of people changes: the counters follow.
FOLLOW = """
CREATE FUNCTION registration_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM door_write_counts((
        SELECT coalesce(jsonb_agg(jsonb_build_array(a.zone, abs(hashtextextended(NEW.id::text, 5) % 16),
            a.inside::integer * (NEW.party - OLD.party), NEW.party - OLD.party)), '[]')
        FROM admission a WHERE a.registration = NEW.id AND a.voided_at IS NULL));
    RETURN NULL;
END $$"""

ALL_BY = """
UPDATE zone_count n SET inside = n.inside {sign} x.inside, admitted = n.admitted {sign} x.ever
FROM (SELECT a.zone, (abs(hashtextextended(r.id::text, 5) % 16))::integer AS slot,
             sum(a.inside::integer * (r.party - 1))::integer AS inside, sum(r.party - 1)::integer AS ever
      FROM admission a JOIN registration r ON r.id = a.registration
      WHERE r.party > 1 AND a.voided_at IS NULL GROUP BY 1, 2) x
WHERE n.zone = x.zone AND n.slot = x.slot"""

FORWARDS = (
    COUNT,
    _for_people(SCANS_OF_TICKETS),
    FOLLOW,
    "CREATE TRIGGER registration_people AFTER UPDATE OF party ON registration FOR EACH ROW"
    " WHEN (OLD.party <> NEW.party) EXECUTE FUNCTION registration_people()",
    ALL_BY.format(sign="+"),
)
BACKWARDS = (
    "DROP FUNCTION registration_people CASCADE",
    COUNT_TICKETS,
    SCANS_OF_TICKETS,
    ALL_BY.format(sign="-"),
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="door", description=DESCRIPTION)

    async def change() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def back() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(change)
    manager.add_raw_backwards(back)
    return manager
