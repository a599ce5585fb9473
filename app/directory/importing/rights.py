"""People's rights over files that came in as lists or went out as exports: whoever is erased is in none of them.

What the rows of imports say is taken out with all other texts, see `app.directory.rights`.
"""

from app.core import db
from app.core.outbox import enqueue
from app.people.rights.subject import Subject, erases


@erases("directory/importing")
async def end_files(_subject: Subject) -> int:
    """Exports that were made before end for everybody, and so do the files of lists: both can be made again.

    A file says nothing of whom it holds, so all of them go. The second time there are none.
    """
    exports = await db.fetch("UPDATE export_run SET state = 'ended' WHERE state <> 'ended' RETURNING id")
    imports = await db.fetch("SELECT id FROM import_run WHERE file_ended_at IS NULL AND state <> 'received'")
    for row in exports:
        await enqueue("importing.forget_export", {"run": str(row["id"])})
    for row in imports:
        await enqueue("importing.forget_file", {"run": str(row["id"])})
    return len(exports)
