"""Tryton's purchase quotations, where they install."""

from __future__ import annotations

from tests.benchmarks.harness import superuser
from tests.benchmarks.peers import Peer, server

SERIES = "8.2"
DATABASE = "bench_tryton"
TRYTON = Peer(
    name=f"tryton-{SERIES}",
    packages=(
        f"trytond=={SERIES}.*",
        f"trytond_purchase_request_quotation=={SERIES}.*",
        f"trytond_purchase_requisition=={SERIES}.*",
        f"proteus=={SERIES}.*",
        "psycopg[binary,pool]",
    ),
    script="tryton_cycle.py",
    patience=20,
)


def cycle_times(rounds: int) -> tuple[list[float], str]:
    """Seconds of each cycle in Tryton on this run's PostgreSQL, as libpq reaches it; or none, and why."""
    told = server()
    try:
        return TRYTON.times(
            rounds,
            environment={
                "TRYTOND_DATABASE_URI": "postgresql:///",
                "DB_NAME": DATABASE,
                "PGHOST": told["host"],
                "PGUSER": told["user"],
                "PGPASSWORD": told["password"],
                "PGDATABASE": "template1",
            },
        )
    finally:
        with superuser("postgres") as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
