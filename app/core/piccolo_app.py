"""Registers the ground's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.core.tables import Mail, MailAttachment, Outbox, ScheduledTask, StoredFile

APP_CONFIG = AppConfig(
    app_name="core",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Outbox, ScheduledTask, Mail, MailAttachment, StoredFile],
    migration_dependencies=[],
)
