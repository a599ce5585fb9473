"""Settings: typed, explained, and strict in production."""

import pytest

from app.core.i18n import ROOT
from app.core.settings import DEMO_SECRET, Settings, SettingsInvalid, load_settings

PRODUCTION = {
    "ENVIRONMENT": "production",
    "DEMO": "0",
    "PUBLIC_URL": "https://ketnoi.example",
    "SECRET_KEY": "x" * 40,
    "DATABASE_URL": "postgresql://db/ketnoi",
    "REDIS_URL": "redis://valkey",
    "SMTP_HOST": "smtp.example",
    "METRICS_TOKEN": "m" * 16,
}


def test_defaults_suit_the_demo() -> None:
    settings = load_settings({})
    assert (settings.demo, settings.production, settings.origin) == (True, False, "http://127.0.0.1:8000")
    assert settings.problems() == []


def test_values_are_typed() -> None:
    settings = load_settings({"PORT": "9000", "DEMO": "0", "ALLOWED_HOSTS": "a.example, b.example", "SMTP_PORT": ""})
    assert (settings.port, settings.demo, settings.allowed_hosts, settings.smtp_port) == (
        9000,
        False,
        ("a.example", "b.example"),
        587,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("DEMO", "perhaps"), ("ENVIRONMENT", "staging"), ("PUBLIC_URL", "ketnoi")],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        load_settings({name: value})


def test_production_starts_with_real_settings_only() -> None:
    assert load_settings(PRODUCTION).problems() == []
    assert load_settings(PRODUCTION).secure


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SECRET_KEY": DEMO_SECRET}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEMO": "1"}, "DEMO"),
        ({"DEMO_PASSWORD": "x"}, "DEMO_PASSWORD"),
        ({"PUBLIC_URL": "http://ketnoi.example"}, "PUBLIC_URL"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"SMTP_HOST": ""}, "SMTP_HOST"),
        ({"METRICS_TOKEN": ""}, "METRICS_TOKEN"),
        ({"METRICS_TOKEN": "m" * 15}, "METRICS_TOKEN"),
    ],
)
def test_production_refuses(change: dict[str, str], named: str) -> None:
    problems = load_settings({**PRODUCTION, **change}).problems()
    assert [line.split(" ")[0].split("=")[0] for line in problems] == [named]


def test_the_application_does_not_start_with_problems() -> None:
    from app.main import create_app

    with pytest.raises(SystemExit, match="SECRET_KEY"):
        create_app(load_settings({**PRODUCTION, "SECRET_KEY": "short"}))


def test_every_setting_is_explained() -> None:
    source = (ROOT / "app" / "core" / "settings.py").read_text()
    plain = {"port", "smtp_port", "smtp_username", "smtp_password", "smtp_tls", "mail_from", "log_level", "log_format"}
    plain |= {"db_pool_min", "web_workers"}
    for name in Settings.__struct_fields__:
        after = source.split(f"    {name}: ", 1)[1].split("\n", 2)[1]
        assert name in plain or after.strip().startswith('"""'), name
