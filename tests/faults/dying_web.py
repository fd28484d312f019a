"""The application as gunicorn serves it, which may die between its commit and its answer (`dying`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings as django_settings

from brokerage.wsgi import application as real
from tests.faults.dying import ANSWERED, KEPT, after, pass_by

# Who signs in, and how, is not what is proved here; nor which files go with a page.
django_settings.SECOND_FACTOR_REQUIRED = False
django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
# Only now: the settings are there since the application is.
after(import_module("brokerage.core.api.idempotency"), "keep", KEPT)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The whole answer is made, and everything committed, before this passes by."""
    held: list[Any] = []
    answer = real(environ, lambda *given: held.append(given))
    body = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if environ["REQUEST_METHOD"] == "POST":
        pass_by(ANSWERED)
    start_response(*held[0])
    return [body]
