"""Registers this subject's table with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.figures.tables import PublicFigures

APP_CONFIG = AppConfig(
    app_name="event_figures",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[PublicFigures],
    migration_dependencies=["events.piccolo_app"],
)
