from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T04:56:04:269932"
VERSION = "1.38.0"
DESCRIPTION = "the place that goes with a name in a file"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="importing", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="ImportKey",
        tablename="import_key",
        column_name="place",
        db_column_name="place",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": "",
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
