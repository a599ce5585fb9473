"""compose.yaml cannot be run here: it is held to the keys of the specification and to the settings of the code."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from app.core.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
FILLED = {
    "SITE_DOMAIN": "ketnoi.example", "SECRET_KEY": "k" * 48, "METRICS_TOKEN": "m" * 32, "POSTGRES_PASSWORD": "p4ss",
    "SMTP_HOST": "smtp.ketnoi.example", "MAIL_FROM": "Kết Nối <no-reply@ketnoi.example>",
}  # fmt: skip
"""What has to be filled in, filled in."""

_WORDS = {"type": "array", "items": {"type": "string"}}
_COMMAND = {"oneOf": [{"type": "string"}, _WORDS]}
_SECONDS = {"type": "string", "pattern": r"^(\d+(ms|s|m|h))+$"}
_PLAIN = {"type": ["string", "number", "boolean", "null"]}
_MAPPING = {"type": "object", "additionalProperties": _PLAIN}
_SERVICE: dict[str, Any] = {
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "image": {"type": "string"},
        "build": {
            "type": "object",
            "required": ["context"],
            "additionalProperties": False,
            "properties": {name: {"type": "string"} for name in ("context", "dockerfile", "target")},
        },
        "cap_drop": _WORDS,
        "command": _COMMAND,
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "additionalProperties": False,
                "properties": {
                    "condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]}
                },
            },
        },
        "deploy": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"replicas": {"type": ["integer", "string"]}},
        },
        "environment": _MAPPING,
        "healthcheck": {
            "type": "object",
            "required": ["test", "interval", "timeout", "retries"],
            "additionalProperties": False,
            "properties": {
                "test": {
                    "type": "array",
                    "prefixItems": [{"const": "CMD"}],
                    "items": {"type": "string"},
                    "minItems": 2,
                },
                "interval": _SECONDS,
                "timeout": _SECONDS,
                "start_period": _SECONDS,
                "retries": {"type": "integer", "minimum": 1},
            },
        },
        "init": {"type": "boolean"},
        "logging": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"driver": {"type": "string"}, "options": _MAPPING},
        },
        "networks": _WORDS,
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^([\d.]+:)?\d+:\d+(/(tcp|udp))?$"}},
        "profiles": {**_WORDS, "minItems": 1},
        "read_only": {"type": "boolean"},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "secrets": _WORDS,
        "security_opt": _WORDS,
        "shm_size": {"type": "string", "pattern": r"^\d+[kmg]b?$"},
        "stop_grace_period": _SECONDS,
        "tmpfs": _COMMAND,
        "volumes": {"type": "array", "items": {"type": "string", "pattern": r"^[^:]+:/[^:]*(:ro)?$"}},
    },
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {"^[a-zA-Z0-9._-]+$": _SERVICE},
        },
        "networks": {"type": "object", "additionalProperties": {"type": "object"}},
        "volumes": {"type": "object", "additionalProperties": {"type": "object"}},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "minProperties": 1,
                "properties": {"environment": {"type": "string"}, "file": {"type": "string"}},
            },
        },
    },
}
"""The keys of the Compose specification that we use, each no wider than there."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def filled_in(text: str, values: dict[str, str]) -> str:
    """A value as Compose would see it: ${A}, ${A:-default}, ${A:?why it is needed}."""

    def value(found: re.Match[str]) -> str:
        name, sign, rest = found.groups()
        if values.get(name):
            return values[name]
        assert sign == "-", f"{name} is needed: {rest}"
        return rest or ""

    return _VARIABLE.sub(value, text)


def environment(compose: dict[str, Any], service: str, **more: str) -> dict[str, str]:
    given = compose["services"][service]["environment"]
    return {name: filled_in(str(value), {**FILLED, **more}) for name, value in given.items()}


def ours(compose: dict[str, Any]) -> list[str]:
    return [name for name, service in compose["services"].items() if service["image"].startswith("ket-noi:")]


