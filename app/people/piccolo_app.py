"""Registers this subject's tables with Piccolo's migrations."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from app.people.rights.tables import (
    Consent,
    DataAccess,
    DataExport,
    DataExportPart,
    Erasure,
    RightsRequest,
    RightsStep,
)
from app.people.tables import (
    AccountEvent,
    ApiToken,
    MailLink,
    Person,
    PersonRole,
    RecoveryCode,
    SecondStep,
    Session,
    SignUp,
)

APP_CONFIG = AppConfig(
    app_name="people",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        *(Person, PersonRole, Session, SignUp, MailLink, SecondStep, RecoveryCode, ApiToken, AccountEvent),
        *(Consent, DataAccess, RightsRequest, RightsStep, DataExport, DataExportPart, Erasure),
    ],
    migration_dependencies=["app.core.piccolo_app"],
)
