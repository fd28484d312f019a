"""The API's world as a fixture: built once for each process, and as it was again after each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction

from tests import databases
from tests.conftest import connect_to
from tests.isolation.api_world import ApiWorld, build_api_world
from tests.proofs.own_place import file_settings

_standing: dict[str, ApiWorld] = {}


@contextmanager
def standing_world(request: pytest.FixtureRequest) -> Iterator[tuple[str, ApiWorld]]:
    """The world's database and the world, built by the first who asks; connected to it meanwhile."""
    before = django_settings.DATABASES["default"]["NAME"]
    name = f"{before}_api"
    if name not in _standing:
        databases.clone(name)
        request.config.add_cleanup(lambda: databases.drop(name))
    connect_to(name)
    try:
        if name not in _standing:
            _standing[name] = build_api_world()
        yield name, _standing[name]
    finally:
        connect_to(before)


@pytest.fixture
def api_place(settings: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The world's files, and no limit of requests."""
    for setting, value in file_settings(tmp_path_factory.getbasetemp() / "api").items():
        setattr(settings, setting, value)
    cache.clear()


@pytest.fixture
def api_world(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any, api_place: None
) -> Iterator[ApiWorld]:
    """The world, in a database of its own that really commits; what the test does to it is undone."""
    with django_db_blocker.unblock(), standing_world(request) as (_name, world), transaction.atomic():
        yield world
        transaction.set_rollback(True)
