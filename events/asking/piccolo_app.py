"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.asking.tables import FormQuestion, FormVersion

APP_CONFIG = AppConfig(
    app_name="event_asking",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[FormQuestion, FormVersion],
    migration_dependencies=["events.piccolo_app"],
)
