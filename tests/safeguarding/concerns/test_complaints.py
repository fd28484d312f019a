"""Complaints without HTTP: both sides' moves, the clock of the acknowledgement, reminders, the mediator."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.http import Http404

from brokerage.core.audit.models import OutboxItem
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.context import acting, worker
from brokerage.safeguarding.concerns import reminders
from brokerage.safeguarding.concerns.models import Complaint, ComplaintEntry
from tests.cast import TODAY, actor_of, ident
from tests.safeguarding.concerns.noting import CANARY, complained, did, in_mediation, made_earlier, worked
from tests.scenarios import sealed_agreement


def can_read(who: str, complaint: Complaint) -> bool:
    with acting(actor_of(who)):
        found = Complaint.objects.filter(pk=complaint.pk).exists()
        assert found or not ComplaintEntry.objects.filter(complaint_id=complaint.pk).exists()
        return found


def told(template: str) -> set[Any]:
    worked("events")
    with worker():
        return set(Message.objects.filter(template=template).values_list("organisation_id", flat=True))


def remind(complaint: Complaint, days: int, owner: Any) -> None:
    item = OutboxItem(organisation_id=owner, queue="default", kind=reminders.KIND)
    item.payload = {"complaint": str(complaint.pk), "days": days}
    reminders.remind(item)


@pytest.mark.django_db
def test_from_making_to_settling() -> None:
    complaint = complained()
    assert complaint.acknowledge_by == TODAY + dt.timedelta(days=30) and complaint.status == "made"
    assert [can_read(who, complaint) for who in ("olive", "bob", "carol", "edith", "cecil", "nia")] == [
        *(True, True, False, False),
        *(False, False),
    ]
    assert told("concerns.complaint_made") == {ident("birch")}
    for act in ("acknowledge_complaint", "answer_complaint"):
        with pytest.raises(NotPermitted):
            did("olive", act, complaint, None if act == "acknowledge_complaint" else "Yes.")
    with pytest.raises(NotNow):
        did("bob", "answer_complaint", complaint, "Too early.")
    acknowledged = did("bob", "acknowledge_complaint", complaint)
    assert acknowledged.status == "acknowledged" and not acknowledged.was_late
    with pytest.raises(NotNow):
        did("bob", "acknowledge_complaint", complaint)
    did("bob", "answer_complaint", complaint, "We have counted again.")
    did("olive", "send_message", complaint, "Thank you.")
    with pytest.raises(NotPermitted):
        did("bob", "settle_complaint", complaint, "Settled.")
    assert did("olive", "settle_complaint", complaint, "The invoice is corrected.").closed_at
    with pytest.raises(NotNow):
        did("bob", "send_message", complaint, "One thing more.")
    with acting(actor_of("bob")):
        said = list(ComplaintEntry.objects.filter(complaint=complaint).order_by("at").values_list("kind", "by_name"))
    assert said == [
        ("acknowledged", "Bob Birch"),
        ("answer", "Bob Birch"),
        ("message", "Olive Officer"),
        ("settled", "Olive Officer"),
    ]
    assert not can_read("carol", complaint)
    with worker():
        assert CANARY not in str(list(Message.objects.values()))


@pytest.mark.django_db
def test_a_provider_complains_of_an_authority() -> None:
    complaint = complained("bob")
    assert told("concerns.complaint_made") == {actor_of("olive").organisation_id}
    with pytest.raises(NotPermitted):
        did("bob", "acknowledge_complaint", complaint)
    assert did("olive", "acknowledge_complaint", complaint).status == "acknowledged"
    assert not can_read("edith", complaint) and not can_read("alice", complaint)


@pytest.mark.django_db
def test_the_mediator_reads_it_only_once_asked() -> None:
    complaint = complained()
    with pytest.raises(Http404):
        did("carol", "mediate", complaint, "We think so.")
    with pytest.raises(NotNow) as early:
        did("olive", "ask_mediation", complaint, "Now.")
    assert early.value.code == "mediation_early"
    complaint = in_mediation("oscar")
    assert can_read("carol", complaint) and not can_read("wendy", complaint)
    assert told("concerns.mediation_asked") == {ident("birch"), ident("west-london-central")}
    for who in ("olive", "bob"):
        with pytest.raises(NotPermitted):
            did(who, "mediate", complaint, "I am right.")
    with pytest.raises(NotPermitted):
        did("carol", "settle_complaint", complaint, "Settled.")
    did("carol", "send_message", complaint, "Send me the invoice.")
    assert did("carol", "mediate", complaint, "Four weeks are due.").status == "mediated"
    assert told("concerns.complaint_mediated") == {ident("birch"), actor_of("olive").organisation_id}
    assert did("olive", "give_up_complaint", complaint, "They do not pay.").status == "unresolved"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"what": ""}, "what_missing", "what"),
        ({"wanted": " "}, "wanted_missing", "wanted"),
        ({"kind": "weather"}, "kind_missing", "kind"),
        ({"wanted": "x" * 4001}, "text_too_long", "wanted"),
        ({"agreement_reference": "A-0000-0000"}, "agreement_unknown", "agreement_reference"),
        ({"what": "Write to jo@example.com.", "is_checked": False}, "names_a_person", "what"),
    ],
)
def test_what_a_complaint_must_say(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        complained(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_the_agreement_is_one_of_both(committed: str) -> None:
    agreement = sealed_agreement("birch-lodge")
    assert complained(agreement_reference=agreement.reference.lower()).agreement_id == agreement.pk
    assert complained("bob", agreement_reference=agreement.reference).agreement_id == agreement.pk
    for who, against in (("edith", ident("birch")), ("olive", ident("cedar"))):
        with pytest.raises(RuleBroken):
            complained(who, against_id=against, agreement_reference=agreement.reference)


@pytest.mark.django_db
def test_who_may_not_complain_and_of_whom() -> None:
    for who in ("fiona", "cecil", "carol"):
        with pytest.raises(NotPermitted):
            complained(who, against_id=ident("birch"))
    for who, against in (("olive", actor_of("edith").organisation_id), ("bob", ident("cedar"))):
        with pytest.raises(Http404):
            complained(who, against_id=against)
    assert complained().pk == complained().pk


def test_a_late_acknowledgement_stays_late_and_both_sides_were_told(committed: str) -> None:
    complaint = complained()
    owner = actor_of("olive").organisation_id
    remind(complaint, -3, owner)
    assert told("concerns.complaint_waits") == {ident("birch")} and not told("concerns.complaint_overdue")
    made_earlier(complaint, 31)
    for other in (ident("birch"), ident("alder"), actor_of("edith").organisation_id, ident("west-london-central")):
        remind(complaint, 1, other)
    assert not told("concerns.complaint_overdue")
    remind(complaint, 1, owner)
    with worker():
        before = Message.objects.count()
    remind(complaint, 1, owner)
    assert told("concerns.complaint_overdue") == {ident("birch"), owner}
    with worker():
        assert Message.objects.filter(template="concerns.complaint_waits").count() <= before
    late = did("bob", "acknowledge_complaint", complaint)
    assert late.was_late and late.status == "acknowledged"
    remind(complaint, 8, owner)
    with worker():
        assert not OutboxItem.objects.filter(kind="notify", done_at__isnull=True, payload__contains="overdue").exists()


def test_an_overdue_one_may_be_mediated_without_an_acknowledgement(committed: str) -> None:
    complaint = complained("bob")
    made_earlier(complaint, 31)
    assert did("bob", "ask_mediation", complaint, "They do not answer.").status == "mediation_asked"
    assert can_read("carol", complaint)
