"""Composes people's rights: the one place that knows every subject that keeps personal data.

Web, worker and the command line import it: what is not registered in the process is neither copied nor erased.
"""

import app.connections.introductions.rights
import app.connections.rights
import app.dealflow.rights
import app.directory.credentials.rights
import app.directory.importing.rights
import app.directory.persons.rights
import app.directory.rights
import app.directory.search.rights
import app.mentoring.rights
import app.people.rights.files
import app.people.rights.own
import app.people.rights.post
import app.people.rights.register
import app.people.rights.taking_out
import events.agenda.rights
import events.asking.rights
import events.badges.rights
import events.delegations.rights
import events.door.rights
import events.floor.rights
import events.guests.rights
import events.inviting.rights
import events.leads.rights
import events.paying.rights
import events.rights
import events.seats.rights

SUBJECTS = (
    app.people.rights.own,
    app.people.rights.post,
    app.people.rights.files,
    app.people.rights.register,
    app.people.rights.taking_out,
    app.directory.rights,
    app.directory.search.rights,
    app.directory.credentials.rights,
    app.directory.persons.rights,
    app.directory.importing.rights,
    app.connections.rights,
    app.mentoring.rights,
    app.connections.introductions.rights,
    app.dealflow.rights,
    events.rights,
    events.door.rights,
    events.agenda.rights,
    events.floor.rights,
    events.seats.rights,
    events.inviting.rights,
    events.leads.rights,
    events.delegations.rights,
    events.asking.rights,
    events.badges.rights,
    events.guests.rights,
    events.paying.rights,
)
"""Importing them registers them; they are named here so that nobody takes the imports for unused."""
