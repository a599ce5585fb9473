"""Registers the tables of the festival ground with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from events.floor.tables import (
    Booth,
    Edition,
    Exhibitor,
    Ground,
    Host,
    Nomination,
    Plan,
    Series,
    StaffPass,
    Village,
    VillageLead,
)

APP_CONFIG = AppConfig(
    app_name="floor",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        Series,
        Edition,
        Host,
        Ground,
        Village,
        VillageLead,
        Nomination,
        Exhibitor,
        Plan,
        Booth,
        StaffPass,
    ],
    migration_dependencies=["events.piccolo_app", "app.directory.piccolo_app"],
)
