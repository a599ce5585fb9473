"""Starts a fit in a process of its own and waits for it; what runs there is `fitting`. No engine is loaded here."""

import asyncio
import contextlib
import os
import sys

BUSY = 75
"""Exit code of a process that found another one fitting."""
FIT_MINUTES = 15


async def fit_apart() -> int:
    """Run a fit in a process of its own and wait for it; its exit code. Cancelling ends the process."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.connections.fitting", env=environment, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(FIT_MINUTES * 60):
            return await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
