"""A side that has not signed is reminded after two working days and after five; whoever has signed is left alone."""

from __future__ import annotations

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_today, morning_of
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.working_days import add_working_days
from contracts.reminders import KIND, tell_of_signing
from placements.actions.awards import Award
from tests.cast import actor_of
from tests.scenarios import sign, signable_agreement

pytestmark = pytest.mark.usefixtures("committed")


def queued() -> list[OutboxItem]:
    with worker():
        return list(OutboxItem.objects.filter(kind=KIND).order_by("available_at"))


def reminded() -> list[str]:
    outbox.drain("events")
    with worker():
        found = Message.objects.filter(template="contracts.signature_waits", channel="in_app")
        return sorted(found.values_list("user__email", flat=True))


def test_both_sides_then_only_the_one_that_has_not_signed() -> None:
    agreement = signable_agreement()
    first, second = queued()
    today = database_today()
    assert [first.available_at, second.available_at] == [morning_of(add_working_days(today, days)) for days in (2, 5)]
    for _time in range(2):
        tell_of_signing(first)
    everybody = ["bob@example.org", "dora@example.org", "nora@example.org", "sam@example.org", "tessa@example.org"]
    assert reminded() == everybody
    sign(agreement, who="sam")
    tell_of_signing(second)
    assert reminded() == sorted([*everybody, "bob@example.org"])


def test_nobody_is_reminded_of_an_agreement_that_no_longer_waits() -> None:
    from contracts.acceptance import let_fall_through

    agreement = signable_agreement()
    with acting(actor_of("oscar")) as oscar:
        made = Award.objects.get(pk=agreement.award_id)
        let_fall_through(oscar, award_id=made.pk, reason="The home has closed.", because_of_provider=True)
    for item in queued():
        tell_of_signing(item)
    assert reminded() == []
