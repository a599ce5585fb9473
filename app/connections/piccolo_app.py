"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.connections.tables import (
    EngineModel,
    MarketList,
    MarketPrice,
    MarketRun,
    MatchingPreference,
    MentorPreference,
    MentorPrice,
    PairingAnswer,
    PairingChoice,
    PairingWeights,
    Suggestion,
    SuggestionChoice,
    SuggestionDigest,
    SuggestionRun,
)

APP_CONFIG = AppConfig(
    app_name="connections",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        EngineModel,
        Suggestion,
        SuggestionRun,
        SuggestionChoice,
        SuggestionDigest,
        MatchingPreference,
        MentorPreference,
        MarketRun,
        MarketPrice,
        MarketList,
        MentorPrice,
        PairingChoice,
        PairingAnswer,
        PairingWeights,
    ],
    migration_dependencies=["app.directory.piccolo_app"],
)
