"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.directory.curation.tables import TABLES

APP_CONFIG = AppConfig(
    app_name="curation",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=TABLES,
    migration_dependencies=["app.directory.piccolo_app"],
)
