"""Databases and files of a proof's own, which really commit and are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import override_settings

from tests import databases
from tests.conftest import connect_to


def file_settings(path: Path) -> dict[str, Any]:
    """Files below `path` only, no limit of requests, and whoever is signed in sees pages (not how to add a second
    factor)."""
    return {
        "STORAGES": {
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": path / "files"},
            },
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        "FILE_STORE": path / "files",
        "MEDIA_ROOT": path / "files",
        "VAR_DIR": path / "var",
        "API_RATE": 100_000_000,
        "SECOND_FACTOR_REQUIRED": False,
        "SMS_BACKEND": "",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    }


@contextmanager
def own_place(suffix: str, path: Path) -> Iterator[str]:
    """A clone of the template with the cast in it, as the connections' database; its name."""
    before = settings.DATABASES["default"]["NAME"]
    name = f"{before}_{suffix}"
    databases.clone(name)
    try:
        with override_settings(**file_settings(path)):
            connect_to(name)
            try:
                yield name
            finally:
                connect_to(before)
    finally:
        databases.drop(name)
