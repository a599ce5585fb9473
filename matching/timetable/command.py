"""The command ``schedule``: a problem in a JSON file in, a plan in a JSON file out, one line on what it is worth."""

import json
from pathlib import Path
from typing import Any

from matching.data import DataError
from matching.timetable.planning import plan
from matching.timetable.problem import read_problem


def schedule(source: str, target: str) -> str:
    """Read a problem, make the timetable, write it; returns a line of JSON with the figures.

    Raises
    ------
    DataError
        A file that cannot be read or written, or a problem that makes no sense.
    """
    problem = read_problem(_loaded(Path(source)))
    document = plan(problem).document(problem)
    try:
        Path(target).write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DataError(f"{target}: cannot be written ({error.strerror})") from None
    figures = {name: document[name] for name in ("value", "bound", "gap", "price_of_minimum")}
    counts = {name: len(document[name]) for name in ("meetings", "below_minimum", "moved", "dropped")}
    return json.dumps({**figures, **counts})


def _loaded(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: is no JSON (line {error.lineno}, column {error.colno}: {error.msg})") from None
    except (RecursionError, ValueError):
        raise DataError(f"{path}: is JSON that cannot be read (nested too deeply, or a number too long)") from None
