from piccolo.apps.migrations.auto.migration_manager import MigrationManager

ID = "2026-11-22T11:54:14:775632"
VERSION = "1.38.0"
DESCRIPTION = "registrations have no revision of their own"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="events", description=DESCRIPTION
    )

    manager.drop_column(
        table_class_name="Registration",
        tablename="registration",
        column_name="revision",
        db_column_name="revision",
        schema=None,
    )

    return manager
