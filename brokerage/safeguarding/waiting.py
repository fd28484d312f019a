"""Alerts that wait for a second person: asking those who may be one until somebody sends it or not. Work of the
outbox's alerts queue.

At any hour, as the alert is a high one and nobody has been told of it. Where nobody else may decide, whoever raised it
is told so, once a day: it can then only be raised by others, or as danger.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID, uuid4

from django.db import connection

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.notifications.channels import tell_members
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import worker
from brokerage.safeguarding.models import Alert
from brokerage.safeguarding.queries.reach import may_be_sent
from brokerage.safeguarding.states import ALERT

KIND = "alert_confirm_reminder"
FIRST = dt.timedelta(minutes=30)
EVERY = dt.timedelta(hours=1)
#: Whoever raised it cannot send it: told with the first reminder and so many later.
ALONE_EVERY = 24

ASK = tell_members(
    organisations="tenants_organisation o",
    who="CASE WHEN %(is_alone)s THEN m.user_id = %(raiser)s AND m.roles && %(readers)s::varchar[]"
    " ELSE m.roles && %(deciders)s::varchar[] AND m.user_id <> ALL (%(hands)s::uuid[]) END",
    event="%(event)s",
    template="%(template)s",
    reference="%(reference)s",
    page="'/alerts/' || %(reference)s || '/'",
    narrowed="o.id = %(organisation)s",
)


def ask_again(actor: Actor, alert: Alert, *, entry_id: UUID) -> None:
    """Have the second person asked again in half an hour, unless the alert is sent or not by then."""
    payload = {"alert": str(alert.pk), "step": 1}
    at = alert.raised_at + FIRST
    enqueue(KIND, queue="alerts", actor=actor, payload=payload, entry_id=entry_id, available_at=at)


@handles(KIND)
def ask(item: OutboxItem) -> None:
    """Ask again, and queue the next step. Repeatable: a step asks a person once."""
    step = int(item.payload["step"])
    with worker():
        alert = Alert.objects.filter(
            pk=item.payload["alert"], raised_by_id=item.organisation_id, status=ALERT.initial
        ).first()
        if alert is None:
            return
        hands = [alert.raised_by_user_id, alert.raised_secret_by_id]
        is_alone = not may_be_sent(alert)
        if not is_alone or step % ALONE_EVERY == 1:
            with connection.cursor() as cursor:
                cursor.execute(
                    ASK,
                    {
                        "event": item.pk,
                        "template": "safeguarding.nobody_confirms" if is_alone else "safeguarding.still_to_confirm",
                        "reference": alert.reference,
                        "organisation": alert.raised_by_id,
                        "is_alone": is_alone,
                        "raiser": alert.raised_by_user_id,
                        "hands": [person for person in hands if person is not None],
                        "readers": roles_granting(["alert.view"]),
                        "deciders": roles_granting(["alert.confirm"]),
                    },
                )
        queued = OutboxItem.objects.filter(entry_id=item.entry_id, kind=KIND, payload__step__gt=step)
        if not queued.exists():
            OutboxItem(
                id=uuid4(),
                organisation_id=item.organisation_id,
                queue="alerts",
                kind=KIND,
                payload={**item.payload, "step": step + 1},
                entry_id=item.entry_id,
                available_at=database_now() + EVERY,
            ).save(force_insert=True)
