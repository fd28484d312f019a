"""Telling an authority of live alerts about homes that it looks at only now: work of the outbox's alerts queue.

`alert_tell` works out anew who must know. Whoever answered has answered; an authority that was told less, or nothing,
is told now.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.db.models import Q

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_now
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system, worker
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.models import Alert, AlertRecipient, Severity
from brokerage.safeguarding.reminders import first_reminder
from placements.interest import KIND

#: With one of these reasons an organisation reads what happened.
NEAR = frozenset({"raised", "resident", "starting", "searching", "central"})


@handles(KIND)
def tell_whoever_looks(item: OutboxItem) -> None:
    """Tell the authority of every live alert about these homes that it does not know, or only as one of the region.
    Repeatable: once it is told it is not told again."""
    if item.organisation_id is None:
        return
    homes = Q(establishment_id__isnull=True) | Q(establishment_id__in=item.payload["establishments"])
    with worker():
        live = list(
            Alert.objects.filter(homes, status="live", provider_id__in=item.payload["providers"]).order_by("pk")
        )
    for alert in live:
        if not NEAR & _reasons(alert, item.organisation_id):
            with system(alert.raised_by_id) as raiser:
                _tell(raiser, alert.reference, item.organisation_id)


def _tell(raiser: Actor, reference: str, organisation_id: UUID) -> None:
    """As whoever raised the alert, which alone may have others told. Its lock keeps it from being closed meanwhile."""
    hold_name(f"alert:{reference}")
    alert = Alert.objects.filter(reference=reference, status="live").first()
    if alert is None:
        return
    before = _reasons(alert, organisation_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT alert_tell(%s)", [alert.pk])
    if not NEAR & (_reasons(alert, organisation_id) - before):
        return
    organisation = Organisation.objects.only("slug").get(pk=organisation_id)
    nearer = Notice(
        template="safeguarding.nearer",
        organisation_id=organisation_id,
        reference=alert.reference,
        path=f"/o/{organisation.slug}/alerts/{alert.reference}/",
        permissions=("alert.view",),
        is_urgent=alert.severity == Severity.HIGH,
    )
    # Whoever was told of nothing yet has the alert's own message already.
    entry = record("alert.told_later", subject=alert, actor=raiser, notify=[nearer] if before else [])
    if not before:
        _as_when_it_was_sent(raiser, alert, organisation_id, entry.pk)


def _as_when_it_was_sent(raiser: Actor, alert: Alert, organisation_id: UUID, entry_id: UUID) -> None:
    """Its feed hears of the alert, and it is reminded until it has answered, if nobody is being reminded any more."""
    change = {"alert": str(alert.pk), "template": "safeguarding.alert", "organisation": str(organisation_id)}
    enqueue("alert_change", queue="alerts", actor=raiser, payload=change, entry_id=entry_id)
    with worker():
        waiting = OutboxItem.objects.filter(kind="alert_reminder", payload__alert=str(alert.pk), done_at__isnull=True)
        is_reminded = waiting.exists()
    if not is_reminded:
        enqueue(
            "alert_reminder",
            queue="alerts",
            actor=raiser,
            payload={"alert": str(alert.pk), "step": 1},
            entry_id=entry_id,
            available_at=first_reminder(alert, database_now()),
        )


def _reasons(alert: Alert, organisation_id: UUID) -> set[str]:
    """Why the organisation was told; nothing if it was not."""
    with worker():
        rows = AlertRecipient.objects.filter(alert_id=alert.pk, organisation_id=organisation_id)
        return {reason for reasons in rows.values_list("reasons", flat=True) for reason in reasons}
