"""The API's world as a fixture: built once for each process, and as it was again after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import transaction

from tests import databases
from tests.conftest import connect_to
from tests.isolation.api_world import ApiWorld, build_api_world
from tests.proofs.places import file_settings

_standing: dict[str, ApiWorld] = {}


@pytest.fixture
def api_world(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    settings: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ApiWorld]:
    """The world, in a database of its own that really commits; what the test does to it is undone."""
    before = django_settings.DATABASES["default"]["NAME"]
    name = f"{before}_api"
    for setting, value in file_settings(tmp_path_factory.getbasetemp() / "api").items():
        setattr(settings, setting, value)
    cache.clear()
    with django_db_blocker.unblock():
        if name not in _standing:
            databases.clone(name)
            request.config.add_cleanup(lambda: databases.drop(name))
        connect_to(name)
        try:
            if name not in _standing:
                _standing[name] = build_api_world()
            with transaction.atomic():
                yield _standing[name]
                transaction.set_rollback(True)
        finally:
            connect_to(before)
