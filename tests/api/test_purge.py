"""Answers kept for repeated requests go after a day, those of today stay."""

from __future__ import annotations

from datetime import timedelta

from brokerage.core.api.models import KeptAnswer
from brokerage.core.api.purge import purge_kept_answers
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting, worker
from tests.api.clients import client_of
from tests.cast import actor_of


def test_what_was_kept_yesterday_goes(committed: str) -> None:
    machine = client_of("olive")
    with acting(actor_of("olive")) as actor:
        now = database_now()
        for number, age in enumerate((25, 30, 23, 0)):
            KeptAnswer(
                organisation_id=actor.organisation_id,
                client_id=machine.client_id,
                key=f"key-{number}",
                fingerprint="0" * 64,
                status=201,
                body="{}",
                created_at=now - timedelta(hours=age),
            ).save(force_insert=True)
    assert purge_kept_answers(batch=1) == 2
    with worker():
        assert set(KeptAnswer.objects.values_list("key", flat=True)) == {"key-2", "key-3"}
    assert purge_kept_answers() == 0
