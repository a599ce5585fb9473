"""What we agreed on and only a running application can show: doors, templates, tables.

`scripts/house.py` keeps the rules that the source alone shows.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes

from app.core import migrate, templating
from app.core.i18n import ROOT

SOURCES = ("app", "events", "matching", "scripts")
PARAMETERS = 6


def _modules() -> list[Path]:
    return sorted(
        path
        for folder in SOURCES
        for path in (ROOT / folder).rglob("*.py")
        if "piccolo_migrations" not in path.parts and "node_modules" not in path.parts
    )


def _templates() -> list[Path]:
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_functions_take_few_parameters() -> None:
    many = {
        f"{_name(path)}:{function.name}": count
        for path in _modules()
        for function in _functions(path)
        if (
            count := len([a for a in (*function.args.posonlyargs, *function.args.args) if a.arg not in ("self", "cls")])
        )
        > PARAMETERS
    }
    assert many == {}


# --- routes ---------------------------------------------------------------------------------------------------


def _routes() -> list[Any]:
    from app.main import create_litestar

    return [
        (route.path, handler)
        for route in create_litestar().routes
        for handler in getattr(route, "route_handlers", None) or [route.route_handler]
        if getattr(handler, "http_methods", None) != {"OPTIONS"}
    ]


def _guards(handler: Any) -> set[str]:
    return {getattr(guard, "__name__", str(guard)) for guard in handler.resolve_guards()} - {"csrf_guard"}


def test_every_route_is_public_by_declaration_or_guarded(settings: Any) -> None:
    open_doors = [
        path
        for path, handler in _routes()
        if not handler.opt.get("public") and not _guards(handler) and not path.startswith("/api/v1/openapi")
        if path not in ("/api/v1", "/api/v1/{path:str}")  # the description of the API, public by nature
    ]
    assert open_doors == []


def test_a_forgotten_guard_would_be_seen(settings: Any) -> None:
    from litestar import get

    from app.main import create_litestar

    @get("/forgotten")
    async def forgotten() -> None: ...

    (handler,) = [
        h for route in create_litestar(forgotten).routes if route.path == "/forgotten" for h in route.route_handlers  # type: ignore[union-attr]
        if "GET" in h.http_methods
    ]  # fmt: skip
    assert not handler.opt.get("public")
    assert not _guards(handler)


def test_pages_are_not_in_the_apis_description(settings: Any) -> None:
    from app.main import create_litestar

    paths = create_litestar().openapi_schema.paths or {}
    assert [path for path in paths if not path.startswith("/api/v1")] == []


# --- templates ------------------------------------------------------------------------------------------------


def _page_templates() -> list[str]:
    found = []
    for path in _templates():
        text = path.read_text(encoding="utf-8")
        if '{% extends "base.html" %}' in text:
            found.append(path.relative_to(ROOT / "templates").as_posix())
    return found


def test_every_page_has_a_title(settings: Any) -> None:
    env = templating.environment()
    assert [name for name in _page_templates() if "title" not in env.get_template(name).blocks] == []


def test_every_template_compiles(settings: Any) -> None:
    env = templating.environment()
    for path in _templates():
        env.get_template(path.relative_to(ROOT / "templates").as_posix())


def _calls(function: str) -> Iterator[tuple[Path, ast.Call]]:
    for path in _modules():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                yield path, node


def test_every_template_and_fragment_that_a_route_names_exists(settings: Any) -> None:
    missing = []
    for path, call in _calls("page"):
        names = [a.value for a in call.args[1:2] if isinstance(a, ast.Constant)]
        if not names:
            continue
        if not (ROOT / "templates" / names[0]).is_file():
            missing.append(f"{_name(path)}:{call.lineno} {names[0]}")
            continue
        for keyword in call.keywords:
            if keyword.arg != "fragment":
                continue
            values = keyword.value.elts if isinstance(keyword.value, ast.Tuple) else [keyword.value]
            for value in values:
                if isinstance(value, ast.Constant) and value.value and not templating.has_block(names[0], value.value):
                    missing.append(f"{_name(path)}:{call.lineno} {names[0]} has no block {value.value}")
    assert missing == []


def test_posts_are_real_forms_and_links_have_addresses() -> None:
    """The site works without JavaScript: hx-post and its like stand on forms, or on buttons that send a form
    somewhere by themselves; hx-get links have an href."""
    bad = []
    for path in _templates():
        for tag in re.findall(r"<[a-z][^<>]*\bhx-(?:post|put|patch|delete)=[^<>]*>", path.read_text(encoding="utf-8")):
            if not re.match(r"<form\b.*\bmethod=|<button\b.*\bformmethod=.*\bformaction=", tag):
                bad.append(f"{_name(path)}: {tag[:80]}")
        for tag in re.findall(r"<a\b[^<>]*\bhx-get=[^<>]*>", path.read_text(encoding="utf-8")):
            if "href=" not in tag:
                bad.append(f"{_name(path)}: {tag[:80]}")
    assert bad == []


def test_every_posted_form_carries_the_fallback_token() -> None:
    bad = []
    for path in _templates():
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"<form\b[^<>]*method=\"post\"[^<>]*>", text, re.I):
            form = text[match.end() : text.find("</form>", match.end())]
            if "csrf" not in form:
                bad.append(f"{_name(path)}:{text.count(chr(10), 0, match.start()) + 1}")
    assert bad == []


def test_templates_do_not_switch_escaping_off() -> None:
    env = templating.environment()
    off = []
    for path in _templates():
        tree = env.parse(path.read_text(encoding="utf-8"))
        if any(True for _node in tree.find_all((nodes.MarkSafe, nodes.ScopedEvalContextModifier))):
            off.append(_name(path))
    assert off == []


# --- tables ---------------------------------------------------------------------------------------------------


def _tables() -> list[Any]:
    return [table for config in migrate.apps() for table in config.table_classes]


def test_times_are_aware_and_end_in_at() -> None:
    wrong = []
    for table in _tables():
        for column in table._meta.columns:
            kind = type(column).__name__
            name = column._meta.name
            if kind == "Timestamp" or (kind == "Timestamptz" and not re.search("(^|_)(at|from|until)$", name)):
                wrong.append(f"{table._meta.tablename}.{name}")
    assert wrong == []


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"])
def test_the_papers_are_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 500


_LINK = re.compile(r"""\]\(\s*<?([^)\s>]+)[^)]*\)|\b(?:src|href)=["']([^"']+)["']""")


def _targets(text: str) -> set[str]:
    """What a paper links to or shows, outside of code: relative addresses without their anchors."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    found = {(match[1] or match[2]).partition("#")[0] for match in _LINK.finditer(prose)}
    return {target for target in found if target and not re.match(r"[a-z]+:", target)}


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions/README.md"])
def test_what_the_papers_link_to_and_show_is_there(name: str) -> None:
    paper = ROOT / name
    missing = [target for target in _targets(paper.read_text("utf-8")) if not (paper.parent / target).exists()]
    assert sorted(missing) == []


def test_a_picture_that_is_not_there_would_be_seen() -> None:
    text = "[a](x.md#y) ![b](p.png 'c') [site](https://a.example) [here](#z) `[d](e)` <img src=\"q.png\">"
    assert _targets(text) == {"x.md", "p.png", "q.png"}


def test_nothing_names_a_registry_or_a_machine() -> None:
    hosts = re.compile(r"//[a-z.]*(pypi|pythonhosted|npmjs|debian)[.](org|com)")
    files = [path for pattern in ("*.lock", "*.json", "*.toml", "Makefile", "*.md") for path in ROOT.glob(pattern)]
    assert [_name(path) for path in files if hosts.search(path.read_text(encoding="utf-8"))] == []


async def test_moments_are_those_of_the_row_not_of_the_migration(pool: Any) -> None:
    """Piccolo writes `default=now` into the table as the moment at which the migration ran."""
    rows = await pool.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND data_type LIKE 'timestamp%' AND column_default LIKE '''2%' AND table_name <> 'migration' ORDER BY 1, 2"
    )
    assert [f"{row['table_name']}.{row['column_name']}" for row in rows] == []
