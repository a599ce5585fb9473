"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.seats.tables import LineRule, SeatHold, SeatPool, TypePool

APP_CONFIG = AppConfig(
    app_name="event_seats",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[SeatPool, TypePool, SeatHold, LineRule],
    migration_dependencies=["events.piccolo_app"],
)
