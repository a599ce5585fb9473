"""A pipeline as a table for a spreadsheet, as far as somebody of the team sees it. Private notes stay here."""

import asyncio
from pathlib import Path
from typing import Any

from app.core.clock import VIETNAM
from app.core.i18n import gettext
from app.core.settings import get_settings
from app.dealflow import board
from app.dealflow.access import PipelineSeen
from app.dealflow.asking import Asked
from app.dealflow.cards import MOST_CARDS
from app.directory.importing.tables_out import TableOut


def titles() -> list[str]:
    return [
        gettext("Organisation"),
        gettext("Stage"),
        gettext("Fit"),
        gettext("Responsible"),
        gettext("Next step"),
        gettext("Day of the next step"),
        gettext("Reason for passing"),
        gettext("Sectors"),
        gettext("Place"),
        gettext("Address"),
    ]


async def write(seen: PipelineSeen, asked: Asked, path: Path, form: Any) -> int:
    """Write the cards of a state of the board; how many. No formula survives it (see `tables_out`)."""
    cards, _total = await board.table_of(seen.id, asked, 0, limit=MOST_CARDS)
    origin = get_settings().origin
    rows: list[list[Any]] = [
        [
            card.name or gettext("No longer in the directory"),
            card.stage_name,
            card.fit,
            card.owner,
            card.next_step,
            card.next_on,
            card.reason,
            card.sectors,
            card.place,
            f"{origin}/organisations/{card.slug}" if card.slug else "",
        ]
        for card in cards
    ]
    with TableOut(path, form, titles(), seen.name) as table:
        await asyncio.to_thread(table.write_all, rows)
    return len(rows)


def name_of(seen: PipelineSeen, form: str, moment: Any) -> str:
    return f"{seen.name} {moment.astimezone(VIETNAM):%Y-%m-%d}.{form}"
