"""Looking for patterns, and what a person decides about one. Nothing here acts by itself on what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now
from brokerage.core.errors import RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.texts import require_text
from brokerage.safeguarding.concerns.models import Concern, Suggestion
from brokerage.safeguarding.concerns.states import SUGGESTION, SUGGESTION_LIVE
from brokerage.safeguarding.guard import require_nobody_named

#: What a person can decide, as the lifecycle calls it.
DECISIONS = ("look", "alert", "measure", "dismiss")
#: That a pattern grows is told once in so long, however many things happen.
TOLD_ONCE_IN = timedelta(days=1)


@dataclass(frozen=True)
class Found:
    """A pattern as it stands now; `known` are digests of what was counted."""

    pattern: str
    provider_id: UUID
    establishment_id: UUID | None
    count: int
    latest_on: date
    known: list[str]


def patterns_now(provider_id: UUID | None = None) -> list[Found]:
    """The patterns that the organisation acted for may know of, about one provider or all."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM patterns_now(%s)", [provider_id])
        return [Found(*row) for row in cursor.fetchall()]


def of_home(establishment_id: UUID | None) -> dict[str, Any]:
    """The lookup of what is about this home, or about no home but the provider as a whole."""
    return {"establishment_id": establishment_id} if establishment_id else {"establishment_id__isnull": True}


@transaction.atomic
def suggest_patterns(actor: Actor, *, provider_id: UUID | None = None) -> list[Suggestion]:
    """Suggest to the organisation's leads what is new: the suggestions made, in no order.

    One that waits for a decision takes up the news, and its leads are told of that once a day at most; after a
    decision a pattern comes back only with something new.
    """
    hold_name(f"patterns:{actor.organisation_id}")
    made = []
    for found in sorted(patterns_now(provider_id), key=lambda each: (each.pattern, str(each.provider_id))):
        same = Suggestion.objects.filter(
            organisation_id=actor.organisation_id,
            pattern=found.pattern,
            provider_id=found.provider_id,
            **of_home(found.establishment_id),
        )
        told = list(same.order_by("raised_at"))
        if any(set(found.known) <= set(suggestion.known) for suggestion in told):
            continue
        live = next((suggestion for suggestion in told if suggestion.status in SUGGESTION_LIVE), None)
        suggestion = live or Suggestion(
            organisation_id=actor.organisation_id,
            pattern=found.pattern,
            provider_id=found.provider_id,
            establishment_id=found.establishment_id,
            raised_at=database_now(),
        )
        suggestion.count, suggestion.latest_on, suggestion.known = found.count, found.latest_on, found.known
        data: dict[str, Any] = {"pattern": found.pattern, "count": found.count}
        if live is not None:
            suggestion.save(update_fields=["count", "latest_on", "known"])
            told_of = [] if _was_told_lately(suggestion) else [_to_leads(actor, suggestion, "concerns.suggestion_grew")]
            data["told"] = bool(told_of)
            record("suggestion.renewed", subject=suggestion, actor=actor, data=data, notify=told_of)
            continue
        suggestion.save(force_insert=True)
        record("suggestion.raised", subject=suggestion, actor=actor, data=data, notify=[_to_leads(actor, suggestion)])
        made.append(suggestion)
    return made


@transaction.atomic
def decide_suggestion(
    actor: Actor, *, reference: str, decision: str, reason: str, is_checked: bool = False
) -> Suggestion:
    """A person says what becomes of it: look into it (`look`), an alert (`alert`) or a measure (`measure`) is on its
    way, or `dismiss`. Raising the alert and proposing the measure are acts of their own.

    Refused when: it is decided already (NotNow); the decision is none of `DECISIONS`, or a measure outside a central
    team; the reason is missing or tells who a person is.
    """
    actor.require("concern.decide")
    hold_name(f"patterns:{actor.organisation_id}")
    suggestion = Suggestion.objects.filter(reference=reference).first()
    if suggestion is None:
        raise Http404
    if decision not in decisions_of(actor):
        raise RuleBroken("decision_missing", _("Choose what is done"), "decision")
    suggestion.status = SUGGESTION.after(suggestion.status, decision)
    reason = require_text(reason, field="reason", message=_("Say why"))
    require_nobody_named(reason, field="reason", provider_id=suggestion.provider_id, is_checked=is_checked)
    suggestion.decided_at, suggestion.decided_by_name = database_now(), actor.name[:120]
    suggestion.decision_reason = reason
    suggestion.save(update_fields=["status", "decided_at", "decided_by_name", "decision_reason"])
    record("suggestion.decided", subject=suggestion, actor=actor, data={"decision": decision})
    return suggestion


def decisions_of(actor: Actor) -> tuple[str, ...]:
    """What this organisation's people can decide: measures are a central team's."""
    return tuple(each for each in DECISIONS if each != "measure" or actor.is_central)


@handles("concern_patterns")
def look_at_once(item: OutboxItem) -> None:
    """After a concern was noted: look for patterns of its writer and, if it is shared, of the region's central team.
    Repeatable."""
    with system(item.organisation_id) as actor:
        if not (actor.is_authority or actor.is_central):
            return
        own = Concern.objects.filter(pk=item.payload["concern"], organisation_id=actor.organisation_id)
        concern = own.select_related("region").first()
        if concern is None:
            return
        suggest_patterns(actor, provider_id=concern.provider_id)
        central = concern.region.central_team_id if concern.region else None
    if central is not None and central != item.organisation_id:
        with system(central) as actor:
            suggest_patterns(actor, provider_id=concern.provider_id)


def _was_told_lately(suggestion: Suggestion) -> bool:
    """Whether its leads have heard within a day that it grows: several things at once are one message. What was only
    written down does not count: a pattern that goes on every day is told every day."""
    told = Entry.objects.filter(organisation_id=suggestion.organisation_id, subject_id=str(suggestion.pk))
    return told.filter(kind="suggestion.renewed", data__told=True, at__gt=database_now() - TOLD_ONCE_IN).exists()


def _to_leads(actor: Actor, suggestion: Suggestion, template: str = "concerns.suggestion") -> Notice:
    return Notice(
        template=template,
        organisation_id=actor.organisation_id,
        reference=suggestion.reference,
        path=f"/o/{actor.slug}/concerns/suggestions/{suggestion.reference}/",
        permissions=("concern.decide",),
    )