def test_it_keeps_to_the_specification(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        {"restart": "sometimes"},
        {"comand": ["x"]},
        {"ports": ["80"]},
        {"depends_on": {"web": {"condition": "service_ready"}}},
        {"healthcheck": {"test": "curl", "interval": "5s", "timeout": "5s", "retries": 3}},
        {"stop_grace_period": "30"},
    ],
)
def test_the_specification_bites(compose: dict[str, Any], spoil: dict[str, Any]) -> None:
    spoilt = {**compose, "services": {**compose["services"], "web": {**compose["services"]["web"], **spoil}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt, SCHEMA)


def test_it_has_the_shape_of_production(compose: dict[str, Any]) -> None:
    always = {name for name, service in compose["services"].items() if "profiles" not in service}
    assert always == {"proxy", "web", "worker", "migrate", "postgres", "valkey"}
    assert compose["services"]["mail"]["profiles"] == ["dev"]
    assert {name: compose["services"][name]["deploy"]["replicas"] for name in ("web", "worker")} == {
        "web": "${WEB_REPLICAS:-2}",
        "worker": "${WORKER_REPLICAS:-1}",
    }


def test_web_and_worker_are_one_image_with_one_environment(compose: dict[str, Any]) -> None:
    assert ours(compose) == ["web", "worker", "migrate", "backup"]
    web = compose["services"]["web"]
    for name in ours(compose):
        assert compose["services"][name]["build"] == web["build"]
        assert compose["services"][name]["environment"] == web["environment"]


def test_every_variable_is_read_by_the_code(compose: dict[str, Any]) -> None:
    known = {field.name.upper() for field in msgspec.structs.fields(Settings)}
    assert set(environment(compose, "web")) - known == set()


def test_production_starts_with_what_it_gives(compose: dict[str, Any]) -> None:
    settings = load_settings(environment(compose, "web"))
    assert settings.problems() == []
    assert settings.production
    assert (settings.origin, settings.port, settings.web_workers) == ("https://ketnoi.example", 8000, 2)
    assert settings.data_path == Path("/data")


def test_the_mail_catcher_can_be_named(compose: dict[str, Any]) -> None:
    caught = load_settings(environment(compose, "web", SMTP_HOST="mail", SMTP_PORT="1025", SMTP_TLS="none"))
    assert (caught.smtp_host, caught.smtp_port, caught.smtp_tls) == ("mail", 1025, "none")


@pytest.mark.parametrize("name", sorted(FILLED))
def test_what_has_to_be_filled_in_is_asked_for(compose: dict[str, Any], name: str) -> None:
    with pytest.raises(AssertionError, match=f"{name} is needed"):
        environment(compose, "web", **{name: ""})


def test_the_example_names_every_variable_and_no_other(compose: dict[str, Any]) -> None:
    used = {found.group(1) for found in _VARIABLE.finditer((ROOT / "compose.yaml").read_text(encoding="utf-8"))}
    lines = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8").splitlines()
    offered = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(offered) == used
    bucket = {"S3_BUCKET", "S3_ENDPOINT", "S3_REGION", "S3_ACCESS_KEY", "S3_SECRET_KEY"}
    optional = {"SMTP_USERNAME", "SMTP_PASSWORD", *bucket}
    assert {name for name, value in offered.items() if not value} == {*FILLED, *optional}


def test_what_is_named_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {volume for volume in mounted if not volume.startswith(".")} <= set(compose["volumes"]), name
        files = {volume for volume in mounted if volume.startswith("./deploy/")}
        assert all((ROOT / file).is_file() for file in files), name


def test_everything_that_runs_on_says_whether_it_is_well(compose: dict[str, Any]) -> None:
    lasting = {name for name, service in compose["services"].items() if service["restart"] != "no"}
    assert {name for name in lasting if "healthcheck" not in compose["services"][name]} == set()
    for service in compose["services"].values():
        for other, how in service.get("depends_on", {}).items():
            lasts = compose["services"][other]["restart"] != "no"
            assert how["condition"] == ("service_healthy" if lasts else "service_completed_successfully")


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published.pop("proxy") == ["80:80", "443:443", "443:443/udp"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_commands_exist(compose: dict[str, Any]) -> None:
    from app.__main__ import _parser

    for name in ("web", "worker", "migrate"):
        python, dash_m, package, *arguments = compose["services"][name]["command"]
        assert (python, dash_m, package) == ("python", "-m", "app")
        assert _parser().parse_args(arguments).command == arguments[0]


def test_the_proxy_believes_and_is_believed(compose: dict[str, Any]) -> None:
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert environment(compose, "web")["TRUSTED_PROXIES"] == subnet
    caddy = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert "reverse_proxy web:8000" in caddy
    assert "respond @figures 404" in caddy
    assert caddy.count("{") == caddy.count("}")


def test_backups_are_kept_where_the_account_of_the_container_may_write(compose: dict[str, Any]) -> None:
    """A folder of the host would be made by root; a new volume belongs to whom the image says."""
    assert [volume for name in ours(compose) for volume in compose["services"][name]["volumes"] if "./" in volume] == []
    assert "backups:/backups" in compose["services"]["backup"]["volumes"]
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "install -d -o ketnoi -g ketnoi -m 0700 /data /backups" in dockerfile


def test_the_image_is_made_of_files_that_are_there() -> None:
    lines = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    stages = {line.split()[-1] for line in lines if line.startswith("FROM ")}
    assert {"app", "proxy"} <= stages
    assert [line for line in lines if line.startswith("USER ")] == ["USER ketnoi"]


def test_figures_are_collected_from_every_web_process() -> None:
    figures = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = figures["scrape_configs"]
    assert job["dns_sd_configs"] == [{"names": ["web"], "type": "A", "port": 8000}]
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"
