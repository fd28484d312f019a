"""A start that moves after the agreement was drawn up: drawn up again while unsigned, shown as different afterwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from contracts.models import Agreement
from contracts.queries.agreements import agreement_list, counted_agreements
from contracts.rescheduling import follow_start
from placements.actions.placements import START_MOVED, reschedule_placement
from placements.models import Placement
from tests.cast import actor_of
from tests.scenarios import sign, signable_agreement

pytestmark = pytest.mark.usefixtures("committed")
SignIn = Callable[[str], Client]


def move(agreement: Agreement, days: int) -> dt.date:
    """Plan the start so many days after the day agreed, and have the work done (twice)."""
    day = agreement.starts_on + dt.timedelta(days=days)
    with acting(actor_of("oscar")) as oscar:
        reschedule_placement(oscar, placement_id=agreement.placement_id, planned_start_on=day)
    with worker():
        items = list(OutboxItem.objects.filter(kind=START_MOVED, done_at__isnull=True))
    for item in items:
        follow_start(item)
    outbox.drain("documents")
    outbox.drain("events")
    return day


def told(template: str) -> list[str]:
    with worker():
        found = Message.objects.filter(template=template, channel="in_app")
        return sorted(found.values_list("user__email", flat=True))


def versions(agreement: Agreement) -> list[Agreement]:
    with acting(actor_of("oscar")):
        return list(Agreement.objects.filter(reference=agreement.reference).order_by("version"))


def test_an_unsigned_agreement_is_drawn_up_again_with_the_new_day(sign_in: SignIn) -> None:
    agreement = signable_agreement()
    day = move(agreement, 3)
    old, new = versions(agreement)
    assert (old.status, old.starts_on) == ("cancelled", agreement.starts_on)
    assert (new.status, new.version, new.starts_on) == ("awaiting_signatures", 2, day)
    assert new.terms["dates"]["start_on"] == day.isoformat()
    assert told("contracts.drawn_up_again") == ["bob@example.org"]
    for who, slug in (("bob", "birch"), ("oscar", "harrow")):
        listed = sign_in(who).get(f"/o/{slug}/agreements/").content.decode()
        assert listed.count(f"/agreements/{agreement.reference}/") == 1 and "Cancelled</strong>" not in listed
    for who in ("oscar", "bob"):
        with acting(actor_of(who)):
            assert [row.version for row in agreement_list()] == [2] and counted_agreements().count() == 1
            assert counted_agreements(status="cancelled").count() == 0
    sign(new, who="sam")


def test_a_signed_one_says_on_both_pages_that_the_days_differ(sign_in: SignIn) -> None:
    agreement = signable_agreement()
    sign(agreement, who="sam")
    day = move(agreement, 3)
    (only,) = versions(agreement)
    assert (only.status, only.starts_on, only.moved_start_on) == ("part_signed", agreement.starts_on, day)
    assert told("contracts.start_moved") == ["bob@example.org"]
    with acting(actor_of("oscar")):
        placement = Placement.objects.get(pk=agreement.placement_id)
    planned = sign_in("oscar").get(f"/o/harrow/placements/{placement.reference}/").content.decode()
    assert "which is not the day planned now" in planned
    for who, slug in (("bob", "birch"), ("oscar", "harrow")):
        page = sign_in(who).get(f"/o/{slug}/agreements/{agreement.reference}/").content.decode()
        assert "which is not the day agreed" in page
    move(agreement, 0)
    assert versions(agreement)[0].moved_start_on is None
    assert "not the day" not in sign_in("bob").get(f"/o/birch/agreements/{agreement.reference}/").content.decode()
