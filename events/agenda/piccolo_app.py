"""Registers the tables of the agenda with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.agenda.tables import Agenda, Booking, Part, Release, ScheduleFile, Session, Shown, Speaker

APP_CONFIG = AppConfig(
    app_name="agenda",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Agenda, Session, Speaker, Part, Release, Shown, Booking, ScheduleFile],
    migration_dependencies=["events.piccolo_app"],
)
