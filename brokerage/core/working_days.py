"""Working days in England and Wales: Monday to Friday without bank holidays.

Bank holidays follow the Banking and Financial Dealings Act 1971 by rule, with the proclaimed exceptions
listed; a future proclamation is added to the list. Other nations have other holidays and are refused.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

NATIONS = ("England", "Wales")
_DAY = timedelta(days=1)

# Proclaimed exceptions: jubilees, royal weddings, a state funeral, a coronation, VE day.
_EXTRA = frozenset(
    {
        date(2011, 4, 29),
        date(2012, 6, 4),
        date(2012, 6, 5),
        date(2020, 5, 8),
        date(2022, 6, 2),
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2023, 5, 8),
    }
)
_MOVED_AWAY = frozenset({date(2012, 5, 28), date(2020, 5, 4), date(2022, 5, 30)})


def easter_sunday(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def _first_monday_from(on: date) -> date:
    return on + _DAY * (-on.weekday() % 7)


@lru_cache(maxsize=64)
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of England and Wales in `year`, substitute days included."""
    easter = easter_sunday(year)
    found = {
        easter - 2 * _DAY,
        easter + _DAY,
        _first_monday_from(date(year, 5, 1)),
        _first_monday_from(date(year, 5, 25)),
        _first_monday_from(date(year, 8, 25)),
    }
    # A holiday at a weekend is kept on the next weekday that is not a holiday already.
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        kept = fixed
        while kept.weekday() >= 5 or kept in found:
            kept += _DAY
        found.add(kept)
    return frozenset(found - _MOVED_AWAY) | {day for day in _EXTRA if day.year == year}


def is_working_day(on: date, nation: str = "England") -> bool:
    """Whether `on` is a working day. Raises ValueError for a nation other than England or Wales."""
    if nation not in NATIONS:
        raise ValueError(f"no bank holidays are known for {nation}")
    return on.weekday() < 5 and on not in bank_holidays(on.year)


def add_working_days(on: date, days: int, nation: str = "England") -> date:
    """The day that is `days` working days after `on`, the day itself not counted; with 0, `on` itself."""
    if days < 0:
        raise ValueError("days must be 0 or more")
    found = on
    while days:
        found += _DAY
        days -= is_working_day(found, nation)
    return found
