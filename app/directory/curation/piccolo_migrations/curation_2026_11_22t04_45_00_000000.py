"""What Piccolo cannot say about curation: one open claim a person, pairs in order, closed lists of states, queues."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks, queues and what may stand once"

FORWARDS = """
CREATE UNIQUE INDEX claim_open ON claim (organisation, person) WHERE state = 'made';
CREATE INDEX claim_waiting ON claim (made_at, id) WHERE state = 'made' AND waits_for = 'department';
CREATE INDEX claim_approved ON claim (organisation) WHERE state = 'approved';
ALTER TABLE claim
    ADD CONSTRAINT claim_state CHECK (state IN ('made', 'approved', 'refused', 'withdrawn', 'superseded')),
    ADD CONSTRAINT claim_method CHECK (method IN ('email', 'document', 'department')),
    ADD CONSTRAINT claim_waits_for CHECK ((waits_for IN ('claimant', 'department')) AND state = 'made'
        OR waits_for IS NULL AND state <> 'made'),
    ADD CONSTRAINT claim_decided CHECK ((state = 'made') = (decided_at IS NULL));

CREATE UNIQUE INDEX transfer_open ON ownership_transfer (organisation) WHERE state = 'made';
ALTER TABLE ownership_transfer
    ADD CONSTRAINT transfer_state CHECK (state IN ('made', 'accepted', 'refused', 'withdrawn')),
    ADD CONSTRAINT transfer_giver_becomes CHECK (giver_becomes IN ('owner', 'editor', 'viewer', 'leaves'));

CREATE UNIQUE INDEX duplicate_pair_once ON duplicate_pair (first, second);
CREATE INDEX duplicate_pair_waiting ON duplicate_pair (score DESC, id) WHERE state = 'found';
ALTER TABLE duplicate_pair
    ADD CONSTRAINT duplicate_pair_state CHECK (state IN ('found', 'different', 'merged', 'gone')),
    ADD CONSTRAINT duplicate_pair_of_two CHECK (first <> second);
CREATE INDEX duplicate_trait_trigrams ON duplicate_trait USING gin (compact gin_trgm_ops)
    WITH (gin_pending_list_limit = 128);

ALTER TABLE organisation_merge ADD CONSTRAINT merge_of_two CHECK (kept <> merged);
CREATE UNIQUE INDEX merge_standing ON organisation_merge (merged) WHERE undone_at IS NULL;

CREATE INDEX organisation_unreviewed ON organisation (updated_at, id)
    WHERE ended_at IS NULL AND version > coalesce(reviewed_version, 0) AND (source = 'self' OR version > 1);
CREATE INDEX organisation_hidden_at ON organisation (hidden_at) WHERE hidden_at IS NOT NULL;
ALTER TABLE profile_review
    ADD CONSTRAINT profile_review_decision CHECK (decision IN ('approved', 'change_asked', 'hidden', 'shown'));

CREATE INDEX profile_report_waiting ON profile_report (made_at, id) WHERE state = 'made';
ALTER TABLE profile_report
    ADD CONSTRAINT profile_report_state CHECK (state IN ('made', 'done', 'refused')),
    ADD CONSTRAINT profile_report_decided CHECK ((state = 'made') = (decided_at IS NULL));

CREATE UNIQUE INDEX term_suggestion_open ON term_suggestion (vocabulary, words, person) WHERE state = 'made';
ALTER TABLE term_suggestion
    ADD CONSTRAINT term_suggestion_state CHECK (state IN ('made', 'mapped', 'added', 'refused')),
    ADD CONSTRAINT term_suggestion_decided CHECK ((state = 'made') = (decided_at IS NULL));
CREATE UNIQUE INDEX term_change_once ON term_change (vocabulary, code, act, synonym) WHERE ended_at IS NULL;
ALTER TABLE term_change
    ADD CONSTRAINT term_change_act CHECK (act IN ('synonym', 'added', 'retired', 'labelled'));
INSERT INTO term_state (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
"""

BACKWARDS = """
DELETE FROM term_state;
DROP INDEX IF EXISTS claim_open, claim_waiting, claim_approved, transfer_open, duplicate_pair_once,
    duplicate_pair_waiting, duplicate_trait_trigrams, merge_standing, organisation_unreviewed, organisation_hidden_at,
    profile_report_waiting, term_suggestion_open, term_change_once;
ALTER TABLE claim DROP CONSTRAINT IF EXISTS claim_state, DROP CONSTRAINT IF EXISTS claim_method,
    DROP CONSTRAINT IF EXISTS claim_waits_for, DROP CONSTRAINT IF EXISTS claim_decided;
ALTER TABLE ownership_transfer DROP CONSTRAINT IF EXISTS transfer_state,
    DROP CONSTRAINT IF EXISTS transfer_giver_becomes;
ALTER TABLE duplicate_pair DROP CONSTRAINT IF EXISTS duplicate_pair_state,
    DROP CONSTRAINT IF EXISTS duplicate_pair_of_two;
ALTER TABLE organisation_merge DROP CONSTRAINT IF EXISTS merge_of_two;
ALTER TABLE profile_review DROP CONSTRAINT IF EXISTS profile_review_decision;
ALTER TABLE profile_report DROP CONSTRAINT IF EXISTS profile_report_state,
    DROP CONSTRAINT IF EXISTS profile_report_decided;
ALTER TABLE term_suggestion DROP CONSTRAINT IF EXISTS term_suggestion_state,
    DROP CONSTRAINT IF EXISTS term_suggestion_decided;
ALTER TABLE term_change DROP CONSTRAINT IF EXISTS term_change_act;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="curation", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
