"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.delegations.tables import Delegation

APP_CONFIG = AppConfig(
    app_name="event_delegations",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Delegation],
    migration_dependencies=["events.piccolo_app"],
)
