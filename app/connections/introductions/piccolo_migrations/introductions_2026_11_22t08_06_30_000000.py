"""What Piccolo cannot say about introductions: the transitions, pairs, capacity, cooling-off, codes, indexes."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T08:06:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "introductions: states, pairs, capacity and cooling-off are the database's"

FORWARDS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE matching_preference DROP CONSTRAINT matching_preference_accepts,
    ADD CONSTRAINT matching_preference_accepts CHECK (accepts IN ('open', 'ask_first', 'programme', 'closed'));

ALTER TABLE introduction
    ADD CONSTRAINT introduction_state CHECK (state IN ('draft', 'coordinator_hold', 'pending_a', 'pending_b', 'accepted', 'met', 'outcome', 'closed', 'declined', 'expired', 'withdrawn', 'blocked')),
    ADD CONSTRAINT introduction_origin CHECK (origin IN ('request', 'connector', 'coordinator')),
    ADD CONSTRAINT introduction_purpose CHECK (purpose ~ '^[a-z_]+$'),
    ADD CONSTRAINT introduction_reason CHECK (reason ~ '^[a-z_]+$'),
    ADD CONSTRAINT introduction_two CHECK (asker <> receiver),
    ADD CONSTRAINT introduction_words CHECK (length(words) <= 4000 AND length(note) <= 2000),
    ADD CONSTRAINT introduction_waits CHECK (state NOT IN ('coordinator_hold', 'pending_a', 'pending_b')
        OR (asked_at IS NOT NULL AND expires_at IS NOT NULL)),
    ADD CONSTRAINT introduction_connected CHECK (state NOT IN ('accepted', 'met', 'outcome') OR accepted_at IS NOT NULL),
    ADD CONSTRAINT introduction_flight CHECK (NOT in_flight
        OR (counts_for IS NOT NULL AND state IN ('coordinator_hold', 'pending_a', 'pending_b', 'blocked'))),
    ADD CONSTRAINT introduction_propensity CHECK (propensity > 0 AND propensity <= 1),
    ADD CONSTRAINT introduction_cooling EXCLUDE USING gist (asker WITH =, receiver WITH =, need_key WITH =,
        tstzrange(asked_at, quiet_until) WITH &&) WHERE (origin = 'request' AND asked_at IS NOT NULL);
CREATE UNIQUE INDEX introduction_one_pair ON introduction (least(asker, receiver), greatest(asker, receiver))
    WHERE state IN ('coordinator_hold', 'pending_a', 'pending_b', 'accepted', 'met', 'outcome')
        OR (state = 'blocked' AND in_flight);
CREATE UNIQUE INDEX introduction_one_draft ON introduction (asker, receiver) WHERE state = 'draft';
CREATE INDEX introduction_of_asker ON introduction (asker, created_at DESC);
CREATE INDEX introduction_of_receiver ON introduction (receiver, created_at DESC);
CREATE INDEX introduction_of_connector ON introduction (connector, created_at DESC) WHERE connector IS NOT NULL;
CREATE INDEX introduction_due ON introduction (expires_at)
    WHERE state IN ('coordinator_hold', 'pending_a', 'pending_b') OR in_flight;

ALTER TABLE introduction_transition
    ADD CONSTRAINT introduction_transition_act CHECK (act IN ('drafted', 'asked', 'held', 'asked_in_vain', 'proposed', 'withdrawn', 'passed_on', 'declined', 'mutual', 'expired', 'agreed', 'blocked', 'accepted', 'met', 'resulted', 'closed')),
    ADD CONSTRAINT introduction_transition_side
        CHECK (by_side IN ('asker', 'receiver', 'connector', 'coordinator', 'policy')),
    ADD CONSTRAINT introduction_transition_who CHECK (person IS NOT NULL OR by_side = 'policy'),
    ADD CONSTRAINT introduction_transition_why CHECK (why <> ''),
    ADD CONSTRAINT introduction_transition_to CHECK (to_state IN ('draft', 'coordinator_hold', 'pending_a', 'pending_b', 'accepted', 'met', 'outcome', 'closed', 'declined', 'expired', 'withdrawn', 'blocked')),
    ADD CONSTRAINT introduction_transition_allowed CHECK ((coalesce(from_state, ''), to_state) IN (
        ('', 'blocked'), ('', 'coordinator_hold'), ('', 'draft'), ('', 'pending_a'),
        ('', 'pending_b'), ('accepted', 'blocked'), ('accepted', 'closed'), ('accepted', 'met'),
        ('accepted', 'outcome'), ('blocked', 'accepted'), ('blocked', 'withdrawn'), ('coordinator_hold', 'accepted'),
        ('coordinator_hold', 'declined'), ('coordinator_hold', 'expired'), ('coordinator_hold', 'pending_b'), ('coordinator_hold', 'withdrawn'),
        ('draft', 'blocked'), ('draft', 'coordinator_hold'), ('draft', 'pending_b'), ('draft', 'withdrawn'),
        ('met', 'blocked'), ('met', 'closed'), ('met', 'outcome'), ('outcome', 'blocked'),
        ('outcome', 'closed'), ('pending_a', 'accepted'), ('pending_a', 'blocked'), ('pending_a', 'declined'),
        ('pending_a', 'expired'), ('pending_a', 'withdrawn'), ('pending_b', 'accepted'), ('pending_b', 'blocked'),
        ('pending_b', 'declined'), ('pending_b', 'expired'), ('pending_b', 'withdrawn')));
CREATE INDEX introduction_transition_of ON introduction_transition (introduction, id);

ALTER TABLE introduction_consent
    ADD CONSTRAINT introduction_consent_side CHECK (side IN ('asker', 'receiver')),
    ADD CONSTRAINT introduction_consent_answer CHECK (answer IN ('yes', 'no')),
    ADD CONSTRAINT introduction_consent_reason CHECK (reason ~ '^[a-z_]+$');
ALTER TABLE introduction_load ADD CONSTRAINT introduction_load_most CHECK (in_flight >= 0 AND in_flight <= most);
ALTER TABLE introduction_month
    ADD CONSTRAINT introduction_month_asked CHECK (asked >= 0 AND asked <= most_asked),
    ADD CONSTRAINT introduction_month_accepted CHECK (accepted >= 0 AND accepted <= most_accepted);
ALTER TABLE introduction_meeting
    ADD CONSTRAINT introduction_meeting_side CHECK (side IN ('asker', 'receiver')),
    ADD CONSTRAINT introduction_meeting_state CHECK (state IN ('proposed', 'agreed', 'cancelled')),
    ADD CONSTRAINT introduction_meeting_time CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '24 hours');
CREATE INDEX introduction_meeting_of ON introduction_meeting (introduction, starts_at);
ALTER TABLE introduction_message
    ADD CONSTRAINT introduction_message_side CHECK (side IN ('asker', 'receiver')),
    ADD CONSTRAINT introduction_message_length CHECK (length(body) <= 10000),
    ADD CONSTRAINT introduction_message_said
        CHECK (body <> '' OR file IS NOT NULL OR meeting IS NOT NULL OR erased_at IS NOT NULL);
CREATE INDEX introduction_message_of ON introduction_message (introduction, id);
CREATE UNIQUE INDEX introduction_message_file ON introduction_message (file) WHERE file IS NOT NULL;
CREATE INDEX introduction_reading_of ON introduction_reading (person, introduction);
ALTER TABLE introduction_habit
    ADD CONSTRAINT introduction_habit_mails CHECK (mails IN ('soon', 'daily', 'off')),
    ADD CONSTRAINT introduction_habit_quiet CHECK (quiet_from BETWEEN 0 AND 23 AND quiet_until BETWEEN 0 AND 23);
ALTER TABLE introduction_followup
    ADD CONSTRAINT introduction_followup_side CHECK (side IN ('asker', 'receiver')),
    ADD CONSTRAINT introduction_followup_days CHECK (days IN (30, 90, 180)),
    ADD CONSTRAINT introduction_followup_answer CHECK (answer IN ('nothing_yet', 'met', 'resulted', 'ask_no_more'));
CREATE INDEX introduction_followup_due ON introduction_followup (due_at) WHERE asked_at IS NULL;
ALTER TABLE introduction_report
    ADD CONSTRAINT introduction_report_side CHECK (side IN ('asker', 'receiver')),
    ADD CONSTRAINT introduction_report_kind CHECK (kind IN ('spam', 'fee', 'false', 'rude', 'other')),
    ADD CONSTRAINT introduction_report_state CHECK (state IN ('made', 'done', 'refused'));
CREATE INDEX introduction_report_waiting ON introduction_report (made_at) WHERE state = 'made';
CREATE INDEX introduction_report_of ON introduction_report (introduction);
CREATE INDEX information_answer_of ON information_answer (organisation, topic) WHERE ended_at IS NULL;
ALTER TABLE information_question ADD CONSTRAINT information_question_side CHECK (side IN ('asker', 'receiver'));
CREATE UNIQUE INDEX information_question_once ON information_question (introduction, side, topic)
    WHERE answered_at IS NULL AND refused_at IS NULL;
CREATE INDEX information_question_of ON information_question (introduction, asked_at);
ALTER TABLE outcome
    ADD CONSTRAINT outcome_kind CHECK (kind IN ('meeting', 'pilot', 'memorandum', 'technology_transfer',
        'investment', 'hire', 'mentoring_goal')),
    ADD CONSTRAINT outcome_state CHECK (state IN ('stated', 'confirmed', 'disputed', 'withdrawn')),
    ADD CONSTRAINT outcome_other CHECK (num_nonnulls(other, other_person) = 1 AND other IS DISTINCT FROM organisation),
    ADD CONSTRAINT outcome_value CHECK (value >= 0 AND num_nonnulls(value, currency) IN (0, 2)),
    ADD CONSTRAINT outcome_answered CHECK (state NOT IN ('confirmed', 'disputed') OR answered_at IS NOT NULL);
CREATE INDEX outcome_of_introduction ON outcome (introduction) WHERE introduction IS NOT NULL;
CREATE INDEX outcome_of_organisation ON outcome (organisation, stated_at DESC);
CREATE INDEX outcome_of_other ON outcome (other, stated_at DESC) WHERE other IS NOT NULL;
CREATE UNIQUE INDEX outcome_once ON outcome (context_kind, context_id, kind, organisation)
    WHERE context_id IS NOT NULL AND state <> 'withdrawn';

-- A step: the only thing that changes a state.
CREATE FUNCTION introduction_step() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE present text;
BEGIN
    SELECT state INTO present FROM introduction WHERE id = NEW.introduction FOR UPDATE;
    IF NEW.from_state IS NULL THEN
        IF present IS DISTINCT FROM NEW.to_state
            OR EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = NEW.introduction) THEN
            RAISE check_violation USING MESSAGE = 'a life begins once', CONSTRAINT = 'introduction_step_first';
        END IF;
        RETURN NEW;
    END IF;
    IF present IS DISTINCT FROM NEW.from_state THEN
        RAISE check_violation USING MESSAGE = 'the introduction is in another state',
            CONSTRAINT = 'introduction_step_from';
    END IF;
    UPDATE introduction SET state = NEW.to_state WHERE id = NEW.introduction;
    RETURN NEW;
END $$;
CREATE TRIGGER introduction_step BEFORE INSERT ON introduction_transition
    FOR EACH ROW EXECUTE FUNCTION introduction_step();

CREATE FUNCTION introduction_refused() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE check_violation USING MESSAGE = 'states change by steps, and steps are not changed',
        CONSTRAINT = 'introduction_steps_only';
END $$;
CREATE TRIGGER introduction_steps_only BEFORE UPDATE OF state ON introduction
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION introduction_refused();
CREATE TRIGGER introduction_steps_stay BEFORE UPDATE ON introduction_transition
    FOR EACH ROW EXECUTE FUNCTION introduction_refused();

CREATE FUNCTION introduction_has_begun() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM introduction_transition t WHERE t.introduction = NEW.id) THEN
        RAISE check_violation USING MESSAGE = 'a life begins with a step', CONSTRAINT = 'introduction_has_begun';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER introduction_has_begun AFTER INSERT ON introduction DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION introduction_has_begun();

-- What follows from a state: times, the month, whether it waits, how long the same need is not asked for again.
CREATE FUNCTION introduction_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = NEW.state THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'accepted' THEN
        NEW.accepted_at := now();
        NEW.ended_at := NULL;
    ELSIF NEW.state IN ('closed', 'declined', 'expired', 'withdrawn', 'blocked') THEN
        NEW.ended_at := now();
    END IF;
    IF NEW.month IS NULL AND NEW.state IN ('pending_a', 'pending_b') THEN
        NEW.month := date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
    END IF;
    NEW.in_flight := NEW.counts_for IS NOT NULL AND (NEW.state IN ('coordinator_hold', 'pending_a', 'pending_b')
        OR (NEW.state = 'blocked' AND NEW.accepted_at IS NULL AND NEW.expires_at > now()));
    NEW.quiet_until := CASE NEW.state
        WHEN 'declined' THEN now() + interval '90 days'
        WHEN 'expired' THEN now() + interval '30 days'
        WHEN 'closed' THEN now() + interval '30 days'
        WHEN 'withdrawn' THEN now() + interval '7 days'
        WHEN 'blocked' THEN greatest(NEW.expires_at, now()) + interval '30 days' END;
    RETURN NEW;
END $$;
CREATE TRIGGER introduction_follows BEFORE INSERT OR UPDATE ON introduction
    FOR EACH ROW EXECUTE FUNCTION introduction_follows();

-- Capacity: counters that a check holds. Who states less than was taken already is asked no further.
CREATE FUNCTION introduction_takes(one uuid, asks integer, accepts integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO introduction_month AS m (organisation, month, asked, accepted, most_asked, most_accepted)
    SELECT one, date_trunc('month', now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, asks, accepts, stated.n, stated.n
    FROM (SELECT (SELECT requests_per_month FROM matching_preference WHERE organisation = one) AS n) stated
    ON CONFLICT ON CONSTRAINT introduction_month_one DO UPDATE SET
        asked = m.asked + excluded.asked, accepted = m.accepted + excluded.accepted,
        most_asked = CASE WHEN excluded.most_asked IS NOT NULL THEN greatest(excluded.most_asked, m.asked) END,
        most_accepted = CASE WHEN excluded.most_accepted IS NOT NULL THEN greatest(excluded.most_accepted, m.accepted) END
$$;
CREATE FUNCTION introduction_counts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_flying boolean := TG_OP = 'UPDATE' AND OLD.in_flight;
    asks integer := (NEW.month IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.month IS NULL))::integer;
    accepts integer := (NEW.state = 'accepted' AND (TG_OP = 'INSERT' OR OLD.state <> 'accepted'))::integer;
    allowed integer;
BEGIN
    IF was_flying AND NOT NEW.in_flight THEN
        UPDATE introduction_load SET in_flight = in_flight - 1 WHERE organisation = NEW.counts_for;
    ELSIF NEW.in_flight AND NOT was_flying THEN
        SELECT CASE WHEN verified_at IS NULL THEN 6 ELSE 12 END INTO allowed FROM organisation WHERE id = NEW.counts_for;
        INSERT INTO introduction_load AS l (organisation, in_flight, most) VALUES (NEW.counts_for, 1, coalesce(allowed, 6))
        ON CONFLICT (organisation) DO UPDATE SET
            in_flight = l.in_flight + 1, most = greatest(excluded.most, l.in_flight);
    END IF;
    IF asks + accepts > 0 THEN
        IF NEW.origin = 'request' THEN
            PERFORM introduction_takes(NEW.receiver, asks, accepts);
        ELSE
            PERFORM introduction_takes(least(NEW.asker, NEW.receiver), asks, accepts);
            PERFORM introduction_takes(greatest(NEW.asker, NEW.receiver), asks, accepts);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER introduction_counts AFTER INSERT OR UPDATE ON introduction
    FOR EACH ROW EXECUTE FUNCTION introduction_counts();
"""

BACKWARDS = """
DROP FUNCTION IF EXISTS introduction_counts, introduction_follows, introduction_has_begun, introduction_refused,
    introduction_step CASCADE;
DROP FUNCTION IF EXISTS introduction_takes(uuid, integer, integer);
UPDATE matching_preference SET accepts = 'ask_first' WHERE accepts = 'programme';
ALTER TABLE IF EXISTS matching_preference DROP CONSTRAINT IF EXISTS matching_preference_accepts,
    ADD CONSTRAINT matching_preference_accepts CHECK (accepts IN ('open', 'ask_first', 'closed'));
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="introductions", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
