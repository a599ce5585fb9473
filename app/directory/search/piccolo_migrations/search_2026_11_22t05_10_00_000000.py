"""What Piccolo cannot say about the search: vectors, indexes, checks, and organisations that index themselves.

Texts and vectors lie apart from the rows, which are read by the thousand and are short without them.

Whoever writes an organisation, in whatever way, cannot forget the index: triggers take over what the row says, once a
statement. They read the columns that are folded in Python already (`app.directory.search_text`).
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T05:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "vectors, indexes and checks of the search; organisations index themselves"

FORWARDS = r"""
ALTER TABLE findable
    ADD COLUMN title_vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, names)) STORED,
    ADD COLUMN vector tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, names || text)) STORED,
    ADD CONSTRAINT findable_kind CHECK (
        kind IN ('organisation', 'person', 'event', 'programme', 'technology_offer', 'technology_need')
    ),
    ADD CONSTRAINT findable_tier CHECK (tier IN (0, 1)),
    ADD CONSTRAINT findable_number CHECK ((number IS NOT NULL) = (kind = 'organisation')),
    ADD CONSTRAINT findable_names CHECK (names ~ '^\n'),
    ALTER listed_at SET DEFAULT now();

ALTER TABLE findable SET (toast_tuple_target = 256),
    ALTER text SET STORAGE EXTERNAL, ALTER vector SET STORAGE EXTERNAL, ALTER title_vector SET STORAGE EXTERNAL,
    ALTER names SET STORAGE MAIN, ALTER title SET STORAGE MAIN, ALTER title_folded SET STORAGE MAIN;

CREATE UNIQUE INDEX findable_subject ON findable (kind, subject);
CREATE UNIQUE INDEX findable_of_organisation ON findable (number) WHERE number IS NOT NULL;
CREATE INDEX findable_organisation_names ON findable USING gin (title_vector)
    WITH (gin_pending_list_limit = 128) WHERE listed AND kind = 'organisation';
CREATE INDEX findable_organisation_words ON findable USING gin (vector)
    WITH (gin_pending_list_limit = 128) WHERE listed AND kind = 'organisation';
CREATE INDEX findable_other_names ON findable USING gin (title_vector)
    WITH (gin_pending_list_limit = 128) WHERE listed AND kind <> 'organisation';
CREATE INDEX findable_other_words ON findable USING gin (vector)
    WITH (gin_pending_list_limit = 128) WHERE listed AND kind <> 'organisation';
CREATE INDEX findable_beginning ON findable (title_folded text_pattern_ops) WHERE listed;
CREATE INDEX findable_known_beginning ON findable (title_folded text_pattern_ops) WHERE listed AND weight >= 3;
CREATE INDEX findable_newest ON findable (listed_at DESC, id DESC) WHERE listed;

ALTER TABLE saved_search
    ADD CONSTRAINT saved_search_digest CHECK (digest IN ('never', 'daily', 'weekly')),
    ADD CONSTRAINT saved_search_agreed CHECK (digest = 'never' OR digest_agreed_at IS NOT NULL),
    ADD CONSTRAINT saved_search_ended CHECK ((ended_at IS NULL) = (ended_reason IS NULL)),
    ADD CONSTRAINT saved_search_path CHECK (path IN ('/directory', '/search')),
    ALTER seen_at SET DEFAULT now(), ALTER created_at SET DEFAULT now();
CREATE UNIQUE INDEX saved_search_once ON saved_search (person, path, query) WHERE ended_at IS NULL;
CREATE INDEX saved_search_due ON saved_search (digest, digested_until) WHERE ended_at IS NULL AND digest <> 'never';

