"""How the tests are shared out between processes, each with a PostgreSQL and a Valkey of its own.

What stands in one file runs in one process, in its order; the browser tests share one running demo and stay together.
"""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

AT_MOST = 6
LONG = ("tests/e2e", "tests/matching", "tests/connections", "tests/launch")
"""What takes long begins first, so that no process is left with it at the end."""

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # as the product's own fits: the processes share the cores already


def group(nodeid: str) -> str:
    """What must run in one process: a file, or the whole folder that looks at the running demo."""
    path = nodeid.partition("::")[0]
    return "tests/e2e" if path.startswith("tests/e2e/") else path


def place(path: str) -> int:
    """Long subjects first, everything else after them."""
    return next((number for number, start in enumerate(LONG) if path.startswith(start)), len(LONG))


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Each process asks for the next file when it is nearly through with its own."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def cores() -> int:
    """The cores that this process may use; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process for each core and one more, since browsers and servers are waited for; only some tests: none."""
    some = config.option.keyword or any(".py" in argument for argument in config.args)
    return 0 if some else min(cores() + 1, AT_MOST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))  # stable: within a subject nothing changes its order
