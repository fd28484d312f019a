"""Incidents without HTTP: reporting, the life of an episode and of an event, who is told, what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.http import Http404
from django.test import Client

from brokerage.core.audit import outbox
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.notifications.texts import text_of
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.incidents.actions import answers, entries, reports
from brokerage.safeguarding.incidents.models import Incident, IncidentEntry, Kind
from brokerage.safeguarding.incidents.queries import incidents_of_placement, listed_incidents, residents
from brokerage.safeguarding.incidents.states import EPISODE, EVENT
from tests.cast import actor_of, ident
from tests.firewall.finding import living as living_without
from tests.incidents.reporting import CANARY, facts, interviewed, left, reported, resident, returned, work

pytestmark = pytest.mark.django_db


def again(incident: Incident, who: str = "bob") -> Incident:
    with acting(actor_of(who)):
        return Incident.objects.get(pk=incident.pk)


def messages_of(incident: Incident) -> list[Message]:
    with worker():
        return list(Message.objects.filter(reference=incident.reference).select_related("organisation"))


def test_a_provider_knows_its_residents_by_their_agreements() -> None:
    here, elsewhere, rival = resident(), resident("birch-lodge", who="edith"), resident("cedar-house")
    with acting(actor_of("bob")):
        found = {each.agreement_reference: each for each in residents()}
    assert set(found) == {here.reference, elsewhere.reference}
    assert (found[here.reference].home, found[here.reference].authority_name) == ("Birch House", "Harrow")
    assert found[elsewhere.reference].authority_slug == "ealing"
    with acting(actor_of("cecil")):
        assert [each.agreement_reference for each in residents()] == [rival.reference]


def test_who_has_left_is_reported_on_for_thirty_days() -> None:
    lately, long_ago = resident(), resident("birch-lodge")
    left(lately)
    left(long_ago, days_ago=31)
    incident = reported(lately, kind="allegation")
    assert incident.placement_id == lately.placement_id
    with pytest.raises(Http404):
        reported(long_ago, kind="allegation")


def test_only_the_right_authority_is_told_at_once() -> None:
    """Two authorities have somebody in the same home: each hears of its own."""
    ours, theirs = resident(), resident(who="edith")
    incident = reported(ours)
    work()
    told = messages_of(incident)
    assert {message.organisation.slug for message in told} == {"harrow"} and all(message.is_urgent for message in told)
    readers = {message.user_id for message in told}
    assert readers >= {ident(f"user {who}") for who in ("olive", "oscar", "tessa")}
    assert readers.isdisjoint({ident(f"user {who}") for who in ("fiona", "sandra", "adam")})
    other = reported(theirs, kind="serious_injury")
    work()
    assert {message.organisation.slug for message in messages_of(other)} == {"ealing"}
    with acting(actor_of("edith")):
        assert [row.reference for row in listed_incidents()] == [other.reference]
    texts = [text_of(message.template) for message in told]
    assert texts and all("%(reference)s" in str(text.subject) and CANARY not in str(text.body) for text in texts)


def test_the_life_of_an_episode() -> None:
    incident = reported(resident())
    assert (incident.status, incident.needs_interview) == ("missing", True)
    with acting(actor_of("olive")) as olive:
        answers.acknowledge_incident(olive, reference=incident.reference, text="The duty team rings the police.")
        entries.add_entry(olive, reference=incident.reference, text="Seen before; our eyes only.", is_internal=True)
        with pytest.raises(NotNow):
            answers.close_incident(olive, reference=incident.reference, outcome="Over.")
        with pytest.raises(NotNow):
            answers.acknowledge_incident(olive, reference=incident.reference)
        with pytest.raises(NotNow):
            answers.require_follow_up(olive, reference=incident.reference, text="Tell us more.")
    assert again(incident).status == "missing"
    back = returned(incident)
    assert back.interview_due_at == back.returned_at + dt.timedelta(hours=72) if back.returned_at else False
    with acting(actor_of("olive")) as olive, pytest.raises(NotNow) as owed:
        answers.close_incident(olive, reference=incident.reference, outcome="Over.")
    assert owed.value.code == "interview_owed"
    interviewed(incident, outcome="declined")
    with acting(actor_of("olive")) as olive:
        answers.close_incident(olive, reference=incident.reference, outcome="A plan was agreed.")
        moves = list(IncidentEntry.objects.filter(incident=incident).values_list("move", flat=True))
    assert moves == ["acknowledge", "", "return", "offer_interview", "settle_interview", "close"]
    ended = again(incident)
    assert (ended.status, ended.outcome, ended.interview_outcome) == ("closed", "A plan was agreed.", "declined")
    with acting(actor_of("bob")) as bob:
        assert IncidentEntry.objects.filter(incident=incident).count() == 5
        with pytest.raises(NotNow):
            entries.add_entry(bob, reference=incident.reference, text="Too late.")


def test_who_was_away_is_owed_no_interview() -> None:
    incident = returned(reported(resident(), kind="away", last_seen=""))
    assert incident.interview_due_at is None
    with acting(actor_of("olive")) as olive:
        with pytest.raises(NotNow):
            answers.offer_interview(olive, reference=incident.reference, interview_by="Somebody")
        answers.close_incident(olive, reference=incident.reference, outcome="Spoken with.")


def test_the_life_of_an_event() -> None:
    incident = reported(resident(), kind="restraint")
    assert incident.status == "reported"
    with acting(actor_of("olive")) as olive:
        with pytest.raises(NotNow):
            answers.require_follow_up(olive, reference=incident.reference, text="Send the record.")
        with pytest.raises(NotNow):
            entries.record_return(
                olive, reference=incident.reference, returned_at=database_now(), returned_how="x", was_harmed=False
            )
        answers.acknowledge_incident(olive, reference=incident.reference)
        with pytest.raises(RuleBroken):
            answers.require_follow_up(olive, reference=incident.reference, text=" ")
        answers.require_follow_up(olive, reference=incident.reference, text="Send the record.")
    with acting(actor_of("bob")) as bob:
        entries.add_entry(bob, reference=incident.reference, text="The record is in the post.")
        with pytest.raises(NotNow):
            reports.withdraw_incident(bob, reference=incident.reference, reason="No.")
    with acting(actor_of("olive")) as olive:
        answers.close_incident(olive, reference=incident.reference, outcome="Seen.")
    work()
    told = {(message.template, message.organisation.slug) for message in messages_of(incident)}
    assert told == {
        ("incidents.reported", "harrow"),
        ("incidents.acknowledged", "birch"),
        ("incidents.follow_up", "birch"),
        ("incidents.added", "harrow"),
        ("incidents.closed", "birch"),
    }


def test_a_mistake_is_taken_back_and_counts_for_nothing() -> None:
    agreement = resident()
    incident = reported(agreement)
    with acting(actor_of("bob")) as bob:
        reports.withdraw_incident(bob, reference=incident.reference, reason="They were in the garden.")
    reported(agreement, happened_at=database_now() - dt.timedelta(minutes=5))
    with acting(actor_of("olive")):
        found = incidents_of_placement(agreement.placement_id, database_now())
    assert (len(found.incidents), found.episodes, found.is_missing_now) == (2, 1, True)


def test_one_open_episode_of_a_person() -> None:
    agreement = resident()
    incident = reported(agreement)
    same = {"happened_at": incident.happened_at, "police_told_at": incident.police_told_at}
    assert reported(agreement, **same).pk == incident.pk, "a form sent twice is one"
    with pytest.raises(RuleBroken) as refused:
        reported(agreement, kind="away")
    assert refused.value.code == "already_missing" and incident.reference in str(refused.value.message)
    event = reported(agreement, kind="exploitation", **same, risk="low")
    assert reported(agreement, kind="exploitation", **same, risk="low").pk == event.pk
    worse = reported(agreement, kind="exploitation", **same, risk="high")
    assert worse.pk != event.pk and worse.risk == "high", "what is said anew is not thrown away"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "nonsense"}, "kind_missing"),
        ({"risk": ""}, "risk_missing"),
        ({"what_happened": " "}, "what_happened_missing"),
        ({"action_taken": ""}, "action_taken_missing"),
        ({"last_seen": ""}, "last_seen_missing"),
        ({"what_happened": "x" * 4001}, "text_too_long"),
    ],
)
def test_what_must_be_said(changes: dict[str, Any], code: str) -> None:
    agreement = resident()
    with pytest.raises(RuleBroken) as refused:
        reported(agreement, **changes)
    assert refused.value.code == code


def test_times_make_sense() -> None:
    agreement = resident()
    now, hour = database_now(), dt.timedelta(hours=1)
    for changes, code in (
        ({"happened_at": now + hour}, "time_ahead"),
        ({"police_told_at": now + hour}, "time_ahead"),
        ({"known_at": now - 3 * hour}, "known_before"),
    ):
        with pytest.raises(RuleBroken) as refused:
            reported(agreement, **changes)
        assert refused.value.code == code
    incident = reported(agreement)
    for changes, code in (
        ({"returned_at": now + hour}, "time_ahead"),
        ({"returned_at": now - 5 * hour}, "returned_before"),
        ({"returned_how": ""}, "returned_how_missing"),
        ({"was_harmed": True}, "harm_missing"),
    ):
        with pytest.raises(RuleBroken) as refused:
            returned(incident, **changes)
        assert refused.value.code == code
    returned(incident, who="olive")
    with pytest.raises(NotNow):
        returned(incident)
    with acting(actor_of("olive")) as olive:
        answers.offer_interview(olive, reference=incident.reference, interview_by="Somebody")
        tomorrow = database_today() + dt.timedelta(days=1)
        with pytest.raises(RuleBroken):
            answers.settle_interview(
                olive, reference=incident.reference, interview_outcome="done", interview_on=tomorrow
            )


def test_who_may_not() -> None:
    agreement = resident()
    incident = reported(agreement)
    for who in ("sandra", "fiona", "carol"):
        with acting(actor_of(who)) as actor, pytest.raises(NotPermitted):
            entries.read_incident(actor, reference=incident.reference)
    with acting(actor_of("olive")) as olive, pytest.raises(NotPermitted):
        reports.report_incident(olive, facts=facts(agreement))
    with acting(actor_of("bob")) as bob:
        with pytest.raises(NotPermitted):
            answers.acknowledge_incident(bob, reference=incident.reference)
        with pytest.raises(RuleBroken):
            entries.add_entry(bob, reference=incident.reference, text="Ours.", is_internal=True)
    for who in ("cecil", "edith"):
        with acting(actor_of(who)) as actor, pytest.raises(Http404):
            entries.read_incident(actor, reference=incident.reference)
    with acting(actor_of("cecil")) as cecil, pytest.raises(Http404):
        reports.report_incident(cecil, facts=facts(agreement))


def test_nothing_of_the_person_is_in_the_trail_or_the_outbox() -> None:
    incident = reported(resident())
    returned(incident, returned_how=f"Found by {CANARY}.")
    with acting(actor_of("bob")):
        trail = list(Entry.objects.filter(subject_id=str(incident.pk)).values_list("data", "subject_reference"))
    assert trail and all(CANARY not in str(line) for line in trail)
    with worker():
        items = list(OutboxItem.objects.values_list("payload", flat=True))
    assert items and all(CANARY not in str(item) and "missing" not in str(item) for item in items)


def test_three_within_ninety_days_are_repeated() -> None:
    agreement = resident()
    for days in (60, 30, 2):
        began = database_now() - dt.timedelta(days=days)
        incident = reported(agreement, happened_at=began, police_told_at=None)
        returned(incident, returned_at=began + dt.timedelta(days=2 if days == 30 else 1))
    with acting(actor_of("olive")):
        found = incidents_of_placement(agreement.placement_id, database_now())
        assert (found.episodes, found.nights, found.is_repeated) == (3, 4, True)
        assert not incidents_of_placement(agreement.placement_id, database_now() + dt.timedelta(days=40)).is_repeated


def test_who_does_not_acknowledge_is_reminded_until_they_do() -> None:
    incident = reported(resident(), kind="allegation")
    work()
    assert {message.template for message in messages_of(incident)} == {"incidents.reported"}, "not before it is due"
    work(even_later=True)
    reminders = [message for message in messages_of(incident) if message.template == "incidents.reminder"]
    assert {message.organisation.slug for message in reminders} == {"harrow"} and again(incident).reminded == 1
    with acting(actor_of("olive")) as olive:
        answers.acknowledge_incident(olive, reference=incident.reference)
    work(even_later=True)
    assert again(incident).reminded == 1


def test_reminders_climb_each_day_and_never_stop(sign_in: Callable[[str], Client]) -> None:
    incident = reported(resident())
    officers, managers = {"olive", "oscar"}, {"tessa", "nora"}
    everybody = officers | managers | {"dora", "connie"}
    with worker():
        item = OutboxItem.objects.get(kind="incident_reminder")
    for step, people in ((1, officers), (2, officers), (3, officers | managers), (4, everybody), (40, everybody)):
        with worker():
            Message.objects.all().delete()
        item.payload["step"] = step
        outbox._handlers["incident_reminder"](item)
        mails = [message for message in messages_of(incident) if message.channel == "email"]
        assert {message.user_id for message in mails} == {actor_of(who).user_id for who in people}
        assert {message.template for message in mails} == {"incidents.reminder"}
    for who in everybody:
        assert sign_in(who).get(mails[0].path).status_code == 200, who
    with worker():
        ahead = OutboxItem.objects.get(kind="incident_reminder", payload__step=41)
        assert ahead.available_at - ahead.created_at > dt.timedelta(hours=23)


def test_an_interview_is_reminded_of_until_it_is_settled() -> None:
    incident = returned(reported(resident()))
    work(even_later=True)
    due = [message for message in messages_of(incident) if message.template == "incidents.interview_due"]
    assert {message.organisation.slug for message in due} == {"harrow"}
    interviewed(incident)
    work(even_later=True)
    assert again(incident).reminded == 1


def test_an_item_of_another_organisation_reminds_nobody() -> None:
    incident = reported(resident(), kind="allegation")
    payload = {"incident": str(incident.pk), "about": "acknowledge", "step": 1}
    item = OutboxItem(organisation_id=ident("cedar"), queue="alerts", kind="incident_reminder", payload=payload)
    outbox._handlers["incident_reminder"](item)
    assert again(incident).reminded == 0 and not messages_of(incident)


def test_every_kind_has_its_life() -> None:
    for kind in Kind.values:
        incident = Incident(kind=kind)
        assert incident.lifecycle is (EPISODE if kind in ("missing", "away") else EVENT)


def test_a_resident_without_an_agreement_is_reported_on_to_the_right_authority_alone() -> None:
    """Bought on the spot, or older than the service: the provider knows the stay by letters, not by the authority's
    own reference, which may be anything."""
    placement = living_without("birch-house", who="edith", reference="CASE-SECRET")
    living_without(None)
    with acting(actor_of("bob")):
        (stay,) = residents()
    assert stay.agreement_id is None and stay.authority_slug == "ealing" and stay.home == "Birch House"
    assert stay.agreement_reference.startswith("N-") and "SECRET" not in str(stay)
    with acting(actor_of("cecil")):
        assert residents() == []
    incident = reported(stay.agreement_reference)
    assert (incident.placement_id, incident.needs_interview) == (placement.pk, True)
    work()
    assert {message.organisation.slug for message in messages_of(incident)} == {"ealing"}
    with acting(actor_of("olive")):
        assert not listed_incidents()
    for who, reference in (("bob", "CASE-SECRET"), ("bob", placement.reference), ("cecil", stay.agreement_reference)):
        with pytest.raises(Http404):
            reported(reference, who)


def test_a_stay_is_known_by_its_agreement_where_there_is_one() -> None:
    agreement = resident()
    with acting(actor_of("bob")):
        assert [each.agreement_reference for each in residents()] == [agreement.reference]
