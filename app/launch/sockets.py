"""Short private folders for unix sockets.

A socket path holds about 100 bytes and PostgreSQL takes its folder from a comma-separated list, so the sockets cannot
lie in a data folder whose path is long or has commas in it.
"""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from app.launch.account import ServerAccount

_LONGEST_BASE = 60
_ATTEMPTS = 20


def socket_folder(data_dir: Path, service: str, account: ServerAccount) -> Path:
    """A folder of mode 0700 owned by `account`, the same one for the same data folder while nobody else took it."""
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    base = _base(account)
    for attempt in range(_ATTEMPTS):
        folder = base / f"ketnoi-{service}-{digest}{f'-{attempt}' if attempt else ''}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            if not _is_private(folder, account):
                continue
        account.own(folder, 0o700)
        return folder
    raise RuntimeError(f"no private folder for sockets could be made in {base}")


def _base(account: ServerAccount) -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime and not account.is_other and len(runtime) <= _LONGEST_BASE and "," not in runtime:
        folder = Path(runtime)
        if folder.is_dir() and folder.stat().st_uid == account.uid and os.access(folder, os.W_OK):
            return folder
    shared = tempfile.gettempdir()
    usable = len(shared) <= _LONGEST_BASE and shared.isascii() and "," not in shared
    return Path(shared if usable else "/tmp")  # noqa: S108 - the folder made in it is private and checked


def _is_private(folder: Path, account: ServerAccount) -> bool:
    info = folder.lstat()
    owners = {account.uid, os.geteuid()}
    return stat.S_ISDIR(info.st_mode) and info.st_uid in owners and stat.S_IMODE(info.st_mode) == 0o700
