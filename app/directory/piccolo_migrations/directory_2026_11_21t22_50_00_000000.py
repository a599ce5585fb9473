"""What Piccolo cannot say about the directory's tables: search, partial and trigram indexes, checks, the listing's row.

Piccolo writes the moment of the migration as a column's default; here it becomes the moment of the insert.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-21T22:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "search, indexes, checks and moments of the directory"

FORWARDS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE organisation ADD COLUMN search_vector tsvector
    GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, search_text)) STORED;

CREATE INDEX organisation_by_name ON organisation (name_folded, number) WHERE ended_at IS NULL;
CREATE INDEX organisation_by_update ON organisation (updated_at DESC, number DESC) WHERE ended_at IS NULL;
CREATE INDEX organisation_by_country ON organisation (country, state, name_folded, number) WHERE ended_at IS NULL;
CREATE INDEX organisation_by_province ON organisation (province_code, name_folded, number) WHERE ended_at IS NULL;
CREATE INDEX organisation_by_stage ON organisation (stage, name_folded, number) WHERE ended_at IS NULL;
CREATE INDEX organisation_kinds ON organisation USING gin (kinds) WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_sectors ON organisation USING gin (sectors) WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_search ON organisation USING gin (search_vector) WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_name_words ON organisation USING gin (to_tsvector('simple'::regconfig, name_folded))
    WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_name_trigrams ON organisation USING gin (name_folded gin_trgm_ops) WITH (gin_pending_list_limit = 128);
CREATE INDEX organisation_listing_version ON organisation (listing_version);
CREATE UNIQUE INDEX organisation_source ON organisation (source, source_key) WHERE source_key IS NOT NULL;

ALTER TABLE organisation
    ADD CONSTRAINT organisation_has_kind CHECK (cardinality(kinds) >= 1),
    ADD CONSTRAINT organisation_version_positive CHECK (version >= 1),
    ADD CONSTRAINT organisation_trl CHECK (trl BETWEEN 1 AND 9),
    ADD CONSTRAINT organisation_country_alpha2 CHECK (country ~ '^[A-Z]{2}$'),
    ADD CONSTRAINT organisation_raising_positive CHECK (raising_amount > 0),
    ADD CONSTRAINT organisation_raising_currency CHECK ((raising_amount IS NULL) OR (raising_currency IS NOT NULL)),
    ADD CONSTRAINT organisation_founded_precision CHECK (
        (founded_on IS NULL) = (founded_precision IS NULL) AND founded_precision IN ('year', 'month', 'day')
    ),
    ADD CONSTRAINT organisation_ended_reason CHECK ((ended_at IS NULL) = (ended_reason IS NULL));

ALTER TABLE mandate
    ADD CONSTRAINT mandate_ticket CHECK (ticket_min >= 0 AND ticket_max > 0 AND ticket_min <= ticket_max),
    ADD CONSTRAINT mandate_currency CHECK (
        (ticket_min IS NULL AND ticket_max IS NULL) OR ticket_currency IS NOT NULL
    );

CREATE UNIQUE INDEX membership_once ON membership (organisation, person) WHERE ended_at IS NULL;
ALTER TABLE membership ADD CONSTRAINT membership_role CHECK (role IN ('owner', 'editor', 'viewer'));

CREATE UNIQUE INDEX invitation_open ON organisation_invitation (organisation, email_key)
    WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
ALTER TABLE organisation_invitation ADD CONSTRAINT invitation_role CHECK (role IN ('owner', 'editor', 'viewer'));

CREATE INDEX organisation_change_newest ON organisation_change (organisation, id DESC);
CREATE UNIQUE INDEX investment_once ON investment (funding_round, investor);
CREATE INDEX investment_portfolio ON investment (investor, announced_on DESC, id DESC);
CREATE INDEX funding_round_newest ON funding_round (organisation, announced_on DESC, id DESC);
ALTER TABLE funding_round
    ADD CONSTRAINT funding_round_amount CHECK (amount IS NULL OR (amount >= 0 AND currency IS NOT NULL));

CREATE FUNCTION directory_similar_names(asked text, most integer)
RETURNS TABLE (found bigint, likeness real) LANGUAGE plpgsql STABLE
SET pg_trgm.word_similarity_threshold = 0.4 AS $$
BEGIN
    PERFORM set_config(
        'pg_trgm.word_similarity_threshold', least(0.5, greatest(0.4, 0.3 + 0.013 * length(asked)))::text, true
    );
    RETURN QUERY SELECT number, word_similarity(asked, name_folded) + (similarity(asked, name_folded) / 2)::real
        FROM organisation WHERE asked <% name_folded AND ended_at IS NULL
        ORDER BY 2 DESC, links DESC, name_folded, number LIMIT most;
END $$;

ALTER TABLE organisation ALTER created_at SET DEFAULT now(), ALTER updated_at SET DEFAULT now();
ALTER TABLE organisation_former_slug ALTER ended_at SET DEFAULT now();
ALTER TABLE mandate ALTER updated_at SET DEFAULT now();
ALTER TABLE membership ALTER started_at SET DEFAULT now();
ALTER TABLE organisation_invitation ALTER created_at SET DEFAULT now();
ALTER TABLE organisation_change ALTER at SET DEFAULT now();
ALTER TABLE funding_round ALTER created_at SET DEFAULT now();
ALTER TABLE investment ALTER created_at SET DEFAULT now();

INSERT INTO listing_state (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING;
"""

BACKWARDS = """
DROP FUNCTION IF EXISTS directory_similar_names(text, integer);
DELETE FROM listing_state;
ALTER TABLE funding_round DROP CONSTRAINT IF EXISTS funding_round_amount;
DROP INDEX IF EXISTS funding_round_newest, investment_portfolio, investment_once, organisation_change_newest,
    invitation_open, membership_once, organisation_source, organisation_listing_version, organisation_name_trigrams,
    organisation_name_words, organisation_search, organisation_sectors, organisation_kinds, organisation_by_stage, organisation_by_province,
    organisation_by_country, organisation_by_update, organisation_by_name;
ALTER TABLE organisation_invitation DROP CONSTRAINT IF EXISTS invitation_role;
ALTER TABLE membership DROP CONSTRAINT IF EXISTS membership_role;
ALTER TABLE mandate DROP CONSTRAINT IF EXISTS mandate_ticket, DROP CONSTRAINT IF EXISTS mandate_currency;
ALTER TABLE organisation
    DROP CONSTRAINT IF EXISTS organisation_has_kind,
    DROP CONSTRAINT IF EXISTS organisation_version_positive,
    DROP CONSTRAINT IF EXISTS organisation_trl,
    DROP CONSTRAINT IF EXISTS organisation_country_alpha2,
    DROP CONSTRAINT IF EXISTS organisation_raising_positive,
    DROP CONSTRAINT IF EXISTS organisation_raising_currency,
    DROP CONSTRAINT IF EXISTS organisation_founded_precision,
    DROP CONSTRAINT IF EXISTS organisation_ended_reason,
    DROP COLUMN IF EXISTS search_vector;
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
