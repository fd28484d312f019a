"""Raising, confirming and closing a safeguarding alert. Everybody who must know is told in the same transaction."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import need_text
from brokerage.safeguarding.models import Alert, Kind, Severity
from brokerage.safeguarding.reminders import first_reminder
from brokerage.safeguarding.states import ALERT
from brokerage.safeguarding.texts import require_tellable
from brokerage.safeguarding.waiting import ask_again
from providers.models import CarerHousehold, Establishment, Provider

#: Fields for other bodies' numbers; whoever reads what happened reads them too.
REFERENCES = ("regulator_reference", "police_reference", "lado_reference")
#: For so long an alert in the same words by the same person about the same home is the same alert.
SAME = dt.timedelta(minutes=10)


@dataclass(frozen=True)
class AlertFacts:
    """What whoever raises an alert says. `establishment_id` and `household_id` narrow what it is about."""

    provider_id: UUID
    kind: str
    severity: str
    what_happened: str
    action_taken: str
    establishment_id: UUID | None = None
    household_id: UUID | None = None
    is_immediate_danger: bool = False
    told_provider: str = ""
    regulator_reference: str = ""
    regulator_told_on: dt.date | None = None
    police_reference: str = ""
    police_told_on: dt.date | None = None
    lado_reference: str = ""
    lado_told_on: dt.date | None = None
    is_checked: bool = False


@transaction.atomic
def raise_alert(actor: Actor, *, facts: AlertFacts) -> Alert:
    """Raise an alert. It is sent at once, unless it is of high severity and nobody is in danger now: then a second
    person decides. The same one raised again by the same person within `SAME` is one: a form sent twice.

    Refused when: the provider or home is unknown (Http404); a text is missing, too long or tells who a person is
    (`names_a_person`); a day is ahead.
    """
    actor.require("alert.raise")
    about = _subject(facts)
    _check(facts)
    _hold(f"{actor.organisation_id}:{facts.provider_id}")
    now = database_now()
    again = _raised_again(actor, facts, since=now - SAME)
    if again is not None:
        return again
    alert = Alert(
        raised_by_id=actor.organisation_id,
        provider_id=facts.provider_id,
        establishment_id=facts.establishment_id,
        household_id=facts.household_id,
        about=about[:240],
        kind=facts.kind,
        severity=facts.severity,
        what_happened=facts.what_happened.strip(),
        action_taken=facts.action_taken.strip(),
        is_immediate_danger=facts.is_immediate_danger,
        told_provider=facts.told_provider.strip(),
        regulator_reference=facts.regulator_reference.strip(),
        regulator_told_on=facts.regulator_told_on,
        police_reference=facts.police_reference.strip(),
        police_told_on=facts.police_told_on,
        lado_reference=facts.lado_reference.strip(),
        lado_told_on=facts.lado_told_on,
        raised_by_user_id=actor.user_id,
        raised_secret_by_id=actor.secret_by_id,
        raised_by_name=actor.name[:120],
        raised_at=now,
    )
    waits = facts.severity == Severity.HIGH and not facts.is_immediate_danger
    if not waits:
        alert.status, alert.sent_at = ALERT.after(alert.status, "confirm"), now
    alert.save(force_insert=True)
    entry = record(
        "alert.raised",
        subject=alert,
        actor=actor,
        data={"kind": alert.kind, "severity": alert.severity, "is_immediate_danger": alert.is_immediate_danger},
        notify=[_to_confirm(actor, alert)] if waits else [],
    )
    if waits:
        ask_again(actor, alert, entry_id=entry.pk)
    else:
        _send(actor, alert)
    return alert


@transaction.atomic
def confirm_alert(actor: Actor, *, reference: str) -> Alert:
    """Send an alert that waits for a second person: somebody else than whoever raised it."""
    alert = _waiting(actor, reference)
    alert.status = ALERT.after(alert.status, "confirm")
    now = database_now()
    alert.sent_at, alert.decided_at, alert.decided_by_name = now, now, actor.name[:120]
    alert.save(update_fields=["status", "sent_at", "decided_at", "decided_by_name"])
    _send(actor, alert)
    return alert


@transaction.atomic
def dismiss_alert(actor: Actor, *, reference: str, reason: str, is_checked: bool = False) -> Alert:
    """Do not send an alert that waits for a second person; the reason stays with it, and whoever raised it is told."""
    alert = _waiting(actor, reference)
    alert.status = ALERT.after(alert.status, "dismiss")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why it is not sent"), "reason")
    require_tellable(reason, field="reason", provider_id=alert.provider_id, is_checked=is_checked)
    alert.decided_at, alert.decided_by_name, alert.decision_note = database_now(), actor.name[:120], reason.strip()
    alert.save(update_fields=["status", "decided_at", "decided_by_name", "decision_note"])
    record("alert.dismissed", subject=alert, actor=actor, notify=_not_sent(actor, alert))
    return alert


@transaction.atomic
def close_alert(actor: Actor, *, reference: str, outcome: str, is_checked: bool = False) -> Alert:
    """Close a live alert; everybody who was told reads the outcome."""
    actor.require("alert.confirm")
    alert = _own(actor, reference)
    alert.status = ALERT.after(alert.status, "close")
    need_text(outcome, field="outcome", message=_("Say what came of it"))
    require_tellable(outcome, field="outcome", provider_id=alert.provider_id, is_checked=is_checked)
    alert.closed_at, alert.closed_by_name, alert.outcome = database_now(), actor.name[:120], outcome.strip()
    alert.save(update_fields=["status", "closed_at", "closed_by_name", "outcome"])
    entry = record("alert.closed", subject=alert, actor=actor)
    tell(actor, alert, entry_id=entry.pk, template="safeguarding.closed")
    return alert


def tell(actor: Actor, alert: Alert, *, entry_id: UUID, template: str) -> int:
    """Write or renew the row and the messages of everybody who must know, and queue what their feeds say; returns how
    many organisations were told."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT alert_tell(%s)", [alert.pk])
        told: int = cursor.fetchone()[0]
    payload = {"alert": str(alert.pk), "template": template}
    enqueue("alert_change", queue="alerts", actor=actor, payload=payload, entry_id=entry_id)
    return told


