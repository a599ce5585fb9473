"""A request that a block stops keeps what it pretends to be, so that its asker is shown what everybody else is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Text
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T09:37:11:000000"
VERSION = "1.38.0"
DESCRIPTION = "introductions: what a request in vain is shown as"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="introductions", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Introduction",
        tablename="introduction",
        column_name="shown_as",
        db_column_name="shown_as",
        column_class_name="Text",
        column_class=Text,
        params={
            "default": None,
            "null": True,
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
