"""What fills the demo signs in as the owner, who may be the loader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections

from brokerage.core.tenants.ownership import use_owner_connection


@pytest.fixture
def as_owner(committed: str) -> Iterator[None]:
    """The default connection is the owner's, in a database of the test's own."""
    settings = connections["default"].settings_dict
    before = {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    use_owner_connection()
    yield
    connections["default"].close()
    settings.update(before)
