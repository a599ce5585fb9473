from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.column_types import Real
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-22T01:55:01:439428"
VERSION = "1.38.0"
DESCRIPTION = "what a price is made of"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="connections", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="MarketPrice",
        tablename="market_price",
        column_name="lists",
        db_column_name="lists",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
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

    manager.add_column(
        table_class_name="MarketPrice",
        tablename="market_price",
        column_name="offset",
        db_column_name="offset",
        column_class_name="Real",
        column_class=Real,
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
