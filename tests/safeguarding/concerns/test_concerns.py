"""Concerns without HTTP: noted, read by whom, decided; and the patterns they make, suggested once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit import record as audit_record
from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.core.vocabulary import Rating
from brokerage.safeguarding.concerns import patterns, tasks
from brokerage.safeguarding.concerns.actions import concerns
from brokerage.safeguarding.concerns.actions import patterns as pattern_acts
from brokerage.safeguarding.concerns.models import Concern, RatingChange, Suggestion
from brokerage.safeguarding.concerns.states import COMPLAINT, CONCERN, SUGGESTION
from brokerage.safeguarding.models import Alert
from placements.models import Person
from placements.ssda903 import END_REASONS
from providers.actions.verification import change_registration
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.concerns.noting import CANARY, ended, noted, suggestions_of, three_noted, worked
from tests.scenarios import awarded

pytestmark = pytest.mark.django_db


def decided(who: str, reference: str, decision: str = "look", reason: str = "We have called them.") -> Concern:
    with acting(actor_of(who)) as actor:
        return concerns.decide_concern(actor, reference=reference, decision=decision, reason=reason)


def chosen(who: str, reference: str, decision: str, reason: str = "We visit on Monday.") -> Suggestion:
    with acting(actor_of(who)) as actor:
        return pattern_acts.decide_suggestion(actor, reference=reference, decision=decision, reason=reason)


def can_read(who: str, concern: Concern) -> bool:
    with acting(actor_of(who)):
        return Concern.objects.filter(pk=concern.pk).exists()


@pytest.mark.parametrize("lifecycle", [CONCERN, SUGGESTION, COMPLAINT], ids=lambda each: each.name)
def test_every_state_and_move(lifecycle: Any) -> None:
    for state in lifecycle.states:
        for move, (sources, target) in lifecycle.moves.items():
            if state in sources:
                assert lifecycle.after(state, move) == target
            else:
                with pytest.raises(NotNow):
                    lifecycle.after(state, move)


def test_the_parameters_are_codes_of_the_return_and_ratings() -> None:
    assert set(patterns.UNPLANNED_REASONS) <= set(END_REASONS)
    assert set(patterns.NOTICE_REASONS) <= set(patterns.UNPLANNED_REASONS)
    assert set(patterns.RANKS) | {"not_rated"} == set(Rating.values)


def test_a_shared_concern_is_read_by_its_writer_and_the_central_team_alone() -> None:
    concern = noted()
    assert concern.status == "open" and concern.about == "Birch House, Birch Care Ltd, HA1"
    assert {who: can_read(who, concern) for who in ("olive", "tessa", "carol", "edith", "nia", "wendy")} == {
        "olive": True,
        "tessa": True,
        "carol": True,
        "edith": False,
        "nia": False,
        "wendy": False,
    }
    own = noted(what="Only for us.", is_shared=False)
    assert can_read("olive", own) and not can_read("carol", own)


def test_leads_are_told_by_reference_alone() -> None:
    concern = noted()
    worked("events")
    with worker():
        told = list(Message.objects.filter(template="concerns.written"))
        said = str(list(Message.objects.values()))
    assert {message.organisation_id for message in told} == {
        actor_of("olive").organisation_id,
        actor_of("carol").organisation_id,
    }
    assert {message.reference for message in told} == {concern.reference} and CANARY not in said


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"what": " "}, "what_missing", "what"),
        ({"what": "x" * 2001}, "text_too_long", "what"),
        ({"kind": "gossip"}, "kind_missing", "kind"),
        ({"seen_on": TODAY + dt.timedelta(days=1)}, "day_ahead", "seen_on"),
        ({"what": "Call 07700 900123 about it.", "is_checked": False}, "names_a_person", "what"),
    ],
)
def test_what_a_concern_must_say(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        noted(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_our_own_people_are_never_named() -> None:
    awarded("birch-house")
    with acting(actor_of("olive")):
        person = Person.objects.first()
    assert person
    with pytest.raises(RuleBroken, match=person.given_name):
        noted(what=f"{person.given_name} was cold.")


@pytest.mark.parametrize(
    "wrong",
    [{"provider_id": ident("nobody")}, {"establishment_id": ident("cedar-house")}, {"household_id": ident("ALD-1")}],
)
def test_it_is_about_one_home_of_one_provider(wrong: dict[str, Any]) -> None:
    with pytest.raises(Http404):
        noted(**wrong)


def test_who_may_not() -> None:
    for who in ("fiona", "bob"):
        with pytest.raises(NotPermitted):
            noted(who)
    concern = noted()
    with pytest.raises(NotPermitted):
        decided("olive", concern.reference)
    with pytest.raises(Http404):
        decided("dora", "K-0000-0000")


def test_a_form_sent_twice_is_one() -> None:
    assert noted().pk == noted().pk


def test_a_lead_decides_with_a_reason_and_the_writer_hears() -> None:
    concern = noted()
    with pytest.raises(RuleBroken) as refused:
        decided("tessa", concern.reference, reason=" ")
    assert refused.value.code == "reason_missing"
    assert decided("tessa", concern.reference).status == "looked_at"
    after = decided("carol", concern.reference, "close")
    assert (after.status, after.decided_by_name) == ("no_action", "Carol Contract")
    with pytest.raises(NotNow):
        decided("tessa", concern.reference, "alert")
    worked("events")
    with worker():
        told = Message.objects.filter(template="concerns.decided", channel="in_app")
        assert {(message.user_id, message.reference) for message in told} == {
            (actor_of("olive").user_id, concern.reference)
        }


def test_three_concerns_of_two_authorities_are_suggested_to_the_central_team_alone() -> None:
    noted(what="One.")
    noted("edith", what="Two.")
    worked("default")
    assert not suggestions_of("carol")
    noted("carol", what="Three.")
    worked("default")
    (suggestion,) = suggestions_of("carol")
    assert (suggestion.pattern, suggestion.count, suggestion.establishment_id) == ("concerns", 3, ident("birch-house"))
    assert not suggestions_of("tessa") and not suggestions_of("edith") and not suggestions_of("wendy")
    worked("events")
    with worker():
        told = Message.objects.filter(template="concerns.suggestion")
        assert {message.organisation_id for message in told} == {actor_of("carol").organisation_id}
        assert "Birch" not in str(list(told.values()))
    with acting(actor_of("carol")):
        assert not Alert.objects.exists()


def test_what_is_not_shared_old_or_about_another_home_does_not_count() -> None:
    noted(what="One.", is_shared=False)
    noted(what="Two.", seen_on=TODAY - dt.timedelta(days=patterns.DAYS))
    noted(what="Three.", establishment_id=ident("birch-lodge"))
    noted(what="Four.")
    worked("default")
    assert not suggestions_of("carol")
    noted(what="Five.", seen_on=TODAY - dt.timedelta(days=patterns.DAYS - 1))
    worked("default")
    (suggestion,) = suggestions_of("carol")
    assert (suggestion.count, suggestion.establishment_id) == (3, None), "over several homes of one provider"
    with acting(actor_of("tessa")):
        counts = {row.establishment_id: row.count for row in Suggestion.objects.all()}
    assert counts == {ident("birch-house"): 3, None: 4}, "an authority counts all of its own"


def test_a_dismissed_pattern_comes_back_only_with_something_new() -> None:
    three_noted()
    (suggestion,) = suggestions_of("carol")
    with pytest.raises(RuleBroken):
        chosen("carol", suggestion.reference, "vanish")
    assert chosen("carol", suggestion.reference, "dismiss").status == "dismissed"
    tasks.look_for_patterns()
    assert len(suggestions_of("carol")) == 1
    noted(what="It happened again.")
    worked("default")
    old, new = suggestions_of("carol")
    assert (old.status, new.status, new.count) == ("dismissed", "open", 4)


def test_news_are_added_to_one_that_waits() -> None:
    three_noted()
    (suggestion,) = suggestions_of("carol")
    chosen("mark", suggestion.reference, "look")
    noted(what="It happened again.")
    worked("default")
    (after,) = suggestions_of("carol")
    assert (after.status, after.count, after.pk) == ("looking", 4, suggestion.pk)
    assert chosen("carol", after.reference, "measure").status == "measure"
    with pytest.raises(NotNow):
        chosen("carol", after.reference, "dismiss")


def test_the_leads_are_told_once_that_a_pattern_which_waits_goes_on() -> None:
    three_noted()
    (suggestion,) = suggestions_of("carol")
    for number in range(4, 7):
        noted(what=f"Number {number}.")
        worked("default")
    tasks.look_for_patterns()
    worked("events")
    with worker():
        grew = Message.objects.filter(template="concerns.suggestion_grew", channel="in_app")
        told = grew.filter(organisation_id=actor_of("carol").organisation_id)
        assert {row.reference for row in told} == {suggestion.reference}
        assert len({row.event_id for row in told}) == 1, "three more things on one day are one message"
        assert actor_of("mark").user_id in {row.user_id for row in told}
        assert "Birch" not in str(list(told.values()))
    (after,) = suggestions_of("carol")
    assert after.count == 6


def test_a_pattern_that_goes_on_every_day_is_told_every_day(monkeypatch: pytest.MonkeyPatch) -> None:
    three_noted()
    hours = 0

    def later() -> dt.datetime:
        return database_now() + dt.timedelta(hours=hours)

    for module in (audit_record, pattern_acts):
        monkeypatch.setattr(module, "database_now", later)
    for time in range(6):
        hours = 20 * time
        noted(what=f"Time {time}.")
        worked("default")
    worked("events")
    with worker():
        grew = Message.objects.filter(template="concerns.suggestion_grew", channel="in_app")
        told = grew.filter(organisation_id=actor_of("carol").organisation_id)
        assert len({row.event_id for row in told}) == 3, "at 0, 40 and 80 hours"


def test_who_may_not_decide_on_a_pattern() -> None:
    for number in range(3):
        noted(what=f"Number {number}.")
    worked("default")
    (own,) = suggestions_of("tessa")
    with pytest.raises(NotPermitted):
        chosen("olive", own.reference, "dismiss")
    with pytest.raises(Http404):
        chosen("carol", own.reference, "dismiss")
    with pytest.raises(RuleBroken):
        chosen("tessa", own.reference, "measure")
    assert chosen("tessa", own.reference, "alert").status == "alerted"


def test_unplanned_ends_and_notices_count_over_the_region() -> None:
    ended("CARPL")
    ended("CREQB")
    tasks.look_for_patterns()
    assert not suggestions_of("carol") and not suggestions_of("tessa")
    ended("CREQO")
    assert tasks.look_for_patterns() == 2
    for who in ("carol", "tessa"):
        (suggestion,) = suggestions_of(who)
        assert (suggestion.pattern, suggestion.count) == ("unplanned_ends", 2)
    ended("CREQO", "birch-lodge")
    tasks.look_for_patterns()
    assert [each.pattern for each in suggestions_of("carol")] == ["notices", "unplanned_ends"]
    assert not suggestions_of("edith")


def test_a_fall_of_the_rating_is_kept_and_suggested() -> None:
    def rate(rating: str) -> None:
        with acting(actor_of("carol")) as carol:
            change_registration(
                carol, establishment_id=ident("birch-house"), values={"rating": rating}, reason="The new list."
            )

    rate("outstanding")
    tasks.look_for_patterns()
    assert not suggestions_of("carol")
    rate("requires_improvement")
    tasks.look_for_patterns()
    (suggestion,) = suggestions_of("carol")
    assert (suggestion.pattern, suggestion.count) == ("rating_fall", 1)
    assert not suggestions_of("tessa") and not suggestions_of("wendy")
    with acting(actor_of("olive")):
        assert [(each.before, each.after, each.is_fall) for each in RatingChange.objects.order_by("changed_at")] == [
            ("good", "outstanding", False),
            ("outstanding", "requires_improvement", True),
        ]
    chosen("carol", suggestion.reference, "dismiss")
    rate("good")
    tasks.look_for_patterns()
    assert len(suggestions_of("carol")) == 1


def test_work_that_names_another_s_concern_does_nothing() -> None:
    three_noted()
    with acting(actor_of("edith")):
        concern = Concern.objects.get()
    before = len(suggestions_of("carol"))
    for other in ("harrow", "alder", "newport", "west-london-central"):
        organisation = {"harrow": actor_of("olive").organisation_id, "newport": actor_of("nia").organisation_id}
        owner = organisation.get(other, ident(other))
        item = OutboxItem(organisation_id=owner, queue="default", kind="concern_patterns")
        item.payload = {"concern": str(concern.pk)}
        pattern_acts.look_at_once(item)
    assert len(suggestions_of("carol")) == before and not suggestions_of("nia")
