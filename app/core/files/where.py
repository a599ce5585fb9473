"""Where files lie: which storage the settings name, and the folder of this machine for uploads under way."""

from functools import cache
from pathlib import Path

from app.core.files.bucket import Bucket
from app.core.files.folder import Folder
from app.core.files.storage import Storage
from app.core.settings import Settings, get_settings


def kept_folder(settings: Settings) -> Path:
    """The root of the folder storage."""
    return settings.data_path / "files" / "kept"


def incoming_folder(settings: Settings) -> Path:
    """Uploads under way: in the data folder, because /tmp is memory on many servers."""
    return settings.data_path / "files" / "incoming"


def storage(settings: Settings | None = None) -> Storage:
    """The place that the settings name; of this process where none are given."""
    settings = settings or get_settings()
    if not settings.s3_bucket:
        return Folder(kept_folder(settings))
    keys = (settings.s3_access_key, settings.s3_secret_key)
    return _bucket(settings.s3_bucket, settings.s3_endpoint, settings.s3_region, *keys)


@cache
def _bucket(*named: str) -> Bucket:
    return Bucket(*named)
