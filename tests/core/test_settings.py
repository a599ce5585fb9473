"""Settings: typed, explained, and strict in production."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.i18n import ROOT
from app.core.settings import DEMO_SECRET, Settings, SettingsInvalid, get_settings, load_settings

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


@pytest.mark.parametrize(
    ("env", "name", "value"),
    [
        ({"PORT": " 9000 "}, "port", 9000),
        ({"PORT": "0"}, "port", 0),
        ({"PORT": ""}, "port", 8000),
        ({"PORT": "   "}, "port", 8000),
        ({"DEMO": "false"}, "demo", False),
        ({"DEMO": "True"}, "demo", True),
        ({"DEMO": "1"}, "demo", True),
        ({"ALLOWED_HOSTS": ""}, "allowed_hosts", ()),
        ({"ALLOWED_HOSTS": ","}, "allowed_hosts", ()),
        ({"ALLOWED_HOSTS": "a.example"}, "allowed_hosts", ("a.example",)),
        ({"TRUSTED_PROXIES": " 10.0.0.0/8 ,, ::1 "}, "trusted_proxies", ("10.0.0.0/8", "::1")),
        ({"MAIL_FROM": "Sự kiện <a@b.example>"}, "mail_from", "Sự kiện <a@b.example>"),
        ({"SMTP_TLS": "none"}, "smtp_tls", "none"),
        ({"LOG_FORMAT": "json"}, "log_format", "json"),
        ({"port": "9000"}, "port", 8000),
        ({"UNKNOWN": "x"}, "port", 8000),
    ],
)
def test_how_a_variable_is_read(env: dict[str, str], name: str, value: object) -> None:
    assert getattr(load_settings(env), name) == value


@pytest.mark.parametrize(
    "env",
    [
        {"PORT": "8000.5"},
        {"PORT": "0x50"},
        {"DB_POOL_MAX": "many"},
        {"SMTP_TLS": "ssl"},
        {"LOG_LEVEL": "INFO"},
        {"LOG_FORMAT": "xml"},
        {"ENVIRONMENT": "Production"},
        {"PUBLIC_URL": "/relative"},
        {"PUBLIC_URL": "https://"},
        {"PUBLIC_URL": "https://["},
        {"PUBLIC_URL": "https://ketnoi.example:port"},
        {"PUBLIC_URL": "ftp://ketnoi.example"},
        {"PUBLIC_URL": "javascript://ketnoi.example"},
        {"PORT": "-1"},
        {"PORT": "65536"},
        {"DEMO": "2"},
    ],
)
def test_what_cannot_be_used_is_named_with_its_variable(env: dict[str, str]) -> None:
    (name,) = env
    with pytest.raises(SettingsInvalid, match=f"^{name}: "):
        load_settings(env)


def test_every_wrong_variable_is_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as refusal:
        load_settings({"PORT": "x", "DEMO": "x", "SMTP_PORT": "25"})
    assert [part.split(":")[0] for part in str(refusal.value).split("; ")] == ["DEMO", "PORT"]


@given(st.dictionaries(st.sampled_from([name.upper() for name in Settings.__struct_fields__]), st.text()))
def test_no_environment_ends_in_a_traceback(env: dict[str, str]) -> None:
    try:
        settings = load_settings(env)
    except SettingsInvalid:
        return
    assert isinstance(settings, Settings)


@pytest.mark.parametrize(
    ("public_url", "origin", "secure"),
    [
        ("https://ketnoi.example", "https://ketnoi.example", True),
        ("https://ketnoi.example/", "https://ketnoi.example", True),
        ("http://10.0.0.1:8080/", "http://10.0.0.1:8080", False),
        ("", "http://127.0.0.1:8123", False),
    ],
)
def test_the_address_that_links_begin_with(public_url: str, origin: str, secure: bool) -> None:
    settings = Settings(public_url=public_url, port=8123)
    assert (settings.origin, settings.secure) == (origin, secure)


def test_the_data_folder_is_absolute_wherever_one_stands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings(data_dir="dữ liệu").data_path == tmp_path / "dữ liệu"


def test_each_problem_of_production_has_its_way_out_and_is_listed_with_the_others() -> None:
    bare = load_settings({"ENVIRONMENT": "production"}).problems()
    assert [re.split("[ =]", line)[0] for line in bare] == [
        "SECRET_KEY", "DEMO", "PUBLIC_URL", "DATABASE_URL", "REDIS_URL", "SMTP_HOST", "METRICS_TOKEN",
    ]  # fmt: skip
    assert all(": " in line for line in bare)


def test_a_key_that_is_proposed_would_do_and_is_new_each_time() -> None:
    proposed = {
        line.rpartition(" ")[2]
        for _time in range(3)
        for line in load_settings({"ENVIRONMENT": "production"}).problems()
        if line.startswith("SECRET_KEY")
    }
    assert len(proposed) == 3
    for key in proposed:
        assert load_settings({**PRODUCTION, "SECRET_KEY": key}).problems() == []


@pytest.mark.parametrize("length", [31, 32])
def test_a_key_of_thirty_two_characters_is_long_enough(length: int) -> None:
    assert (load_settings({**PRODUCTION, "SECRET_KEY": "k" * length}).problems() == []) is (length == 32)


def test_development_is_refused_nothing() -> None:
    assert load_settings({"DEMO": "1", "SECRET_KEY": "x", "DEMO_PASSWORD": "y"}).problems() == []


def test_settings_are_read_once_until_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    before = get_settings()
    monkeypatch.setenv("PORT", "9123")
    assert get_settings() is before
    get_settings.cache_clear()
    assert get_settings().port == 9123
    monkeypatch.undo()
    get_settings.cache_clear()
    assert get_settings() == before


def test_settings_cannot_be_changed_in_passing() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]
