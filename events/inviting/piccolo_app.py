"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.inviting.tables import Voucher

APP_CONFIG = AppConfig(
    app_name="event_inviting",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[Voucher],
    migration_dependencies=["events.seats.piccolo_app"],
)
