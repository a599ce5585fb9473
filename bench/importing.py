"""Ten thousand rows brought in beside 20,000 organisations: judged, written, brought in again; and the memory. The same
for ten thousand programmes of two thousand of them.

The baseline is the same work row by row, as imports are often built: one row in each batch.
"""

import asyncio
import contextlib
import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from app.core import db
from app.core.ids import new_id
from app.core.settings import get_settings
from app.directory.importing import judgement, writing
from app.directory.importing.from_shell import import_file
from app.directory.importing.runs import confirm
from app.launch.migrations import migrate_now
from app.launch.postgres import start_postgres
from app.launch.valkey import start_valkey
from bench import population
from bench.figures import Figure

STANDING, ROWS, FEW, ONE_BY_ONE = 20_000, 10_000, 2_000, 400
SECONDS = 60.0
MEGABYTES = 40.0
TITLES = (
    "Tên", "Loại tổ chức", "Mã số doanh nghiệp", "Lĩnh vực", "Công nghệ", "Tỉnh, thành phố", "Trang web",
    "Giới thiệu một câu (tiếng Việt)", "Mô tả (tiếng Việt)", "Năm thành lập", "Số lao động", "Thư điện tử liên hệ",
    "Vòng gọi vốn", "Số vốn cần gọi (tỷ đồng)", "Nhu cầu", "Giới thiệu ngắn (tiếng Việt)",
)  # fmt: skip
WORDS = (
    "Sông Hồng",
    "Tây Hồ",
    "Trúc Bạch",
    "Hạ Long",
    "Cửu Long",
    "Ba Vì",
    "Thăng Long",
    "Lúa Vàng",
    "Mây Tre",
    "Sao Mai",
)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="ketnoi-import-") as folder, contextlib.ExitStack() as stack:
        database = start_postgres(Path(folder))
        stack.callback(database.stop)
        queue = start_valkey(Path(folder))
        stack.callback(queue.stop)
        os.environ.update(
            DATABASE_URL=database.url, REDIS_URL=queue.url, DATA_DIR=folder, DEMO="0", LOG_LEVEL="warning"
        )
        get_settings.cache_clear()
        migrate_now(get_settings())
        yield from asyncio.run(_measured(Path(folder)))


async def _measured(folder: Path) -> list[Figure]:
    async with db.pool(get_settings(), name="bench", command_timeout=600) as pool:
        async with pool.acquire() as con:
            await con.execute("SET statement_timeout = 0")
            await population.copy(con, "organisation", population.organisations(STANDING))
            await con.execute("VACUUM ANALYZE organisation")
        by_one = await _row_by_row(_list_of(folder / "one.csv", ONE_BY_ONE, 900_000))
        await _timed(_list_of(folder / "few.csv", FEW, 800_000))
        before = _peak()
        path = _list_of(folder / "list.csv", ROWS, 0)
        judged, written = await _timed(path)
        after = _peak()
        begun = time.perf_counter()
        again = await import_file(path)
        once_more = time.perf_counter() - begun
        await db.execute("UPDATE organisation SET kinds = '{incubator}' WHERE source = 'import'")
        programmes = _programmes(folder / "programmes.csv", ROWS)
        of_lists = sum(await _timed(programmes, "programme"))
        entries = await import_file(programmes, subject="programme")
    per_row = by_one / ONE_BY_ONE * ROWS
    return [
        Figure(name=f"{ROWS:,} rows judged", reached=judged, wanted=SECONDS, at_most=True, note="seconds"),
        Figure(
            name=f"{ROWS:,} rows judged and written", reached=judged + written, wanted=SECONDS, at_most=True,
            baseline_name="row by row", baseline=per_row, note="seconds; the baseline's are reckoned from fewer rows",
        ),
        Figure(name="the same file again", reached=once_more, wanted=SECONDS, at_most=True, note="seconds"),
        Figure(name="rows changed by it", reached=float(again.new + again.changed), wanted=0.0, at_most=True),
        Figure(
            name=f"{ROWS:,} programmes judged and written", reached=of_lists, wanted=SECONDS, at_most=True,
            baseline_name="organisations", baseline=judged + written, note="seconds",
        ),
        Figure(
            name="programmes changed by the same file", reached=float(entries.new + entries.changed), wanted=0.0,
            at_most=True,
        ),
        Figure(
            name=f"memory that {ROWS:,} rows take beyond {FEW:,}", reached=after - before, wanted=MEGABYTES,
            at_most=True, baseline_name="the file", baseline=path.stat().st_size / 1e6, note="MB",
        ),
    ]  # fmt: skip


def _peak() -> float:
    """The most memory that this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _list_of(path: Path, rows: int, first: int) -> Path:
    draw = random.Random(first)  # noqa: S311  made-up rows
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        for number in range(first, first + rows):
            name = f"Công ty Cổ phần {draw.choice(WORDS)} {draw.choice(WORDS)} {number}"
            writer.writerow([
                name, "doanh nghiệp khởi nghiệp", f"{number:010d}", "Nông nghiệp công nghệ cao; fintech", "ai",
                "Hà Nội", f"https://cong-ty-{number}.example", f"{name} bán trà ướp sen cho khách xa",
                "Nơi bán trà ướp sen, mứt sen và hạt sen của các làng ven hồ. " * 8, 1990 + number % 35, number % 400,
                f"lien-he@cong-ty-{number}.example", "Hạt giống", "2,5", "Vốn; Cố vấn", "Trà ngon, đường gần.",
            ])  # fmt: skip
    return path


def _programmes(path: Path, rows: int) -> Path:
    """Five programmes for each of the organisations of the list above, which support others since a moment ago."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("Mã số doanh nghiệp", "Loại", "Tên (tiếng Việt)", "Mô tả (tiếng Việt)", "Số tuần", "Phí"))
        for number in range(rows):
            text = "Chương trình ươm tạo cho nhóm có sản phẩm mẫu. " * 6
            writer.writerow(
                [f"{number % (rows // 5):010d}", "Ươm tạo", f"Gieo {number}", text, number % 40 + 1, "5 triệu"]
            )
    return path


async def _judged(path: Path, subject: str) -> UUID:
    run = new_id()
    await db.execute(
        "INSERT INTO import_run (id, name, size, subject) VALUES ($1, $2, $3, $4)",
        *(run, path.name, path.stat().st_size, subject),
    )
    await judgement.judge_file(run, path)
    return run


async def _timed(path: Path, subject: str = "organisations") -> tuple[float, float]:
    """Seconds of judging and of writing."""
    begun = time.perf_counter()
    run = await _judged(path, subject)
    judged = time.perf_counter()
    await confirm(run)
    while await writing.write_batch(run):
        pass
    fates = await db.fetchval("SELECT counts FROM import_run WHERE id = $1", run)
    if fates["outcomes"].get("left"):
        raise SystemExit(f"rows were left out: {fates}")
    return judged - begun, time.perf_counter() - judged


async def _row_by_row(path: Path) -> float:
    """The same rows, one in each batch."""
    before = judgement.BATCH, writing.BATCH
    judgement.BATCH = writing.BATCH = 1
    try:
        return sum(await _timed(path))
    finally:
        judgement.BATCH, writing.BATCH = before
