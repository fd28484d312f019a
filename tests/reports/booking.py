"""What tests of the reports' book share: stays of chance, and the book against a recount."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from brokerage.core.tenants.context import acting
from brokerage.reports.tallies import Difference, differences
from tests.cast import actor_of


def wrong_figures(who: str = "connie") -> list[Difference]:
    """The figures of the authority that are not what a recount says."""
    with acting(actor_of(who)) as actor, connection.cursor() as cursor:
        return differences(cursor, actor.organisation_id)


def half_up(exact: Fraction) -> Decimal:
    """To the penny, a half upwards; nothing here is negative."""
    return Decimal(int(exact * 100 + Fraction(1, 2))) / 100


def exact_months(weekly: Decimal, starts_on: dt.date, ended_on: dt.date) -> dict[dt.date, Decimal]:
    """The pounds of a stay in each of its months, by fractions, from its running total."""
    found: dict[dt.date, Decimal] = {}
    told, day = Decimal(0), starts_on
    while day < ended_on:
        month = day.replace(day=1)
        day = min((month + dt.timedelta(days=32)).replace(day=1), ended_on)
        so_far = half_up(Fraction(weekly) * (day - starts_on).days / 7)
        if so_far != told:
            found[month] = so_far - told
        told = so_far
    return found
