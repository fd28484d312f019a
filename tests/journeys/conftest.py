"""Browser journeys: Debian's Chromium, the application in threads, a database that really commits, no network.

The browser lives as long as a module: its driver keeps an event loop in the test's thread, which others must not find.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.serving import served
from tests.journeys.visitors import Visitor

FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
WalkIn = Callable[..., Visitor]


def chromium() -> str:
    """The browser's program: `CHROMIUM`, or the one of the system."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert named, "Install Chromium, or name it: CHROMIUM=/path/to/chromium"
    return named


@pytest.fixture(scope="module")
def chrome(live: str) -> Iterator[Browser]:
    """The browser. While its driver runs, this thread has connections of its own: they end too."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        connections.close_all()
        running.close()


@pytest.fixture(scope="module", autouse=True)
def _plain_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The settings of every test, kept for a whole module, since its server and its world live as long."""
    place = tmp_path_factory.mktemp("journey")
    with override_settings(
        STORAGES={
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": place / "files"},
            },
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        FILE_STORE=place / "files",
        MEDIA_ROOT=place / "files",
        VAR_DIR=place / "var",
        ALLOWED_HOSTS=["localhost"],
        SECOND_FACTOR_REQUIRED=False,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="module")
def live(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The application's address, on a database of the module's own."""
    from django.conf import settings

    from tests import databases
    from tests.conftest import connect_to

    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_walk"
    databases.clone(name)
    with django_db_blocker.unblock():
        connect_to(name)
        try:
            with served() as address:
                yield address
        finally:
            connect_to(before)
    databases.drop(name)


@pytest.fixture
def walk_in(live: str, chrome: Browser) -> Iterator[WalkIn]:
    """`walk_in("olive")` is Olive at her browser. Whatever any visitor saw go wrong fails the test."""
    visitors: list[Visitor] = []

    def walked_in(
        who: str = "", *, javascript: bool = True, width: int = 1280, proved: bool = False, **options: Any
    ) -> Visitor:
        context = chrome.new_context(
            java_script_enabled=javascript,
            viewport={"width": width, "height": 900},
            locale="en-GB",
            timezone_id="Europe/London",
            accept_downloads=True,
            **options,
        )
        visitor = Visitor(context, live, has_scripts=javascript)
        visitors.append(visitor)
        return visitor.sign_in(who, proved=proved) if who else visitor

    yield walked_in
    faults = [f"{visitor.who or 'visitor'}: {fault}" for visitor in visitors for fault in visitor.faults]
    for visitor in visitors:
        visitor.context.close()
    assert not faults, "\n".join(faults)
