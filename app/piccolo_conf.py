"""Piccolo's entry: the engine and every subject that has tables, in the order of their migrations."""

from piccolo.conf.apps import AppRegistry

from app.core.db import engine

DB = engine

APP_REGISTRY = AppRegistry(
    apps=[
        "app.core.piccolo_app",
        "app.people.piccolo_app",
        "app.directory.piccolo_app",
        "app.directory.search.piccolo_app",
        "app.directory.curation.piccolo_app",
        "app.directory.importing.piccolo_app",
        "app.connections.piccolo_app",
        "app.connections.introductions.piccolo_app",
        "app.dealflow.piccolo_app",
        "app.mentoring.piccolo_app",
        "events.piccolo_app",
        "events.door.piccolo_app",
        "events.agenda.piccolo_app",
        "events.floor.piccolo_app",
        "events.seats.piccolo_app",
        "events.inviting.piccolo_app",
        "events.delegations.piccolo_app",
        "events.paying.piccolo_app",
        "events.asking.piccolo_app",
        "events.badges.piccolo_app",
        "events.figures.piccolo_app",
        "events.leads.piccolo_app",
        "events.guests.piccolo_app",
        "events.messages.piccolo_app",
    ]
)
