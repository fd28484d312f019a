"""The hash-chained audit trail: eight writers against as many plain inserts, and how fast every chain is verified."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks.harness import Bench, database, own_database, superuser
from tests.benchmarks.rows import Row, middle_half

WRITERS = 8
SECONDS = 1.5
VERIFY_GOAL = 250_000

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
        chained, plain = [], []
        for _round in range(bench.rounds(6)):
            chained.append(rate(name, INSERT.format(table="audit_entry"), organisations))
            plain.append(rate(name, INSERT.format(table="plain_entry"), organisations))
    ratios = [one / other for one, other in zip(chained, plain, strict=True)]
    bench.add(
        Row(
            "Audit entries with 8 writers",
            0.6,
            sorted(ratios)[len(ratios) // 2],
            middle_half(ratios),
            "plain inserts of the same rows",
            at_most=False,
            note=f"{sorted(chained)[len(chained) // 2]:,.0f} a second against {sorted(plain)[len(plain) // 2]:,.0f}",
        )
    )
    measure_verifying(bench)


def rate(name: str, statement: str, organisations: list[str]) -> float:
    """Rows a second of eight connections, each row committed by itself, each for one of 24 organisations in turn."""
    stop = time.monotonic() + SECONDS
    done = [0] * WRITERS

    def write(which: int) -> None:
        data = json.dumps({"section": "needs", "fields": ["daily_life", "what_works"]})
        with superuser(name) as cursor:
            number = which
            while time.monotonic() < stop:
                number += WRITERS
                whose = organisations[(number + number // 24) % len(organisations)]
                cursor.execute(statement, [str(uuid.uuid4()), whose, str(uuid.uuid4()), str(uuid.uuid4()), data])
                done[which] += 1

    together([partial(write, which) for which in range(WRITERS)])
    return sum(done) / SECONDS


def together(acts: list[Callable[[], Any]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def measure_verifying(bench: Bench) -> None:
    """Every chain of the country in one pass, as `verify_audit` checks them."""
    from django.db import connections, transaction

    from brokerage.core.audit.verify import check_chains

    rates = []
    with database(bench.country(bench.sizes[-1])):
        for _round in range(bench.rounds(3)):
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                cursor.execute("SET LOCAL ROLE brokerage_loader")
                cursor.execute("SELECT sum(number), current_setting('max_parallel_workers_per_gather') FROM audit_head")
                entries, helpers = cursor.fetchone()
                began = time.perf_counter()
                wrong = list(check_chains(using="owner"))
                took = time.perf_counter() - began
            assert not wrong
            rates.append(float(entries) / took)
    bench.add(
        Row(
            "Audit entries verified a second",
            VERIFY_GOAL,
            sorted(rates)[len(rates) // 2],
            middle_half(rates),
            "none: entries a second on this machine",
            at_most=False,
            note=f"{entries:,} entries in one pass of one connection, with up to {helpers} parallel workers",
        )
    )
