"""How many generated cases a property is tried with: few in every run, many where somebody asks for more."""

from __future__ import annotations

import os

#: TESTS_MANY=100 tries a hundred times as many of the properties of money, and other ones in every run.
TIMES = int(os.environ.get("TESTS_MANY") or 1)


def many(usual: int) -> int:
    """The usual number, times what was asked for."""
    return usual * TIMES
