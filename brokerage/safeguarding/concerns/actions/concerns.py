"""Noting a concern, and what a lead decides about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation, Region
from brokerage.core.tenants.regions import region_of
from brokerage.core.texts import require_text
from brokerage.safeguarding.concerns.models import Concern, ConcernKind
from brokerage.safeguarding.concerns.states import CONCERN
from brokerage.safeguarding.guard import require_nobody_named
from providers.queries.subjects import subject_of

#: The longest note: it is a quick one.
LONGEST_NOTE = 2000
#: For so long the same note by the same person is one: a form sent twice.
SAME = dt.timedelta(minutes=10)
#: What a lead can decide, as the lifecycle calls it.
DECISIONS = ("look", "alert", "close")


@dataclass(frozen=True)
class ConcernFacts:
    """What whoever notes a concern says. `establishment_id` and `household_id` narrow what it is about."""

    provider_id: UUID
    kind: str
    what: str
    seen_on: dt.date
    establishment_id: UUID | None = None
    household_id: UUID | None = None
    is_shared: bool = True
    is_checked: bool = False


@transaction.atomic
def write_concern(actor: Actor, *, facts: ConcernFacts) -> Concern:
    """Note a concern. Shared, the region's central team reads it too; a central team's own always stands with its
    region. Patterns are looked for at once.

    Refused when: the provider or home is unknown (Http404); the note is missing, too long or tells who a person is
    (`names_a_person`); the day is ahead or the kind unknown.
    """
    actor.require("concern.write")
    about = about_of(facts)
    if facts.kind not in ConcernKind.values:
        raise RuleBroken("kind_missing", _("Choose what the concern is about"), "kind")
    what = require_text(facts.what, field="what", message=_("Say what worries you"), most=LONGEST_NOTE)
    if facts.seen_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "seen_on")
    require_nobody_named(what, field="what", provider_id=facts.provider_id, is_checked=facts.is_checked)
    region = region_of(actor.organisation_id) if facts.is_shared or actor.is_central else None
    hold_name(f"concern:{actor.organisation_id}:{facts.provider_id}")
    now = database_now()
    own = Concern.objects.filter(organisation_id=actor.organisation_id, written_by_user_id=actor.user_id)
    subject = {
        "provider_id": facts.provider_id,
        "establishment_id": facts.establishment_id,
        "household_id": facts.household_id,
    }
    again = own.filter(
        what=what, kind=facts.kind, written_at__gte=now - SAME, status=CONCERN.initial, **subject
    ).first()
    if again is not None:
        return again
    concern = Concern(
        organisation_id=actor.organisation_id,
        region=region,
        about=about[:240],
        kind=facts.kind,
        what=what,
        seen_on=facts.seen_on,
        written_by_user_id=actor.user_id,
        written_by_name=actor.name[:120],
        written_at=now,
        **subject,
    )
    concern.save(force_insert=True)
    data = {"kind": concern.kind, "is_shared": region is not None}
    record("concern.written", subject=concern, actor=actor, data=data, notify=_to_leads(actor, concern, region))
    enqueue("concern_patterns", queue="default", actor=actor, payload={"concern": str(concern.pk)})
    return concern


@transaction.atomic
def decide_concern(actor: Actor, *, reference: str, decision: str, reason: str, is_checked: bool = False) -> Concern:
    """A lead, of whoever wrote it or of the central team it is shared with, says what is done: looked at (`look`), an
    alert is raised (`alert`; raising it is an act of its own), nothing further (`close`).

    Refused when: the concern is decided already (NotNow); the decision is none of `DECISIONS`; the reason is missing or
    tells who a person is.
    """
    actor.require("concern.decide")
    hold_name(f"concern:{reference}")
    concern = Concern.objects.filter(reference=reference).first()
    if concern is None:
        raise Http404
    if decision not in DECISIONS:
        raise RuleBroken("decision_missing", _("Choose what is done"), "decision")
    concern.status = CONCERN.after(concern.status, decision)
    reason = require_text(reason, field="reason", message=_("Say why"))
    require_nobody_named(reason, field="reason", provider_id=concern.provider_id, is_checked=is_checked)
    concern.decided_at, concern.decision_reason = database_now(), reason
    concern.decided_by_name, concern.decided_by_organisation = actor.name[:120], actor.organisation_name[:200]
    concern.save(
        update_fields=["status", "decided_at", "decision_reason", "decided_by_name", "decided_by_organisation"]
    )
    record(
        "concern.decided",
        subject=concern,
        actor=actor,
        data={"decision": decision},
        notify=_to_writer(actor, concern),
    )
    return concern


def about_of(facts: ConcernFacts) -> str:
    """What the concern is about, in words; raises Http404 for what is not one provider's."""
    asked = {
        "household": facts.household_id,
        "establishment": facts.establishment_id,
        "provider": facts.provider_id,
    }
    subject = subject_of({name: str(value) for name, value in asked.items() if value})
    if (
        subject is None
        or subject.provider_id != facts.provider_id
        or subject.establishment_id != facts.establishment_id
    ):
        raise Http404
    return ", ".join(filter(None, (subject.name, subject.where)))


def _to_leads(actor: Actor, concern: Concern, region: Region | None) -> list[Notice]:
    told = {actor.organisation_id: actor.slug}
    if region is not None:
        told[region.central_team_id] = region.central_team.slug
    return [
        Notice(
            template="concerns.written",
            organisation_id=organisation_id,
            reference=concern.reference,
            path=f"/o/{slug}/concerns/notes/{concern.reference}/",
            permissions=("concern.decide",),
        )
        for organisation_id, slug in told.items()
    ]


def _to_writer(actor: Actor, concern: Concern) -> list[Notice]:
    if concern.written_by_user_id is None or concern.written_by_user_id == actor.user_id:
        return []
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=concern.organisation_id)
    return [
        Notice(
            template="concerns.decided",
            organisation_id=concern.organisation_id,
            reference=concern.reference,
            path=f"/o/{slug}/concerns/notes/{concern.reference}/",
            user_id=concern.written_by_user_id,
        )
    ]
