"""What both sides do: adding to an incident, recording a return; and what every act on one needs."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from brokerage.core.texts import need_text
from brokerage.safeguarding.incidents.models import INTERVIEW_WITHIN, Incident, IncidentEntry, Side
from brokerage.safeguarding.incidents.queries import incident_of
from brokerage.safeguarding.incidents.reminders import remind_of_interview
from brokerage.safeguarding.incidents.states import ENDED

#: Who may act on an incident, whichever side.
ACT = ("incident.report", "incident.answer")


def read_incident(actor: Actor, *, reference: str) -> Incident:
    """The incident; each reading is recorded."""
    actor.require("incident.view")
    incident = incident_of(reference)
    record("incident.read", subject=incident, actor=actor)
    return incident


@transaction.atomic
def add_entry(actor: Actor, *, reference: str, text: str, is_internal: bool = False) -> IncidentEntry:
    """Add to an incident that is open; the other side is told, unless the entry is internal to the authority.

    Refused when: it is closed (NotNow); the text is missing; a provider's entry is internal.
    """
    actor.require(*ACT)
    incident = held(reference)
    if incident.status in ENDED:
        raise NotNow("incident_closed", _("This event is closed"))
    need_text(text, field="text", message=_("Write what you want to add"))
    if is_internal and not actor.is_authority:
        raise RuleBroken("internal_not_yours", _("Only the authority keeps internal entries"), "is_internal")
    entry = _entry(actor, incident, move="", text=text, is_internal=is_internal)
    entry.save(force_insert=True)
    told = [] if is_internal else [to_other_side(actor, incident, "incidents.added")]
    record("incident.added", subject=incident, actor=actor, data={"is_internal": is_internal}, notify=told)
    return entry


@transaction.atomic
def record_return(
    actor: Actor, *, reference: str, returned_at: dt.datetime, returned_how: str, was_harmed: bool, harm: str = ""
) -> Incident:
    """The person is back. A return interview of somebody who was missing is due within 72 hours of it.

    Refused when: they are back already (NotNow); the time is ahead or before they went; it is not said how, or what
    harm they came to.
    """
    actor.require(*ACT)
    incident = held(reference)
    status = incident.lifecycle.after(incident.status, "return") if incident.is_episode else None
    if status is None:
        raise NotNow("not_an_episode", _("Nobody went missing in this event"))
    now = database_now()
    if returned_at > now:
        raise RuleBroken("time_ahead", _("This time is still ahead"), "returned_at")
    if returned_at < incident.happened_at:
        raise RuleBroken("returned_before", _("They cannot have returned before they went"), "returned_at")
    need_text(returned_how, field="returned_how", message=_("Say how they returned"))
    if was_harmed:
        need_text(harm, field="harm", message=_("Say what harm they came to"))
    add(actor, incident, move="return", text=returned_how)
    incident.status, incident.returned_at, incident.returned_how = status, returned_at, returned_how.strip()
    incident.was_harmed, incident.harm = was_harmed, harm.strip()
    incident.interview_due_at = returned_at + INTERVIEW_WITHIN if incident.needs_interview else None
    incident.save(
        update_fields=["status", "returned_at", "returned_how", "was_harmed", "harm", "interview_due_at"],
    )
    notice = to_other_side(actor, incident, "incidents.returned", is_urgent=True)
    entry = record("incident.returned", subject=incident, actor=actor, notify=[notice])
    remind_of_interview(actor, incident, entry_id=entry.pk)
    return incident


def held(reference: str) -> Incident:
    """The incident, locked and read afresh; raises Http404."""
    hold_name(f"incident:{normalise_reference(reference)}")
    return incident_of(reference)


def add(actor: Actor, incident: Incident, *, move: str, text: str) -> dt.datetime:
    """Write the entry of a move, before the move itself; returns its moment."""
    entry = _entry(actor, incident, move=move, text=text)
    entry.save(force_insert=True)
    return entry.at


def to_authority(incident: Incident, template: str, *, is_urgent: bool = False, slug: str = "") -> Notice:
    """For the authority's people who read incidents."""
    slug = slug or Organisation.objects.values_list("slug", flat=True).get(pk=incident.authority_id)
    return _notice(incident, template, organisation_id=incident.authority_id, slug=slug, is_urgent=is_urgent)


def to_provider(incident: Incident, template: str, *, is_urgent: bool = False) -> Notice:
    """For the provider's people who read incidents."""
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=incident.provider_id)
    return _notice(incident, template, organisation_id=incident.provider_id, slug=slug, is_urgent=is_urgent)


def to_other_side(actor: Actor, incident: Incident, template: str, *, is_urgent: bool = False) -> Notice:
    """For whichever side did not act."""
    tell = to_provider if actor.organisation_id == incident.authority_id else to_authority
    return tell(incident, template, is_urgent=is_urgent)


def _entry(actor: Actor, incident: Incident, *, move: str, text: str, is_internal: bool = False) -> IncidentEntry:
    return IncidentEntry(
        incident=incident,
        authority_id=incident.authority_id,
        provider_id=incident.provider_id,
        side=Side.AUTHORITY if actor.organisation_id == incident.authority_id else Side.PROVIDER,
        move=move,
        text=text.strip(),
        is_internal=is_internal,
        by_name=actor.name[:120],
        at=database_now(),
    )


def _notice(incident: Incident, template: str, *, organisation_id: UUID, slug: str, is_urgent: bool) -> Notice:
    return Notice(
        template=template,
        organisation_id=organisation_id,
        reference=incident.reference,
        path=f"/o/{slug}/incidents/{incident.reference}/",
        permissions=("incident.view",),
        is_urgent=is_urgent,
    )
