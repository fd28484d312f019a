"""What a long-lived process does before it serves anybody."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

logger = logging.getLogger(__name__)

#: How much this process's session makes way for others, on kernels that share processors among sessions.
AUTOGROUP = Path("/proc/self/autogroup")


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured when the process would sign with a key that everybody knows."""
    if settings.SECRET_KEY_IS_UNSET:
        raise ImproperlyConfigured("Set SECRET_KEY to a long random text: without it nothing signed here is safe.")


def make_way() -> None:
    """Let the niceness that this process was started with count beside other sessions too.

    Linux may share processors among sessions first and look at `nice` only within one (sched(7), autogroup). Then a
    service that leads a session of its own, started by `nice`, would make way for nobody.
    """
    niceness = os.nice(0)
    if niceness <= 0 or os.getsid(0) != os.getpid() or not AUTOGROUP.exists():
        return
    for _again in range(10):
        try:
            AUTOGROUP.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(0.15)  # Root apart, the kernel listens ten times a second, to the whole machine.
        except OSError as error:
            logger.warning("Other sessions will not be made way for: %s", type(error).__name__)
            return
        else:
            return
    logger.warning("Other sessions will not be made way for: the kernel is asked too often")
