"""Working days, months, nights and ages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brokerage.core.periods import add_months, age_on, nights_between
from brokerage.core.working_days import add_working_days, bank_holidays, easter_sunday, is_working_day

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        # As published on GOV.UK for England and Wales.
        (2021, ["01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-27", "12-28"]),
        (2022, ["01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-26", "12-27"]),
        (2023, ["01-02", "04-07", "04-10", "05-01", "05-08", "05-29", "08-28", "12-25", "12-26"]),
        (2025, ["01-01", "04-18", "04-21", "05-05", "05-26", "08-25", "12-25", "12-26"]),
        (2026, ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-28"]),
        (2027, ["01-01", "03-26", "03-29", "05-03", "05-31", "08-30", "12-27", "12-28"]),
        (2028, ["01-03", "04-14", "04-17", "05-01", "05-29", "08-28", "12-25", "12-26"]),
    ],
)
def test_bank_holidays_are_those_of_england_and_wales(year: int, expected: list[str]) -> None:
    assert sorted(f"{day:%m-%d}" for day in bank_holidays(year)) == expected


def test_easter_falls_where_the_tables_say() -> None:
    assert [easter_sunday(year) for year in (2000, 2019, 2024, 2026, 2038)] == [
        date(2000, 4, 23),
        date(2019, 4, 21),
        date(2024, 3, 31),
        date(2026, 4, 5),
        date(2038, 4, 25),
    ]


def test_five_working_days_over_christmas() -> None:
    """An emergency placement on Christmas Eve 2026: the host authority is told by 5 January."""
    assert add_working_days(date(2026, 12, 24), 5) == date(2027, 1, 5)
    assert add_working_days(date(2026, 12, 24), 5, nation="Wales") == date(2027, 1, 5)


def test_working_days_begin_after_the_day() -> None:
    friday = date(2026, 3, 6)
    assert add_working_days(friday, 0) == friday
    assert add_working_days(friday, 1) == date(2026, 3, 9)
    assert add_working_days(friday + timedelta(days=1), 1) == date(2026, 3, 9)


def test_other_nations_and_negative_days_are_refused() -> None:
    with pytest.raises(ValueError, match="Scotland"):
        is_working_day(date(2026, 1, 2), "Scotland")
    with pytest.raises(ValueError, match="0 or more"):
        add_working_days(date(2026, 1, 2), -1)


@given(days, st.integers(1, 30))
@settings(max_examples=100)
def test_the_working_days_in_between_are_counted(start: date, number: int) -> None:
    found = add_working_days(start, number)
    between = [start + timedelta(days=offset) for offset in range(1, (found - start).days + 1)]
    assert is_working_day(found)
    assert sum(is_working_day(day) for day in between) == number


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 5, 31), 9, (2027, 2, 28)),
        ((2026, 4, 15), 9, (2027, 1, 15)),
        ((2026, 12, 31), 12, (2027, 12, 31)),
        ((2026, 3, 31), -1, (2026, 2, 28)),
        ((2026, 1, 10), -1, (2025, 12, 10)),
    ],
)
def test_months_keep_the_day_or_end_with_the_month(on: tuple, months: int, expected: tuple) -> None:
    assert add_months(date(*on), months) == date(*expected)


def test_nights_are_counted_from_arrival_to_leaving() -> None:
    assert nights_between(date(2026, 1, 1), date(2026, 1, 8)) == 7
    assert nights_between(date(2026, 1, 1), date(2026, 1, 1)) == 0
    assert nights_between(date(2026, 1, 2), date(2026, 1, 1)) == 0


def test_ages_are_completed_years() -> None:
    born = date(2012, 4, 3)
    assert age_on(born, date(2026, 4, 2)) == 13
    assert age_on(born, date(2026, 4, 3)) == 14
    assert age_on(date(2012, 2, 29), date(2026, 2, 28)) == 13
    assert age_on(date(2012, 2, 29), date(2026, 3, 1)) == 14
    assert age_on(born, born) == 0
    with pytest.raises(ValueError, match="not yet born"):
        age_on(born, date(2012, 4, 2))
