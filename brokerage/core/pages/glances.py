"""What stands on every page whatever it is about, such as the number of unread messages: read by one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from brokerage.core.tenants.context import require_context


@dataclass(frozen=True)
class Glance:
    """One value: `sql` is a query of one row and one column, `told` makes of it what the page shows."""

    sql: str
    values: Sequence[Any]
    told: Callable[[Any], Any]


def read(glances: Sequence[Glance]) -> list[Any]:
    """What each tells, in their order: straight from PostgreSQL, under the row security of whoever asks."""
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"({glance.sql})" for glance in glances),
            [value for glance in glances for value in glance.values],
        )
        found = cursor.fetchone()
    return [glance.told(value) for glance, value in zip(glances, found, strict=True)]
