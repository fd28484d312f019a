"""Alerts that wait for a second person: asking those who may be one until somebody sends it or not. Work of the
outbox's alerts queue.

At any hour, as the alert is a high one and nobody has been told of it. Where nobody else may decide, whoever raised it
is told so, three times at most, a day apart: it can then only be raised by others, or as danger. Whether somebody else
may is looked at each hour all the same, until the organisation has sent another alert about the same home.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles, queue_next_step
from brokerage.core.audit.record import enqueue
from brokerage.core.clock import database_now
from brokerage.core.notifications.channels import tell_members
from brokerage.core.notifications.expand import roles_granting
from brokerage.core.notifications.models import Message
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import worker
from brokerage.safeguarding.models import Alert
from brokerage.safeguarding.queries.reach import may_be_sent
from brokerage.safeguarding.states import ALERT

KIND = "alert_confirm_reminder"
FIRST = dt.timedelta(minutes=30)
EVERY = dt.timedelta(hours=1)
#: Whoever raised it cannot send it: told so again after this time, and so many times.
ALONE_EVERY = dt.timedelta(hours=24)
MOST_ALONE = 3
ALONE, STILL = "safeguarding.nobody_confirms", "safeguarding.still_to_confirm"

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
    with worker():
        alert = Alert.objects.filter(
            pk=item.payload["alert"], raised_by_id=item.organisation_id, status=ALERT.initial
        ).first()
        if alert is None:
            return
        is_alone = not may_be_sent(alert)
        if is_alone and _is_sent_otherwise(alert):
            return
        now = database_now()
        hands = [alert.raised_by_user_id, alert.raised_secret_by_id]
        if not is_alone or _is_to_hear(alert, now):
            with connection.cursor() as cursor:
                cursor.execute(
                    ASK,
                    {
                        "event": item.pk,
                        "template": ALONE if is_alone else STILL,
                        "reference": alert.reference,
                        "organisation": alert.raised_by_id,
                        "is_alone": is_alone,
                        "raiser": alert.raised_by_user_id,
                        "hands": [person for person in hands if person is not None],
                        "readers": roles_granting(["alert.view"]),
                        "deciders": roles_granting(["alert.confirm"]),
                    },
                )
        queue_next_step(item, at=now + EVERY)


def _is_sent_otherwise(alert: Alert) -> bool:
    """Whether the same organisation has sent another alert about the same subject since, as danger for example."""
    names = ("raised_by_id", "provider_id", "establishment_id", "household_id")
    same: dict[str, Any] = {name: getattr(alert, name) for name in names}
    return Alert.objects.filter(sent_at__gt=alert.raised_at, **same).exists()


def _is_to_hear(alert: Alert, now: dt.datetime) -> bool:
    """Whether whoever raised it hears now that nobody else may send it."""
    messages = Message.objects.filter(organisation_id=alert.raised_by_id, template=ALONE, reference=alert.reference)
    heard = messages.aggregate(times=Count("event_id", distinct=True), last=Max("created_at"))
    return heard["last"] is None or heard["times"] < MOST_ALONE and heard["last"] <= now - ALONE_EVERY
