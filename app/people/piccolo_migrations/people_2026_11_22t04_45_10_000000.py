"""What Piccolo cannot say of people's rights: logs that only grow, closed lists of words, who consents to what."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:45:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "append-only consents, the predicate consent_holds, indexes of requests and of who saw what"

FORWARDS = (
    "CREATE INDEX consent_newest ON consent (person, purpose, id DESC)",
    "ALTER TABLE consent ADD CONSTRAINT consent_channel CHECK (channel IN ('web', 'api', 'desk', 'paper'))",
    "CREATE UNIQUE INDEX data_access_once ON data_access (subject, viewer, kind, place, hour_at)",
    "CREATE INDEX data_access_newest ON data_access (subject, id DESC)",
    "CREATE INDEX data_access_age ON data_access (at)",
    "ALTER TABLE rights_request ADD CONSTRAINT rights_request_kind CHECK"
    " (kind IN ('access', 'correction', 'deletion', 'withdrawal', 'objection'))",
    "ALTER TABLE rights_request ADD CONSTRAINT rights_request_state CHECK"
    " (state IN ('received', 'answered', 'done', 'refused', 'taken_back'))",
    "ALTER TABLE rights_request ADD CONSTRAINT rights_request_channel CHECK"
    " (channel IN ('web', 'api', 'desk', 'paper', 'mail', 'phone'))",
    "CREATE INDEX rights_request_open ON rights_request (act_by, id) WHERE state IN ('received', 'answered')",
    "CREATE UNIQUE INDEX data_export_under_way ON data_export (person) WHERE state = 'asked'",
    # A row of these logs stays as it was written. What erasing empties, it empties with this setting, in its own
    # transaction; the setting is nobody's to make by accident.
    """
    CREATE FUNCTION rights_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND current_setting('ketnoi.erasing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE ON consent
    FOR EACH ROW EXECUTE FUNCTION rights_log_is_append_only()
    """,
    """
    CREATE TRIGGER rights_step_append_only BEFORE UPDATE OR DELETE ON rights_step
    FOR EACH ROW EXECUTE FUNCTION rights_log_is_append_only()
    """,
    """
    CREATE OR REPLACE FUNCTION account_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.person IS NULL AND OLD.at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' AND current_setting('ketnoi.erasing', true) = 'on' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'account_event is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    # Whether a person's consent to a purpose holds: the newest row decides; a consent to a text older than p_least
    # has to be asked for again; without a row, and without an account, p_default.
    """
    CREATE FUNCTION consent_holds(p_person uuid, p_purpose text, p_least text, p_default boolean) RETURNS boolean
    LANGUAGE sql STABLE AS $$
        SELECT coalesce((
            SELECT c.given AND (p_default OR c.text_version >= p_least) FROM consent c
            WHERE c.person = p_person AND c.purpose = p_purpose ORDER BY c.id DESC LIMIT 1
        ), p_default)
    $$
    """,
)

BACKWARDS = (
    "DROP FUNCTION IF EXISTS consent_holds(uuid, text, text, boolean)",
    "DROP TRIGGER IF EXISTS rights_step_append_only ON rights_step",
    "DROP TRIGGER IF EXISTS consent_append_only ON consent",
    "DROP FUNCTION IF EXISTS rights_log_is_append_only()",
    """
    CREATE OR REPLACE FUNCTION account_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.person IS NULL AND OLD.at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'account_event is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    "DROP INDEX IF EXISTS consent_newest, data_access_once, data_access_newest, data_access_age, rights_request_open,"
    " data_export_under_way",
    "ALTER TABLE consent DROP CONSTRAINT IF EXISTS consent_channel",
    "ALTER TABLE rights_request DROP CONSTRAINT IF EXISTS rights_request_kind,"
    " DROP CONSTRAINT IF EXISTS rights_request_state, DROP CONSTRAINT IF EXISTS rights_request_channel",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="people", description=DESCRIPTION)

    async def add() -> None:
        for statement in FORWARDS:
            await execute(statement)

    async def remove() -> None:
        for statement in BACKWARDS:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
