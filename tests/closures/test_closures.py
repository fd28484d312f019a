"""Announcing a closure tells everybody with people there, and follows each of them to another home."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext, override_settings

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Membership
from brokerage.safeguarding.closures.actions.announcing import (
    announce_closure,
    close_home,
    reschedule_closure,
    withdraw_closure,
)
from brokerage.safeguarding.closures.models import Closure, ClosureRecipient, ClosureResident
from brokerage.safeguarding.closures.queries import progress
from brokerage.safeguarding.closures.reminders import next_reminder
from placements.models import Placement
from providers.models import CarerHousehold, Establishment
from tests.cast import TODAY, actor_of, ident
from tests.closures.closing import IN_A_MONTH, announced, facts, recorded, resident
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db


def told(who: str) -> ClosureRecipient | None:
    with acting(actor_of(who)):
        return ClosureRecipient.objects.select_related("closure").first()


def messages(template: str) -> set[str]:
    with worker():
        rows = Message.objects.filter(template=f"closures.{template}", is_urgent=True)
        return {str(organisation) for organisation in rows.values_list("organisation_id", flat=True)}


def org(who: str) -> str:
    return str(actor_of(who).organisation_id)


def moved_in() -> Placement:
    """Somebody of Harrow's who is to move into Birch House."""
    awarded("birch-house")
    with acting(actor_of("olive")):
        return Placement.objects.get()


def close(who: str = "carol", on: dt.date = TODAY) -> Closure:
    with acting(actor_of(who)) as actor:
        return close_home(actor, reference=Closure.objects.get().reference, closed_on=on)


def test_everybody_with_people_there_is_told_at_once_and_nobody_else() -> None:
    placement = moved_in()
    announced()
    harrow, central, birch = told("olive"), told("carol"), told("bob")
    assert harrow and harrow.reasons == ["starting"]
    assert central and set(central.reasons) == {"announced", "central"}
    assert birch and birch.reasons == ["provider"]
    assert not told("edith") and not told("nia") and not told("wendy") and not told("alice")
    row = resident()
    assert (row.placement_id, row.placement_reference, row.status) == (placement.pk, placement.reference, "not_started")
    assert messages("announced") == {org("olive"), org("carol"), org("bob")}
    with worker():
        assert not Message.objects.filter(user_id=ident("user carol"), template="closures.announced").exists()
    with acting(actor_of("carol")):
        assert Entry.objects.filter(kind="closure.announced").count() == 1


def test_only_their_own_authority_sees_who_must_move() -> None:
    moved_in()
    closure = announced()
    with acting(actor_of("carol")):
        (line,) = progress(closure.reference)
    assert (line.organisation_name, line.people, line.not_started, line.ended) == ("Harrow", 1, 1, 0)
    assert line.still_to_move == 1
    with acting(actor_of("wendy")):
        assert progress(closure.reference) == []


def test_a_provider_announces_for_itself_alone() -> None:
    closure = announced("bob")
    assert closure.announced_by_organisation == "Birch Care Ltd" and told("carol") is not None
    with acting(actor_of("alice")) as alice, pytest.raises(Http404):
        announce_closure(alice, facts=facts())


