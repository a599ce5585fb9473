"""Registers the tables of imports with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.directory.importing.tables import ExportRun, ExternalReference, ImportKey, ImportRow, ImportRun, PersonProposal

APP_CONFIG = AppConfig(
    app_name="importing",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[ImportRun, ImportRow, ImportKey, ExternalReference, ExportRun, PersonProposal],
    migration_dependencies=["app.directory.piccolo_app"],
)
