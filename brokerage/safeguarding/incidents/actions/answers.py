"""What the authority does about an incident of its own person: acknowledge, ask for more, interview, close."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import need_text
from brokerage.safeguarding.incidents.actions.entries import add, held, to_provider
from brokerage.safeguarding.incidents.models import Incident, InterviewOutcome


@transaction.atomic
def acknowledge_incident(actor: Actor, *, reference: str, text: str = "") -> Incident:
    """Say that the authority has read it, and (optionally) what it does. An episode stays as it is, an event moves on.

    Refused when: it was acknowledged before, or is over (NotNow).
    """
    actor.require("incident.answer")
    incident = held(reference)
    if not incident.is_waiting_for_acknowledgement:
        raise NotNow("incident_acknowledged", _("This event was acknowledged already, or is over"))
    if not incident.is_episode:
        incident.status = incident.lifecycle.after(incident.status, "acknowledge")
    incident.acknowledged_at = add(actor, incident, move="acknowledge", text=text)
    incident.acknowledged_by_name = actor.name[:120]
    incident.save(update_fields=["status", "acknowledged_at", "acknowledged_by_name"])
    _record(actor, incident, "incident.acknowledged", "incidents.acknowledged")
    return incident


@transaction.atomic
def require_follow_up(actor: Actor, *, reference: str, text: str) -> Incident:
    """Ask the provider for more about an acknowledged event: it reads what is needed and answers with entries."""
    actor.require("incident.answer")
    incident = held(reference)
    if incident.is_episode:
        raise NotNow("not_an_event", _("Add an entry to a missing episode instead"))
    status = incident.lifecycle.after(incident.status, "follow_up")
    need_text(text, field="text", message=_("Say what the provider is to do"))
    add(actor, incident, move="follow_up", text=text)
    incident.status = status
    incident.save(update_fields=["status"])
    _record(actor, incident, "incident.follow_up", "incidents.follow_up")
    return incident


@transaction.atomic
def offer_interview(actor: Actor, *, reference: str, interview_by: str) -> Incident:
    """Record that a return interview was offered, and who will do it: somebody independent of the home."""
    actor.require("incident.answer")
    incident = held(reference)
    _needs_interview(incident)
    status = incident.lifecycle.after(incident.status, "offer_interview")
    need_text(interview_by, field="interview_by", message=_("Say who will do the interview"))
    now = add(actor, incident, move="offer_interview", text=interview_by)
    incident.status, incident.interview_offered_at, incident.interview_by = status, now, interview_by.strip()[:120]
    incident.save(update_fields=["status", "interview_offered_at", "interview_by"])
    _record(actor, incident, "incident.interview_offered", "incidents.interview")
    return incident


@transaction.atomic
def settle_interview(actor: Actor, *, reference: str, interview_outcome: str, interview_on: dt.date) -> Incident:
    """Record that the return interview was done or declined, and on which day."""
    actor.require("incident.answer")
    incident = held(reference)
    _needs_interview(incident)
    status = incident.lifecycle.after(incident.status, "settle_interview")
    if interview_outcome not in InterviewOutcome.values:
        raise RuleBroken("interview_outcome_missing", _("Say whether it was done or declined"), "interview_outcome")
    if interview_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "interview_on")
    add(actor, incident, move="settle_interview", text="")
    incident.status, incident.interview_outcome, incident.interview_on = status, interview_outcome, interview_on
    incident.save(update_fields=["status", "interview_outcome", "interview_on"])
    _record(actor, incident, "incident.interview_settled", "incidents.interview")
    return incident


@transaction.atomic
def close_incident(actor: Actor, *, reference: str, outcome: str) -> Incident:
    """It is over; the provider reads what came of it.

    Refused when: it was not acknowledged, or the person is not back (NotNow); a return interview is still owed
    (`interview_owed`); the outcome is missing.
    """
    actor.require("incident.answer")
    incident = held(reference)
    status = incident.lifecycle.after(incident.status, "close")
    if incident.needs_interview and not incident.interview_outcome:
        raise NotNow("interview_owed", _("Offer the return interview and record what came of it first"))
    need_text(outcome, field="outcome", message=_("Say what came of it"))
    now = add(actor, incident, move="close", text=outcome)
    incident.status, incident.closed_at, incident.closed_by_name = status, now, actor.name[:120]
    incident.outcome = outcome.strip()
    incident.save(update_fields=["status", "closed_at", "closed_by_name", "outcome"])
    _record(actor, incident, "incident.closed", "incidents.closed")
    return incident


def _needs_interview(incident: Incident) -> None:
    if not incident.needs_interview:
        raise NotNow("no_interview_owed", _("No return interview is owed after this event"))


def _record(actor: Actor, incident: Incident, act: str, template: str) -> None:
    record(act, subject=incident, actor=actor, notify=[to_provider(incident, template)])