def _send(actor: Actor, alert: Alert) -> None:
    entry = record("alert.sent", subject=alert, actor=actor, data={"severity": alert.severity})
    tell(actor, alert, entry_id=entry.pk, template="safeguarding.alert")
    enqueue(
        "alert_reminder",
        queue="alerts",
        actor=actor,
        payload={"alert": str(alert.pk), "step": 1},
        entry_id=entry.pk,
        available_at=first_reminder(alert, database_now()),
    )


def _to_confirm(actor: Actor, alert: Alert) -> Notice:
    return Notice(
        template="safeguarding.to_confirm",
        organisation_id=actor.organisation_id,
        reference=alert.reference,
        path=f"/o/{actor.slug}/alerts/{alert.reference}/",
        permissions=("alert.confirm",),
        is_urgent=True,
    )


def _not_sent(actor: Actor, alert: Alert) -> list[Notice]:
    """To whoever raised it, who may believe that everybody knows."""
    if alert.raised_by_user_id is None:
        return []
    return [
        Notice(
            template="safeguarding.not_sent",
            organisation_id=actor.organisation_id,
            reference=alert.reference,
            path=f"/o/{actor.slug}/alerts/{alert.reference}/",
            user_id=alert.raised_by_user_id,
            is_urgent=True,
        )
    ]


def _raised_again(actor: Actor, facts: AlertFacts, *, since: dt.datetime) -> Alert | None:
    same: dict[str, Any] = {
        "provider_id": facts.provider_id,
        "establishment_id": facts.establishment_id,
        "household_id": facts.household_id,
        "kind": facts.kind,
        "severity": facts.severity,
        "is_immediate_danger": facts.is_immediate_danger,
        "what_happened": facts.what_happened.strip(),
        "action_taken": facts.action_taken.strip(),
        "told_provider": facts.told_provider.strip(),
    }
    own = Alert.objects.filter(raised_by_id=actor.organisation_id, raised_by_user_id=actor.user_id, **same)
    return own.filter(raised_at__gte=since, status__in=(ALERT.initial, "live")).order_by("raised_at").first()


def _hold(reference: str) -> None:
    hold_name(f"alert:{reference}")


def _own(actor: Actor, reference: str) -> Alert:
    _hold(reference)
    alert = Alert.objects.filter(reference=reference, raised_by_id=actor.organisation_id).first()
    if alert is None:
        raise Http404
    return alert


def _waiting(actor: Actor, reference: str) -> Alert:
    actor.require("alert.confirm")
    alert = _own(actor, reference)
    if actor.is_one_of(alert.raised_by_user_id, alert.raised_secret_by_id):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever raised it decides"), None)
    return alert


def _subject(facts: AlertFacts) -> str:
    """What the alert is about, in words; raises Http404 for what is not one provider's."""
    provider = Provider.objects.filter(pk=facts.provider_id).first()
    if provider is None:
        raise Http404
    parts = [provider.legal_name]
    if facts.establishment_id is not None:
        home = Establishment.objects.filter(pk=facts.establishment_id, provider_id=provider.pk).first()
        if home is None:
            raise Http404
        parts.insert(0, home.name)
    if facts.household_id is not None:
        household = CarerHousehold.objects.filter(pk=facts.household_id, provider_id=provider.pk).first()
        if household is None or household.agency_id != facts.establishment_id:
            raise Http404
        parts.insert(0, household.code)
    return ", ".join(parts)


def _check(facts: AlertFacts) -> None:
    if facts.kind not in Kind.values:
        raise RuleBroken("kind_missing", _("Choose what the alert is about"), "kind")
    if facts.severity not in Severity.values:
        raise RuleBroken("severity_missing", _("Choose how serious it is"), "severity")
    need_text(facts.what_happened, field="what_happened", message=_("Say what happened"))
    need_text(facts.action_taken, field="action_taken", message=_("Say what has been done so far"))
    today = database_today()
    for name in ("regulator_told_on", "police_told_on", "lado_told_on"):
        day = getattr(facts, name)
        if day is not None and day > today:
            raise RuleBroken("day_ahead", _("This day is still ahead"), name)
    for name in ("what_happened", "action_taken", "told_provider", *REFERENCES):
        said = getattr(facts, name)
        require_tellable(said, field=name, provider_id=facts.provider_id, is_checked=facts.is_checked)
