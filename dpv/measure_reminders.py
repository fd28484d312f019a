"""Reminding the central team of measures: of those that one person put in force, and of those whose review is due.

Work of the outbox, as the central team itself. Each day that is set is queued when it is set, looks again when its
time comes, may run twice and tells once; it goes on until somebody has done what is due.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_today, morning_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from dpv.measure_lock import hold_measures
from dpv.measure_notices import to_central
from dpv.models import Measure

KIND = "measure_reminder"
CONFIRM, REVIEW = "confirm", "review"
#: Days from one reminder to the next: of what one person alone put in force every day, of a review every week.
AGAIN = {CONFIRM: 1, REVIEW: 7}
#: Reminders at most of one day that was set.
STEPS = 60


def remind_to_confirm(actor: Actor, measure: Measure, *, entry_id: UUID) -> None:
    """Have the central team reminded on the day by which a second person confirms or ends it, and daily after it."""
    if measure.confirm_by is not None:
        _queue(actor, measure, CONFIRM, measure.confirm_by, at=measure.confirm_by, entry_id=entry_id)


def remind_to_review(actor: Actor, measure: Measure, *, entry_id: UUID) -> None:
    """Have the central team reminded on the day of its review, and every week until another day is set."""
    _queue(actor, measure, REVIEW, measure.review_on, at=measure.review_on, entry_id=entry_id)


@handles(KIND)
def remind(item: OutboxItem) -> None:
    """Tell the central team what is due, unless it is done. Repeatable: a step tells once."""
    what, step = str(item.payload["what"]), int(item.payload["step"])
    day = dt.date.fromisoformat(item.payload["day"])
    with system(item.organisation_id) as actor:
        rows = Measure.objects.filter(reference=item.payload["measure"]) if actor.is_central else Measure.objects.none()
        measure = rows.select_related("region__central_team").first()
        if measure is None or measure.region.central_team_id != actor.organisation_id:
            return
        hold_measures(measure.provider_id)
        measure.refresh_from_db(fields=["status", "confirm_by", "review_on"])
        today = database_today()
        data = {"what": what, "day": day.isoformat(), "step": step}
        known = Entry.objects.filter(kind="measure.reminded", subject_id=str(measure.pk), data=data)
        if today < day or not _is_due(measure, what, day) or known.exists():
            return
        is_late = what == CONFIRM and today > day
        template = "dpv.measure_to_review" if what == REVIEW else "dpv.measure_unconfirmed"
        permission = "measure.propose" if what == REVIEW else "measure.confirm"
        entry = record(
            "measure.reminded",
            subject=measure,
            actor=actor,
            data=data,
            notify=[to_central(template, measure, permission=permission, is_urgent=is_late)],
        )
        if step < STEPS:
            again = today + dt.timedelta(days=AGAIN[what])
            _queue(actor, measure, what, day, at=again, entry_id=entry.pk, step=step + 1)


def _is_due(measure: Measure, what: str, day: dt.date) -> bool:
    if what == CONFIRM:
        return measure.status == "unconfirmed" and measure.confirm_by == day
    return measure.is_standing and measure.review_on == day


def _queue(
    actor: Actor, measure: Measure, what: str, day: dt.date, *, at: dt.date, entry_id: UUID, step: int = 1
) -> None:
    enqueue(
        KIND,
        queue="alerts" if what == CONFIRM else "default",
        actor=actor,
        payload={"measure": measure.reference, "what": what, "day": day.isoformat(), "step": step},
        entry_id=entry_id,
        available_at=morning_of(at),
    )
