"""Dates without a clock: months added, nights counted, ages reached.

The clock stays outside: every function is given its days.
"""

from __future__ import annotations

import calendar
from datetime import date


def add_months(on: date, months: int) -> date:
    """The same day `months` later (or earlier), or the month's last day where it has no such day."""
    index = on.year * 12 + on.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(on.day, last))


def nights_between(starts_on: date, ends_on: date) -> int:
    """Nights slept from arrival on `starts_on` to leaving on `ends_on`; 0 where the end is not after the
    start.
    """
    return max(0, (ends_on - starts_on).days)


def age_on(born_on: date, on: date) -> int:
    """Completed years on the day `on`; born on 29 February, a year is completed on 1 March in common years.

    Raises ValueError where `on` is before the birth.
    """
    if on < born_on:
        raise ValueError("not yet born on that day")
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
