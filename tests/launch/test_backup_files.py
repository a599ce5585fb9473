"""Uploaded files in a backup: all of them to the byte, nothing else, and a broken file is refused before it is used."""

import tarfile
from pathlib import Path

import pytest

from app.core.files.storage import key_of
from app.core.ids import new_id
from app.core.settings import Settings
from app.launch.backup_files import beside, check_files, read_files, write_files
from app.launch.problem import Problem


def house(folder: Path, files: int) -> tuple[Settings, dict[str, bytes]]:
    """A data folder with so many stored files."""
    content = {key_of(new_id(), f"{96 + number}.webp"): bytes([number]) * (number + 1) for number in range(files)}
    for key, said in content.items():
        path = folder / "files" / "kept" / key
        path.parent.mkdir(parents=True)
        path.write_bytes(said)
    return Settings(data_dir=str(folder)), content


def stored(folder: Path) -> dict[str, bytes]:
    root = folder / "files" / "kept"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_files_go_there_and_back(tmp_path: Path) -> None:
    here, content = house(tmp_path / "ở đây", 5)
    there = Settings(data_dir=str(tmp_path / "nơi khác"))
    (tmp_path / "ở đây" / "files" / "kept" / next(iter(content))).with_name(".draft").write_bytes(b"half")
    target = beside(tmp_path / "one.dump")
    assert write_files(here, target) == 5
    assert (target.name, target.stat().st_mode & 0o777, check_files(target)) == ("one.dump.files.tar", 0o600, 5)
    assert read_files(there, target) == 5
    assert stored(tmp_path / "nơi khác") == content
    first = next(iter(content))
    (tmp_path / "nơi khác" / "files" / "kept" / first).write_bytes(b"other")
    assert read_files(there, target) == 5
    assert stored(tmp_path / "nơi khác") == content


def test_nothing_stored_and_a_bucket_make_no_file(tmp_path: Path) -> None:
    assert write_files(Settings(data_dir=str(tmp_path / "new")), tmp_path / "a.tar") == 0
    here, _content = house(tmp_path / "old", 1)
    bucket = Settings(data_dir=here.data_dir, s3_bucket="b")
    assert write_files(bucket, tmp_path / "a.tar") == 0
    assert not (tmp_path / "a.tar").exists()


def test_a_file_cut_short_or_of_others_is_refused(tmp_path: Path) -> None:
    here, _content = house(tmp_path / "old", 3)
    write_files(here, tmp_path / "whole.tar")
    whole = (tmp_path / "whole.tar").read_bytes()
    for size in (0, 100, 700):
        (tmp_path / "half.tar").write_bytes(whole[:size])
        with pytest.raises(Problem, match="Nothing was changed"):
            check_files(tmp_path / "half.tar")
    (tmp_path / "text.tar").write_text("not a tar", encoding="utf-8")
    with pytest.raises(Problem, match="cannot be read"):
        check_files(tmp_path / "text.tar")


@pytest.mark.parametrize("name", ["../../evil.sh", "/etc/passwd", "aa/bb/../../../x.webp", "readme.txt"])
def test_a_tar_that_leaves_its_folder_is_refused(name: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(Problem, match="holds what no backup of files holds"):
        read_files(Settings(data_dir=str(tmp_path / "house")), tmp_path / "evil.tar")
    assert stored(tmp_path / "house") == {}


def test_a_link_in_a_tar_is_refused(tmp_path: Path) -> None:
    link = tarfile.TarInfo(key_of(new_id(), "96.webp"))
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.addfile(link)
    with pytest.raises(Problem, match="holds what no backup of files holds"):
        check_files(tmp_path / "evil.tar")
