"""Complaints and disputes between an authority and a provider: made, acknowledged, answered, mediated, ended.

What each side says stands as an entry that never changes; the other side is told with a reference and a link.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.tenants.regions import region_of
from brokerage.core.texts import require_text
from brokerage.safeguarding.concerns.models import Complaint, ComplaintEntry, ComplaintKind, EntryKind, Side
from brokerage.safeguarding.concerns.patterns import ACKNOWLEDGE_DAYS
from brokerage.safeguarding.concerns.reminders import notice_to, remind_of_complaint
from brokerage.safeguarding.concerns.states import COMPLAINT, COMPLAINT_LIVE
from brokerage.safeguarding.guard import require_nobody_named
from contracts.models import Agreement
from providers.models import Provider

#: For so long the same complaint by the same side is one: a form sent twice.
SAME = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class ComplaintFacts:
    """What a complaint says. `against_id` is the provider's id from an authority, the authority's from a provider."""

    against_id: UUID
    kind: str
    what: str
    wanted: str
    agreement_reference: str = ""
    is_checked: bool = False


@transaction.atomic
def make_complaint(actor: Actor, *, facts: ComplaintFacts) -> Complaint:
    """Complain; the other side has `ACKNOWLEDGE_DAYS` calendar days to acknowledge it.

    Refused when: there is no such provider or authority (Http404); the agreement is not one of the two
    (`agreement_unknown`); a text is missing, too long or tells who a person is; the kind is unknown.
    """
    actor.require("complaint.write")
    if not (actor.is_authority or actor.is_provider):
        raise NotPermitted("complaint.write")
    side = Side.AUTHORITY if actor.is_authority else Side.PROVIDER
    authority_id, provider_id = _parties(actor, facts.against_id)
    if facts.kind not in ComplaintKind.values:
        raise RuleBroken("kind_missing", _("Choose what the complaint is about"), "kind")
    what = require_text(facts.what, field="what", message=_("Say what the complaint is about"))
    wanted = require_text(facts.wanted, field="wanted", message=_("Say what should happen"))
    for name, text in (("what", what), ("wanted", wanted)):
        require_nobody_named(text, field=name, provider_id=provider_id, is_checked=facts.is_checked)
    agreement = _agreement(facts.agreement_reference, authority_id, provider_id)
    hold_name(f"complaint:{authority_id}:{provider_id}")
    now = database_now()
    between = Complaint.objects.filter(authority_id=authority_id, provider_id=provider_id, made_by=side)
    again = between.filter(what=what, wanted=wanted, kind=facts.kind, made_at__gte=now - SAME, status="made").first()
    if again is not None:
        return again
    complaint = Complaint(
        authority_id=authority_id,
        provider_id=provider_id,
        made_by=side,
        kind=facts.kind,
        agreement=agreement,
        agreement_reference=agreement.reference if agreement else "",
        what=what,
        wanted=wanted,
        made_by_name=actor.name[:120],
        made_at=now,
        acknowledge_by=timezone.localdate(now) + dt.timedelta(days=ACKNOWLEDGE_DAYS),
    )
    complaint.save(force_insert=True)
    told = [notice_to(complaint.respondent_id, complaint, "concerns.complaint_made")]
    record("complaint.made", subject=complaint, actor=actor, data={"kind": complaint.kind}, notify=told)
    remind_of_complaint(actor, complaint)
    return complaint


@transaction.atomic
def acknowledge_complaint(actor: Actor, *, reference: str) -> Complaint:
    """The respondent says that it was received. After the last day it counts as late, and stays so."""
    complaint = _held(actor, reference)
    _require_side(actor, complaint.respondent_id)
    complaint.status = COMPLAINT.after(complaint.status, "acknowledge")
    complaint.was_late = complaint.is_overdue(database_today())
    complaint.acknowledged_at, complaint.acknowledged_by_name = database_now(), actor.name[:120]
    complaint.save(update_fields=["status", "was_late", "acknowledged_at", "acknowledged_by_name"])
    _say(actor, complaint, EntryKind.ACKNOWLEDGED, "")
    told = [notice_to(complaint.complainant_id, complaint, "concerns.complaint_acknowledged")]
    data = {"was_late": complaint.was_late}
    record("complaint.acknowledged", subject=complaint, actor=actor, data=data, notify=told)
    return complaint


@transaction.atomic
def answer_complaint(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> Complaint:
    """The respondent answers what was complained of."""
    complaint = _held(actor, reference)
    _require_side(actor, complaint.respondent_id)
    complaint.status = COMPLAINT.after(complaint.status, "answer")
    complaint.answered_at = database_now()
    complaint.save(update_fields=["status", "answered_at"])
    _say(actor, complaint, EntryKind.ANSWER, _text(complaint, text, is_checked))
    told = [notice_to(complaint.complainant_id, complaint, "concerns.complaint_answered")]
    record("complaint.answered", subject=complaint, actor=actor, notify=told)
    return complaint


@transaction.atomic
def send_message(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> ComplaintEntry:
    """A side, or the mediator, says something; everybody else who reads the complaint is told. Not when it is over."""
    complaint = _held(actor, reference)
    if complaint.status not in COMPLAINT_LIVE:
        raise NotNow("complaint_not_now", _("This complaint is closed"))
    entry = _say(actor, complaint, EntryKind.MESSAGE, _text(complaint, text, is_checked))
    told = [notice_to(other, complaint, "concerns.complaint_message") for other in _others(actor, complaint)]
    record("complaint.message", subject=complaint, actor=actor, notify=told)
    return entry


@transaction.atomic
def ask_mediation(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> Complaint:
    """A side asks the central team of the authority's region to mediate; from now on it reads the complaint.

    Before it is acknowledged only once that is overdue (`mediation_early`); not without a central team (`no_mediator`).
    """
    complaint = _held(actor, reference)
    _require_side(actor, complaint.authority_id, complaint.provider_id)
    before = complaint.status
    complaint.status = COMPLAINT.after(before, "ask_mediation")
    if before == COMPLAINT.initial and not complaint.is_overdue(database_today()):
        raise NotNow("mediation_early", _("Wait for the acknowledgement, or until it is overdue"))
    region = region_of(complaint.authority_id)
    if region is None:
        raise NotNow("no_mediator", _("The authority is in no region: there is no central team to mediate"))
    text = _text(complaint, text, is_checked)
    complaint.mediator, complaint.mediation_asked_at = region.central_team, database_now()
    complaint.save(update_fields=["status", "mediator", "mediation_asked_at"])
    _say(actor, complaint, EntryKind.MEDIATION_ASKED, text)
    told = [notice_to(other, complaint, "concerns.mediation_asked") for other in _others(actor, complaint)]
    record("complaint.mediation_asked", subject=complaint, actor=actor, notify=told)
    return complaint


@transaction.atomic
def mediate(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> Complaint:
    """The mediator writes what was found and what both should do."""
    actor.require("complaint.mediate")
    complaint = _held(actor, reference, permission="complaint.mediate")
    _require_side(actor, complaint.mediator_id)
    complaint.status = COMPLAINT.after(complaint.status, "mediate")
    complaint.mediated_at = database_now()
    text = _text(complaint, text, is_checked)
    complaint.save(update_fields=["status", "mediated_at"])
    _say(actor, complaint, EntryKind.MEDIATION, text)
    told = [notice_to(other, complaint, "concerns.complaint_mediated") for other in _others(actor, complaint)]
    record("complaint.mediated", subject=complaint, actor=actor, notify=told)
    return complaint


@transaction.atomic
def settle_complaint(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> Complaint:
    """Whoever complained says that it is settled, and how."""
    complaint = _end(actor, reference, "settle", EntryKind.SETTLED, text, is_checked)
    told = [notice_to(other, complaint, "concerns.complaint_closed") for other in _others(actor, complaint)]
    record("complaint.settled", subject=complaint, actor=actor, notify=told)
    return complaint


@transaction.atomic
def give_up_complaint(actor: Actor, *, reference: str, text: str, is_checked: bool = False) -> Complaint:
    """After mediation whoever complained closes it without having been satisfied."""
    complaint = _end(actor, reference, "give_up", EntryKind.UNRESOLVED, text, is_checked)
    told = [notice_to(other, complaint, "concerns.complaint_closed") for other in _others(actor, complaint)]
    record("complaint.unresolved", subject=complaint, actor=actor, notify=told)
    return complaint


def _end(actor: Actor, reference: str, move: str, kind: EntryKind, text: str, is_checked: bool) -> Complaint:
    complaint = _held(actor, reference)
    _require_side(actor, complaint.complainant_id)
    complaint.status = COMPLAINT.after(complaint.status, move)
    text = _text(complaint, text, is_checked)
    complaint.closed_at = database_now()
    complaint.save(update_fields=["status", "closed_at"])
    _say(actor, complaint, kind, text)
    return complaint


def _held(actor: Actor, reference: str, *, permission: str = "complaint.write") -> Complaint:
    actor.require(permission)
    hold_name(f"complaint:{reference}")
    complaint = Complaint.objects.filter(reference=reference).first()
    if complaint is None:
        raise Http404
    return complaint


def _require_side(actor: Actor, *sides: UUID | None) -> None:
    """Whose move it is: the other side's is not permitted."""
    if actor.organisation_id not in sides:
        raise NotPermitted("complaint.write")


