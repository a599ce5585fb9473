"""How stored files are found by their owner and drafts by their age, and what always holds of a row; raw SQL."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.core.db import execute

ID = "2026-11-22T04:42:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes and checks of stored files"

_ADD = (
    "CREATE INDEX IF NOT EXISTS stored_file_owner ON stored_file (owner_id, owner_kind) WHERE owner_id IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS stored_file_drafts ON stored_file (created_at) WHERE kept_at IS NULL",
    "ALTER TABLE stored_file ADD CONSTRAINT stored_file_kind CHECK (kind IN ('image', 'document', 'data'))",
    "ALTER TABLE stored_file ADD CONSTRAINT stored_file_tier CHECK (tier BETWEEN 0 AND 4)",
    "ALTER TABLE stored_file ADD CONSTRAINT stored_file_erased CHECK"
    " (erased_at IS NULL OR (name = '' AND sha256 = '' AND created_by IS NULL AND owner_id IS NULL))",
)
_REMOVE = (
    "DROP INDEX IF EXISTS stored_file_owner",
    "DROP INDEX IF EXISTS stored_file_drafts",
    "ALTER TABLE stored_file DROP CONSTRAINT IF EXISTS stored_file_kind",
    "ALTER TABLE stored_file DROP CONSTRAINT IF EXISTS stored_file_tier",
    "ALTER TABLE stored_file DROP CONSTRAINT IF EXISTS stored_file_erased",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="core", description=DESCRIPTION)

    async def add() -> None:
        for statement in _ADD:
            await execute(statement)

    async def remove() -> None:
        for statement in _REMOVE:
            await execute(statement)

    manager.add_raw(add)
    manager.add_raw_backwards(remove)
    return manager
