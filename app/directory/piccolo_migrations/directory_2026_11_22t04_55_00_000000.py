"""What Piccolo cannot say about persons: checks, and the indexes of the list of mentors."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks of persons' profiles, indexes of the list of mentors"

FORWARDS = """
ALTER TABLE person_profile
    ADD CONSTRAINT person_profile_hidden CHECK ((hidden_at IS NULL) = (hidden_reason IS NULL)),
    ADD CONSTRAINT person_profile_listed CHECK (listed_at IS NULL OR (hidden_at IS NULL AND ended_at IS NULL));
ALTER TABLE mentor_role
    ADD CONSTRAINT mentor_role_now CHECK (mentees_now >= 0),
    ADD CONSTRAINT mentor_role_vetted CHECK ((vetted_at IS NULL) = (vetted_by IS NULL)),
    ADD CONSTRAINT mentor_role_conduct CHECK ((conduct_accepted_at IS NULL) = (conduct_version = ''));
CREATE INDEX mentor_role_unchecked ON mentor_role (created_at, id) WHERE vetted_at IS NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX person_grant_open ON person_grant (person, viewer) WHERE ended_at IS NULL;
CREATE INDEX person_change_newest ON person_change (person, id DESC);
DROP INDEX IF EXISTS person_change_person;
CREATE INDEX membership_shown ON membership (organisation) WHERE listed AND ended_at IS NULL;
CREATE INDEX mentor_listing_order ON mentor_listing (place, name_folded, person);
CREATE INDEX mentor_listing_tokens_0 ON mentor_listing USING gin (tokens_0);
CREATE INDEX mentor_listing_tokens_1 ON mentor_listing USING gin (tokens_1);
CREATE INDEX mentor_listing_tokens_2 ON mentor_listing USING gin (tokens_2);
"""

BACKWARDS = """
DROP INDEX IF EXISTS mentor_role_unchecked, person_grant_open, person_change_newest, membership_shown,
    mentor_listing_order, mentor_listing_tokens_0, mentor_listing_tokens_1, mentor_listing_tokens_2;
ALTER TABLE person_profile
    DROP CONSTRAINT IF EXISTS person_profile_hidden, DROP CONSTRAINT IF EXISTS person_profile_listed;
ALTER TABLE mentor_role DROP CONSTRAINT IF EXISTS mentor_role_now, DROP CONSTRAINT IF EXISTS mentor_role_vetted,
    DROP CONSTRAINT IF EXISTS mentor_role_conduct;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="directory", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
