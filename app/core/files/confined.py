"""The process in which one uploaded file is opened: little memory, little time, none of our secrets.

`python -m app.core.files.confined ORDER` takes an order as JSON and prints one line of JSON: what came of it, or the
code of the refusal. Whatever a decoder does with a hostile file, it ends here.
"""

import contextlib
import importlib
import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY = 1_200_000_000
SECONDS = 20


def limit_this_process() -> None:
    """What the operating system holds this process to from here on."""
    for kind, wanted in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 60_000_000),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(kind)
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError):  # macOS limits no address space
            resource.setrlimit(kind, (most, most))


def carry_out(order: dict[str, Any]) -> dict[str, Any]:
    """Draw a picture or pages, or look through a paper; a refusal is an answer as well."""
    # each library is loaded only for its own kind of file, and after the limits are set
    pictures = importlib.import_module("app.core.files.pictures")
    try:
        if order["kind"] == "document":
            found = importlib.import_module("app.core.files.papers").look_through(Path(order["source"]))
        elif order["kind"] == "pages":
            leaves = importlib.import_module("app.core.files.leaves")
            found = leaves.draw(Path(order["source"]), Path(order["folder"]), order["first"], order["count"])
        else:
            sizes = [(width, height) for width, height in order["sizes"]]
            found = pictures.draw(Path(order["source"]), Path(order["folder"]), order["fit"], sizes)
    except pictures.Refused as refusal:
        return {"refused": refusal.code}
    except MemoryError:
        return {"refused": "too_hard"}
    return dict(found)


if __name__ == "__main__":
    limit_this_process()
    print(json.dumps(carry_out(json.loads(sys.argv[1]))))
