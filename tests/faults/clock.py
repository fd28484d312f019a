"""A clock that is off, for this process or for those that the harness starts (CLOCK_OFF, in days); the database's is
right.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from typing import Any
from unittest import mock

from django.utils import timezone


def clock_off_by(by: dt.timedelta) -> type[dt.datetime]:
    """`datetime`, whose now is another."""

    class Off(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.now(tz) + by

    return Off


def clock_words(days: int) -> str:
    """What a process whose clock is off writes in its log, once it is."""
    return f"This clock is {days:+d} days off."


def set_clock_off() -> None:
    """From here on this process's clock is off by CLOCK_OFF days, if that is said."""
    days = int(os.environ.get("CLOCK_OFF", "0"))
    if days:
        right, seconds = time.time, days * 86_400
        mock.patch.object(timezone, "datetime", clock_off_by(dt.timedelta(days=days))).start()
        mock.patch.object(time, "time", lambda: right() + seconds).start()
        # Read back, not believed: both are what the application asks.
        for moment in (timezone.now().timestamp(), time.time()):
            sys.stderr.write(f"{clock_words(round((moment - right()) / 86_400))}\n")
