"""The periods a report is for. Financial years of councils begin on 1 April."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.periods import add_months

PERIODS: tuple[tuple[str, str | Promise], ...] = (
    ("this_year", _("This financial year")),
    ("last_year", _("Last financial year")),
    ("last_12", _("The last 12 months")),
    ("next_12", _("The next 12 months")),
)
MONTHS = 12


@dataclass(frozen=True)
class Period:
    """Twelve whole months from `first_on` up to, not including, `before`."""

    code: str
    first_on: dt.date
    before: dt.date

    @property
    def begins_at(self) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(self.first_on, dt.time.min))

    @property
    def ends_at(self) -> dt.datetime:
        return timezone.make_aware(dt.datetime.combine(self.before, dt.time.min))


def period_of(code: str, today: dt.date) -> Period:
    """The period with that code; anything else is this financial year."""
    month = today.replace(day=1)
    april = dt.date(today.year if today.month >= 4 else today.year - 1, 4, 1)
    first_on = {
        "last_year": add_months(april, -MONTHS),
        "last_12": add_months(month, 1 - MONTHS),
        "next_12": month,
    }.get(code, april)
    known = code if code in dict(PERIODS) else "this_year"
    return Period(known, first_on, add_months(first_on, MONTHS))
