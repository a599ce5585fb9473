"""Every setting of the application, read once from the environment.

What the parts of a running house tell each other (an inherited socket, who watches whom) is not a setting: those few
variables are read in app/launch and where figures of several processes are collected.
"""

import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

DEMO_SECRET = "demo-secret-not-for-production"  # noqa: S105  refused in production, see `problems`
DEFAULT_DATA_DIR = ".data"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per environment variable of the same name in capitals. Defaults suit the demo on one machine."""

    environment: Literal["development", "production"] = "development"
    """`production` turns on Secure cookies and HSTS and refuses demo secrets, accounts and plain http."""
    demo: bool = True
    """Load sample data and demo accounts, and show the page with every mail sent."""
    demo_password: str = ""
    """The one password of the demo accounts; made at the first start."""
    public_url: str = ""
    """Where people reach the site, e.g. https://ketnoi.example. Links in mails are built from it alone."""
    host: str = "127.0.0.1"
    """Address the web process listens on."""
    port: int = 8000
    data_dir: str = DEFAULT_DATA_DIR
    """Embedded databases, uploads and fitted models."""
    database_url: str = ""
    """postgresql://... ; empty: the embedded server."""
    redis_url: str = ""
    """redis://... or unix://... ; empty: the embedded Valkey."""
    secret_key: str = DEMO_SECRET
    """At least 32 characters; signs form tokens and messages, seals the keys of two-step sign-in.

    After a change nobody is signed out, but two-step sign-in asks for a recovery code and a new enrolment."""
    staff_totp: Literal["", "required", "offered"] = ""
    """Whether the roles of the staff work only with two-step sign-in; empty: required in production.

    `required`: until it is on, whoever has such a role reaches only the own account, and the role gives nothing, to
    API tokens neither. `offered`: the pages of the account and of the staff ask for it."""
    moderation: Literal["after", "before"] = "after"
    """Whether new profiles are shown at once and looked at afterwards, or only after the department's first look."""
    allowed_hosts: tuple[str, ...] = ()
    """Further Host names that are answered besides the one of PUBLIC_URL."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For is believed."""
    db_pool_min: int = 1
    db_pool_max: int = 6
    """Connections per process; web processes x this + workers x this must stay below the server's limit."""
    web_workers: int = 1
    smtp_host: str = ""
    """Empty: mails are kept in the database and, in the demo, shown on /demo/mail."""
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: str = ""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    mail_from: str = "Kết Nối <no-reply@ketnoi.example>"
    s3_bucket: str = ""
    """Where uploaded files lie; empty: in DATA_DIR/files, which web and worker processes then have to share."""
    s3_endpoint: str = ""
    """https://... of a storage that speaks S3; empty: Amazon's own."""
    s3_region: str = ""
    """Empty: us-east-1, which most storages that are not Amazon's take."""
    s3_access_key: str = ""
    """Empty: what the machine has for itself, a role of the cloud for example."""
    s3_secret_key: str = ""
    """Belongs to S3_ACCESS_KEY."""
    metrics_token: str = ""
    """Bearer token that /metrics asks for, at least 16 characters; empty: only callers on this machine."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    log_days: int = 30
    """Lines in DATA_DIR/logs are kept for so many days; in containers the log driver's own limits count."""

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public address, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def staff_totp_required(self) -> bool:
        return self.production if self.staff_totp == "" else self.staff_totp == "required"

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir).absolute()

    def problems(self) -> list[str]:
        """What forbids a start in production, one line each with the way out; empty outside production."""
        if not self.production:
            return []
        found = []
        if self.secret_key == DEMO_SECRET or len(self.secret_key) < 32:
            found.append(f"SECRET_KEY is the demo's or too short: set it to, e.g., {secrets.token_urlsafe(32)}")
        if self.demo:
            found.append("DEMO=1 would open demo accounts: set DEMO=0")
        if self.demo_password:
            found.append("DEMO_PASSWORD is set: remove it")
        if not self.secure:
            found.append("PUBLIC_URL is not https: set it to the address people use, https://...")
        if not self.database_url:
            found.append("DATABASE_URL is empty: production does not run on the embedded PostgreSQL")
        if not self.redis_url:
            found.append("REDIS_URL is empty: production does not run on the embedded Valkey")
        if not self.smtp_host:
            found.append("SMTP_HOST is empty: nobody could confirm an e-mail address")
        if len(self.metrics_token) < 16:
            found.append(f"METRICS_TOKEN is empty or too short: set it to, e.g., {secrets.token_urlsafe(32)}")
        return found


class SettingsInvalid(Exception):
    """The environment holds a value that cannot be used; the message names the variable and what it takes."""


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read the settings from `env`; blank values count as not given.

    Raises SettingsInvalid naming each variable that cannot be used.
    """
    values: dict[str, object] = {}
    errors = []
    for field in msgspec.structs.fields(Settings):
        text = env.get(field.name.upper(), "").strip()
        if not text:
            continue
        try:
            raw: object = (
                [part.strip() for part in text.split(",") if part.strip()] if "tuple" in str(field.type) else text
            )
            values[field.name] = msgspec.convert(raw, field.type, strict=False)
        except msgspec.ValidationError as error:
            errors.append(f"{field.name.upper()}: {error}")
    if errors:
        raise SettingsInvalid("; ".join(errors))
    settings = Settings(**values)  # type: ignore[arg-type]
    if settings.public_url and not _is_address(settings.public_url):
        raise SettingsInvalid("PUBLIC_URL: expected an address such as https://ketnoi.example")
    if settings.s3_endpoint and not _is_address(settings.s3_endpoint):
        raise SettingsInvalid("S3_ENDPOINT: expected an address such as https://s3.example")
    if not settings.s3_bucket and (settings.s3_endpoint or settings.s3_access_key):
        raise SettingsInvalid("S3_BUCKET: expected the bucket's name, or no S3_ENDPOINT and no S3_ACCESS_KEY")
    for name, port in (("PORT", settings.port), ("SMTP_PORT", settings.smtp_port)):
        if not 0 <= port <= 65_535:
            raise SettingsInvalid(f"{name}: expected a number from 0 to 65535")
    return settings


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@cache
def get_settings() -> Settings:
    """The settings of this process. Tests call `get_settings.cache_clear()` after changing the environment."""
    return load_settings(os.environ)
