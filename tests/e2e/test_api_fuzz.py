"""The JSON API under fire: thousands of odd requests made from its own description, and not one 5xx."""

import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from app.core.i18n import ROOT
from scripts.running import House

EXAMPLES = "20"


def _token(house: House) -> str:
    env_file = json.loads((house.data_dir / "run.json").read_text())
    made = subprocess.run(
        [sys.executable, "-m", "app", "token", "organizer@demo.example"],
        cwd=ROOT,
        env={
            "DATABASE_URL": env_file["database_url"],
            "REDIS_URL": env_file["redis_url"],
            "DATA_DIR": str(house.data_dir),
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip().splitlines()[-1]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.browser
def test_nothing_breaks(house: House, tmp_path: Path) -> None:
    address = f"{house.url}/api/v1/openapi.json"
    with urllib.request.urlopen(address) as answer:
        assert len(json.load(answer)["paths"]) >= 10
    program = Path(sys.executable).with_name("schemathesis")
    run = subprocess.run(
        [str(program), "run", address, "--checks", "not_a_server_error", "--max-examples", EXAMPLES,
         "--phases", "fuzzing", "--seed", "1", "--generation-deterministic", "--no-color",
         "--header", f"Authorization: Bearer {_token(house)}", "--request-timeout", "20"],
        cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    tried = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert tried is not None
    assert int(tried[1]) == int(tried[2]) > 800
