"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.connections.introductions import tables

APP_CONFIG = AppConfig(
    app_name="introductions",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        tables.Introduction,
        tables.IntroductionTransition,
        tables.IntroductionConsent,
        tables.IntroductionLoad,
        tables.IntroductionMonth,
        tables.IntroductionMeeting,
        tables.IntroductionMessage,
        tables.IntroductionReading,
        tables.IntroductionHabit,
        tables.IntroductionFollowup,
        tables.IntroductionReport,
        tables.InformationAnswer,
        tables.InformationQuestion,
        tables.Outcome,
    ],
    migration_dependencies=["app.connections.piccolo_app"],
)
