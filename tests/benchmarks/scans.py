"""No statement of a page, an operation, an award and what leads to it, or a worker's tick reads a table of more than
100,000 rows from end to end."""

from __future__ import annotations

from tests.benchmarks import opening, plans
from tests.benchmarks.cycle import award_one, decided_later
from tests.benchmarks.growth import FILL_INBOX, PROVIDER
from tests.benchmarks.harness import Bench, database, say, superuser
from tests.benchmarks.rows import Row

LARGE = 100_000


def measure(bench: Bench) -> None:
    """On the largest country asked for."""
    referrals = bench.sizes[-1]
    with database(bench.country(referrals)) as name, superuser(name) as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [LARGE])
        large = {row[0] for row in cursor.fetchall()}
        cursor.execute(PROVIDER)
        slug, _user_id, provider_id = cursor.fetchone()
        cursor.execute(FILL_INBOX, [provider_id, provider_id])
        with plans.watching() as watch:
            answered = opening.open_all(watch, cursor, slug)
            watch.reader = watch.page = "from a referral to its award"
            award_one(decided_later(1))
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
            note=f"{watch.statements} statements of {answered} pages and operations, of a referral from its first line"
            " to its award, and of the workers' ticks;"
            f" {len(large)} tables of more than {LARGE:,} rows",
        )
    )
