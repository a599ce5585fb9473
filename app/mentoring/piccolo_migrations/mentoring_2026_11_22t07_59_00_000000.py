"""What Piccolo cannot say about mentoring: nobody is taken twice at one time, words of the program, what is open once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T07:59:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "bookings cannot overlap; checks and partial indexes of mentoring"

FORWARDS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE mentoring_hours
    ADD CONSTRAINT mentoring_hours_minutes CHECK (session_minutes BETWEEN 15 AND 240),
    ADD CONSTRAINT mentoring_hours_buffer CHECK (buffer_minutes BETWEEN 0 AND 120),
    ADD CONSTRAINT mentoring_hours_mode CHECK (mode IN ('online', 'on_site', 'hybrid'));
ALTER TABLE mentoring_weekly
    ADD CONSTRAINT mentoring_weekly_day CHECK (weekday BETWEEN 0 AND 6),
    ADD CONSTRAINT mentoring_weekly_range CHECK (starts >= 0 AND ends <= 1440 AND starts < ends);
CREATE INDEX mentoring_weekly_open ON mentoring_weekly (mentor) WHERE ended_at IS NULL;
ALTER TABLE mentoring_day
    ADD CONSTRAINT mentoring_day_kind CHECK (kind IN ('closed', 'extra')),
    ADD CONSTRAINT mentoring_day_range CHECK (starts >= 0 AND ends <= 1440 AND starts < ends);
CREATE INDEX mentoring_day_open ON mentoring_day (mentor, day) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX mentorship_open ON mentorship (mentor, organisation) WHERE ended_at IS NULL;

ALTER TABLE mentoring_goal
    ADD CONSTRAINT mentoring_goal_state CHECK (state IN ('open', 'met', 'partly', 'dropped')),
    ADD CONSTRAINT mentoring_goal_closed CHECK ((state = 'open') = (closed_at IS NULL));

ALTER TABLE mentoring_booking
    ADD CONSTRAINT mentoring_booking_status CHECK (status IN ('confirmed', 'requested', 'offered', 'declined',
        'cancelled', 'expired', 'held', 'no_show', 'disputed', 'lapsed')),
    ADD CONSTRAINT mentoring_booking_absent CHECK (absent IN ('mentor', 'mentee', 'both')),
    ADD CONSTRAINT mentoring_booking_who_was_absent CHECK ((status = 'no_show') = (absent IS NOT NULL)),
    ADD CONSTRAINT mentoring_booking_mode CHECK (mode IN ('online', 'on_site', 'hybrid')),
    ADD CONSTRAINT mentoring_booking_mentor_said CHECK (mentor_said IN ('held', 'mentor_absent', 'mentee_absent')),
    ADD CONSTRAINT mentoring_booking_mentee_said CHECK (mentee_said IN ('held', 'mentor_absent', 'mentee_absent')),
    ADD CONSTRAINT mentoring_booking_range CHECK (starts_at < ends_at);
CREATE INDEX mentoring_booking_waiting ON mentoring_booking (expires_at) WHERE status IN ('requested', 'offered');
CREATE INDEX mentoring_booking_unsettled ON mentoring_booking (ends_at) WHERE status = 'confirmed';

ALTER TABLE mentoring_time
    ADD CONSTRAINT mentoring_time_role CHECK (role IN ('mentor', 'mentee')),
    ADD CONSTRAINT mentoring_time_range CHECK (starts_at < ends_at),
    ADD CONSTRAINT mentoring_nobody_twice
        EXCLUDE USING gist (person WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (ended_at IS NULL);
CREATE INDEX mentoring_time_of ON mentoring_time (person, starts_at) WHERE ended_at IS NULL;

ALTER TABLE mentoring_change
    ADD CONSTRAINT mentoring_change_role CHECK (role IN ('mentor', 'mentee', 'staff', 'system'));

ALTER TABLE mentoring_wait
    ADD CONSTRAINT mentoring_wait_status
        CHECK (status IN ('waiting', 'offered', 'taken', 'passed', 'expired', 'left'));
CREATE UNIQUE INDEX mentoring_wait_open ON mentoring_wait (mentor, starts_at, mentee)
    WHERE status IN ('waiting', 'offered');

CREATE UNIQUE INDEX mentoring_contradiction_open ON mentoring_contradiction (first, second) WHERE settled_at IS NULL;
CREATE UNIQUE INDEX mentoring_feedback_one ON mentoring_feedback (booking, author);
ALTER TABLE mentoring_feedback ADD CONSTRAINT mentoring_feedback_rating CHECK (rating BETWEEN 1 AND 5);
CREATE UNIQUE INDEX mentoring_thanks_one ON mentoring_thanks (booking, author) WHERE state IN ('waiting', 'approved');
ALTER TABLE mentoring_thanks
    ADD CONSTRAINT mentoring_thanks_state CHECK (state IN ('waiting', 'approved', 'refused', 'withdrawn'));

CREATE UNIQUE INDEX mentoring_strike_one ON mentoring_strike (person, booking);
ALTER TABLE mentoring_strike
    ADD CONSTRAINT mentoring_strike_kind CHECK (kind IN ('no_show', 'late_cancel')),
    ADD CONSTRAINT mentoring_strike_decision CHECK (decision IN ('upheld', 'lifted'));
CREATE UNIQUE INDEX mentoring_feed_open ON mentoring_feed (person) WHERE ended_at IS NULL;

ALTER TABLE mentoring_programme ADD CONSTRAINT mentoring_programme_silent CHECK (silent_days BETWEEN 7 AND 120);
ALTER TABLE mentoring_member
    ADD CONSTRAINT mentoring_member_one CHECK (num_nonnulls(person, organisation) = 1),
    ADD CONSTRAINT mentoring_member_matched CHECK (matched_to IS NULL OR organisation IS NOT NULL);
CREATE UNIQUE INDEX mentoring_member_person_once ON mentoring_member (programme, person)
    WHERE ended_at IS NULL AND person IS NOT NULL;
CREATE UNIQUE INDEX mentoring_member_organisation_once ON mentoring_member (programme, organisation)
    WHERE ended_at IS NULL AND organisation IS NOT NULL;
CREATE UNIQUE INDEX mentoring_nudge_week ON mentoring_nudge (person, week_key);
"""

