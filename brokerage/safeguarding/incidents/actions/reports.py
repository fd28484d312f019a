"""What a provider says of its own residents: reporting, and taking back what was a mistake.

The authority that placed the person is told in the transaction, ahead of everything else, and nobody but it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import need_text, require_short
from brokerage.safeguarding.incidents.actions.entries import add, held, to_authority
from brokerage.safeguarding.incidents.models import EPISODES, Incident, Kind, Risk
from brokerage.safeguarding.incidents.queries import Resident, resident_of
from brokerage.safeguarding.incidents.reminders import remind_to_acknowledge
from brokerage.safeguarding.incidents.states import lifecycle_of

#: For so long the same words of the same person about the same resident are the same report.
SAME = dt.timedelta(minutes=10)
OFFICES = ("police", "regulator", "lado")


@dataclass(frozen=True)
class IncidentFacts:
    """What a provider reports. `agreement` says of whom; of an episode `happened_at` is since when."""

    agreement: str
    kind: str
    risk: str
    happened_at: dt.datetime
    what_happened: str
    action_taken: str
    known_at: dt.datetime | None = None
    last_seen: str = ""
    police_told_at: dt.datetime | None = None
    police_reference: str = ""
    regulator_told_at: dt.datetime | None = None
    regulator_reference: str = ""
    lado_told_at: dt.datetime | None = None
    lado_reference: str = ""
    others_told: str = ""


@transaction.atomic
def report_incident(actor: Actor, *, facts: IncidentFacts) -> Incident:
    """Report an event of a resident to the authority that placed them. The same one sent twice is one.

    Refused when: nobody of the provider lives there under that agreement, or left more than thirty days ago (Http404);
    something is missing or ahead; an episode of this person is open already (`already_missing`).
    """
    actor.require("incident.report")
    resident = resident_of(facts.agreement)
    hold_name(f"incidents of:{resident.placement_id}")
    now = database_now()
    known_at = facts.known_at or now
    _check(facts, known_at, now)
    again = _reported_again(actor, facts, resident, since=now - SAME)
    if again is not None:
        return again
    is_episode = facts.kind in EPISODES
    _only_one_open(resident, is_episode=is_episode)
    incident = Incident(
        authority_id=resident.authority_id,
        provider_id=actor.organisation_id,
        agreement_id=resident.agreement_id,
        agreement_reference=resident.agreement_reference,
        placement_id=resident.placement_id,
        establishment_id=resident.establishment_id,
        household_id=resident.household_id,
        kind=facts.kind,
        status=lifecycle_of(facts.kind).initial,
        risk=facts.risk,
        happened_at=facts.happened_at,
        known_at=known_at,
        what_happened=facts.what_happened.strip(),
        action_taken=facts.action_taken.strip(),
        last_seen=facts.last_seen.strip(),
        others_told=facts.others_told.strip(),
        needs_interview=facts.kind == Kind.MISSING and not resident.is_adult,
        reported_by_user_id=actor.user_id,
        reported_by_name=actor.name[:120],
        reported_at=now,
        **_offices(facts),
    )
    incident.save(force_insert=True)
    entry = record(
        "incident.reported",
        subject=incident,
        actor=actor,
        notify=[to_authority(incident, "incidents.reported", is_urgent=True, slug=resident.authority_slug)],
    )
    remind_to_acknowledge(actor, incident, entry_id=entry.pk)
    return incident


@transaction.atomic
def withdraw_incident(actor: Actor, *, reference: str, reason: str) -> Incident:
    """Say that a report was a mistake; it stays to be read, with the reason.

    Refused when: the person has returned or the authority acknowledged the event (NotNow); the reason is missing.
    """
    actor.require("incident.report")
    incident = held(reference)
    status = incident.lifecycle.after(incident.status, "withdraw")
    need_text(reason, field="reason", message=_("Say what was mistaken"))
    now = add(actor, incident, move="withdraw", text=reason)
    incident.status, incident.closed_at, incident.closed_by_name = status, now, actor.name[:120]
    incident.outcome = reason.strip()
    incident.save(update_fields=["status", "closed_at", "closed_by_name", "outcome"])
    record(
        "incident.withdrawn",
        subject=incident,
        actor=actor,
        notify=[to_authority(incident, "incidents.withdrawn", is_urgent=True)],
    )
    return incident


def _only_one_open(resident: Resident, *, is_episode: bool) -> None:
    if not is_episode:
        return
    open_one = Incident.objects.filter(placement_id=resident.placement_id, status="missing").first()
    if open_one is not None:
        raise RuleBroken(
            "already_missing",
            _("This person is reported already: add to %(reference)s, or record their return there first")
            % {"reference": open_one.reference},
            "agreement",
        )


def _reported_again(actor: Actor, facts: IncidentFacts, resident: Resident, *, since: dt.datetime) -> Incident | None:
    """The same report sent before: one that says anything else, such as a higher risk, is not the same."""
    return Incident.objects.filter(
        placement_id=resident.placement_id,
        kind=facts.kind,
        risk=facts.risk,
        happened_at=facts.happened_at,
        what_happened=facts.what_happened.strip(),
        action_taken=facts.action_taken.strip(),
        last_seen=facts.last_seen.strip(),
        others_told=facts.others_told.strip(),
        reported_by_user_id=actor.user_id,
        reported_at__gte=since,
        status=lifecycle_of(facts.kind).initial,
        **_offices(facts),
    ).first()


def _offices(facts: IncidentFacts) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for office in OFFICES:
        told[f"{office}_told_at"] = getattr(facts, f"{office}_told_at")
        told[f"{office}_reference"] = getattr(facts, f"{office}_reference").strip()
    return told


def _check(facts: IncidentFacts, known_at: dt.datetime, now: dt.datetime) -> None:
    if facts.kind not in Kind.values:
        raise RuleBroken("kind_missing", _("Choose what happened"), "kind")
    if facts.risk not in Risk.values:
        raise RuleBroken("risk_missing", _("Choose how much the person is at risk"), "risk")
    need_text(facts.what_happened, field="what_happened", message=_("Say what happened"))
    need_text(facts.action_taken, field="action_taken", message=_("Say what has been done so far"))
    if facts.kind == Kind.MISSING:
        need_text(
            facts.last_seen, field="last_seen", message=_("Say where they were last seen and what they were wearing")
        )
    times = {"happened_at": facts.happened_at, "known_at": known_at}
    times |= {f"{office}_told_at": getattr(facts, f"{office}_told_at") for office in OFFICES}
    for name, moment in times.items():
        if moment is not None and moment > now:
            raise RuleBroken("time_ahead", _("This time is still ahead"), name)
    if known_at < facts.happened_at:
        raise RuleBroken("known_before", _("It cannot have been known before it happened"), "known_at")
    for name in ("what_happened", "action_taken", "last_seen", "others_told"):
        require_short(getattr(facts, name), field=name)
