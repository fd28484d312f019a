"""The hash-chained audit trail: eight processes that write it against as many that insert plainly, and how fast every
chain is verified."""

from __future__ import annotations

import json
import multiprocessing
import signal
import statistics
import time
import uuid
from collections.abc import Callable
from functools import partial
from multiprocessing.pool import Pool

from tests.benchmarks.harness import Bench, database, own_database, seconds, superuser
from tests.benchmarks.rows import Row, middle_half

WRITERS = 8
SECONDS = 1.5
#: Seconds in which every process connects before the common start.
LEAD = 0.5
VERIFY_GOAL = 250_000
#: SHA-256 alone, of the 239 bytes that an entry of a seeded country has on average, shared among as many processes.
HASHING = "SELECT count(sha256(previous_hash || convert_to(repeat('x', 239 - 32), 'UTF8'))) FROM audit_link"

INSERT = """
INSERT INTO {table} (id, organisation_id, kind, subject_type, subject_id, subject_reference, actor_user_id, actor_name,
  on_behalf_of_id, at, data)
VALUES (%s, %s, 'referral.section_saved', 'placements.referral', %s, 'R-BENCH-0001', %s, 'Bench', NULL, now(), %s)
"""


def measure(bench: Bench) -> None:
    """Writing in a database of its own; verifying on the largest country."""
    with own_database("audit") as name:
        with superuser(name) as cursor:
            # The same table with the same indexes, key and grants; nothing chains it.
            cursor.execute("CREATE TABLE plain_entry (LIKE audit_entry INCLUDING ALL)")
            cursor.execute(
                "ALTER TABLE plain_entry ADD FOREIGN KEY (organisation_id) REFERENCES tenants_organisation"
                " DEFERRABLE INITIALLY DEFERRED"
            )
            cursor.execute("SELECT id FROM tenants_organisation WHERE kind = 'authority' ORDER BY slug LIMIT 24")
            organisations = [str(row[0]) for row in cursor.fetchall()]
        own_connections_closed()
        with multiprocessing.get_context("fork").Pool(WRITERS, _ended_by_parent) as pool:
            for title, whose, goal, note in (
                ("Audit entries with 8 writers", organisations, 0.6, f"{len(organisations)} organisations in turn"),
                (
                    "Audit entries with 8 writers on one organisation",
                    organisations[:1],
                    None,
                    "each entry waits for the one before it to be committed",
                ),
            ):
                bench.add(measure_writing(bench, partial(rate, pool, name, whose), title, goal, note))
    measure_verifying(bench)


def own_connections_closed() -> None:
    """The writers are forked from this process and must not share its connections."""
    from django.db import connections

    connections.close_all()


def measure_writing(bench: Bench, rate_of: Callable[[str], float], title: str, goal: float | None, note: str) -> Row:
    """The chained table and the plain one in turn, a round to warm up first."""
    chained, plain = [], []
    for number in range(bench.rounds(6) + 1):
        rates = rate_of("audit_entry"), rate_of("plain_entry")
        if number:
            chained.append(rates[0])
            plain.append(rates[1])
    told = f"{statistics.median(chained):,.0f} a second against {statistics.median(plain):,.0f}"
    return Row(
        title,
        goal,
        statistics.median(chained) / statistics.median(plain),
        middle_half([one / other for one, other in zip(chained, plain, strict=True)]),
        "plain inserts of the same rows by as many processes",
        at_most=False,
        note=f"{told}; {note}",
    )


def rate(pool: Pool, name: str, organisations: list[str], table: str) -> float:
    """Rows a second of eight processes, each row committed by itself, each for one of the organisations in turn."""
    start = time.monotonic() + LEAD
    jobs = [(name, INSERT.format(table=table), organisations, which, start) for which in range(WRITERS)]
    return sum(pool.map(_write, jobs, chunksize=1)) / SECONDS


def _ended_by_parent() -> None:
    """A writer minds no Ctrl-C, and dies when its parent says so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _write(job: tuple[str, str, list[str], int, float]) -> int:
    """One process: how many rows it wrote between the common start and the common end."""
    name, statement, organisations, which, start = job
    data = json.dumps({"section": "needs", "fields": ["daily_life", "what_works"]})
    done = 0
    with superuser(name) as cursor:
        time.sleep(max(0.0, start - time.monotonic()))
        number = which
        while time.monotonic() < start + SECONDS:
            number += WRITERS
            whose = organisations[(number + number // 24) % len(organisations)]
            cursor.execute(statement, [str(uuid.uuid4()), whose, str(uuid.uuid4()), str(uuid.uuid4()), data])
            done += 1
    return done


def measure_verifying(bench: Bench) -> None:
    """Every chain of the country in one pass, as `verify_audit` checks them."""
    from django.db import connections, transaction

    from brokerage.core.audit.verify import check_chains

    rates, hashing = [], []
    with database(bench.country(bench.sizes[-1])):
        for _round in range(bench.rounds(3)):
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                cursor.execute("SET LOCAL ROLE brokerage_loader")
                cursor.execute("SELECT sum(number), current_setting('max_parallel_workers_per_gather') FROM audit_head")
                entries, helpers = cursor.fetchone()
                began = time.perf_counter()
                wrong = list(check_chains(using="owner"))
                took = time.perf_counter() - began
                hashing.append(float(entries) / seconds(lambda: cursor.execute(HASHING)))
            assert not wrong
            rates.append(float(entries) / took)
    bench.add(
        Row(
            f"Audit entries verified a second among {bench.sizes[-1]:,} referrals",
            VERIFY_GOAL,
            sorted(rates)[len(rates) // 2],
            middle_half(rates),
            "none: entries a second on this machine",
            at_most=False,
            note=f"{entries:,} entries in one pass of one connection, with up to {helpers} parallel workers;"
            f" SHA-256 alone of as many bytes: {statistics.median(hashing):,.0f} a second",
        )
    )
