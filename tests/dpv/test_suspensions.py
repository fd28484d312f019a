"""Suspending and lifting: effective at once, with reasons, and told without any."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.http import Http404

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, worker
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import lift_suspension, move_review, suspend_admission, suspend_admissions
from dpv.eligibility import problems_of, require_eligible
from dpv.models import Admission, Suspension
from tests.cast import TODAY, actor_of, ident

pytestmark = pytest.mark.django_db

HOUSE, LODGE = ident("admission birch-house"), ident("admission birch-lodge")
SOON = TODAY + dt.timedelta(days=14)
REASON = "Concern about night staffing, visit of 3 March."


def suspend(who: str = "carol", **changes: Any) -> Suspension:
    with acting(actor_of(who)) as actor:
        return suspend_admission(actor, **{"admission_id": HOUSE, "reason": REASON, "review_on": SOON, **changes})


def test_a_suspended_admission_may_not_be_used_and_its_provider_is_told_no_reason() -> None:
    suspension = suspend()
    assert suspension.review_on == SOON and suspension.suspended_by_name == "Carol Contract"
    with acting(actor_of("olive")):
        assert problems_of([HOUSE], TODAY)[HOUSE] == ["admission_suspended"]
        with pytest.raises(RuleBroken):
            require_eligible(HOUSE, TODAY)
    with worker():
        (item,) = OutboxItem.objects.filter(kind="notify")
        assert "staffing" not in str(item.payload)
        (notice,) = item.payload["notices"]
        assert (notice["template"], notice["reference"]) == ("dpv.suspended", "T-RES STD")
        assert notice["path"] == f"/o/birch/admissions/{HOUSE}/"
    with acting(actor_of("carol")) as carol:
        entry = Entry.objects.get(organisation_id=carol.organisation_id, kind="admission.suspended")
        assert "staffing" not in str(entry.data)


def test_lifting_needs_a_reason_and_restores() -> None:
    suspend()
    with acting(actor_of("mark")) as mark:
        with pytest.raises(RuleBroken):
            lift_suspension(mark, admission_id=HOUSE, reason="")
        lift_suspension(mark, admission_id=HOUSE, reason="Rota and visit satisfactory.")
        row = Suspension.objects.get(admission_id=HOUSE)
        assert row.lifted_by_name == "Mark Market" and row.lifted_at is not None
        assert problems_of([HOUSE], TODAY)[HOUSE] == []
        with pytest.raises(NotNow):
            lift_suspension(mark, admission_id=HOUSE, reason="Again.")
    suspend()
    with acting(actor_of("carol")):
        assert Suspension.objects.filter(admission_id=HOUSE).count() == 2


def test_a_second_suspension_waits_for_the_first_to_be_lifted() -> None:
    suspend()
    with pytest.raises(NotNow):
        suspend()


def test_several_admissions_are_suspended_together_or_not_at_all() -> None:
    suspend(admission_id=LODGE)
    with acting(actor_of("carol")) as carol:
        with pytest.raises(NotNow):
            suspend_admissions(carol, admission_ids=[HOUSE, LODGE], reason=REASON, review_on=SOON)
        assert Admission.objects.get(pk=HOUSE).status == "admitted"
    with acting(actor_of("mark")) as mark:
        lift_suspension(mark, admission_id=LODGE, reason="Visited.")
    with acting(actor_of("carol")) as carol:
        assert len(suspend_admissions(carol, admission_ids=[HOUSE, LODGE], reason=REASON, review_on=SOON)) == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"reason": "\n"}, "reason_missing"), ({"review_on": TODAY - dt.timedelta(days=1)}, "review_in_past")],
)
def test_what_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        suspend(**changes)
    assert refusal.value.code == code
    with acting(actor_of("carol")):
        assert Admission.objects.get(pk=HOUSE).status == "admitted"


def test_who_may() -> None:
    for who in ("olive", "connie", "bob"):
        with pytest.raises(NotPermitted):
            suspend(who)
    with pytest.raises(Http404):
        suspend("wendy")


def test_a_review_moves_its_day_and_adds_to_the_record() -> None:
    suspend()
    later = SOON + dt.timedelta(days=7)
    with acting(actor_of("carol")) as carol:
        move_review(carol, admission_id=HOUSE, review_on=later, reason="Second visit booked.")
        row = Suspension.objects.get(admission_id=HOUSE)
        assert row.review_on == later and row.reason == f"{REASON}\n\nSecond visit booked."
        with pytest.raises(Http404):
            move_review(carol, admission_id=LODGE, review_on=later, reason="Not suspended.")


def test_a_bar_closes_a_running_suspension() -> None:
    suspend("mark")
    with acting(actor_of("carol")) as carol:
        bar_admission(carol, admission_id=HOUSE, reason="Findings upheld.")
        row = Suspension.objects.get(admission_id=HOUSE)
        assert row.lifted_at is not None and row.lift_reason == "Findings upheld."


def test_one_person_suspends_and_another_lifts_bars_or_ends_it() -> None:
    suspend()
    for act in (lift_suspension, bar_admission, end_admission):
        with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken) as alone:
            act(carol, admission_id=HOUSE, reason="Visited.")
        assert (alone.value.code, alone.value.field) == ("second_person_needed", "reason")
    with acting(actor_of("carol")):
        assert Admission.objects.get(pk=HOUSE).status == "suspended"


def test_a_client_of_a_colleague_is_no_second_person_where_its_secret_is_ones_own() -> None:
    suspend()
    mark, carol = actor_of("mark"), actor_of("carol")
    with acting(replace(mark, client_id=ident("client"), secret_by_id=carol.user_id)) as borrowed:
        with pytest.raises(RuleBroken) as alone:
            lift_suspension(borrowed, admission_id=HOUSE, reason="Visited.")
        assert alone.value.code == "second_person_needed"
    with acting(mark):
        lift_suspension(mark, admission_id=HOUSE, reason="Visited.")


def test_a_suspension_older_than_the_columns_is_lifted_by_anybody_who_may() -> None:
    for who in ("carol", "mark"):
        assert not Suspension(suspended_by_name="Carol Contract").is_made_by(actor_of(who))


def test_the_database_asks_for_a_second_person_too() -> None:
    made = suspend()
    mark = actor_of("mark")
    by_one = {"lifted_at": made.suspended_at, "lifted_by_user_id": made.suspended_by_user_id}
    for who, values in (
        ("carol", by_one),
        ("carol", {**by_one, "lifted_by_user_id": mark.user_id}),
        ("carol", {"suspended_by_user_id": mark.user_id}),
        ("mark", {"suspended_by_user_id": None}),
        ("mark", by_one),
    ):
        with pytest.raises(DatabaseError), acting(actor_of(who)):
            Suspension.objects.filter(pk=made.pk).update(**values)
    with pytest.raises(DatabaseError), acting(actor_of("carol")):
        Suspension.objects.filter(pk=made.pk).delete()


def test_a_provider_reads_no_hands() -> None:
    suspend()
    with acting(actor_of("bob")):
        assert Suspension.objects.get().get_deferred_fields() == set(Suspension.NOT_FOR_PROVIDERS)
        for column in Suspension.NOT_FOR_PROVIDERS:
            with pytest.raises(DatabaseError), transaction.atomic():
                list(Suspension.objects.values_list(column))
