"""What Piccolo cannot say about deal flow: which values hold, what is there once, and how rows are found.

A card's state and the kind of its stage are one thing: whoever passes says why, and nobody else has a reason.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:30:31:000000"
VERSION = "1.38.0"
DESCRIPTION = "checks and indexes of deal flow"

FORWARDS = """
ALTER TABLE pipeline
    ADD CONSTRAINT pipeline_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL));
ALTER TABLE pipeline_stage
    ADD CONSTRAINT pipeline_stage_kind CHECK (kind IN ('open', 'won', 'passed')),
    ADD CONSTRAINT pipeline_stage_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    ADD CONSTRAINT pipeline_stage_of UNIQUE (id, pipeline);
CREATE UNIQUE INDEX pipeline_stage_passed ON pipeline_stage (pipeline) WHERE kind = 'passed' AND ended_at IS NULL;
CREATE UNIQUE INDEX pipeline_stage_won ON pipeline_stage (pipeline) WHERE kind = 'won' AND ended_at IS NULL;

ALTER TABLE deal_card
    ADD CONSTRAINT deal_card_state CHECK (state IN ('open', 'won', 'passed')),
    ADD CONSTRAINT deal_card_reason CHECK ((state = 'passed') = (pass_reason IS NOT NULL)),
    ADD CONSTRAINT deal_card_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    ADD CONSTRAINT deal_card_stage_of FOREIGN KEY (stage, pipeline) REFERENCES pipeline_stage (id, pipeline);
CREATE UNIQUE INDEX deal_card_once ON deal_card (pipeline, organisation) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX deal_card_order ON deal_card (stage, rank) WHERE ended_at IS NULL;
CREATE INDEX deal_card_due ON deal_card (pipeline, next_on) WHERE ended_at IS NULL AND next_on IS NOT NULL;
CREATE INDEX deal_change_of_pipeline ON deal_change (pipeline, id);

CREATE UNIQUE INDEX pipeline_view_once ON pipeline_view (pipeline, person, query);
CREATE UNIQUE INDEX pipeline_watch_once ON pipeline_watch (pipeline, person);
CREATE INDEX pipeline_watch_due ON pipeline_watch (digested_until) WHERE digest_agreed_at IS NOT NULL;

CREATE UNIQUE INDEX pass_letter_once ON pass_letter (card);

ALTER TABLE deck
    ADD CONSTRAINT deck_kind CHECK (kind IN ('deck', 'one_pager', 'other')),
    ADD CONSTRAINT deck_pages CHECK (pages > 0 AND drawn BETWEEN 0 AND pages),
    ADD CONSTRAINT deck_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL));
ALTER TABLE deck_link
    ADD CONSTRAINT deck_link_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    ADD CONSTRAINT deck_link_lasts CHECK (expires_at > created_at);
CREATE INDEX deck_link_to ON deck_link (email_key) WHERE email_key <> '';
ALTER TABLE deck_reader
    ADD CONSTRAINT deck_reader_answer CHECK (answer IN ('', 'given', 'refused')),
    ADD CONSTRAINT deck_reader_silent CHECK (answer = 'given' OR (opened_at IS NULL AND seen_at IS NULL));
CREATE UNIQUE INDEX deck_reader_token ON deck_reader (token_hash) WHERE token_hash <> '';
CREATE UNIQUE INDEX deck_reader_once ON deck_reader (link, person) WHERE person IS NOT NULL;
ALTER TABLE deck_page_view
    ADD CONSTRAINT deck_page_view_once UNIQUE (reader, version, page),
    ADD CONSTRAINT deck_page_view_counts CHECK (page > 0 AND seconds BETWEEN 0 AND 86400);
"""

BACKWARDS = """
ALTER TABLE deal_card DROP CONSTRAINT IF EXISTS deal_card_stage_of;
ALTER TABLE pipeline_stage DROP CONSTRAINT IF EXISTS pipeline_stage_of;
DROP INDEX IF EXISTS pipeline_stage_passed, pipeline_stage_won, deal_card_once, deal_card_order, deal_card_due,
    deal_change_of_pipeline, pipeline_view_once, pipeline_watch_once, pipeline_watch_due, pass_letter_once,
    deck_link_to, deck_reader_token, deck_reader_once;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="dealflow", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
