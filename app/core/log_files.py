"""Log files of `make run` do not grow old: a request's line names a person, so it is kept for LOG_DAYS and no longer.

In containers the log driver turns logs over (compose.yaml); there is no folder then, and nothing to do here.
"""

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from app.core.clock import now
from app.core.outbox import every
from app.core.settings import get_settings


@every(3600, "core.turn_logs_over")
async def turn_logs_over() -> None:
    settings = get_settings()
    await asyncio.to_thread(turn_over, settings.data_path / "logs", settings.log_days, now())


def turn_over(folder: Path, days: int, moment: datetime) -> list[str]:
    """Begin anew each log that was begun half of `days` ago, keeping what it had beside it until the next time.

    Processes go on writing to the same file, which they opened for adding; a line of the very moment may be lost.
    Gives the names of those that were begun anew.
    """
    turned = []
    for log in sorted(folder.glob("*.log")):
        before = log.with_suffix(".log.1")
        if not before.exists():
            before.touch()  # from now on its age is known
            continue
        age = moment.timestamp() - before.stat().st_mtime
        if age > timedelta(days=days).total_seconds() / 2:
            shutil.copyfile(log, before)
            before.touch()
            with log.open("r+b") as file:
                file.truncate(0)
            turned.append(log.name)
    return turned
