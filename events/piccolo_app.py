"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.tables import (
    Admission,
    Checkpoint,
    CheckpointCount,
    Event,
    EventStaff,
    IdempotencyKey,
    Registration,
    RegistrationChange,
    Scan,
    SigningKey,
    TicketType,
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
        Checkpoint,
        CheckpointCount,
        Scan,
        Admission,
    ],
    migration_dependencies=["app.people.piccolo_app"],
)
