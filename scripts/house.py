"""House rules that no linter knows: sizes, names, foreign keys, templates without inline code. One line per breach."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULE_LINES, FUNCTION_LINES, TEMPLATE_LINES = 400, 60, 250
_CODE = ("app/", "events/", "matching/", "scripts/")
_VAGUE = re.compile(r"(^|_)(manager|helper|helpers|util|utils|base|common|handler|handlers|misc)(_|$)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LEFT_OPEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
_NOT_RUN = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail)\b|importorskip")
_HTML = re.compile(
    r"</?(div|span|a|p|ul|li|form|input|button|table|tr|td|h[1-6]|section|img|svg|script|style)\b[^>]*>", re.I
)
_INLINE = {
    r"\sstyle\s*=": "an inline style",
    r"\son[a-z]+\s*=\s*[\"']": "an inline handler",
    r"\shx-on\b": "hx-on",
    r"=[\"']\s*js(?:on)?:\s*\{?\s*js:": "js:",
    r"[\"']js:": "js:",
    r"<style\b": "an inline stylesheet",
    r"<script(?![^>]*\bsrc=)(?![^>]*type=[\"']application/(?:ld\+)?json)": "an inline script",
    r"\|\s*safe\b": "|safe",
    r"javascript:": "javascript:",
}
_INLINE_RULES = {re.compile(pattern, re.IGNORECASE): what for pattern, what in _INLINE.items()}
_MAY_WRITE_MARKUP = {"app/assets.py", "scripts/house.py"}
"""The icon sprite is drawn by a script; everything else is a template."""
_MACHINES = re.compile(r"/(?:work|root|home/\w+)/[\w.]|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian")


_NEVER_OURS = {"node_modules", "__pycache__", "vendor", "htmlcov"}


def files() -> list[Path]:
    """What is tracked, and what is new and not ignored, whoever owns the checkout; without git what lies there."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        return sorted(_walked())
    return [ROOT / name for name in sorted(listed) if name and (ROOT / name).is_file()]


def _walked() -> Iterator[Path]:
    """Every file outside the folders that are made: hidden ones, installed packages, what is compiled."""
    for folder, inside, names in os.walk(ROOT):
        inside[:] = [name for name in inside if not name.startswith(".") and name not in _NEVER_OURS]
        yield from (Path(folder, name) for name in names if Path(folder, name).is_file())


def breaches() -> Iterator[str]:
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py":
            yield from _python(path, name)
        elif path.suffix in {".html", ".xml", ".txt"} and name.startswith("templates/"):
            yield from _template(path, name)
        elif path.name in {"Makefile", "Dockerfile"} or path.suffix in {
            ".toml",
            ".lock",
            ".yaml",
            ".yml",
            ".sh",
            ".json",
        }:
            yield from _addresses(path, name)


def _python(path: Path, name: str) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    if "/piccolo_migrations/" in name:
        return
    ours = name.startswith(_CODE)
    if ours and len(lines) > MODULE_LINES:
        yield f"{name}: {len(lines)} lines, at most {MODULE_LINES}"
    if ours and any(_VAGUE.search(part) for part in path.relative_to(ROOT).with_suffix("").parts):
        yield f"{name}: the name says nothing"
    for number, line in enumerate(lines, 1):
        if _LEFT_OPEN.search(line) and not name.startswith("scripts/"):
            yield f"{name}:{number}: left open; do it, or write an issue"
        if _NOT_RUN.search(line) and not name.startswith("scripts/"):
            yield f"{name}:{number}: every test runs"
    tree = ast.parse(text)
    if ours and lines and ast.get_docstring(tree) is None and path.name != "__init__.py":
        yield f"{name}: the module does not say what lives here"
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in said:
            continue
        yield from _node(node, name, ours=ours)


def _node(node: ast.AST, name: str, *, ours: bool) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ours:
        snake = _CAMEL.sub("_", node.name)
        if _VAGUE.search(snake) and not snake.startswith("_"):
            yield f"{name}:{node.lineno}: the name {node.name} says nothing"
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ours:
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > FUNCTION_LINES:
            yield f"{name}:{node.lineno}: {node.name} has {length} lines, at most {FUNCTION_LINES}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ForeignKey":
        given = {keyword.arg for keyword in node.keywords}
        lacking = {"null", "on_delete"} - given
        if lacking:
            yield f"{name}:{node.lineno}: a ForeignKey without {' and '.join(sorted(lacking))}"
    if ours and name not in _MAY_WRITE_MARKUP and isinstance(node, ast.Constant) and _is_markup(node.value):
        yield f"{name}:{node.lineno}: HTML in Python; it belongs into a template"


def _is_markup(value: object) -> bool:
    return isinstance(value, str) and bool(_HTML.search(value))


def _template(path: Path, name: str) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > TEMPLATE_LINES:
        yield f"{name}: {len(lines)} lines, at most {TEMPLATE_LINES}"
    for number, line in enumerate(lines, 1):
        for rule, what in _INLINE_RULES.items():
            if rule.search(line) and not name.startswith("templates/mail/"):
                yield f"{name}:{number}: {what}"
        if _LEFT_OPEN.search(line):
            yield f"{name}:{number}: left open; do it, or write an issue"


def _addresses(path: Path, name: str) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if _MACHINES.search(line):
            yield f"{name}:{number}: names a registry or a path of one machine"


def main() -> int:
    found = list(breaches())
    print("\n".join(found) if found else "house rules kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
