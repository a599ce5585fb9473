"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.dealflow.tables import (
    DealCard,
    DealChange,
    DealFile,
    DealNote,
    Deck,
    DeckLink,
    DeckPageView,
    DeckReader,
    PassLetter,
    Pipeline,
    PipelineStage,
    PipelineView,
    PipelineWatch,
)

APP_CONFIG = AppConfig(
    app_name="dealflow",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        Pipeline,
        PipelineStage,
        DealCard,
        DealNote,
        DealFile,
        DealChange,
        PipelineView,
        PipelineWatch,
        PassLetter,
        Deck,
        DeckLink,
        DeckReader,
        DeckPageView,
    ],
    migration_dependencies=["app.connections.piccolo_app"],
)
