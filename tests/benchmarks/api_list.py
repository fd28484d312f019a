"""The API's list of 50 referrals against plain psycopg2: whole requests, with token check, rate limit, permissions, row
security and JSON."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.asking import Asker
from tests.benchmarks.harness import Bench, beside_goal, database, in_turn, superuser
from tests.benchmarks.rows import compared

PLAIN = """
SELECT reference, category, status, urgency, age, sex, needs, outward, needed_on, closes_at, is_sealed, officer_name,
  social_worker_name, created_at, updated_at, published_at FROM placements_referral
WHERE authority_id = %s ORDER BY created_at DESC, id DESC LIMIT 50
"""


def measure(bench: Bench) -> None:
    """On the largest country asked for."""
    from tests.api.clients import client_of
    from tests.cast import actor_of

    referrals = bench.sizes[-1]
    with database(bench.country(referrals)) as name, superuser(name) as cursor:
        asker = Asker(token=client_of("olive").token)
        organisation = str(actor_of("olive").organisation_id)

        def plain() -> None:
            cursor.execute(PLAIN, [organisation])
            assert len(cursor.fetchall()) == 50 or referrals < 10_000

        ours, base = in_turn(partial(asker.get, "/api/v1/referrals?limit=50"), plain, rounds=bench.rounds(300), warm=20)
    bench.add(
        compared(
            f"API list of 50 among {referrals:,}",
            ours,
            base,
            goal=8,
            reference="the same rows by plain psycopg2",
            note=f"token check, rate limit, permissions, row security, JSON{beside_goal(referrals)}",
        )
    )
