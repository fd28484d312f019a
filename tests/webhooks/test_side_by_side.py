"""Several workers at once: a slow receiver has one of them, and the others go on."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from brokerage.core.webhooks import delivery
from tests.webhooks.receiver import receiving
from tests.webhooks.steps import act, added, expand, machine


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True


def test_a_slow_receiver_holds_up_nobody(committed: str) -> None:
    """One worker hangs in the slow one; another serves the rest meanwhile, and never the slow one too."""
    release = threading.Event()
    with receiving(hold=release.wait) as slow, receiving() as quick:
        harrow = machine("olive")
        added(harrow, "olive", slow.url)
        act()
        expand()
        added(harrow, "olive", quick.url)

        def work() -> None:
            try:
                delivery.deliver(seconds=1)
            finally:
                connections.close_all()

        hanging = threading.Thread(target=work)
        hanging.start()
        try:
            while not slow.sent:
                hanging.join(0.01)
            act(reference="HAR-2")
            expand()
            assert delivery.deliver() == 1
            assert quick.kinds == ["referral.published"] and len(slow.sent) == 1
        finally:
            release.set()
            hanging.join(30)
        delivery.deliver()
        assert len(slow.sent) == 2 and len(quick.sent) == 1
