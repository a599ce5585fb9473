"""What Piccolo cannot say about details, lists, provenance and people's profiles: checks, indexes, what moves over."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and indexes of what profiles say; needs and offers become rows"

ROWS = (
    "mandate", "need_offer", "traction", "ip_asset", "mention", "yearly_update", "programme", "service", "facility",
    "technology_offer", "technology_need", "address",
)  # fmt: skip

FORWARDS = """
ALTER TABLE organisation
    ADD CONSTRAINT organisation_status CHECK (status IN ('active', 'dormant', 'closed', 'acquired', 'merged')),
    ADD CONSTRAINT organisation_enterprise_code CHECK (enterprise_code ~ '^([0-9]{10}|[0-9]{13})?$'),
    ADD CONSTRAINT organisation_headcount CHECK (headcount >= 0 AND headcount_rd >= 0),
    ADD CONSTRAINT organisation_hidden CHECK ((hidden_at IS NULL) = (hidden_reason IS NULL)),
    ADD CONSTRAINT organisation_merged CHECK (merged_into IS NULL OR ended_at IS NOT NULL);
CREATE INDEX organisation_enterprise_code ON organisation (enterprise_code) WHERE enterprise_code <> '';
CREATE INDEX organisation_domain ON organisation (domain) WHERE domain <> '';
CREATE INDEX organisation_merged_into ON organisation (merged_into) WHERE merged_into IS NOT NULL;
UPDATE organisation SET domain = lower(substring(website from '^https?://(?:www\\.)?([^/:?#]+)'))
    WHERE website ~ '^https?://(www\\.)?[^/:?#]+';

ALTER TABLE mandate
    ADD CONSTRAINT mandate_typical CHECK (ticket_typical >= 0),
    ADD CONSTRAINT mandate_leads CHECK (leads IN ('always', 'sometimes', 'never'));
ALTER TABLE need_offer
    ADD CONSTRAINT need_offer_direction CHECK (direction IN ('need', 'offer')),
    ADD CONSTRAINT need_offer_strength CHECK (strength IN ('must', 'prefer', 'flexible')),
    ADD CONSTRAINT need_offer_quantity CHECK (quantity > 0);
ALTER TABLE yearly_update ADD CONSTRAINT yearly_update_year CHECK (year BETWEEN 1990 AND 2200);
CREATE UNIQUE INDEX yearly_update_once ON yearly_update (organisation, year) WHERE ended_at IS NULL;
ALTER TABLE programme ADD CONSTRAINT programme_equity CHECK (equity_percent BETWEEN 0 AND 100);
ALTER TABLE service ADD CONSTRAINT service_subsidy CHECK (subsidy_percent BETWEEN 0 AND 100);
ALTER TABLE technology_offer ADD CONSTRAINT technology_offer_trl CHECK (trl BETWEEN 1 AND 9);
ALTER TABLE address ADD CONSTRAINT address_days CHECK (valid_until >= valid_from);
ALTER TABLE credential
    ADD CONSTRAINT credential_of_one CHECK (num_nonnulls(organisation, person) = 1),
    ADD CONSTRAINT credential_state CHECK (state IN ('draft', 'valid', 'revoked', 'superseded')),
    ADD CONSTRAINT credential_days CHECK (valid_until >= issued_on AND revoked_on >= issued_on),
    ADD CONSTRAINT credential_revoked CHECK ((state = 'revoked') = (revoked_on IS NOT NULL));
CREATE INDEX credential_running_out ON credential (valid_until) WHERE state = 'valid' AND ended_at IS NULL;
ALTER TABLE support_details ADD CONSTRAINT support_details_share CHECK (staff_degree_share BETWEEN 0 AND 100);

ALTER TABLE field_note
    ADD CONSTRAINT field_note_of_one CHECK (num_nonnulls(organisation, person) = 1),
    ADD CONSTRAINT field_note_source CHECK (source IN ('self', 'import', 'registry', 'department', 'event')),
    ADD CONSTRAINT field_note_level CHECK (verified_level BETWEEN 0 AND 3);
CREATE UNIQUE INDEX field_note_organisation ON field_note (organisation, field) WHERE organisation IS NOT NULL;
CREATE UNIQUE INDEX field_note_person ON field_note (person, field) WHERE person IS NOT NULL;
CREATE INDEX field_note_due ON field_note (confirm_due_on) WHERE confirm_due_on IS NOT NULL;
CREATE UNIQUE INDEX field_grant_open ON field_grant (organisation, viewer) WHERE ended_at IS NULL;

ALTER TABLE mentor_role
    ADD CONSTRAINT mentor_role_capacity CHECK (mentees_most >= 0 AND hours_per_month >= 0 AND sessions_per_week >= 0);
ALTER TABLE expertise ADD CONSTRAINT expertise_level CHECK (level IN ('hands_on', 'managed', 'advised'));
CREATE UNIQUE INDEX expertise_once ON expertise (person, code) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX conflict_once ON conflict_of_interest (person, organisation) WHERE ended_at IS NULL;
CREATE INDEX person_profile_by_name ON person_profile (name_folded, id) WHERE listed_at IS NOT NULL AND ended_at IS NULL;

INSERT INTO need_offer (id, organisation, direction, code, position, created_at, updated_at)
    SELECT gen_random_uuid(), o.id, 'need', code, place, o.updated_at, o.updated_at
    FROM organisation o, unnest(o.needs) WITH ORDINALITY AS listed(code, place);
INSERT INTO need_offer (id, organisation, direction, code, position, created_at, updated_at)
    SELECT gen_random_uuid(), o.id, 'offer', code, place, o.updated_at, o.updated_at
    FROM organisation o, unnest(o.offers) WITH ORDINALITY AS listed(code, place);
"""

_EACH = """
ALTER TABLE {table} ADD CONSTRAINT {table}_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL));
DROP INDEX IF EXISTS {table}_organisation;
CREATE INDEX {table}_listed ON {table} (organisation, position, id) WHERE ended_at IS NULL;
"""

BACKWARDS = """
ALTER TABLE organisation
    DROP CONSTRAINT IF EXISTS organisation_status, DROP CONSTRAINT IF EXISTS organisation_enterprise_code,
    DROP CONSTRAINT IF EXISTS organisation_headcount, DROP CONSTRAINT IF EXISTS organisation_hidden,
    DROP CONSTRAINT IF EXISTS organisation_merged;
DROP INDEX IF EXISTS organisation_enterprise_code, organisation_domain, organisation_merged_into, yearly_update_once,
    credential_running_out, field_note_organisation, field_note_person, field_note_due, field_grant_open,
    expertise_once, conflict_once, person_profile_by_name;
ALTER TABLE mandate DROP CONSTRAINT IF EXISTS mandate_typical, DROP CONSTRAINT IF EXISTS mandate_leads;
"""
"""What was moved into rows stays in the arrays too, so going back loses nothing."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="directory", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS + "".join(_EACH.format(table=table) for table in ROWS))

    async def remove() -> None:
        each = "".join(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_ended; DROP INDEX IF EXISTS {table}_listed;"
            for table in ROWS
        )
        await execute(BACKWARDS + each)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
