"""The generated secrets of a data folder: made once, kept in `secrets.env` with mode 0600, never printed in logs."""

import os
import secrets
import tempfile
from pathlib import Path

_FILE = "secrets.env"


def read_secrets(data_dir: Path) -> dict[str, str]:
    """All secrets made so far."""
    try:
        text = (data_dir / _FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def secret(data_dir: Path, name: str, *, length: int = 32) -> str:
    """The secret of that name, made on first use. Letters and digits only, so it needs no quoting anywhere."""
    known = read_secrets(data_dir)
    if not known.get(name):
        alphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
        known[name] = "".join(secrets.choice(alphabet) for _ in range(length))
        _write(data_dir, known)
    return known[name]


def _write(data_dir: Path, values: dict[str, str]) -> None:
    text = "# Made by the first start. Keep private; the data is of no use without it.\n"
    text += "".join(f"{name}={value}\n" for name, value in sorted(values.items()))
    data_dir.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=data_dir, prefix=".secrets-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(data_dir / _FILE)
