"""A Celery task that does nothing, and how many of it one worker does in a second: the reference of deliveries."""

from __future__ import annotations

import subprocess
import sys
import time

from brokerage.celery import app

QUEUE = "bench-noop"
TASKS = 1500
#: Seconds to wait for the worker's mark.
PATIENCE = 120


@app.task(name="bench.nothing", ignore_result=True)
def nothing() -> None:
    """Do nothing."""


@app.task(name="bench.mark", ignore_result=True)
def mark(name: str) -> None:
    """Write down when the worker came here."""
    from django.core.cache import cache

    cache.set(name, time.time(), 600)


def tasks_a_second(rounds: int) -> list[float]:
    """Each round: so many tasks wait already when the first is begun."""
    from django.core.cache import cache

    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "tests.benchmarks.noop", "worker", "--pool=solo", f"-Q{QUEUE}"]
        + ["--without-gossip", "--without-mingle", "--without-heartbeat", "-lERROR"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    rates = []
    try:
        for number in range(rounds):
            first, last = f"bench:first:{number}", f"bench:last:{number}"
            cache.delete_many([first, last])
            mark.apply_async(args=[first], queue=QUEUE)
            for _task in range(TASKS):
                nothing.apply_async(queue=QUEUE)
            mark.apply_async(args=[last], queue=QUEUE)
            deadline = time.monotonic() + PATIENCE
            while cache.get(last) is None:
                if time.monotonic() > deadline or worker.poll() is not None:
                    raise RuntimeError("the Celery worker did not do its tasks")
                time.sleep(0.05)
            rates.append(TASKS / (cache.get(last) - cache.get(first)))
    finally:
        worker.terminate()
        worker.wait(30)
    return rates
