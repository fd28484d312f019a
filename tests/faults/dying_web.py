"""The application as gunicorn serves it, which may die between its commit and its answer (`dying`), and whose clock
may be off (`clock`).
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.conf import settings as django_settings
from django.db import transaction

from brokerage.wsgi import application as real
from tests.faults.clock import set_clock_off
from tests.faults.dying import ANSWERED, COMMITTED, KEPT, after, pass_by

# Who signs in, and how, is not what is proved here; nor which files go with a page.
django_settings.SECOND_FACTOR_REQUIRED = False
django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
# Only now: the settings are there since the application is.
after(import_module("brokerage.core.api.idempotency"), "keep", KEPT)
set_clock_off()


def agree_too_late() -> None:
    """For a twin: the agreement is drawn up after the award was committed."""
    acceptance = import_module("contracts.acceptance")
    real_agree = acceptance._agree

    def later(*given: Any) -> None:
        def draw_up() -> None:
            pass_by(COMMITTED)
            real_agree(*given)

        transaction.on_commit(draw_up)

    acceptance._agree = later


if os.environ.get("AGREE_TOO_LATE"):
    agree_too_late()


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
