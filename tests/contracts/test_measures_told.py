"""Whoever runs an open referral is told of a measure that concerns it: once, in its own authority, without a reason."""

from __future__ import annotations

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting
from contracts.models import Agreement
from dpv.models import Measure
from tests import scenarios
from tests.cast import actor_of, ident
from tests.dpv.measuring import CANARY, LEVELS, in_force


def _told(who: str, template: str) -> list[str]:
    with acting(actor_of(who)) as actor:
        rows = Message.objects.filter(organisation_id=actor.organisation_id, template=template, channel="in_app")
        return sorted(rows.values_list("path", flat=True))


@pytest.mark.parametrize("level", LEVELS)
def test_open_referrals_are_told_once_each_in_its_own_authority(level: str, committed: str) -> None:
    harrow = scenarios.invited("birch-house")
    ealing = scenarios.invited("birch-house", who="edith")
    elsewhere = scenarios.invited("cedar-house")
    _story, made = scenarios.awarded("birch-house")
    measure = in_force(**LEVELS[level])
    outbox.drain("events")
    outbox._handlers["measure_told"](_again(measure))
    outbox.drain("events")
    with acting(actor_of("oscar")):
        awarded = Agreement.objects.get(award_id=made.pk).referral_reference
    assert _told("olive", "contracts.home_stopped") == [f"/o/harrow/referrals/{harrow.reference}/match/"]
    assert _told("oscar", "contracts.home_stopped") == [f"/o/harrow/referrals/{awarded}/"]
    assert _told("edith", "contracts.home_stopped") == [f"/o/ealing/referrals/{ealing.reference}/match/"]
    assert elsewhere.reference not in str(_told("olive", "contracts.home_stopped"))
    assert _told("bob", "dpv.measure_in_force") == [f"/o/birch/measures/{measure.reference}/"]
    with acting(actor_of("olive")):
        assert CANARY not in str(list(Entry.objects.values_list("data", flat=True)))


def test_of_a_restriction_officers_hear_in_other_words(committed: str) -> None:
    scenarios.invited("birch-house")
    in_force(kind="restrict")
    outbox.drain("events")
    assert len(_told("olive", "contracts.home_restricted")) == 1 and not _told("olive", "contracts.home_stopped")


def _again(made: Measure) -> OutboxItem:
    return OutboxItem(
        organisation_id=ident("west-london-central"),
        queue="events",
        kind="measure_told",
        payload={"measure": made.reference},
    )
