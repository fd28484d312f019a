"""Every statement of every page, operation and task has an index to use on the tables that grow.

Sequential scans are forbidden to the planner on a small country: where a plan has one all the same, there is no index,
and among a million referrals it would read the whole table. `script/bench scans` looks at real plans of a large one.
"""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings

from tests.benchmarks import opening, plans
from tests.benchmarks.growth import PROVIDER


def test_no_page_and_no_task_reads_a_growing_table_from_end_to_end(committed: str) -> None:
    call_command("seed_scale", referrals=1500, establishments=120, stdout=StringIO())
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(PROVIDER)
        slug, _user_id, _provider = cursor.fetchone()
        with override_settings(API_RATE=1_000_000), plans.watching(without_scans=True) as watch:
            answered = opening.open_all(watch, cursor, slug)
    assert answered > 200 and watch.statements > 400, (answered, watch.statements)
    assert opening.unexcused(watch.of_growing()) == []
