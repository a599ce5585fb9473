"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.leads.tables import Lead, LeadConsent, LeadDevice, LeadNote, LeadScan

APP_CONFIG = AppConfig(
    app_name="event_leads",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[LeadConsent, Lead, LeadNote, LeadScan, LeadDevice],
    migration_dependencies=["events.door.piccolo_app", "events.floor.piccolo_app"],
)
