"""The scripts that check the house: each rule has a breach that it finds. And the Makefile keeps its promises."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import house  # noqa: E402
import locks  # noqa: E402


@pytest.mark.parametrize(
    ("name", "text", "breach"),
    [
        ("app/x.py", '"""Doc."""\n' + "a = 1\n" * 400, "401 lines, at most 400"),
        ("app/x.py", '"""Doc."""\n\n\ndef long():\n' + "    a = 1\n" * 60, "long has 61 lines, at most 60"),
        ("app/x.py", "a = 1\n", "does not say what lives here"),
        ("app/core/utils.py", '"""Doc."""\n', "the name says nothing"),
        ("app/x.py", '"""Doc."""\n\n\nclass MailManager:\n    pass\n', "MailManager says nothing"),
        ("app/x.py", '"""Doc."""\n# TO' + "DO later\n", "left open"),
        ("tests/x.py", "import pytest\n\n\n@pytest.mark." + "skip\ndef test(): ...\n", "every test runs"),
        ("app/x.py", '"""Doc."""\nx = ForeignKey(Person)\n', "a ForeignKey without null and on_delete"),
        ("app/x.py", '"""Doc."""\nx = ForeignKey(Person, null=False)\n', "a ForeignKey without on_delete"),
        ("app/x.py", '"""Doc."""\nx = "<p>Hello</p>"\n', "HTML in Python"),
        ("templates/x.html", "<p>\n" * 251, "251 lines, at most 250"),
        ("templates/x.html", '<p style="color: red">', "an inline style"),
        ("templates/x.html", '<a onclick="x()">', "an inline handler"),
        ("templates/x.html", "<script>x()</script>", "an inline script"),
        ("templates/x.html", '<div hx-on:click="x">', "hx-on"),
        ("templates/x.html", "{{ text|safe }}", "|safe"),
        ("package-lock.json", '"resolved": "https://registry.' + 'npmjs.org/x"', "names a registry"),
        ("x.toml", 'path = "/ro' + 'ot/x"', "names a registry or a path"),
    ],
)
def test_a_breach_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, breach: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "files", lambda: [path])
    assert [found for found in house.breaches() if breach in found] != []


def test_what_is_right_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = {
        "app/x.py": '"""What <p> means here."""\n\nx = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)\n',
        "templates/x.html": '<p class="note">{{ text }}</p>\n<script src="/static/app.js" defer></script>\n',
    }
    paths = []
    for name, text in good.items():
        paths.append(tmp_path / name)
        paths[-1].parent.mkdir(parents=True)
        paths[-1].write_text(text, encoding="utf-8")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "files", lambda: paths)
    assert list(house.breaches()) == []


@pytest.mark.parametrize("program", ["git", "no-git"])
def test_files_are_found_in_any_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """In a folder without a repository, and where git is not installed."""
    for name in ("app/x.py", "Makefile", "node_modules/y/y.js", ".venv/z.py", "app/static/vendor/v.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    if program == "no-git":
        monkeypatch.setenv("PATH", "")
    assert [path.relative_to(tmp_path).as_posix() for path in house.files()] == ["Makefile", "app/x.py"]


def test_files_are_found_in_a_checkout_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("made\n", encoding="utf-8")
    (tmp_path / "made").write_text("", encoding="utf-8")
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    asked = subprocess.run(["git", "ls-files"], cwd=tmp_path, capture_output=True, check=False)
    assert b"dubious ownership" in asked.stderr
    assert [path.name for path in house.files()] == [".gitignore"]


def test_the_lock_files_fit() -> None:
    assert locks.problems() == []


def test_a_lock_file_that_does_not_fit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*locks.wanted(), "pyproject.toml"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text(encoding="utf-8").replace('"rich>=14"', '"rich>=99"'), encoding="utf-8")
    assert locks.problems() == [
        "requirements.lock was made from other dependencies: run make locks",
        "requirements-dev.lock was made from other dependencies: run make locks",
    ]
    lock = tmp_path / "requirements-node.lock"
    lock.write_text(lock.read_text(encoding="utf-8").partition("--hash")[0] + "\n# https://x\n", encoding="utf-8")
    assert "requirements-node.lock names an address: run make locks" in locks.problems()
    assert any(problem.startswith("requirements-node.lock: no hash for nodejs") for problem in locks.problems())


def test_make_alone_lists_the_targets() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([a-z-]+) ", done.stdout, re.MULTILINE)
    assert {"run", "test", "check", "bench", "fix", "migration", "screenshots", "clean", "doctor", "help"} <= set(
        listed
    )


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_the_papers_name_targets_that_are_there(paper: str) -> None:
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / paper).read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert named - targets == set()


def test_a_migration_is_written_for_a_subject_with_a_reason() -> None:
    made = subprocess.run(
        ["make", "--dry-run", "migration", "APP=people", "DESC=what for"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert 'migrations new people --auto --desc="what for"' in made.stdout
    assert "PICCOLO_CONF=app.piccolo_conf" in made.stdout
    for lacking in (["APP=people"], ["DESC=why"]):
        done = subprocess.run(["make", "migration", *lacking], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "make migration APP=people DESC=" in done.stderr


def test_a_start_waits_for_what_its_files_depend_on() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = dict(re.findall(r"^([\w./]+): (.+)$", makefile, re.MULTILINE))
    assert "requirements.lock" in rules[".venv/.runtime"]
    assert "requirements-dev.lock" in rules[".venv/.dev"]
    assert "package-lock.json" in rules["node_modules/.ready"]
    assert "$(CURDIR)" not in makefile


@pytest.mark.parametrize("name", ["venv", "install", "npm", "browser"])
def test_the_shell_scripts_are_sound(name: str) -> None:
    script = ROOT / "scripts" / f"{name}.sh"
    assert script.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert "\nset -eu\n" in script.read_text(encoding="utf-8")


def test_a_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n', encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "venv.sh")], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "PYTHON": str(old)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "needs Python 3.11 to 3.14, this is Python 3.9.2" in done.stderr


def test_a_python_without_ensurepip_is_told_to_an_ordinary_user(tmp_path: Path) -> None:
    lacking = tmp_path / "python3"
    lacking.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*|*pip*) exit 1;; *print*) echo 3.11;; esac\n', encoding="utf-8"
    )
    lacking.chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n", encoding="utf-8")
    (tmp_path / "id").chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "venv.sh")], cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHON": str(lacking)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "sudo apt-get install python3.11-venv" in done.stderr


def test_a_python_without_ensurepip_but_with_pip_needs_nobodys_help(tmp_path: Path) -> None:
    lacking = tmp_path / "python3"
    lacking.write_text(
        '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; -m*) echo "$*" >>calls;; esac\n', encoding="utf-8"
    )
    lacking.chmod(0o755)
    subprocess.run(
        ["sh", str(ROOT / "scripts" / "venv.sh")], cwd=tmp_path, check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHON": str(lacking)},
    )  # fmt: skip
    made, filled = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert made == "-m venv --without-pip .venv"
    assert filled.startswith("-m pip --python .venv/bin/python install ")
    assert filled.endswith(" --require-hashes --only-binary :all: -r requirements-bootstrap.lock")
    lock = (ROOT / "requirements-bootstrap.lock").read_text(encoding="utf-8")
    assert [line.split("==")[0] for line in lock.splitlines() if "==" in line] == ["pip", "uv"]


def test_without_a_browser_an_ordinary_user_is_told_what_to_do(tmp_path: Path) -> None:
    for tool, body in {"id": "echo 1000"}.items():
        (tmp_path / tool).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tmp_path / tool).chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "browser.sh")], env={"PATH": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "sudo apt-get install chromium" in done.stderr


@pytest.mark.parametrize(
    ("works", "tried"),
    [
        ("1", ["uv 1"]),
        ("0", ["uv 1", "uv 0"]),
        ("neither", ["uv 1", "uv 0", "pip"]),
    ],
)
def test_a_lock_is_installed_by_uv_with_the_machines_authorities_then_its_own_then_by_pip(
    tmp_path: Path, works: str, tried: list[str]
) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        "#!/bin/sh\n"
        'case "$*" in *"uv pip"*) echo "uv $UV_SYSTEM_CERTS" >>calls; [ "$UV_SYSTEM_CERTS" = "$WORKS" ];;'
        ' *) echo pip >>calls; echo "$*" >pip;; esac\n',
        encoding="utf-8",
    )
    python.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "install.sh"), "requirements.lock"], cwd=tmp_path, capture_output=True, text=True,
        check=True, env={"PATH": "/usr/bin:/bin", "WORKS": works},
    )  # fmt: skip
    assert (tmp_path / "calls").read_text(encoding="utf-8").splitlines() == tried
    assert ("using pip, which takes longer" in done.stdout) == ("pip" in tried)
    if "pip" in tried:
        asked = (tmp_path / "pip").read_text(encoding="utf-8").split()
        assert {"--require-hashes", "--only-binary", "requirements.lock"} <= set(asked)


@pytest.mark.parametrize("own", [True, False])
def test_npm_is_the_machines_own_or_that_of_a_package(tmp_path: Path, own: bool) -> None:
    """Where the machine has none, the packaged one is installed once into .tools, and not again."""
    for name in ("npm", "node") if own else ():
        (tmp_path / name).write_text('#!/bin/sh\necho "own $0 $*"\n', encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    package = tmp_path / "package" / "bin"
    package.mkdir(parents=True)
    (package / "node").write_text(
        '#!/bin/sh\nshift\necho "packaged npm $* $npm_config_update_notifier $NODE_USE_SYSTEM_CA"\n', encoding="utf-8"
    )
    (package / "node").chmod(0o755)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(
        '#!/bin/sh\necho "$*" >>calls\n'
        'case "$*" in *venv*) mkdir -p .tools/node/bin;'
        " printf '#!/bin/sh\\necho \"$PWD/package\"\\n' >.tools/node/bin/python;"
        " chmod +x .tools/node/bin/python;; esac\n",
        encoding="utf-8",
    )
    python.chmod(0o755)
    for name in ("rm", "mkdir", "touch", "chmod", "sh", "printf"):
        (tmp_path / name).symlink_to(Path("/bin") / name if name != "printf" else "/usr/bin/printf")
    (tmp_path / "requirements-node.lock").write_text("", encoding="utf-8")
    said = [
        subprocess.run(
            ["/bin/sh", str(ROOT / "scripts" / "npm.sh"), "ci"], cwd=tmp_path, capture_output=True, text=True,
            check=True, env={"PATH": str(tmp_path)},
        ).stdout
        for _round in range(2)
    ]  # fmt: skip
    if own:
        assert said == [f"own {tmp_path}/npm ci\n"] * 2
        assert not (tmp_path / ".tools").exists()
        return
    assert said == [
        "No npm on this machine: taking one from a package.\npackaged npm ci false 1\n",
        "packaged npm ci false 1\n",
    ]
    made, filled = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert made == "-m venv --without-pip .tools/node"
    assert "--require-hashes --only-binary :all: -r requirements-node.lock" in filled


def test_a_browser_that_is_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "google-chrome").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "google-chrome").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "browser.sh")], env={"PATH": str(tmp_path)}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == f"{tmp_path}/google-chrome\n"


def test_without_python_the_set_up_says_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "venv.sh")], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Python was not found" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_an_environment_that_works_is_kept(tmp_path: Path) -> None:
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / ".venv" / "kept").write_text("", encoding="utf-8")
    subprocess.run(
        ["sh", str(ROOT / "scripts" / "venv.sh")], cwd=tmp_path, check=True,
        env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable},
    )  # fmt: skip
    assert (tmp_path / ".venv" / "kept").exists()


@pytest.mark.parametrize("argv", [[], ["write"]])
def test_lock_files_are_checked_or_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    """`write` resolves with uv and heads each file with its fingerprint; what is written fits at once."""
    for name in [*locks.wanted(), "pyproject.toml"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def resolve(command: list[str], **_more: object) -> None:
        path = Path(command[command.index("-o") + 1])
        path.write_text("# a remark of the tool\n" + path.read_text(encoding="utf-8").partition("\n")[2], "utf-8")

    monkeypatch.setattr(locks, "ROOT", tmp_path)
    monkeypatch.setattr(locks.subprocess, "run", resolve)
    monkeypatch.setattr(sys, "argv", ["locks.py", *argv])
    assert locks.main() == 0
    assert capsys.readouterr().out == "lock files fit pyproject.toml\n"
    for name in locks.wanted():
        assert (tmp_path / name).read_text(encoding="utf-8") == (ROOT / name).read_text(encoding="utf-8")


def test_versions_of_both_lock_files_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*locks.wanted(), "pyproject.toml"]:
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    lock = tmp_path / "requirements.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("litestar==", "litestar==9."), encoding="utf-8")
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    assert locks.problems() == ["litestar differs between requirements.lock and requirements-dev.lock: run make locks"]
    lock.unlink()
    assert locks.problems() == ["requirements.lock was made from other dependencies: run make locks"]


def test_the_rules_end_with_one_where_they_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(house, "ROOT", tmp_path)
    monkeypatch.setattr(house, "files", list)
    assert (house.main(), capsys.readouterr().out) == (0, "house rules kept\n")
    path = tmp_path / "app" / "helper.py"
    path.parent.mkdir()
    path.write_text('"""Doc."""\n', encoding="utf-8")
    monkeypatch.setattr(house, "files", lambda: [path])
    assert (house.main(), capsys.readouterr().out) == (1, "app/helper.py: the name says nothing\n")
