from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Boolean
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T11:09:29:430193"
VERSION = "1.38.0"
DESCRIPTION = "supervisors who may give out hidden types"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="door", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="Device",
        tablename="door_device",
        column_name="hidden_types",
        db_column_name="hidden_types",
        column_class_name="Boolean",
        column_class=Boolean,
        params={
            "default": False,
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
