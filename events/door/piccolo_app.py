"""Registers the door's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.door.tables import Case, Device, Flag, Pass

APP_CONFIG = AppConfig(
    app_name="door",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Device, Case, Flag, Pass],
    migration_dependencies=["events.piccolo_app"],
)
