"""Welfare checks by their day: when each is due, and telling an authority of those that nobody recorded by then.

Work of the outbox's alerts queue, as the authority itself: nobody else reads its checks. Closing the alert ends no
check: who was to be seen is to be seen.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, enqueue, record
from brokerage.core.clock import database_today, morning_of
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.safeguarding.models import AlertRecipient, Severity, WelfareCheck

REMIND = "check_reminder"
#: Days in which everybody there is to be seen, by how serious the alert is.
DAYS: dict[str, int] = {Severity.HIGH: 1, Severity.MEDIUM: 3, Severity.LOW: 7}


def answer_lock(reference: str, organisation_id: UUID) -> str:
    """The lock of what an organisation says to an alert: its answer, and plans for people who came after it."""
    return f"alert answer:{reference}:{organisation_id}"


def due_day(told: AlertRecipient, today: dt.date) -> dt.date:
    """The day by which checks planned today are to be done."""
    return today + dt.timedelta(days=DAYS[told.severity])


def remind_of_checks(actor: Actor, told: AlertRecipient, due_on: dt.date, *, entry_id: UUID, step: int = 1) -> None:
    """Have the authority told the morning after the day, unless every check is recorded by then."""
    enqueue(
        REMIND,
        queue="alerts",
        actor=actor,
        payload={"recipient": str(told.pk), "step": step},
        entry_id=entry_id,
        available_at=morning_of(due_on + dt.timedelta(days=1)),
    )


@handles(REMIND)
def tell_of_late_checks(item: OutboxItem) -> None:
    """Checks are late: tell those who answer alerts, and look again tomorrow, until none is.

    Each act that plans checks has a reminder of its own, for they are due on days of their own. Whichever comes first
    on a day tells of all that are late and looks again tomorrow; another of that day leaves it to that one. Repeatable.
    """
    step = int(item.payload["step"])
    with system(item.organisation_id) as actor:
        told = AlertRecipient.objects.filter(pk=item.payload["recipient"]).first() if actor.is_authority else None
        if told is None:
            return
        hold_name(f"late checks:{told.pk}")
        today = database_today()
        late = WelfareCheck.objects.filter(recipient=told, done_on__isnull=True, due_on__lt=today).count()
        known = Entry.objects.filter(kind="alert.checks_late", subject_id=str(told.pk), data__day=today.isoformat())
        if not late or known.exists():
            return
        entry = record(
            "alert.checks_late",
            subject=told,
            actor=actor,
            reference=told.reference,
            data={"late": late, "step": step, "day": today.isoformat()},
            notify=[
                Notice(
                    template="safeguarding.checks_late",
                    organisation_id=actor.organisation_id,
                    reference=told.reference,
                    path=f"/o/{actor.slug}/alerts/{told.reference}/",
                    permissions=("alert.acknowledge",),
                )
            ],
        )
        remind_of_checks(actor, told, today, entry_id=entry.pk, step=step + 1)