@pytest.mark.parametrize("who", ["olive", "cecil", "hugh", "sandra"])
def test_not_everybody_may_announce(who: str) -> None:
    with acting(actor_of(who)) as actor, pytest.raises(NotPermitted):
        announce_closure(actor, facts=facts())


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"why": ""}, "why_missing", "why"),
        ({"notice_on": TODAY + dt.timedelta(days=1)}, "day_ahead", "notice_on"),
        ({"closes_on": TODAY - dt.timedelta(days=1)}, "closes_before_notice", "closes_on"),
        ({"closes_on": TODAY + dt.timedelta(days=900)}, "closes_too_far", "closes_on"),
        ({"explanation": "Born on 3 May 2012."}, "names_a_person", "explanation"),
        ({"explanation": "x" * 4001}, "text_too_long", "explanation"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_leaves_nothing(changes: dict[str, Any], code: str, field: str) -> None:
    with acting(actor_of("carol")) as carol:
        with pytest.raises(RuleBroken) as refusal:
            announce_closure(carol, facts=facts(**changes))
        assert (refusal.value.code, refusal.value.field) == (code, field)
        assert not Closure.objects.exists()


def test_one_running_closure_of_one_thing_even_when_others_announced_it() -> None:
    announced()
    with acting(actor_of("carol")) as carol, pytest.raises(RuleBroken, match="announced already"):
        announce_closure(carol, facts=facts())
    with acting(actor_of("wendy")) as wendy, pytest.raises(RuleBroken) as refusal:
        announce_closure(wendy, facts=facts())
    assert refusal.value.code == "closure_running"
    announced(establishment_id=ident("birch-lodge"))


def test_unknown_homes_are_not_found() -> None:
    with acting(actor_of("carol")) as carol:
        for changes in ({"provider_id": ident("x")}, {"establishment_id": ident("alder-fostering")}):
            with pytest.raises(Http404):
                announce_closure(carol, facts=facts(**changes))


def test_another_day_is_told_to_everybody_again() -> None:
    moved_in()
    closure = announced("bob")
    later = IN_A_MONTH + dt.timedelta(days=10)
    with acting(actor_of("carol")) as carol:
        for said, code in (
            ({"closes_on": later, "change_note": ""}, "reason_missing"),
            ({"closes_on": IN_A_MONTH, "change_note": "Slip"}, "day_unchanged"),
        ):
            with pytest.raises(RuleBroken) as refusal:
                reschedule_closure(carol, reference=closure.reference, **said)
            assert refusal.value.code == code
        changed = reschedule_closure(carol, reference=closure.reference, closes_on=later, change_note="More time")
    assert changed.closes_on == later
    assert org("olive") in messages("changed")
    with acting(actor_of("olive")) as olive, pytest.raises(NotPermitted):
        reschedule_closure(olive, reference=closure.reference, closes_on=later, change_note="x")


def test_a_provider_changes_only_what_it_announced() -> None:
    closure = announced()
    with acting(actor_of("bob")) as bob, pytest.raises(Http404):
        withdraw_closure(bob, reference=closure.reference, change_note="No")


def test_a_withdrawn_closure_asks_for_nothing_more() -> None:
    moved_in()
    closure = announced()
    row = resident()
    with acting(actor_of("carol")) as carol:
        with pytest.raises(RuleBroken):
            withdraw_closure(carol, reference=closure.reference, change_note=" ")
        withdraw_closure(carol, reference=closure.reference, change_note="The lease goes on")
        with pytest.raises(NotNow):
            withdraw_closure(carol, reference=closure.reference, change_note="Again")
    with pytest.raises(NotNow):
        recorded(row, "looking")
    assert org("olive") in messages("withdrawn")
    announced()


def test_each_person_is_followed_to_another_home() -> None:
    placement = moved_in()
    announced()
    row = resident()
    looking = recorded(row, "looking", note="We ask five homes.")
    assert looking.looking_at and looking.status == "looking"
    with acting(actor_of("olive")):
        other = Placement.objects.get(pk=placement.pk)
        other.pk, other.reference, other.referral, other.award = ident("next"), "P-NEXT-0001", None, None
        other.establishment_id, other.status = ident("birch-lodge"), "planned"
        other._state.adding = True
        other.save(force_insert=True)
    with pytest.raises(RuleBroken, match="Choose the placement"):
        recorded(row, "found")
    for wrong in ("P-0000-0000", placement.reference):
        with pytest.raises(RuleBroken) as refusal:
            recorded(row, "found", placement=wrong)
        assert refusal.value.code == "placement_unknown"
    with pytest.raises(RuleBroken) as refusal:
        recorded(row, "looking", referral="R-0000-0000")
    assert refusal.value.code == "referral_unknown"
    found = recorded(row, "found", placement="p-next-0001")
    assert found.new_placement_reference == "P-NEXT-0001" and found.found_at
    with pytest.raises(RuleBroken) as refusal:
        recorded(row, "moved", placement="P-NEXT-0001")
    assert refusal.value.code == "ended_on_missing"
    with pytest.raises(RuleBroken):
        recorded(row, "moved", placement="P-NEXT-0001", ended_on=TODAY + dt.timedelta(days=1))
    moved = recorded(row, "moved", placement="P-NEXT-0001", ended_on=TODAY)
    assert (moved.status, moved.ended_on, moved.closure.status) == ("moved", TODAY, "announced")
    with pytest.raises(NotNow):
        recorded(row, "looking")
    with acting(actor_of("olive")):
        entry = Entry.objects.filter(kind="closure.resident_changed").order_by("at").last()
    assert entry and entry.data == {"before": "found", "after": "moved", "placement": placement.reference}


def test_ending_another_way_says_how() -> None:
    moved_in()
    announced()
    with pytest.raises(RuleBroken) as refusal:
        recorded(resident(), "other", ended_on=TODAY)
    assert refusal.value.code == "note_missing"
    with pytest.raises(RuleBroken):
        recorded(resident(), "gone", ended_on=TODAY)
    with pytest.raises(NotPermitted):
        recorded(resident(), "looking", "fiona")
    for who in ("edith", "nia"):
        with pytest.raises(Http404):
            recorded(resident(), "looking", who)


def test_it_is_complete_when_it_has_closed_and_nobody_is_left() -> None:
    moved_in()
    announced()
    closed = close()
    assert closed.status == "closed"
    with acting(actor_of("carol")):
        assert Establishment.objects.get(pk=ident("birch-house")).closed_on == TODAY
        assert Establishment.objects.get(pk=ident("birch-lodge")).closed_on is None
    done = recorded(resident(), "went_home", ended_on=TODAY)
    assert done.closure.status == "completed" and done.closure.completed_at
    assert messages("completed") == {org("carol"), org("bob")}
    with acting(actor_of("carol")):
        assert [line.ended for line in progress(done.closure.reference)] == [1]


def test_an_empty_home_is_complete_at_once() -> None:
    announced()
    assert close().status == "completed"


def test_closing_is_for_those_who_keep_the_register_and_on_the_day() -> None:
    closure = announced("bob")
    with pytest.raises(RuleBroken, match="still ahead"):
        close(on=TODAY + dt.timedelta(days=1))
    with pytest.raises(NotPermitted):
        close("bob")
    carol = actor_of("carol")
    with acting(carol):
        Membership.objects.filter(user_id=carol.user_id, organisation_id=carol.organisation_id).update(
            roles=["safeguarding_lead"]
        )
    with pytest.raises(NotPermitted):
        close()
    assert close("mark").reference == closure.reference
    with pytest.raises(NotNow):
        close("mark")


def test_all_homes_of_a_provider_are_held_before_the_provider() -> None:
    announced(establishment_id=None)
    with CaptureQueriesContext(connection) as queries:
        close()
    locked = re.findall(r"'(establishment|standing):([0-9a-f-]{36})'", " ".join(query["sql"] for query in queries))
    first = locked.index(("standing", str(ident("birch"))))
    held = {home for kind, home in locked[:first] if kind == "establishment"}
    assert len(held) > 1 and {home for kind, home in locked[first:] if kind == "establishment"} <= held


def test_a_whole_provider_and_a_household_close_too() -> None:
    announced(establishment_id=None)
    close()
    with acting(actor_of("carol")) as carol:
        assert not Establishment.objects.filter(provider_id=ident("birch"), closed_on__isnull=True).exists()
        agency, household = ident("alder-fostering"), ident("ALD-1")
        closure = announce_closure(
            carol, facts=facts(provider_id=ident("alder"), establishment_id=agency, household_id=household)
        )
        close_home(carol, reference=closure.reference, closed_on=TODAY)
        assert CarerHousehold.objects.get(pk=household).is_on_hold
        assert Establishment.objects.get(pk=agency).closed_on is None


def test_reminders_go_to_those_with_people_left_and_find_who_came_since() -> None:
    closure = announced()
    placement = moved_in()
    with worker():
        OutboxItem.objects.filter(kind="closure_reminder").update(
            available_at=closure.announced_at - dt.timedelta(days=1)
        )
    outbox.drain("alerts")
    assert resident().placement_id == placement.pk
    assert messages("reminder") == {org("olive")}
    with acting(actor_of("carol")):
        (line,) = progress(closure.reference)
    assert line.reminded == 1
    with worker():
        steps = list(OutboxItem.objects.filter(kind="closure_reminder").order_by("available_at"))
        assert [item.payload["step"] for item in steps] == [1, 2]
    outbox._handlers["closure_reminder"](steps[0])
    with worker():
        assert OutboxItem.objects.filter(kind="closure_reminder").count() == 2
        people = Message.objects.filter(template="closures.reminder", channel="email").values_list("user_id", flat=True)
        assert len(people) == len(set(people))


def test_a_day_that_is_moved_back_again_is_told_again() -> None:
    closure = announced()

    def told() -> int:
        with worker():
            rows = Message.objects.filter(template="closures.changed", channel="email")
            return rows.filter(user_id=actor_of("bob").user_id).count()

    for number, days in enumerate((60, 30, 60), start=1):
        with acting(actor_of("carol")) as carol:
            reschedule_closure(
                carol, reference=closure.reference, closes_on=TODAY + dt.timedelta(days=days + 1), change_note="Again"
            )
        assert told() == number


def test_catching_up_tells_nobody_of_their_own_act_and_no_organisation_twice() -> None:
    """The worker has no person: whoever announced it is not told by it that they did, nor of a day they moved."""
    closure = announced()
    with acting(actor_of("carol")) as carol:
        reschedule_closure(
            carol, reference=closure.reference, closes_on=TODAY + dt.timedelta(days=60), change_note="Later"
        )
    with worker():
        before = set(Message.objects.values_list("pk", flat=True))
        item = OutboxItem.objects.get(kind="closure_reminder")
    moved_in()
    with worker():
        before |= set(Message.objects.exclude(template__startswith="closures.").values_list("pk", flat=True))
    outbox._handlers["closure_reminder"](item)
    with worker():
        new = Message.objects.filter(template="closures.changed").exclude(pk__in=before)
        assert {str(message.organisation_id) for message in new} == {org("olive")}, "somebody of theirs came since"
        assert not Message.objects.filter(user_id=actor_of("carol").user_id, template__startswith="closures.").exists()


def test_reminders_end_with_the_closure() -> None:
    closure = announced()
    with acting(actor_of("carol")) as carol:
        withdraw_closure(carol, reference=closure.reference, change_note="It stays open")
    with worker():
        OutboxItem.objects.filter(kind="closure_reminder").update(
            available_at=closure.announced_at - dt.timedelta(days=1)
        )
    outbox.drain("alerts")
    with worker():
        assert OutboxItem.objects.filter(kind="closure_reminder").count() == 1


@pytest.mark.parametrize(("left", "day"), [(30, 9), (10, 4), (0, 3)])
def test_reminders_come_oftener_towards_the_end(left: int, day: int) -> None:
    monday = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC)
    with override_settings(TIME_ZONE="Europe/London"):
        found = next_reminder(dt.date(2026, 3, 2) + dt.timedelta(days=left), monday)
    assert found == dt.datetime(2026, 3, day, 9, tzinfo=dt.UTC)


def test_no_reminder_on_a_weekend() -> None:
    friday = dt.datetime(2026, 3, 6, 11, tzinfo=dt.UTC)
    assert next_reminder(dt.date(2026, 3, 6), friday).date() == dt.date(2026, 3, 9)


def test_nobody_elses_work_reminds_anybody() -> None:
    moved_in()
    closure = announced()
    item = OutboxItem(
        organisation_id=actor_of("nia").organisation_id,
        queue="alerts",
        kind="closure_reminder",
        payload={"closure": str(closure.pk), "step": 1, "template": "closures.announced"},
    )
    outbox._handlers["closure_reminder"](item)
    outbox._handlers["closure_change"](item)
    assert not messages("reminder")
    with acting(actor_of("olive")):
        assert ClosureResident.objects.count() == 1
