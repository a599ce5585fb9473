"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.door.tables import Zone
from events.tables import (
    Admission,
    Checkpoint,
    Event,
    EventStaff,
    IdempotencyKey,
    Registration,
    RegistrationChange,
    Scan,
    SigningKey,
    TicketType,
    ZoneCount,
)

APP_CONFIG = AppConfig(
    app_name="events",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        Event,
        EventStaff,
        TicketType,
        SigningKey,
        Registration,
        RegistrationChange,
        IdempotencyKey,
        Zone,
        Checkpoint,
        ZoneCount,
        Scan,
        Admission,
    ],
    migration_dependencies=["app.people.piccolo_app"],
)
