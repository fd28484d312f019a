"""Announcing a closure, moving its day, withdrawing it, and recording that the home has closed.

Everybody who must know is told in the same transaction, and each person there gets a row of their authority's.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.locks import hold, hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.closures.models import Closure, ClosureRecipient, Why
from brokerage.safeguarding.closures.reminders import first_reminder
from brokerage.safeguarding.closures.states import CLOSURE, CLOSURE_RUNNING
from brokerage.safeguarding.texts import require_tellable
from providers.actions.households import retire_household
from providers.actions.verification import change_registration
from providers.models import CarerHousehold, Establishment, Provider

#: A home does not close later than this many days ahead: a day further off is a slip of the pen.
FURTHEST = 731


@dataclass(frozen=True)
class ClosureFacts:
    """What is announced. `establishment_id` and `household_id` narrow what closes."""

    provider_id: UUID
    why: str
    closes_on: dt.date
    notice_on: dt.date
    explanation: str = ""
    establishment_id: UUID | None = None
    household_id: UUID | None = None
    is_checked: bool = False


@transaction.atomic
def announce_closure(actor: Actor, *, facts: ClosureFacts) -> Closure:
    """Announce that a home, a fostering household or a whole provider closes.

    A central team announces for anybody, a provider for itself. Every authority with somebody there, the central teams
    of the regions concerned and the provider are told at once. Refused when: the home is unknown, or not the
    provider's own (Http404); its closure runs already (`closure_running`); a day is missing, too far ahead or before
    the notice (`closes_before_notice`, `closes_too_far`, `day_ahead`); the text names a person.
    """
    actor.require("closure.manage", "closure.report")
    if actor.is_provider and facts.provider_id != actor.organisation_id:
        raise Http404
    about = _subject(facts)
    _check(facts)
    hold_name(f"closure of:{facts.provider_id}")
    same = {
        "provider_id": facts.provider_id,
        "establishment_id": facts.establishment_id,
        "household_id": facts.household_id,
    }
    if Closure.objects.filter(status__in=CLOSURE_RUNNING, **same).exists():
        raise _running()
    closure = Closure(
        announced_by_id=actor.organisation_id,
        announced_by_organisation=actor.organisation_name[:200],
        about=about[:240],
        why=facts.why,
        explanation=facts.explanation.strip(),
        notice_on=facts.notice_on,
        closes_on=facts.closes_on,
        announced_by_user_id=actor.user_id,
        announced_by_name=actor.name[:120],
        announced_at=database_now(),
        **same,
    )
    try:
        with transaction.atomic():
            closure.save(force_insert=True)
    except IntegrityError as error:
        # Announced by somebody who had no reason to tell us.
        if "closure_running_once" in str(error):
            raise _running() from error
        raise
    entry = record(
        "closure.announced",
        subject=closure,
        actor=actor,
        data={"why": closure.why, "closes_on": closure.closes_on.isoformat()},
    )
    _tell(actor, closure, entry.pk, "closures.announced")
    enqueue(
        "closure_reminder",
        queue="alerts",
        actor=actor,
        payload={"closure": str(closure.pk), "step": 1},
        entry_id=entry.pk,
        available_at=first_reminder(closure.closes_on, closure.announced_at),
    )
    return closure


@transaction.atomic
def reschedule_closure(
    actor: Actor, *, reference: str, closes_on: dt.date, change_note: str, is_checked: bool = False
) -> Closure:
    """The home closes on another day; everybody is told again. Refused without a reason or with an impossible day."""
    closure = own_closure(actor, reference)
    closure.status = CLOSURE.after(closure.status, "reschedule")
    if not change_note.strip():
        raise RuleBroken("reason_missing", _("Say why the day has changed"), "change_note")
    require_tellable(change_note, field="change_note", provider_id=closure.provider_id, is_checked=is_checked)
    _check_day(closes_on, closure.notice_on)
    if closes_on == closure.closes_on:
        raise RuleBroken("day_unchanged", _("This is the day announced already"), "closes_on")
    before, closure.closes_on = closure.closes_on, closes_on
    closure.change_note, closure.changed_at = change_note.strip(), database_now()
    closure.changed_by_organisation = actor.organisation_name[:200]
    closure.save(update_fields=["status", "closes_on", "change_note", "changed_at", "changed_by_organisation"])
    data = {"before": before.isoformat(), "after": closes_on.isoformat()}
    entry = record("closure.rescheduled", subject=closure, actor=actor, data=data)
    _tell(actor, closure, entry.pk, "closures.changed")
    return closure


@transaction.atomic
def withdraw_closure(actor: Actor, *, reference: str, change_note: str, is_checked: bool = False) -> Closure:
    """The home does not close after all; everybody is told, and nobody need move. Refused without a reason."""
    closure = own_closure(actor, reference)
    closure.status = CLOSURE.after(closure.status, "withdraw")
    if not change_note.strip():
        raise RuleBroken("reason_missing", _("Say why it is not closing"), "change_note")
    require_tellable(change_note, field="change_note", provider_id=closure.provider_id, is_checked=is_checked)
    closure.change_note, closure.withdrawn_at = change_note.strip(), database_now()
    closure.withdrawn_by_organisation = actor.organisation_name[:200]
    closure.save(update_fields=["status", "change_note", "withdrawn_at", "withdrawn_by_organisation"])
    entry = record("closure.withdrawn", subject=closure, actor=actor)
    _tell(actor, closure, entry.pk, "closures.withdrawn")
    return closure


@transaction.atomic
def close_home(actor: Actor, *, reference: str, closed_on: dt.date) -> Closure:
    """Record that it has closed: the register says so from that day, and nothing there is matched any more.

    For a central team that keeps the register. The closure is complete once nobody is left to move. Refused when the
    day lies ahead (`day_ahead`) or the register refuses it.
    """
    actor.require("closure.manage")
    actor.require("providers.verify")
    closure = own_closure(actor, reference)
    closure.status = CLOSURE.after(closure.status, "close")
    if closed_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "closed_on")
    _mark_closed(actor, closure, closed_on)
    closure.closed_on, closure.closed_at = closed_on, database_now()
    closure.closed_by_organisation = actor.organisation_name[:200]
    closure.save(update_fields=["status", "closed_on", "closed_at", "closed_by_organisation"])
    entry = record("closure.closed", subject=closure, actor=actor, data={"closed_on": closed_on.isoformat()})
    _tell(actor, closure, entry.pk, "closures.closed")
    if settle(closure):
        enqueue_change(actor, closure, entry.pk, "closures.completed")
        closure.refresh_from_db()
    return closure


def settle(closure: Closure) -> bool:
    """Complete a closure that has happened when nobody is left to move; whether that is so now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT closure_settle(%s)", [closure.pk])
        return bool(cursor.fetchone()[0])


