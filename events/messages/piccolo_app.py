"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.messages.tables import Message, MessageTo

APP_CONFIG = AppConfig(
    app_name="event_messages",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Message, MessageTo],
    migration_dependencies=["events.piccolo_app"],
)
