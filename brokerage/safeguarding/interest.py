"""Telling an authority of live alerts about homes that it looks at only now: work of the outbox's alerts queue.

`alert_tell` works out anew who must know, for everybody at once. Whoever answered has answered; each organisation that
was told less, or nothing, is told now, whosever look it was that brought it up.
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
from brokerage.safeguarding.later import ask_for_plans
from brokerage.safeguarding.models import Alert, AlertRecipient, Severity
from brokerage.safeguarding.reminders import first_reminder, remind_from_the_start
from placements.interest import KIND

#: With one of these reasons an organisation reads what happened.
NEAR = frozenset({"raised", "resident", "starting", "searching", "central"})


@handles(KIND)
def tell_whoever_looks(item: OutboxItem) -> None:
    """Tell the authority of every live alert about these homes that it does not know, or only as one of the region; and
    where it answered before somebody of its own came there, ask for a plan. Repeatable: once it is told it is not told
    again."""
    if item.organisation_id is None:
        return
    homes = Q(establishment_id__isnull=True) | Q(establishment_id__in=item.payload["establishments"])
    with worker():
        live = list(
            Alert.objects.filter(homes, status="live", provider_id__in=item.payload["providers"]).order_by("pk")
        )
    for alert in live:
        if not NEAR & _reasons(alert).get(item.organisation_id, frozenset()):
            with system(alert.raised_by_id) as raiser:
                _tell(raiser, alert.reference)
    ask_for_plans(item.organisation_id, [alert.pk for alert in live])


def _tell(raiser: Actor, reference: str) -> None:
    """As whoever raised the alert, which alone may have others told. Its lock keeps it from being closed meanwhile."""
    hold_name(f"alert:{reference}")
    alert = Alert.objects.filter(reference=reference, status="live").first()
    if alert is None:
        return
    before = _reasons(alert)
    with connection.cursor() as cursor:
        cursor.execute("SELECT alert_tell(%s)", [alert.pk])
    after = _reasons(alert)
    new = sorted(after.keys() - before.keys())
    nearer = sorted(who for who, known in before.items() if not NEAR & known and NEAR & after[who])
    if not new and not nearer:
        return
    slugs = Organisation.objects.filter(pk__in=nearer).order_by("pk").values_list("pk", "slug")
    notices = [
        Notice(
            template="safeguarding.nearer",
            organisation_id=organisation_id,
            reference=alert.reference,
            path=f"/o/{slug}/alerts/{alert.reference}/",
            permissions=("alert.view",),
            is_urgent=alert.severity == Severity.HIGH,
        )
        for organisation_id, slug in slugs
    ]
    # Whoever was told of nothing yet has the alert's own message already.
    entry = record("alert.told_later", subject=alert, actor=raiser, notify=notices)
    for organisation_id in new:
        change = {"alert": str(alert.pk), "template": "safeguarding.alert", "organisation": str(organisation_id)}
        enqueue("alert_change", queue="alerts", actor=raiser, payload=change, entry_id=entry.pk)
    # A reminder that is at work was waited for: `reminders.remind` holds the alert too.
    first = first_reminder(alert, database_now())
    remind_from_the_start(raiser, "alert_reminder", {"alert": str(alert.pk)}, first=first, entry_id=entry.pk)


def _reasons(alert: Alert) -> dict[UUID, frozenset[str]]:
    """Why each organisation was told."""
    with worker():
        rows = AlertRecipient.objects.filter(alert_id=alert.pk).values_list("organisation_id", "reasons")
        return {organisation_id: frozenset(reasons) for organisation_id, reasons in rows}
