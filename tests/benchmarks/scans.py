"""No statement of a page or operation opened all day reads a table of more than 100,000 rows from end to end."""

from __future__ import annotations

from tests.benchmarks import plans
from tests.benchmarks.asking import Asker
from tests.benchmarks.growth import FILL_INBOX, PROVIDER
from tests.benchmarks.harness import Bench, database, say, superuser
from tests.benchmarks.rows import Row

LARGE = 100_000


def measure(bench: Bench) -> None:
    """On the largest country asked for."""
    from brokerage.core.accounts.models import User
    from tests.api.clients import client_of
    from tests.cast import actor_of, user_of

    referrals = bench.sizes[-1]
    with database(bench.country(referrals)) as name, superuser(name) as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [LARGE])
        large = {row[0] for row in cursor.fetchall()}
        cursor.execute(PROVIDER)
        slug, user_id, provider_id = cursor.fetchone()
        cursor.execute(FILL_INBOX, [provider_id, provider_id])
        cursor.execute(
            "SELECT reference FROM placements_referral WHERE authority_id = %s AND status = 'placed'"
            " ORDER BY created_at DESC LIMIT 1",
            [str(actor_of("olive").organisation_id)],
        )
        (reference,) = cursor.fetchone()
        asks = [
            (Asker(user=user_of("olive")), plans.OFFICER),
            (Asker(user=user_of("connie")), plans.COMMISSIONER),
            (Asker(user=User.objects.get(pk=user_id)), plans.PROVIDER),
            (Asker(token=client_of("olive").token), plans.SYSTEM),
        ]
        with plans.watching() as watch:
            plans.open_all(watch, asks, reference=reference, provider=slug)
    found = {table: seen for table, seen in watch.scans.items() if table in large}
    for table, seen in sorted(found.items()):
        for text in sorted(seen):
            say(f"  sequential scan of {table}: {text}")
    bench.add(
        Row(
            f"Sequential scans of large tables among {referrals:,}",
            0,
            sum(len(seen) for seen in found.values()),
            (0, 0),
            "none: a count",
            note=f"{watch.statements} statements of {sum(len(paths) for _asker, paths in asks)} pages and operations;"
            f" {len(large)} tables of more than {LARGE:,} rows",
        )
    )