def _others(actor: Actor, complaint: Complaint) -> list[UUID]:
    readers = (complaint.authority_id, complaint.provider_id, complaint.mediator_id)
    return [reader for reader in readers if reader is not None and reader != actor.organisation_id]


def _text(complaint: Complaint, text: str, is_checked: bool) -> str:
    text = require_text(text, field="text", message=_("Write what you want to say"))
    require_nobody_named(text, field="text", provider_id=complaint.provider_id, is_checked=is_checked)
    return text


def _say(actor: Actor, complaint: Complaint, kind: EntryKind, text: str) -> ComplaintEntry:
    entry = ComplaintEntry(
        complaint=complaint,
        authority_id=complaint.authority_id,
        provider_id=complaint.provider_id,
        organisation_id=actor.organisation_id,
        by_name=actor.name[:120],
        kind=kind,
        text=text,
        at=database_now(),
    )
    entry.save(force_insert=True)
    return entry


def _parties(actor: Actor, against_id: UUID) -> tuple[UUID, UUID]:
    """(authority, provider); raises Http404 when the other side is none."""
    if actor.is_authority:
        if not Provider.objects.filter(pk=against_id).exists():
            raise Http404
        return actor.organisation_id, against_id
    if not Organisation.objects.filter(pk=against_id, kind=Organisation.Kind.AUTHORITY).exists():
        raise Http404
    return against_id, actor.organisation_id


def _agreement(reference: str, authority_id: UUID, provider_id: UUID) -> Agreement | None:
    reference = reference.strip().upper()
    if not reference:
        return None
    both = Agreement.objects.filter(reference=reference, authority_id=authority_id, provider_id=provider_id)
    found = both.defer("terms").order_by("-version").first()
    if found is None:
        raise RuleBroken(
            "agreement_unknown", _("No agreement between you two has this reference"), "agreement_reference"
        )
    return found
