"""What waits for the department, counted for the start page of the staff: how much, since when, and for whom."""

from app.core import db
from app.core.i18n import N_
from app.core.web import Actor
from app.people.desks import Queue, staff_queues

_COUNTS = """
SELECT
    (SELECT count(*) FROM claim WHERE state = 'made' AND waits_for = 'department') AS claims,
    (SELECT min(made_at) FROM claim WHERE state = 'made' AND waits_for = 'department') AS claims_since,
    (SELECT count(*) FROM claim WHERE state = 'made' AND waits_for = 'claimant') AS claims_elsewhere,
    (SELECT count(*) FROM duplicate_pair WHERE state = 'found') AS pairs,
    (SELECT min(found_at) FROM duplicate_pair WHERE state = 'found') AS pairs_since,
    (SELECT count(*) FROM organisation o WHERE o.ended_at IS NULL AND o.version > coalesce(o.reviewed_version, 0)
        AND (o.source = 'self' OR o.version > 1)) AS profiles,
    (SELECT min(o.updated_at) FROM organisation o WHERE o.ended_at IS NULL
        AND o.version > coalesce(o.reviewed_version, 0) AND (o.source = 'self' OR o.version > 1)) AS profiles_since,
    (SELECT count(*) FROM (SELECT DISTINCT ON (v.organisation) v.organisation, v.decision, v.version
        FROM profile_review v ORDER BY v.organisation, v.decided_at DESC, v.id DESC) last
        JOIN organisation o ON o.id = last.organisation AND o.ended_at IS NULL AND o.version = last.version
        WHERE last.decision = 'change_asked') AS profiles_elsewhere,
    (SELECT count(*) FROM profile_report WHERE state = 'made') AS reports,
    (SELECT min(made_at) FROM profile_report WHERE state = 'made') AS reports_since,
    (SELECT count(DISTINCT (vocabulary, words)) FROM term_suggestion WHERE state = 'made') AS terms,
    (SELECT min(made_at) FROM term_suggestion WHERE state = 'made') AS terms_since
"""


@staff_queues
async def queues_of_curation(actor: Actor) -> list[Queue]:
    """The queues of claims, duplicates, profiles, reports and terms, in one query."""
    if not actor.has("moderator"):
        return []
    row = await db.fetchrow(_COUNTS)
    if row is None:
        return []
    return [
        Queue(
            title=N_("Claims"),
            text=N_("Who says that a profile is theirs."),
            href="/staff/claims",
            waiting=row["claims"],
            oldest_at=row["claims_since"],
            elsewhere=row["claims_elsewhere"],
        ),
        Queue(
            title=N_("Profiles"),
            text=N_("New and changed profiles that nobody has looked at yet."),
            href="/staff/profiles",
            waiting=row["profiles"],
            oldest_at=row["profiles_since"],
            elsewhere=row["profiles_elsewhere"],
        ),
        Queue(
            title=N_("Duplicates"),
            text=N_("Profiles that may be one and the same organisation."),
            href="/staff/duplicates",
            waiting=row["pairs"],
            oldest_at=row["pairs_since"],
        ),
        Queue(
            title=N_("Reports"),
            text=N_("What visitors say is wrong."),
            href="/staff/reports",
            waiting=row["reports"],
            oldest_at=row["reports_since"],
        ),
        Queue(
            title=N_("Words"),
            text=N_("Terms that people did not find, and the vocabularies."),
            href="/staff/terms",
            waiting=row["terms"],
            oldest_at=row["terms_since"],
        ),
    ]
