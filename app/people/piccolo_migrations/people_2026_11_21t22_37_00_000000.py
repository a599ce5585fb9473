"""What Piccolo cannot say: unique while not ended, closed lists of words, and an event log that nobody rewrites."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-21T22:37:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "partial indexes, checks and the append-only log of people"

FORWARDS = (
    "CREATE UNIQUE INDEX person_email_key ON person (email_key) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX person_role_current ON person_role (person, role) WHERE ended_at IS NULL",
    "CREATE INDEX session_of_person ON session (person, last_seen_at DESC) WHERE ended_at IS NULL",
    "CREATE INDEX sign_up_by_address ON sign_up (email_key, created_at DESC)",
    "CREATE INDEX mail_link_of_person ON mail_link (person) WHERE used_at IS NULL",
    "CREATE UNIQUE INDEX second_step_current ON second_step (person) WHERE ended_at IS NULL",
    "CREATE INDEX recovery_code_of_step ON recovery_code (second_step)",
    "CREATE INDEX api_token_of_person ON api_token (person, created_at DESC)",
    "CREATE INDEX account_event_of_person ON account_event (person, id DESC)",
    "ALTER TABLE person ADD CONSTRAINT person_locale CHECK (locale IN ('vi', 'en'))",
    "ALTER TABLE person ADD CONSTRAINT person_ended_says_why CHECK ((ended_at IS NULL) = (ended_reason IS NULL))",
    "ALTER TABLE person_role ADD CONSTRAINT person_role_known CHECK (role IN ('admin', 'organizer', 'desk'))",
    "ALTER TABLE mail_link ADD CONSTRAINT mail_link_purpose CHECK (purpose IN ('sign_up', 'reset', 'email'))",
    "ALTER TABLE mail_link ADD CONSTRAINT mail_link_for_someone CHECK ((person IS NULL) <> (sign_up IS NULL))",
    "ALTER TABLE api_token ADD CONSTRAINT api_token_scopes CHECK (scopes <@ ARRAY['read', 'write'] AND scopes <> '{}')",
    """
    CREATE FUNCTION account_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.person IS NULL AND OLD.at < now() - interval '30 days' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'account_event is append-only' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER account_event_append_only BEFORE UPDATE OR DELETE ON account_event
    FOR EACH ROW EXECUTE FUNCTION account_event_is_append_only()
    """,
)

BACKWARDS = (
    "DROP TRIGGER IF EXISTS account_event_append_only ON account_event",
    "DROP FUNCTION IF EXISTS account_event_is_append_only()",
    "ALTER TABLE api_token DROP CONSTRAINT IF EXISTS api_token_scopes",
    "ALTER TABLE mail_link DROP CONSTRAINT IF EXISTS mail_link_for_someone",
    "ALTER TABLE mail_link DROP CONSTRAINT IF EXISTS mail_link_purpose",
    "ALTER TABLE person_role DROP CONSTRAINT IF EXISTS person_role_known",
    "ALTER TABLE person DROP CONSTRAINT IF EXISTS person_ended_says_why",
    "ALTER TABLE person DROP CONSTRAINT IF EXISTS person_locale",
    "DROP INDEX IF EXISTS person_email_key, person_role_current, session_of_person, sign_up_by_address,"
    " mail_link_of_person, second_step_current, recovery_code_of_step, api_token_of_person, account_event_of_person",
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
