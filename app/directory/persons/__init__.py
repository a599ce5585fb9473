"""What people say of themselves in public: profiles, mentors and experts, who belongs to which organisation.

One person, one profile, several roles. Nothing is shown before its owner has agreed to it (people's consent "profile"),
and what is shown follows `app.directory.seeing`. Whatever a verb changes ends in `listing.relist`, which makes the line
in the list of mentors and the entry in the search, or takes both away.
"""
