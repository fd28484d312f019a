"""Whoever runs an open referral is told of a measure that concerns it: once, in its own authority, without a reason."""

from __future__ import annotations

import datetime as dt

import pytest

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from contracts.models import Agreement
from dpv.actions.admissions import bar_admission
from dpv.actions.measures import refuse_measure, review_measure
from dpv.actions.suspensions import lift_suspension, suspend_admission
from dpv.models import Measure, Suspension
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import CANARY, LEVELS, in_force, lifted, proposed
from tests.firewall.finding import living
from tests.proofs.racing import watching

HOUSE = ident("admission birch-house")


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


def test_a_council_that_has_left_the_region_is_not_told(committed: str) -> None:
    scenarios.invited("birch-house", who="edith")
    ealing = actor_of("edith").organisation_id
    with watching(committed) as watch:
        watch.ask(
            "UPDATE tenants_regionmember SET ends_on = %s WHERE organisation_id = %s",
            TODAY - dt.timedelta(1),
            str(ealing),
        )
    in_force()
    outbox.drain("events")
    assert _told("edith", "contracts.home_stopped") == []


def test_of_a_restriction_officers_hear_in_other_words(committed: str) -> None:
    scenarios.invited("birch-house")
    in_force(kind="restrict")
    outbox.drain("events")
    assert len(_told("olive", "contracts.home_restricted")) == 1 and not _told("olive", "contracts.home_stopped")


def test_officers_who_were_told_hear_when_the_home_may_be_used_again_and_no_others(committed: str) -> None:
    first = scenarios.invited("birch-house")
    measure = in_force()
    outbox.drain("events")
    lifted(measure)
    late = scenarios.invited("birch-house")
    outbox.drain("events")
    outbox._handlers["measure_told"](_again(measure))
    outbox.drain("events")
    assert _told("olive", "contracts.home_released") == [f"/o/harrow/referrals/{first.reference}/match/"]
    assert late.reference not in str(_told("olive", "contracts.home_released"))
    assert _told("edith", "contracts.home_released") == []


def test_an_urgent_suspension_that_is_refused_is_told_as_over(committed: str) -> None:
    first = scenarios.invited("birch-house")
    measure = proposed(is_urgent=True)
    outbox.drain("events")
    with acting(actor_of("mark")) as mark:
        refuse_measure(mark, reference=measure.reference, note="Nobody is in danger.")
    outbox.drain("events")
    assert _told("olive", "contracts.home_released") == [f"/o/harrow/referrals/{first.reference}/match/"]


def test_nobody_hears_that_a_home_may_be_used_while_something_else_stops_it(committed: str) -> None:
    first = scenarios.invited("birch-house")
    _suspended("carol")
    measure = in_force()
    outbox.drain("events")
    assert len(_told("olive", "contracts.home_stopped")) == 2
    lifted(measure)
    outbox.drain("events")
    assert _told("olive", "contracts.home_released") == []
    with acting(actor_of("mark")) as mark:
        lift_suspension(mark, admission_id=HOUSE, reason="Visited.")
    outbox.drain("events")
    assert _told("olive", "contracts.home_released") == [f"/o/harrow/referrals/{first.reference}/match/"]


def test_a_suspension_from_a_lot_is_told_like_a_measure_and_a_bar_is_no_release(committed: str) -> None:
    first = scenarios.invited("birch-house")
    made = _suspended("mark")
    for _time in range(2):
        outbox.drain("events")
        outbox._handlers["suspension_told"](_item("suspension_told", suspension=str(made.pk)))
    assert _told("olive", "contracts.home_stopped") == [f"/o/harrow/referrals/{first.reference}/match/"]
    with acting(actor_of("carol")) as carol:
        bar_admission(carol, admission_id=HOUSE, reason="Findings upheld.")
    outbox.drain("events")
    outbox._handlers["suspension_told"](_item("suspension_told", suspension=str(made.pk)))
    outbox.drain("events")
    assert _told("olive", "contracts.home_released") == []


def test_of_a_restriction_authorities_with_somebody_there_hear_and_of_its_end(committed: str) -> None:
    living("birch-house", who="olive")
    living("cedar-house", who="edith")
    measure = in_force(kind="restrict", **LEVELS["establishment"])
    for _time in range(2):
        outbox.drain("events")
        outbox._handlers["measure_told"](_again(measure))
    page = f"/o/harrow/measures/{measure.reference}/"
    assert _told("olive", "contracts.measure_restricts") == [page]
    assert _told("edith", "contracts.measure_restricts") == [] == _told("olive", "contracts.measure_released")
    lifted(measure)
    for _time in range(2):
        outbox.drain("events")
        outbox._handlers["measure_told"](_again(measure))
    outbox.drain("events")
    assert _told("olive", "contracts.measure_released") == [page] and not _told("edith", "contracts.measure_released")


def test_of_other_conditions_the_same_hear_once_and_of_a_review_without_them_nobody(committed: str) -> None:
    living("birch-house", who="olive")
    living("cedar-house", who="edith")
    asked = scenarios.invited("birch-house", who="oscar")
    measure = in_force(kind="restrict", **LEVELS["establishment"])
    _reviewed(measure, None)
    _reviewed(measure, measure.conditions)
    outbox.drain("events")
    assert not _told("olive", "contracts.measure_conditions") and not _told("oscar", "contracts.home_conditions")
    _reviewed(measure, "Nobody under 12.")
    with worker():
        items = list(OutboxItem.objects.filter(kind="measure_told", payload__has_key="review"))
    assert len(items) == 1
    for _time in range(2):
        outbox.drain("events")
        outbox._handlers["measure_told"](items[0])
    outbox.drain("events")
    page = f"/o/harrow/measures/{measure.reference}/"
    assert _told("olive", "contracts.measure_conditions") == [page] and not _told(
        "edith", "contracts.measure_conditions"
    )
    assert _told("oscar", "contracts.home_conditions") == [f"/o/harrow/referrals/{asked.reference}/match/"]
    with acting(actor_of("olive")):
        assert "under 12" not in str(list(Entry.objects.values_list("data", flat=True)))
    _reviewed(measure, "Nobody under 14.")
    outbox.drain("events")
    assert len(_told("olive", "contracts.measure_conditions")) == 2, "each change is told"
    lifted(measure)
    outbox._handlers["measure_told"](items[0])
    outbox.drain("events")
    assert len(_told("olive", "contracts.measure_conditions")) == 2, "it no longer holds"


def _reviewed(measure: Measure, conditions: str | None) -> None:
    soon = TODAY + dt.timedelta(days=30)
    with acting(actor_of("carol")) as carol:
        review_measure(carol, reference=measure.reference, note="Seen.", review_on=soon, conditions=conditions)


def _suspended(who: str) -> Suspension:
    with acting(actor_of(who)) as actor:
        return suspend_admission(actor, admission_id=HOUSE, reason=CANARY, review_on=TODAY)


def _again(made: Measure) -> OutboxItem:
    return _item("measure_told", measure=made.reference)


def _item(kind: str, **payload: str) -> OutboxItem:
    return OutboxItem(organisation_id=ident("west-london-central"), queue="events", kind=kind, payload=payload)
