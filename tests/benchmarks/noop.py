"""A Celery task that does nothing, and how many of it one worker does in a second: the reference of deliveries.

As the product's tasks are (acknowledged once they are done, one at a time, in as many processes as its workers have
together), and as Celery comes (acknowledged when they begin, four fetched at once, a process for each core).
"""

from __future__ import annotations

import os
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


@app.task(name="bench.nothing_as_it_comes", ignore_result=True, acks_late=False, reject_on_worker_lost=False)
def nothing_as_it_comes() -> None:
    """Do nothing, acknowledged beforehand."""


@app.task(name="bench.mark", ignore_result=True)
def mark(name: str) -> None:
    """Write down when the worker came here first."""
    from django.core.cache import cache

    cache.add(name, time.time(), 600)


def tasks_a_second(tasks: int, *, as_it_comes: bool = False) -> float:
    """All of them wait when the worker is started."""
    from django.core.cache import cache

    cache.delete_many([FIRST, LAST])
    task = nothing_as_it_comes if as_it_comes else nothing
    with app.producer_or_acquire() as producer:
        # While these are done both processes come up.
        for _task in range(WARM):
            task.apply_async(queue=QUEUE, producer=producer)
        # A process that only comes up may be long over the mark that it takes: one of them is not.
        for _process in range(PROCESSES):
            mark.apply_async(args=[FIRST], queue=QUEUE, producer=producer)
        for _task in range(tasks):
            task.apply_async(queue=QUEUE, producer=producer)
        mark.apply_async(args=[LAST], queue=QUEUE, producer=producer)
    with _worker(as_it_comes) as worker:
        deadline = time.monotonic() + PATIENCE
        while cache.get(LAST) is None:
            if time.monotonic() > deadline or worker.poll() is not None:
                raise RuntimeError("the Celery worker did not do its tasks")
            time.sleep(0.2)
    return tasks / float(cache.get(LAST) - cache.get(FIRST))


@contextmanager
def _worker(as_it_comes: bool) -> Iterator[subprocess.Popen[bytes]]:
    processes = os.cpu_count() or 1 if as_it_comes else PROCESSES
    command = worker_command("noop", [QUEUE], application="tests.benchmarks.noop", processes=processes)
    if as_it_comes:
        command += ["--prefetch-multiplier", "4"]
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
