"""The uploaded files beside a backup of the database: one tar file of the storage's folder, and back again.

Files in a bucket are for the bucket's own backup; then this only says so.
"""

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from app.core.files.where import kept_folder
from app.core.settings import Settings
from app.launch.problem import Problem

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f-]{36}/[a-z0-9]{1,20}\.[a-z]{1,5}", re.ASCII)


def beside(file: Path) -> Path:
    """Where the files of a backup lie."""
    return file.with_name(f"{file.name}.files.tar")


def write_files(settings: Settings, draft: Path) -> int:
    """Write every stored file into `draft`, after the database: what a row names is there. The number of files.

    0 and no file where nothing is stored in a folder. What is erased meanwhile is left out.
    """
    root = kept_folder(settings)
    found = sorted(_stored(root)) if not settings.s3_bucket and root.is_dir() else []
    if not found:
        return 0
    written = 0
    with draft.open("xb") as raw:
        draft.chmod(0o600)
        with tarfile.open(fileobj=raw, mode="w") as tar:
            for key in found:
                try:
                    source = (root / key).open("rb")
                except FileNotFoundError:
                    continue
                with source:
                    member = tarfile.TarInfo(key)
                    member.size = os.fstat(source.fileno()).st_size
                    member.mtime = int(os.fstat(source.fileno()).st_mtime)
                    member.mode = 0o644
                    tar.addfile(member, source)
                    written += 1
        raw.flush()
        os.fsync(raw.fileno())
    return written


def _stored(root: Path) -> Iterator[str]:
    for path in root.glob("*/*/*/*"):
        key = path.relative_to(root).as_posix()
        if _KEY.fullmatch(key):
            yield key


def check_files(file: Path) -> int:
    """How many files the tar file holds, read to its end; raises Problem when it is broken or none of ours."""
    try:
        with tarfile.open(file) as tar:
            members = tar.getmembers()
    except (tarfile.TarError, OSError) as error:
        raise Problem(f"{file} cannot be read: {error}. Nothing was changed.") from error
    odd = [member.name for member in members if not member.isfile() or not _KEY.fullmatch(member.name)]
    if odd:
        raise Problem(f"{file} holds what no backup of files holds: {odd[0]}. Nothing was changed.")
    whole = max((member.offset_data + member.size for member in members), default=0)
    if file.stat().st_size < whole:
        raise Problem(f"{file} was cut short. Nothing was changed.")
    return len(members)


def read_files(settings: Settings, file: Path) -> int:
    """Put the files of the tar file where the storage has them; what lies there under the same key is replaced."""
    root = kept_folder(settings)
    root.mkdir(parents=True, exist_ok=True)
    count = check_files(file)
    with tarfile.open(file) as tar:
        tar.extractall(root, filter="data")
    return count
