"""A region is open to its members as long as they are members."""

from __future__ import annotations

import datetime as dt

import psycopg2

from brokerage.core.tenants.context import acting
from dpv.models import Admission, Vehicle
from tests.cast import TODAY, actor_of
from tests.plugin import database_url


def test_a_membership_of_a_region_that_has_ended_opens_nothing(committed: str) -> None:
    outside = psycopg2.connect(database_url(committed))
    outside.autocommit = True
    seen, edith = [], actor_of("edith")
    try:
        for last_on in (None, TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=2)):
            with outside.cursor() as cursor:
                change = "UPDATE tenants_regionmember SET ends_on = %s WHERE organisation_id = %s"
                cursor.execute(change, [last_on, str(edith.organisation_id)])
            with acting(edith):
                seen.append((Vehicle.objects.count(), Admission.objects.exists()))
    finally:
        outside.close()
    assert seen == [(2, True), (0, False), (2, True)]
