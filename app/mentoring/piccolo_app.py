"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.mentoring import tables

APP_CONFIG = AppConfig(
    app_name="mentoring",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        tables.Hours,
        tables.Weekly,
        tables.DayChanged,
        tables.Mentorship,
        tables.Goal,
        tables.Booking,
        tables.TimeTaken,
        tables.BookingChange,
        tables.SlotWait,
        tables.SessionLog,
        tables.AdviceConflict,
        tables.SessionAction,
        tables.SessionFeedback,
        tables.SessionThanks,
        tables.Strike,
        tables.Feed,
        tables.Programme,
        tables.ProgrammeMember,
        tables.Nudge,
    ],
    migration_dependencies=["app.directory.piccolo_app"],
)
