"""Loaded before Django's settings: starts (or finds) the test servers and names this process's own database."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import pytest

from tests.servers import ensure_test_servers

PASSWORD = "only-for-tests"
HOME = "Europe/London"
#: Where it is noon when London's day ends.
FAR_WEST = "Etc/GMT+12"
#: Few tests that take long: begun first, so that no process is alone with them at the end.
SLOW = (
    "tests/faults/",
    "tests/journeys/",
    "tests/proofs/",
    "tests/api/test_fuzz",
    "tests/isolation/test_urls",
    "tests/isolation/test_api",
    "tests/concurrency/",
    "tests/demo/",
)
#: From this hour a run might not end on the day on which it began.
LATE = 20


def database_url(name: str, user: str = "", superuser_url: str = "") -> str:
    """The address of a database on the test server, for the superuser or for `user`."""
    parts = urlsplit(superuser_url or os.environ["SUPERUSER_DATABASE_URL"])
    host = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if not user else f"{user}:{PASSWORD}@{host}"
    return urlunsplit((parts.scheme, netloc, f"/{name}", parts.query, ""))


def _keep_the_day() -> None:
    """One day for the whole run, in every process of it and in its databases: tests count dates from it, and midnight
    must not come between a test and the database. A run begun in the evening takes place where the day ends half a day
    later."""
    if "TESTS_DAY" not in os.environ:
        zone = FAR_WEST if dt.datetime.now(ZoneInfo(HOME)).hour >= LATE else HOME
        zone = os.environ["TIME_ZONE"] = os.environ.get("TIME_ZONE") or zone
        os.environ["TESTS_DAY"] = dt.datetime.now(ZoneInfo(zone)).date().isoformat()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first; the others stay in their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


def _prepare() -> None:
    _keep_the_day()
    servers = ensure_test_servers()
    # Whitenoise wants its folder to be there; tests need no collected files.
    static_root = Path(__file__).resolve().parent.parent / "var" / "test-static"
    static_root.mkdir(parents=True, exist_ok=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_{os.getppid() if worker != 'main' else os.getpid()}_{worker}"
    os.environ.update(
        SUPERUSER_DATABASE_URL=servers["superuser_url"],
        REDIS_URL=servers["redis_url"],
        DATABASE_URL=database_url(name, "brokerage_login", servers["superuser_url"]),
        OWNER_DATABASE_URL=database_url(name, "brokerage_migrator", servers["superuser_url"]),
        DEMO="0",
        STATIC_ROOT=str(static_root),
        SECRET_KEY="tests-" + "0" * 60,
        BASE_URL="http://localhost",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
    )


_prepare()
