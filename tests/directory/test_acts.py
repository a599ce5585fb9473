"""Whatever the history of a profile is given as an act has words: read from the code that records."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.directory.curation import moderation
from app.directory.undoing import UNDONE_BY_ACT
from app.directory.vocabulary.acts import ACTS

ROOT = Path("app")
BATCHES = ROOT / "directory" / "importing"
CREDENTIALS = ("stated", "edited", "withdrawn", "verified", "entered", "refused", "revoked", "superseded")


def histories(tree: ast.Module) -> set[str]:
    """The names by which a module calls the history of organisations."""
    return {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "app.directory"
        for name in node.names
        if name.name == "history"
    }


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: itself, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def acts_in(path: Path) -> set[str]:
    """Acts given to `history.record`, to `_written` of rows, and in the tuples that imports record by the batch."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named, found = histories(tree), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > 2:
            of = node.func
            recorded = isinstance(of, ast.Attribute) and of.attr == "record" and isinstance(of.value, ast.Name)
            if recorded and isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id in named:
                found |= set(texts(node.args[2]))
            elif isinstance(of, ast.Name) and of.id == "_written" and path.name == "rows.py":
                found |= {text for argument in node.args for text in texts(argument)}
        elif isinstance(node, ast.Tuple) and len(node.elts) == 6 and BATCHES in path.parents:
            found |= set() if isinstance(node.elts[0], ast.Constant) else set(texts(node.elts[1]))
    return found


def test_every_act_that_is_recorded_has_words() -> None:
    recorded = {path.as_posix(): acts_in(path) for path in sorted(ROOT.rglob("*.py"))}
    acts = set().union(*recorded.values())

    assert {"created", "edited", "row_edited", "import_taken_back", "member_hidden", "member_described"} <= acts
    assert {path: found - set(ACTS.codes) for path, found in recorded.items() if found - set(ACTS.codes)} == {}


def test_lists_of_acts_name_acts() -> None:
    named = {*moderation.CHANGING, *moderation._ACTS.values(), *UNDONE_BY_ACT}
    named |= {f"credential_{act}" for act in CREDENTIALS}

    assert named - set(ACTS.codes) == set()
