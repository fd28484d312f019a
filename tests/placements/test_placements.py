"""The placement's life: start, another day, end, the host authority, its pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.core.working_days import add_working_days
from placements.actions.placements import (
    end_placement,
    record_host_notified,
    reschedule_placement,
    start_placement,
)
from placements.models import Person, Placement, Referral
from placements.queries.placements import host_notice_of, listed_placements, placement_of, totals_of
from providers.models import Establishment, Occupancy
from tests.cast import actor_of, ident
from tests.scenarios import award, awarded, chosen

pytestmark = pytest.mark.django_db
TODAY = dt.date.today()
OF_A_CHILD = {"placement_type": "K2", "placement_provider": "PR4"}
SignIn = Callable[[str], Client]


def _planned(who: str = "oscar", *homes: str) -> Placement:
    _story, made = awarded(*homes, who=who)
    with acting(actor_of(who)):
        return Placement.objects.get(award=made)


def _started() -> Placement:
    oscar = actor_of("oscar")
    placement = _planned()
    with acting(oscar):
        return start_placement(oscar, placement_id=placement.pk, started_on=TODAY, **OF_A_CHILD)


def _bare_placements(count: int) -> None:
    """Spot placements as an import leaves them."""
    oscar = actor_of("oscar")
    with acting(oscar):
        for number in range(count):
            person = Person.objects.create(
                authority_id=oscar.organisation_id,
                case_number=f"SPOT-{Person.objects.count()}",
                given_name="A",
                family_name="B",
                date_of_birth=dt.date(2012, 1, 1),
                sex="female",
            )
            Placement.objects.create(
                authority_id=oscar.organisation_id,
                person=person,
                status="active",
                category="residential",
                source="spot",
                provider_id=ident("birch"),
                establishment_id=ident("birch-house"),
                planned_start_on=TODAY - dt.timedelta(days=number),
                started_on=TODAY - dt.timedelta(days=number),
                weekly_core=Decimal("100.10"),
                weekly_total=Decimal("100.10"),
            )


def test_starting_places_the_referral() -> None:
    placement = _started()
    assert (placement.status, placement.started_on, placement.placement_type) == ("active", TODAY, "K2")
    with acting(actor_of("oscar")):
        assert Referral.objects.get().status == "placed"


def test_what_starting_refuses() -> None:
    placement = _planned()
    oscar, connie = actor_of("oscar"), actor_of("connie")
    for changes, code in (
        ({"started_on": TODAY + dt.timedelta(days=1)}, "start_ahead"),
        ({"started_on": TODAY - dt.timedelta(days=30)}, "start_before_award"),
        ({"started_on": TODAY, "placement_type": "X9"}, "placement_type"),
        ({"started_on": TODAY, "placement_type": ""}, "placement_type"),
        ({"started_on": TODAY, "placement_provider": "PR9"}, "placement_provider"),
        ({"started_on": TODAY, "placement_provider": ""}, "placement_provider"),
    ):
        with acting(oscar), pytest.raises(RuleBroken) as refusal:
            start_placement(oscar, placement_id=placement.pk, **{**OF_A_CHILD, **changes})
        assert refusal.value.code == code
    with acting(connie), pytest.raises(NotPermitted):
        start_placement(connie, placement_id=placement.pk, started_on=TODAY)


def test_starting_twice_is_told() -> None:
    placement = _started()
    oscar = actor_of("oscar")
    with acting(oscar), pytest.raises(NotNow):
        start_placement(oscar, placement_id=placement.pk, started_on=TODAY)


def test_ending_gives_the_place_back() -> None:
    placement = _started()
    oscar = actor_of("oscar")
    with acting(oscar):
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 1
        ended = end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason="CARPL")
        assert (ended.status, ended.ended_on, ended.end_reason) == ("ended", TODAY, "CARPL")
        assert Occupancy.objects.get(establishment_id=ident("birch-house")).taken == 0


def test_ending_a_fostering_placement_frees_the_household() -> None:
    placement = _planned("oscar", "alder-fostering")
    oscar = actor_of("oscar")
    with acting(oscar):
        start_placement(oscar, placement_id=placement.pk, started_on=TODAY, **OF_A_CHILD)
        end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason="CHILD")
        assert Occupancy.objects.get(household__code="ALD-1").taken == 0


def test_what_ending_refuses() -> None:
    placement = _started()
    oscar = actor_of("oscar")
    for changes, code in (
        ({"ended_on": TODAY, "end_reason": "BORED"}, "end_reason"),
        ({"ended_on": TODAY + dt.timedelta(days=1), "end_reason": "CARPL"}, "end_ahead"),
        ({"ended_on": TODAY - dt.timedelta(days=1), "end_reason": "CARPL"}, "end_before_start"),
    ):
        with acting(oscar), pytest.raises(RuleBroken) as refusal:
            end_placement(oscar, placement_id=placement.pk, **changes)
        assert refusal.value.code == code
    with acting(oscar), pytest.raises(RuleBroken, match="why the placement ended"):
        Placement.objects.filter(pk=placement.pk).update(category="adult_residential")
        end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason="CHILD")


def test_a_planned_placement_is_not_ended_but_moved() -> None:
    placement = _planned()
    oscar = actor_of("oscar")
    with acting(oscar), pytest.raises(NotNow):
        end_placement(oscar, placement_id=placement.pk, ended_on=TODAY, end_reason="CARPL")
    later = TODAY + dt.timedelta(days=20)
    with acting(oscar):
        assert reschedule_placement(oscar, placement_id=placement.pk, planned_start_on=later).planned_start_on == later
    with acting(oscar), pytest.raises(RuleBroken, match="today or later"):
        reschedule_placement(oscar, placement_id=placement.pk, planned_start_on=TODAY - dt.timedelta(days=1))


def test_the_host_authority_is_told_in_time() -> None:
    with acting(actor_of("carol")):
        Establishment.objects.filter(pk=ident("birch-house")).update(gss_code="E09000009")
    _story, offers = chosen()
    waiting = award(offers[0])
    from contracts import acceptance

    nora, oscar = actor_of("nora"), actor_of("oscar")
    with acting(nora):
        acceptance.approve(nora, award_id=waiting.pk, kind="out_of_area")
    with acting(oscar):
        placement = placement_of(Placement.objects.get().reference)
        planned = host_notice_of(placement)
        assert planned.name == "Ealing" and planned.due_on == placement.planned_start_on
        assert not planned.is_overdue(TODAY) and planned.is_overdue(placement.planned_start_on + dt.timedelta(days=1))
        Referral.objects.update(urgency="today")
        emergency = host_notice_of(placement_of(placement.reference))
        assert emergency.due_on == add_working_days(placement.planned_start_on, 5)
        with pytest.raises(RuleBroken):
            record_host_notified(oscar, placement_id=placement.pk, notified_on=TODAY + dt.timedelta(days=1))
        record_host_notified(oscar, placement_id=placement.pk, notified_on=TODAY)
        assert not host_notice_of(placement_of(placement.reference)).is_overdue(TODAY + dt.timedelta(days=99))


def test_inside_the_area_nobody_else_is_told() -> None:
    placement = _planned()
    with acting(actor_of("oscar")):
        assert host_notice_of(placement).due_on is None


def test_the_weekly_total_is_of_the_whole_filtered_list() -> None:
    _bare_placements(3)
    with acting(actor_of("oscar")):
        assert totals_of(listed_placements(source="spot")).weekly == Decimal("300.30")
        assert totals_of(listed_placements(source="block")).weekly == 0
        assert listed_placements(q="birch ho").count() == 3
        assert listed_placements(q="cedar").count() == 0
    with acting(actor_of("edith")):
        assert listed_placements().count() == 0


def test_the_pages_of_a_placement(sign_in: SignIn) -> None:
    placement = _planned()
    client = sign_in("oscar")
    path = f"/o/harrow/placements/{placement.reference}/"
    assert placement.reference in client.get("/o/harrow/placements/").content.decode()
    page = client.get(path).content.decode()
    assert "They moved in" in page and "Birch House" in page
    form = client.get(path + "start/").content.decode()
    assert "K2 Children" in form
    given = {"started_on": TODAY.isoformat(), "placement_type": "K2", "placement_provider": "PR4"}
    assert "Enter the day they moved in" in client.post(path + "start/", {**given, "started_on": ""}).content.decode()
    assert client.post(path + "start/", given).status_code == 302
    assert client.post(path + "start/", given).status_code == 409
    assert client.get(path + "start/").status_code == 409
    assert "End the placement" in client.get(path).content.decode()
    assert (
        "Select why the placement ended" in client.post(path + "end/", {"ended_on": TODAY.isoformat()}).content.decode()
    )
    assert client.post(path + "end/", {"ended_on": TODAY.isoformat(), "end_reason": "CARPL"}).status_code == 302
    ended = client.get(path).content.decode()
    assert "CARPL Change to" in ended and "They moved in" not in ended


def test_who_sees_a_placement(sign_in: SignIn) -> None:
    placement = _planned()
    path = f"placements/{placement.reference}/"
    assert sign_in("fiona").get(f"/o/harrow/{path}").status_code == 200
    assert sign_in("sandra").get(f"/o/harrow/{path}").status_code == 403
    assert sign_in("edith").get(f"/o/ealing/{path}").status_code == 404
    assert sign_in("bob").get(f"/o/birch/{path}").status_code == 403
    assert sign_in("fiona").get(f"/o/harrow/{path}start/").status_code == 403


def test_the_list_takes_the_same_queries_for_1_10_and_30_placements(sign_in: SignIn) -> None:
    client = sign_in("oscar")
    counts = []
    for more in (1, 9, 20):
        _bare_placements(more)
        client.get("/o/harrow/placements/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/o/harrow/placements/")
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 25, counts
