"""Fixtures of every test: a database with the cast, signed-in clients, and databases that really commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import translation

from tests import databases
from tests.many import TIMES

# The same cases in every run (but where many are asked for), and no verdict by the clock: a loaded machine is no fault.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=TIMES == 1, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")


def connect_to(name: str) -> None:
    """Point both connections of this process at another database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
        settings.DATABASES[alias]["NAME"] = name


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Clone the template for this process; real roles, row security forced, the application's login."""
    name = settings.DATABASES["default"]["NAME"]
    databases.clone(name)
    yield
    with django_db_blocker.unblock():
        for connection in connections.all():
            connection.close()
    databases.drop(name)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database of its own whose transactions really commit: for races, workers and browsers."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_own"
    databases.clone(name)
    with django_db_blocker.unblock():
        connect_to(name)
        try:
            yield name
        finally:
            connect_to(before)
    databases.drop(name)


@pytest.fixture(scope="session", autouse=True)
def _own_cache() -> Iterator[None]:
    """Every process of every run shares one Redis: each keeps to keys of its own, and waits for a busy Redis
    (else what was counted there would be counted anew in memory)."""
    settings.CACHES["default"]["KEY_PREFIX"] = settings.DATABASES["default"]["NAME"]
    settings.CACHES["default"]["OPTIONS"] = {"socket_timeout": 30, "socket_connect_timeout": 30}
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _nothing_counted(_own_cache: None) -> None:
    """Limits on how often something may be tried: what another test did does not count."""
    cache.clear()


@pytest.fixture
def time_stands(monkeypatch: pytest.MonkeyPatch) -> float:
    """No minute and no hour ends while something is counted by it; where the time stands."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    return now


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any, tmp_path: Path) -> None:
    """Tests keep files to themselves, need no collected static files and no second factor unless they say so."""
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files"},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.FILE_STORE = tmp_path / "files"
    settings.MEDIA_ROOT = settings.FILE_STORE
    settings.VAR_DIR = tmp_path / "var"
    settings.SECOND_FACTOR_REQUIRED = False
    settings.SMS_BACKEND = ""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A request in Welsh leaves its thread in Welsh; each test begins in English."""
    translation.activate("en")
    yield
    translation.activate("en")


@pytest.fixture
def sign_in() -> Callable[[str], Client]:
    """`sign_in("olive")` is a client signed in as that member of the cast; the test brings its database
    (`django_db` or `committed`)."""
    from tests.cast import user_of

    def signed_in(who: str) -> Client:
        client = Client()
        client.force_login(user_of(who))
        return client

    return signed_in
