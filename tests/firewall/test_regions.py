"""A central team counts for its own lots and its own members."""

from __future__ import annotations

import datetime as dt

import psycopg2

from brokerage.core.tenants.context import acting
from brokerage.safeguarding.firewall.queries.findings import failing_homes
from tests.cast import TODAY, actor_of, ident
from tests.firewall.finding import found
from tests.plugin import database_url


def test_a_region_reads_no_counts_of_what_is_no_longer_its_own(committed: str) -> None:
    found()
    outside = psycopg2.connect(database_url(committed))
    outside.autocommit = True
    seen = []
    changes = (
        ("SELECT %s", "nothing"),
        ("UPDATE dpv_admission SET status = 'ended' WHERE establishment_id = %s", str(ident("birch-house"))),
        (
            f"UPDATE tenants_regionmember SET ends_on = '{TODAY - dt.timedelta(1)}' WHERE organisation_id = %s",
            str(actor_of("olive").organisation_id),
        ),
    )
    try:
        for change, value in changes:
            with outside.cursor() as cursor:
                cursor.execute(change, [value])
            with acting(actor_of("carol")):
                seen.append(len(failing_homes()))
    finally:
        outside.close()
    assert seen == [1, 1, 0]


def test_other_regions_people_are_not_counted_even_in_a_home_of_its_own_lots(committed: str) -> None:
    found("nia")
    with acting(actor_of("carol")):
        assert failing_homes() == [], "that somebody of another region lives there is not its to know"
    found("olive")
    with acting(actor_of("carol")):
        (home,) = failing_homes()
    assert (home.placements, home.authorities) == (1, 1)
