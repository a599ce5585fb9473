"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.paying.tables import BankLine, PaymentAccount

APP_CONFIG = AppConfig(
    app_name="event_paying",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[PaymentAccount, BankLine],
    migration_dependencies=["events.piccolo_app"],
)
