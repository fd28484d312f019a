"""The Celery application, whose children may die at each step of drawing a document (`dying`), and whose clock may be
off (`clock`).
"""

from __future__ import annotations

from typing import Any

from celery.signals import worker_process_init

from brokerage.celery import app as app
from tests.faults.clock import set_clock_off
from tests.faults.dying import DRAWN, RECORDED, STORED, UNMARKED, after, pass_by


@worker_process_init.connect
def _may_die(**_named: Any) -> None:
    from brokerage.core.audit import outbox
    from contracts import documents

    set_clock_off()
    after(documents, "render_ipa", DRAWN)
    after(documents, "_store", STORED)
    after(documents, "record", RECORDED)
    real = outbox._mark

    def mark(item: Any, error: str) -> None:
        if item.kind in ("render_ipa", "seal_ipa"):
            pass_by(UNMARKED)
        real(item, error)

    outbox._mark = mark
