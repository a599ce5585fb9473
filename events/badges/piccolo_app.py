"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.badges.tables import BadgeDesign, BadgePrint, BadgeRun

APP_CONFIG = AppConfig(
    app_name="event_badges",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[BadgeDesign, BadgePrint, BadgeRun],
    migration_dependencies=["events.piccolo_app"],
)
