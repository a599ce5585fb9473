"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.guests.tables import Certificate, GuestAct, GuestFate, GuestFile, GuestTag, GuestView

APP_CONFIG = AppConfig(
    app_name="event_guests",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Certificate, GuestAct, GuestFate, GuestFile, GuestTag, GuestView],
    migration_dependencies=["events.piccolo_app"],
)
