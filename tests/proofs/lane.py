"""One process of `script/prove`: plays its proofs one after another, then takes turns with the other process at those
that have turns, and writes what each came to, a line of JSON each.

Started by `tests.proofs.__main__` with an environment that names its servers. SIGTERM and Ctrl-C end it in good order.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Event
from types import FrameType

from tests.proofs.play import Play, Stopped

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")
#: What asks a process to end.
ENDS = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Play the proofs of the JSON on the command line; 0 also when some are broken: the answers say so."""
    stopped = Event()
    end_when_asked(stopped)
    asked = json.loads(sys.argv[1])
    # Starts or finds the servers, and names this process's own database: before Django's settings are read.
    import_module("tests.plugin")
    import django

    django.setup()
    from django.conf import settings
    from django.core.cache import cache
    from django.test.utils import setup_test_environment

    from tests.proofs.registry import Proof, named
    from tests.proofs.turns import Turns

    setup_test_environment(debug=False)
    # What is refused on purpose is nothing to read; faults are violations, with their traceback.
    logging.disable(logging.CRITICAL)
    settings.CACHES["default"]["KEY_PREFIX"] = settings.DATABASES["default"]["NAME"]
    cache.clear()

    def played(proof: Proof, proves: Callable[[Play], None], seconds: float) -> None:
        with tempfile.TemporaryDirectory() as place:
            play = Play(proof.number, Path(place), asked["seed"], seconds, asked["short"], size=proof.size)
            play.most, play.stopped = asked["most"].get(proof.name), stopped
            play.say(f"{proof.words} ({proof.name})")
            play_whole(play, proves)
            _leave_connections()
        with Path(asked["answers"]).open("a", encoding="utf-8") as answers:
            answers.write(json.dumps({"number": proof.number, **play.outcome.to_data()}) + "\n")

    for proof in named(asked["names"]) if asked["names"] else []:
        played(proof, proof.play, asked["seconds"] or proof.seconds)
    for proof in named(asked["turns"]) if asked["turns"] else []:
        turns = Turns(Path(f"{asked['answers']}-{proof.name}"))
        left = max(asked["until"] - time.monotonic(), 0)
        played(proof, partial(proof.play_turns, turns=turns), left)
    return 0


def end_when_asked(stopped: Event) -> None:
    """From now on SIGTERM and Ctrl-C raise Stopped, once."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        for each in ENDS:
            signal.signal(each, signal.SIG_IGN)
        stopped.set()
        raise Stopped

    for each in ENDS:
        signal.signal(each, end)


def play_whole(play: Play, proves: Callable[[Play], None]) -> None:
    """Play it to its end; that it broke is a violation. Raises Stopped where somebody has ended the run."""
    try:
        proves(play)
    except Exception:
        play.violated(f"The proof itself broke:\n{traceback.format_exc()[-1800:]}")
    play.go_on()


def _leave_connections() -> None:
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Stopped:
        sys.exit(143)
