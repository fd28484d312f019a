"""No statement of a page, a form, an operation, an award and what leads to it, or a worker's task reads a table of
more than 100,000 rows from end to end; nor one that may come to hold as many, and has fewer here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

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
        with _watching() as (watch, forbidden):
            answered = opening.open_all(watch, cursor, slug)
            sent = opening.send_all(watch, cursor, slug)
            watch.reader = watch.page = "from a referral to its award"
            award_one(decided_later(1))
    planned = {f"{table}: {text}" for table in large for text in watch.scans.get(table, ())}
    found = opening.unexcused(sorted(planned.union(forbidden.of_growing())))
    for scan in found:
        say(f"  sequential scan: {scan}")
    bench.add(
        Row(
            f"Sequential scans of large tables among {referrals:,}",
            0,
            len(found),
            (0, 0),
            "none: a count",
            note=f"{watch.statements} statements of {answered} pages and operations, of {sent} forms, of a referral"
            " from its first line to its award, and of the workers' tasks;"
            f" {len(large)} tables of more than {LARGE:,} rows, {len(plans.GROWING - large)} that may come to hold as"
            f" many; but for {len(opening.LOOK_THROUGH)} that a task looks through once a night",
        )
    )


@contextmanager
def _watching() -> Iterator[tuple[plans.Watch, plans.Watch]]:
    """What PostgreSQL plans for this data; and what it plans where sequential scans are forbidden, as of a small table
    (and here many that grow are small) it plans one whatever indexes there are."""
    from django.db import connection

    with plans.watching() as watch:

        def follow(execute: Any, *asked: Any) -> Any:
            forbidden.reader, forbidden.page = watch.reader, watch.page
            return execute(*asked)

        with connection.execute_wrapper(follow), plans.watching(without_scans=True) as forbidden:
            yield watch, forbidden