def enqueue_change(actor: Actor, closure: Closure, entry_id: UUID, template: str) -> None:
    """Queue what the feeds of everybody who was told say."""
    payload = {"closure": str(closure.pk), "template": template}
    enqueue("closure_change", queue="alerts", actor=actor, payload=payload, entry_id=entry_id)


def own_closure(actor: Actor, reference: str) -> Closure:
    """The closure, held, for whoever may change it: a central team that was told, or the provider that announced it.
    Raises Http404."""
    actor.require("closure.manage", "closure.report")
    hold_name(f"closure:{reference}")
    told = ClosureRecipient.objects.select_related("closure").filter(reference=reference).first()
    if told is None or "announced" not in told.reasons and "central" not in told.reasons:
        raise Http404
    return told.closure


def _tell(actor: Actor, closure: Closure, entry_id: UUID, template: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT closure_tell(%s)", [closure.pk])
    enqueue_change(actor, closure, entry_id, template)


def _mark_closed(actor: Actor, closure: Closure, closed_on: dt.date) -> None:
    reason = str(_("Closed: %(reference)s") % {"reference": closure.reference})
    if closure.household_id is not None:
        retire_household(actor, household_id=closure.household_id, on=closed_on)
        return
    homes = Establishment.objects.filter(provider_id=closure.provider_id, closed_on__isnull=True)
    if closure.establishment_id is not None:
        homes = homes.filter(pk=closure.establishment_id)
    closing = list(homes.order_by("pk").values_list("pk", flat=True))
    # All at once: one by one the second home's lock would come after the provider's, and the order is the other way.
    hold(establishments=closing, standings_exclusive=[closure.provider_id])
    for home in closing:
        change_registration(actor, establishment_id=home, values={"closed_on": closed_on}, reason=reason)


def _running() -> RuleBroken:
    return RuleBroken("closure_running", _("The closure of this is announced already"), None)


def _subject(facts: ClosureFacts) -> str:
    """What closes, in words; raises Http404 for what is not the provider's."""
    provider = Provider.objects.filter(pk=facts.provider_id).first()
    if provider is None:
        raise Http404
    parts = [provider.legal_name]
    if facts.establishment_id is not None:
        home = Establishment.objects.filter(pk=facts.establishment_id, provider_id=provider.pk).first()
        if home is None:
            raise Http404
        if home.closed_on is not None:
            raise RuleBroken("closed_already", _("The register says that this home is closed"), None)
        parts.insert(0, home.name)
    if facts.household_id is not None:
        household = CarerHousehold.objects.filter(pk=facts.household_id, provider_id=provider.pk).first()
        if household is None or household.agency_id != facts.establishment_id:
            raise Http404
        parts.insert(0, household.code)
    return ", ".join(parts)


def _check(facts: ClosureFacts) -> None:
    if facts.why not in Why.values:
        raise RuleBroken("why_missing", _("Choose why it closes"), "why")
    if facts.notice_on > database_today():
        raise RuleBroken("day_ahead", _("This day is still ahead"), "notice_on")
    _check_day(facts.closes_on, facts.notice_on)
    require_tellable(facts.explanation, field="explanation", provider_id=facts.provider_id, is_checked=facts.is_checked)


def _check_day(closes_on: dt.date, notice_on: dt.date) -> None:
    if closes_on < notice_on:
        raise RuleBroken("closes_before_notice", _("It cannot close before notice was given"), "closes_on")
    if closes_on > database_today() + dt.timedelta(days=FURTHEST):
        raise RuleBroken("closes_too_far", _("Enter a day within two years"), "closes_on")
