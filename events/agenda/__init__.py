"""The agenda of an event: sessions in rooms, drafts and releases, booking, schedule files in and out.

A door of a session asks `session_booked(registration, session, moment DEFAULT now())`, a function in the database:
"booked" (has a seat), "open" (the session takes no bookings), "walk_in" (it does, but from `agenda.walk_in_minutes`
before it begins until its end whoever is there may enter while there is room), "not_booked", or "absent" (not in the
published agenda). It reads the published agenda only and locks nothing.
"""
