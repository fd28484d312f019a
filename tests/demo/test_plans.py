"""Every statement of the pages and operations that are opened all day has an index to use on the tables that grow.

Sequential scans are forbidden to the planner on a small country: where a plan has one all the same, there is no index,
and among a million referrals it would read the whole table. `script/bench scans` looks at real plans of a large one.
"""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings

from brokerage.core.accounts.models import User
from brokerage.demo.scale.filling import LARGE
from tests.api.clients import client_of
from tests.benchmarks import plans
from tests.benchmarks.asking import Asker
from tests.benchmarks.growth import PROVIDER
from tests.cast import user_of


def test_no_page_reads_a_growing_table_from_end_to_end(committed: str) -> None:
    call_command("seed_scale", referrals=1500, establishments=120, stdout=StringIO())
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE brokerage_loader")
        cursor.execute(PROVIDER)
        slug, user_id, _provider = cursor.fetchone()
        cursor.execute(
            "SELECT r.reference FROM placements_referral r JOIN tenants_organisation o ON o.id = r.authority_id"
            " WHERE o.slug = 'harrow' AND r.status = 'placed' LIMIT 1"
        )
        (reference,) = cursor.fetchone()
    with override_settings(API_RATE=1_000_000):
        asks = [
            (Asker(user=user_of("olive")), plans.OFFICER),
            (Asker(user=user_of("connie")), plans.COMMISSIONER),
            (Asker(user=User.objects.get(pk=user_id)), plans.PROVIDER),
            (Asker(token=client_of("olive").token), plans.SYSTEM),
        ]
        with plans.watching(without_scans=True) as watch:
            plans.open_all(watch, asks, reference=reference, provider=slug)
    assert watch.statements > 200
    assert {table: seen for table, seen in watch.scans.items() if table in LARGE} == {}
