"""One process of `script/prove`: plays its proofs one after another and writes what each came to, a line of JSON each.

Started by `tests.proofs.__main__` with an environment that names its servers. SIGTERM and Ctrl-C end it in good order.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import tests.plugin  # starts or finds the servers, and names this process's own database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")


def main() -> int:
    """Play the proofs of the JSON on the command line; 0 also when some are broken: the answers say so."""
    assert tests.plugin
    signal.signal(signal.SIGTERM, _end)
    asked = json.loads(sys.argv[1])
    import django

    django.setup()
    from django.conf import settings
    from django.core.cache import cache
    from django.test.utils import setup_test_environment

    from tests.proofs.play import Play
    from tests.proofs.registry import named

    setup_test_environment(debug=False)
    # What is refused on purpose is nothing to read; faults are violations, with their traceback.
    logging.disable(logging.CRITICAL)
    settings.CACHES["default"]["KEY_PREFIX"] = settings.DATABASES["default"]["NAME"]
    cache.clear()
    with Path(asked["answers"]).open("a", encoding="utf-8") as answers:
        for proof in named(asked["names"]):
            with tempfile.TemporaryDirectory() as place:
                seconds = asked["seconds"] or proof.seconds
                play = Play(proof.number, Path(place), asked["seed"], seconds, asked["short"], most=asked["cases"])
                play.say(f"{proof.words} ({proof.name})")
                try:
                    proof.play(play)
                except Exception:
                    play.violated(f"The proof itself broke:\n{traceback.format_exc()[-1800:]}")
                _leave_connections()
            answers.write(json.dumps({"number": proof.number, **play.outcome.to_data()}) + "\n")
            answers.flush()
    return 0


def _leave_connections() -> None:
    from django.db import connections

    connections.close_all()


def _end(_signal: int, _frame: FrameType | None) -> Any:
    raise SystemExit(143)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