BACKWARDS = """
DROP INDEX IF EXISTS mentoring_weekly_open, mentoring_day_open, mentorship_open, mentoring_booking_waiting,
    mentoring_booking_unsettled, mentoring_time_of, mentoring_wait_open, mentoring_contradiction_open,
    mentoring_feedback_one, mentoring_thanks_one, mentoring_strike_one, mentoring_feed_open, mentoring_member_person_once,
    mentoring_member_organisation_once, mentoring_nudge_week;
ALTER TABLE mentoring_hours DROP CONSTRAINT IF EXISTS mentoring_hours_minutes,
    DROP CONSTRAINT IF EXISTS mentoring_hours_buffer, DROP CONSTRAINT IF EXISTS mentoring_hours_mode;
ALTER TABLE mentoring_weekly DROP CONSTRAINT IF EXISTS mentoring_weekly_day,
    DROP CONSTRAINT IF EXISTS mentoring_weekly_range;
ALTER TABLE mentoring_day DROP CONSTRAINT IF EXISTS mentoring_day_kind,
    DROP CONSTRAINT IF EXISTS mentoring_day_range;
ALTER TABLE mentoring_goal DROP CONSTRAINT IF EXISTS mentoring_goal_state,
    DROP CONSTRAINT IF EXISTS mentoring_goal_closed;
ALTER TABLE mentoring_booking DROP CONSTRAINT IF EXISTS mentoring_booking_status,
    DROP CONSTRAINT IF EXISTS mentoring_booking_absent, DROP CONSTRAINT IF EXISTS mentoring_booking_who_was_absent,
    DROP CONSTRAINT IF EXISTS mentoring_booking_mode, DROP CONSTRAINT IF EXISTS mentoring_booking_mentor_said,
    DROP CONSTRAINT IF EXISTS mentoring_booking_mentee_said, DROP CONSTRAINT IF EXISTS mentoring_booking_range;
ALTER TABLE mentoring_time DROP CONSTRAINT IF EXISTS mentoring_time_role,
    DROP CONSTRAINT IF EXISTS mentoring_time_range, DROP CONSTRAINT IF EXISTS mentoring_nobody_twice;
ALTER TABLE mentoring_change DROP CONSTRAINT IF EXISTS mentoring_change_role;
ALTER TABLE mentoring_wait DROP CONSTRAINT IF EXISTS mentoring_wait_status;
ALTER TABLE mentoring_feedback DROP CONSTRAINT IF EXISTS mentoring_feedback_rating;
ALTER TABLE mentoring_thanks DROP CONSTRAINT IF EXISTS mentoring_thanks_state;
ALTER TABLE mentoring_strike DROP CONSTRAINT IF EXISTS mentoring_strike_kind,
    DROP CONSTRAINT IF EXISTS mentoring_strike_decision;
ALTER TABLE mentoring_programme DROP CONSTRAINT IF EXISTS mentoring_programme_silent;
ALTER TABLE mentoring_member DROP CONSTRAINT IF EXISTS mentoring_member_one,
    DROP CONSTRAINT IF EXISTS mentoring_member_matched;
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="mentoring", description=DESCRIPTION)

    async def add() -> None:
        await execute(FORWARDS)

    async def remove() -> None:
        await execute(BACKWARDS)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
