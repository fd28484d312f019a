"""docker-compose.yml and the Dockerfile: valid, complete, and without a secret or a right too many."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from brokerage.celery import QUEUES, app

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
WORKERS = {name: service for name, service in SERVICES.items() if "worker" in service.get("command", [])}


def queues_of(service: dict[str, Any]) -> list[str]:
    command: list[str] = service["command"]
    return command[command.index("--queues") + 1].split(",")


def test_compose_follows_its_specification() -> None:
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    assert list(validator.iter_errors({**COMPOSE, "servicse": {}})), "the schema must be able to refuse"


def test_every_queue_has_exactly_one_worker_and_alerts_have_one_of_their_own() -> None:
    served = [queue for service in WORKERS.values() for queue in queues_of(service)]
    assert sorted(served) == sorted(QUEUES)
    assert ["alerts"] in [queues_of(service) for service in WORKERS.values()]


def test_every_task_is_routed_to_a_queue_that_exists() -> None:
    routed = {route["queue"] for route in app.conf.task_routes.values()}
    assert routed | {app.conf.task_default_queue} <= set(QUEUES)


def test_there_is_one_beat_and_it_is_never_more_than_one() -> None:
    beats = [service for service in SERVICES.values() if "beat" in service.get("command", [])]
    assert len(beats) == 1
    assert "deploy" not in beats[0]
    assert "scale" not in beats[0]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_process_that_stays_has_a_health_check_and_starts_again(name: str) -> None:
    service = SERVICES[name]
    if name == "set-up":
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_only_set_up_can_change_tables(name: str) -> None:
    powerful = {"SUPERUSER_DATABASE_URL", "OWNER_DATABASE_URL"}
    assert (powerful <= set(SERVICES[name]["environment"])) is (name == "set-up")
    if name not in ("set-up", "postgres"):
        assert not powerful & set(SERVICES[name]["environment"])
        assert "POSTGRES_PASSWORD" not in str(SERVICES[name])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"postgres", "redis"}))
def test_our_own_processes_have_no_rights_they_do_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_secrets_come_from_the_environment_and_none_has_a_default() -> None:
    secret = re.compile(r"PASSWORD|SECRET|_KEY|PASSPHRASE")
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if secret.search(name) and not name.endswith("_FILE"):
                assert re.fullmatch(r"\$\{[A-Z_]+(:-|:\?.+)\}", value), f"{name} has a value of its own"
            for password in re.findall(r"://[^:]*:([^@]+)@", str(value)):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?.+\}", password), f"{name} has a password of its own"


def test_only_the_web_process_listens_and_only_for_a_proxy_on_the_same_host() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["web"]["ports"])
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inside"]


def test_postgresql_is_new_enough() -> None:
    assert int(SERVICES["postgres"]["image"].removeprefix("postgres:").split("-")[0]) >= 16


def test_images_are_named_without_a_registry_and_volumes_are_declared() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in [service["image"] for service in SERVICES.values()] + bases:
        assert "." not in image.split("/")[0].split(":")[0]
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert named == set(COMPOSE["volumes"])


def test_every_variable_is_one_that_the_code_reads() -> None:
    read = {"WEB_CONCURRENCY"}  # gunicorn's own
    for path in ("brokerage/settings.py", "brokerage/core", "contracts/sealing_keys.py"):
        files = [ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py")
        for file in files:
            read |= set(re.findall(r"""["']([A-Z][A-Z_]{3,})["']""", file.read_text()))
    for name in set(SERVICES) - {"postgres", "redis"}:
        assert set(SERVICES[name]["environment"]) <= read, name


def test_the_image_is_not_root_and_its_packages_are_locked() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE)[-1] not in ("root", "0")
    installs = re.findall(r"pip install(?:[^&]|\\\n)*", dockerfile)
    assert installs
    assert all("--require-hashes" in install for install in installs)


def test_production_installs_the_versions_that_were_tested() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))

    tested, production = pins("requirements.lock"), pins("requirements-production.lock")
    assert production.items() <= tested.items(), "run script/lock"
    assert "django" in production
    assert "pytest" not in production
