"""The demo's referrals, told through the real actions, in every state from draft to sealed agreement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any


def steps(today: date) -> Iterator[tuple[str, Callable[[], Any]]]:
    """(title, step) pairs."""
    yield from ()
