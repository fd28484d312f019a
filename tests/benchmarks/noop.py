"""A Celery task that does nothing, and how many of it one worker does in a second: the reference of deliveries."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from brokerage.celery import app
from brokerage.embedded.serve import worker_command

QUEUE = "bench-noop"
#: As many as the product's two workers have together: whichever is free delivers alerts first.
PROCESSES = 4
#: Seconds to wait for the worker's mark.
PATIENCE = 600
WARM = 1000
FIRST, LAST = "bench:first", "bench:last"


@app.task(name="bench.nothing", ignore_result=True)
def nothing() -> None:
    """Do nothing."""


@app.task(name="bench.mark", ignore_result=True)
def mark(name: str) -> None:
    """Write down when the worker came here."""
    from django.core.cache import cache

    cache.set(name, time.time(), 600)


def tasks_a_second(tasks: int) -> float:
    """All of them wait when the worker is started: as many processes, and the same settings, as the product's own."""
    from django.core.cache import cache

    cache.delete_many([FIRST, LAST])
    with app.producer_or_acquire() as producer:
        # While these are done both processes come up.
        for _task in range(WARM):
            nothing.apply_async(queue=QUEUE, producer=producer)
        mark.apply_async(args=[FIRST], queue=QUEUE, producer=producer)
        for _task in range(tasks):
            nothing.apply_async(queue=QUEUE, producer=producer)
        mark.apply_async(args=[LAST], queue=QUEUE, producer=producer)
    with _worker() as worker:
        deadline = time.monotonic() + PATIENCE
        while cache.get(LAST) is None:
            if time.monotonic() > deadline or worker.poll() is not None:
                raise RuntimeError("the Celery worker did not do its tasks")
            time.sleep(0.2)
    return tasks / float(cache.get(LAST) - cache.get(FIRST))


@contextmanager
def _worker() -> Iterator[subprocess.Popen[bytes]]:
    command = worker_command("noop", [QUEUE], application="tests.benchmarks.noop", processes=PROCESSES)
    worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.terminate()
        try:
            worker.wait(30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