CREATE FUNCTION findable_names_of(text, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN starts_with($2, E'\n') THEN split_part($2, E'\n\n', 1) || E'\n'
        ELSE E'\n' || $1 || E'\nzq' || replace($1, ' ', '') || E'\n' END
$$;

CREATE FUNCTION findable_former_names_of(uuid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(string_agg(replace(slug, '-', ' ') || E'\n', '' ORDER BY slug), '')
    FROM organisation_former_slug WHERE organisation = $1
$$;

CREATE FUNCTION findable_put_organisations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        UPDATE findable f SET listed = NOT f.listed FROM now_so n
            WHERE f.owner = n.id AND f.kind <> 'organisation'
            AND f.listed IS DISTINCT FROM (n.ended_at IS NULL AND n.hidden_at IS NULL);
        INSERT INTO findable AS f (kind, subject, owner, number, title, title_en, title_folded, names, text, url,
            weight, sample, listed, listed_at)
        SELECT 'organisation', n.id, n.id, n.number, n.name, n.name_en, n.name_folded,
            findable_names_of(n.name_folded, n.search_text) || findable_former_names_of(n.id), n.search_text,
            '/organisations/' || n.slug, n.links, n.sample, n.ended_at IS NULL AND n.hidden_at IS NULL, n.created_at
        FROM now_so n JOIN so_far o USING (id)
        WHERE (o.slug, o.name, o.name_en, o.name_folded, o.search_text, o.links, o.sample,
                o.ended_at IS NULL AND o.hidden_at IS NULL)
            IS DISTINCT FROM (n.slug, n.name, n.name_en, n.name_folded, n.search_text, n.links, n.sample,
                n.ended_at IS NULL AND n.hidden_at IS NULL)
        ON CONFLICT (kind, subject) DO UPDATE SET id = excluded.id, title = excluded.title,
            title_en = excluded.title_en, title_folded = excluded.title_folded, names = excluded.names,
            text = excluded.text, url = excluded.url, weight = excluded.weight, sample = excluded.sample,
            listed = excluded.listed;
    ELSE
        INSERT INTO findable (kind, subject, owner, number, title, title_en, title_folded, names, text, url,
            weight, sample, listed, listed_at)
        SELECT 'organisation', n.id, n.id, n.number, n.name, n.name_en, n.name_folded,
            findable_names_of(n.name_folded, n.search_text), n.search_text,
            '/organisations/' || n.slug, n.links, n.sample, n.ended_at IS NULL AND n.hidden_at IS NULL, n.created_at
        FROM now_so n;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER organisation_is_found AFTER INSERT ON organisation
    REFERENCING NEW TABLE AS now_so FOR EACH STATEMENT EXECUTE FUNCTION findable_put_organisations();
CREATE TRIGGER organisation_stays_found AFTER UPDATE ON organisation
    REFERENCING OLD TABLE AS so_far NEW TABLE AS now_so
    FOR EACH STATEMENT EXECUTE FUNCTION findable_put_organisations();

INSERT INTO findable (kind, subject, owner, number, title, title_en, title_folded, names, text, url, weight, sample,
    listed, listed_at)
SELECT 'organisation', n.id, n.id, n.number, n.name, n.name_en, n.name_folded,
    findable_names_of(n.name_folded, n.search_text) || findable_former_names_of(n.id), n.search_text,
    '/organisations/' || n.slug, n.links, n.sample, n.ended_at IS NULL AND n.hidden_at IS NULL, n.created_at
FROM organisation n;
"""

BACKWARDS = """
DROP TRIGGER IF EXISTS organisation_is_found ON organisation;
DROP TRIGGER IF EXISTS organisation_stays_found ON organisation;
DROP FUNCTION IF EXISTS findable_put_organisations();
DROP FUNCTION IF EXISTS findable_former_names_of(uuid);
DROP FUNCTION IF EXISTS findable_names_of(text, text);
DROP INDEX IF EXISTS findable_newest, findable_known_beginning, findable_beginning, findable_other_words,
    findable_other_names, findable_organisation_words, findable_organisation_names, findable_of_organisation,
    findable_subject, saved_search_due, saved_search_once;
ALTER TABLE findable DROP COLUMN IF EXISTS title_vector, DROP COLUMN IF EXISTS vector;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="search", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
