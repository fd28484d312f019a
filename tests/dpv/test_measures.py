"""Measures: four eyes, what they stop at each level, and who reads what of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.http import Http404

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting, worker
from dpv.actions import measures
from dpv.actions.measure_appeals import answer_appeal, appeal_measure
from dpv.eligibility import problems_of, require_not_stopped
from dpv.models import Admission, Measure, MeasureAppeal, MeasureStep
from dpv.queries.measures import Reach, measures_about, reach_of, region_run_by, restrictions_on
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import CANARY, LEVELS, SOON, in_force, lifted, proposed
from tests.safeguarding.alerting import raised
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db

HOUSE, LODGE, CEDAR = (ident(f"admission {home}") for home in ("birch-house", "birch-lodge", "cedar-house"))


def problems(who: str = "olive") -> dict[Any, list[str]]:
    with acting(actor_of(who)):
        return problems_of([HOUSE, LODGE, CEDAR], TODAY)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("kind", "code"), [("suspend", "measure_suspended"), ("bar", "measure_barred")])
def test_in_force_it_stops_what_it_covers_and_nothing_else_until_lifted(level: str, kind: str, code: str) -> None:
    made = proposed(kind=kind, **LEVELS[level])
    assert made.level == level and problems()[HOUSE] == []
    with acting(actor_of("mark")) as mark:
        assert measures.confirm_measure(mark, reference=made.reference).status == "in_force"
    found = problems()
    assert found[HOUSE] == [code] and found[CEDAR] == []
    assert found[LODGE] == ([code] if level == "provider" else [])
    # The provider's own check agrees.
    with acting(actor_of("bob")):
        assert problems_of([HOUSE], TODAY)[HOUSE] == [code]
        with pytest.raises(RuleBroken, match="nobody can sign"):
            require_not_stopped(HOUSE, TODAY)
    lifted(made)
    assert problems()[HOUSE] == []


def test_a_lot_level_measure_without_a_home_covers_all_of_the_provider_on_that_lot() -> None:
    in_force(lot_id=ident("lot T-RES"))
    assert problems()[HOUSE] == problems()[LODGE] == ["measure_suspended"]
    with acting(actor_of("carol")):
        made = Measure.objects.get()
        assert (made.level, made.about) == ("lot", "Birch Care Ltd, T-RES STD")


def test_an_admission_made_afterwards_is_covered() -> None:
    in_force()
    with acting(actor_of("carol")):
        Admission.objects.filter(pk=LODGE).update(status="ended")
        again = Admission.objects.get(pk=LODGE)
        again.pk, again.status = ident("admission birch-lodge again"), "admitted"
        again.save(force_insert=True)
    with acting(actor_of("olive")):
        assert "measure_suspended" in problems_of([again.pk], TODAY)[again.pk]


def test_a_restriction_stops_nothing_and_is_shown() -> None:
    made = in_force(kind="restrict", establishment_id=ident("birch-house"))
    assert problems()[HOUSE] == []
    with acting(actor_of("olive")):
        assert [each.reference for each in restrictions_on([HOUSE, LODGE])[HOUSE]] == [made.reference]
        assert LODGE not in restrictions_on([HOUSE, LODGE])


def test_the_proposer_never_decides_nor_lifts_alone() -> None:
    made = proposed(kind="bar")
    with acting(actor_of("carol")) as carol:
        for act in (measures.confirm_measure, measures.refuse_measure):
            with pytest.raises(RuleBroken) as refusal:
                act(carol, reference=made.reference, note="Me again.")
            assert refusal.value.code == "second_person_needed"
    with acting(actor_of("mark")) as mark:
        measures.confirm_measure(mark, reference=made.reference)
        measures.propose_lift(mark, reference=made.reference, note="Enough.")
        with pytest.raises(RuleBroken, match="Somebody else"):
            measures.lift_measure(mark, reference=made.reference)
    with acting(actor_of("carol")) as carol:
        kept = measures.keep_measure(carol, reference=made.reference, note="Not yet.")
        assert (kept.status, kept.lift_proposed_by_user_id) == ("in_force", None)
        with pytest.raises(NotNow):
            measures.lift_measure(carol, reference=made.reference)


@pytest.mark.parametrize(
    ("who", "was", "sql"),
    [
        ("carol", "proposed", "UPDATE dpv_measure SET status = 'in_force', in_force_at = now()"),
        ("carol", "proposed", "UPDATE dpv_measure SET status = 'refused'"),
        ("mark", "proposed", "UPDATE dpv_measure SET status = 'in_force', in_force_at = now()"),
        ("mark", "in_force", "UPDATE dpv_measure SET status = 'lifted', lifted_at = now()"),
        ("mark", "in_force", "UPDATE dpv_measure SET status = 'proposed'"),
        ("mark", "in_force", "UPDATE dpv_measure SET kind = 'restrict'"),
        ("mark", "in_force", "DELETE FROM dpv_measure"),
        ("mark", "in_force", "UPDATE dpv_measurestep SET text = ''"),
        ("bob", "in_force", "UPDATE dpv_measure SET review_on = now()"),
        ("olive", "in_force", "UPDATE dpv_measure SET review_on = now()"),
    ],
)
def test_the_database_holds_the_four_eyes_itself(who: str, was: str, sql: str) -> None:
    (proposed if was == "proposed" else in_force)()
    with acting(actor_of(who)), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("column", ["lift_proposed_by_user_id", "decided_by_user_id"])
def test_nobody_writes_another_person_down_to_be_the_second_one(column: str) -> None:
    made = in_force()
    with acting(actor_of("mark")) as mark:
        measures.propose_lift(mark, reference=made.reference, note="Enough.")
    other = actor_of("connie").user_id
    with acting(actor_of("mark")), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE dpv_measure SET {column} = %s", [other])


def test_in_danger_one_person_suspends_at_once_and_a_second_confirms_or_ends_it() -> None:
    made = proposed(is_urgent=True)
    assert (made.status, made.confirm_by is not None) == ("unconfirmed", True)
    assert problems()[HOUSE] == ["measure_suspended"]
    with acting(actor_of("mark")) as mark:
        measures.refuse_measure(mark, reference=made.reference, note="Nobody is in danger.")
    assert problems()[HOUSE] == []
    again = proposed(is_urgent=True)
    with acting(actor_of("mark")) as mark:
        assert measures.confirm_measure(mark, reference=again.reference).status == "in_force"
    for kind in ("bar", "restrict"):
        with pytest.raises(RuleBroken) as refusal:
            proposed(kind=kind, is_urgent=True)
        assert refusal.value.code == "only_suspend_at_once"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "warn"}, "kind_missing"),
        ({"reason": " "}, "reason_missing"),
        ({"told_provider": ""}, "told_provider_missing"),
        ({"kind": "restrict", "conditions": ""}, "conditions_missing"),
        ({"review_on": TODAY - dt.timedelta(days=1)}, "review_in_past"),
        ({"reason": "x" * 4001}, "text_too_long"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        proposed(**changes)
    assert refusal.value.code == code


def test_who_may() -> None:
    for who in ("olive", "tessa", "bob"):
        with pytest.raises(NotPermitted):
            proposed(who)
    made = proposed()
    with acting(actor_of("wendy")) as wendy, pytest.raises(Http404):
        measures.confirm_measure(wendy, reference=made.reference)
    with pytest.raises(Http404):
        proposed(establishment_id=ident("cedar-house"))
    with pytest.raises(NotNow, match="already"):
        proposed()


def test_a_proposal_is_taken_back_by_its_proposer_alone() -> None:
    made = proposed()
    with acting(actor_of("mark")) as mark, pytest.raises(RuleBroken):
        measures.withdraw_measure(mark, reference=made.reference, note="No.")
    with acting(actor_of("carol")) as carol:
        assert measures.withdraw_measure(carol, reference=made.reference, note="Wrong home.").status == "withdrawn"
        with pytest.raises(NotNow):
            measures.withdraw_measure(carol, reference=made.reference, note="Again.")


def test_a_review_moves_the_day_and_may_change_the_conditions() -> None:
    made = in_force(kind="restrict")
    later = SOON + dt.timedelta(days=30)
    with acting(actor_of("carol")) as carol:
        with pytest.raises(RuleBroken):
            measures.review_measure(carol, reference=made.reference, note="Seen.", review_on=later, conditions=" ")
        measures.review_measure(carol, reference=made.reference, note="Seen.", review_on=later, conditions="One girl.")
        made.refresh_from_db()
        assert (made.review_on, made.conditions) == (later, "One girl.")
        assert measures.review_measure(carol, reference=made.reference, note="Same.", review_on=later)
    lifted(made)
    with acting(actor_of("carol")) as carol, pytest.raises(NotNow):
        measures.review_measure(carol, reference=made.reference, note="Late.", review_on=later)


def test_an_appeal_and_its_answer_by_somebody_else() -> None:
    made = in_force()
    with acting(actor_of("bob")) as bob:
        with pytest.raises(RuleBroken):
            appeal_measure(bob, reference=made.reference, text="")
        appeal_measure(bob, reference=made.reference, text="Both were awake.")
        with pytest.raises(NotNow):
            appeal_measure(bob, reference=made.reference, text="And again.")
    for who in ("alice", "cecil"):
        with acting(actor_of(who)) as other, pytest.raises((Http404, NotPermitted)):
            appeal_measure(other, reference=made.reference, text="Not mine.")
    with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken) as refusal:
        answer_appeal(carol, reference=made.reference, outcome="not_upheld", answer="No.")
    assert refusal.value.code == "second_person_needed"
    with acting(actor_of("mark")) as mark:
        with pytest.raises(RuleBroken):
            answer_appeal(mark, reference=made.reference, outcome="perhaps", answer="No.")
        answer_appeal(mark, reference=made.reference, outcome="partly", answer="We look at the rota again.")
        with pytest.raises(NotNow):
            answer_appeal(mark, reference=made.reference, outcome="partly", answer="Twice.")
        kinds = [moment.kind for moment in measures_about(ident("birch"))]
        assert kinds == ["proposed", "confirmed", "appealed", "answered"]
    assert problems()[HOUSE] == ["measure_suspended"]


def test_who_reads_what() -> None:
    made = proposed()
    for who in ("olive", "bob", "wendy", "nia"):
        with acting(actor_of(who)):
            assert not Measure.objects.exists() and not MeasureStep.objects.exists()
    with acting(actor_of("mark")) as mark:
        measures.confirm_measure(mark, reference=made.reference)
    with acting(actor_of("bob")) as bob:
        appeal_measure(bob, reference=made.reference, text="Both were awake.")
        assert Measure.objects.get().told_provider and not MeasureStep.objects.exists()
    with acting(actor_of("edith")):
        assert MeasureStep.objects.count() == 2 and MeasureAppeal.objects.count() == 1
    for who in ("alice", "nia", "wendy"):
        with acting(actor_of(who)):
            assert not Measure.objects.exists() and not MeasureAppeal.objects.exists()


def test_reasons_are_in_no_message_and_no_audit_entry() -> None:
    lifted(in_force())
    with worker():
        assert CANARY not in str(list(OutboxItem.objects.values_list("payload", flat=True)))
    with acting(actor_of("carol")):
        assert CANARY not in str(list(Entry.objects.values_list("data", flat=True)))


def test_the_reach_is_counted_for_the_regions_central_team_alone() -> None:
    made = proposed()
    with acting(actor_of("carol")):
        assert reach_of(made) == Reach(2, 0, 0, 0, 0, 0)
    for who in ("olive", "bob", "wendy"):
        with acting(actor_of(who)), pytest.raises(ProgrammingError), transaction.atomic():
            reach_of(made)


def test_the_reach_tells_nothing_without_a_region_and_nothing_of_another_regions_people() -> None:
    made = proposed()
    awarded("birch-house")
    with acting(actor_of("carol")), connection.cursor() as cursor:
        assert (reach_of(made).people, reach_of(made).authorities) == (1, 1)
        with pytest.raises(ProgrammingError, match="not your region"), transaction.atomic():
            cursor.execute("SELECT * FROM measure_reach(NULL, %s, NULL, NULL)", [made.provider_id])
    with acting(actor_of("wendy")), connection.cursor() as cursor:
        wales = region_run_by(actor_of("wendy")).pk
        cursor.execute("SELECT people, authorities FROM measure_reach(%s, %s, NULL, NULL)", [wales, made.provider_id])
        assert cursor.fetchone() == (0, 0)


def test_a_provider_s_role_reads_neither_who_decided_nor_the_alert_behind_it() -> None:
    alert = raised(who="carol").reference
    made = in_force(alert_reference=alert)
    for column in Measure.NOT_FOR_PROVIDERS:
        with acting(actor_of("bob")), connection.cursor() as cursor:
            cursor.execute("SELECT told_provider FROM dpv_measure WHERE id = %s", [made.pk])
            assert cursor.fetchone()
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f"SELECT {column} FROM dpv_measure WHERE id = %s", [made.pk])
    with acting(actor_of("bob")) as bob:
        appeal_measure(bob, reference=made.reference, text="Both were awake.")
    with acting(actor_of("mark")) as mark:
        answer_appeal(mark, reference=made.reference, outcome="partly", answer="We look again.")
    with acting(actor_of("bob")), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("SELECT answered_by_user_id FROM dpv_measureappeal")
        (appeal,) = MeasureAppeal.objects.all()
        assert appeal.answer and appeal.answered_by_name and appeal.get_deferred_fields() == {"answered_by_user_id"}
        assert Measure.objects.get().get_deferred_fields() == set(Measure.NOT_FOR_PROVIDERS)
    with acting(actor_of("carol")):
        assert Measure.objects.get().alert_reference == alert
