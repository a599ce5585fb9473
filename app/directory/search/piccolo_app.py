"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.directory.search.tables import Findable, SavedSearch

APP_CONFIG = AppConfig(
    app_name="search",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Findable, SavedSearch],
    migration_dependencies=["app.directory.piccolo_app"],
)
