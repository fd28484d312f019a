"""Points at which a process of a proof ends itself as `kill -9` would: named in a file, by whoever wants it.

Only processes that the harness starts import this (`dying_web`, `dying_worker`), with the file's name in DIE_AT.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

#: In a transaction, after the answer was kept; and after the commit, before the answer was sent.
KEPT, ANSWERED = "kept", "answered"
#: For a twin: after the award's commit, before the agreement that is then drawn up too late.
COMMITTED = "committed"
#: In the worker: the PDF made, the file stored, the record written but not committed, all done but not marked so.
DRAWN, STORED, RECORDED, UNMARKED = "drawn", "stored", "recorded", "unmarked"


def pass_by(point: str) -> None:
    """Die here, if that is wanted; only the first process that comes by does."""
    wanted = Path(os.environ["DIE_AT"])
    try:
        if wanted.read_text() != point:
            return
        wanted.rename(wanted.with_suffix(f".{os.getpid()}"))
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def after(module: Any, name: str, point: str) -> None:
    """Pass the point after each call of `module.name`."""
    real = getattr(module, name)

    def passing(*given: Any, **named: Any) -> Any:
        answer = real(*given, **named)
        pass_by(point)
        return answer

    setattr(module, name, passing)
