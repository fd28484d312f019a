"""Suspending admissions and lifting the suspension, each with its reason.

A suspension holds from the commit on: its exclusive lock waits for invitations, offers and awards under way, and
those that come after it read the new status. Safeguarding calls `suspend_admissions` when an alert must stop something.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from dpv.models import Admission, Suspension
from dpv.notices import lot_reference, notice_to_provider
from dpv.queries.admissions import admission_by_id
from dpv.states import ADMISSION


@transaction.atomic
def suspend_admissions(
    actor: Actor, *, admission_ids: Iterable[UUID], reason: str, review_on: dt.date
) -> list[Suspension]:
    """Suspend admissions together: nobody may be invited, offer or be awarded under them until lifted.

    Refused when: one is not the region's (Http404) or not admitted now (NotNow); no reason; the day of review is past.
    """
    actor.require("dpv.suspend")
    wanted = set(admission_ids)
    locks.hold(admissions_exclusive=wanted)
    rows = Admission.objects.select_related("vehicle", "lot", "provider__organisation")
    admissions = list(rows.filter(pk__in=wanted).order_by("pk"))
    if not wanted or len(admissions) != len(wanted):
        raise Http404("No such admission.")
    statuses = [ADMISSION.after(admission.status, "suspend") for admission in admissions]
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason for the suspension"), "reason")
    if review_on < database_today():
        raise RuleBroken("review_in_past", _("The day of review must be today or later"), "review_on")
    now = database_now()
    made = []
    for admission, status in zip(admissions, statuses, strict=True):
        admission.status = status
        admission.changed_at = now
        admission.save(update_fields=["status", "changed_at"])
        suspension = Suspension(
            region_id=admission.region_id,
            provider_id=admission.provider_id,
            admission=admission,
            reason=reason.strip(),
            suspended_at=now,
            suspended_by_name=actor.name,
            review_on=review_on,
        )
        suspension.save(force_insert=True)
        made.append(suspension)
        record(
            "admission.suspended",
            subject=admission,
            actor=actor,
            reference=lot_reference(admission),
            data={"review_on": review_on.isoformat(), "suspension": str(suspension.pk)},
            notify=[notice_to_provider("dpv.suspended", admission)],
        )
    return made


def suspend_admission(actor: Actor, *, admission_id: UUID, reason: str, review_on: dt.date) -> Suspension:
    """Suspend one admission (`suspend_admissions`)."""
    return suspend_admissions(actor, admission_ids=[admission_id], reason=reason, review_on=review_on)[0]


@transaction.atomic
def lift_suspension(actor: Actor, *, admission_id: UUID, reason: str) -> Admission:
    """Lift an admission's suspension: it may be invited, offer and be awarded again if nothing else is wrong.

    Refused when: it is not suspended (NotNow); no reason.
    """
    actor.require("dpv.suspend")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    admission.status = ADMISSION.after(admission.status, "reinstate")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason for lifting the suspension"), "reason")
    now = database_now()
    admission.changed_at = now
    admission.save(update_fields=["status", "changed_at"])
    Suspension.objects.filter(admission=admission, lifted_at__isnull=True).update(
        lifted_at=now, lifted_by_name=actor.name, lift_reason=reason.strip()
    )
    record(
        "admission.reinstated",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        notify=[notice_to_provider("dpv.reinstated", admission)],
    )
    return admission


@transaction.atomic
def move_review(actor: Actor, *, admission_id: UUID, review_on: dt.date, reason: str) -> Suspension:
    """Set another day of review on a suspension that goes on. The reason is added to the record.

    Refused when: it is not suspended (Http404); the day is past; no reason.
    """
    actor.require("dpv.suspend")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    suspension = Suspension.objects.filter(admission=admission, lifted_at__isnull=True).first()
    if suspension is None:
        raise Http404("Not suspended.")
    if review_on < database_today():
        raise RuleBroken("review_in_past", _("The day of review must be today or later"), "review_on")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say what the review found"), "reason")
    before = suspension.review_on
    suspension.review_on = review_on
    suspension.reason = f"{suspension.reason}\n\n{reason.strip()}"
    suspension.save(update_fields=["review_on", "reason"])
    record(
        "admission.reviewed",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        data={"before": before.isoformat() if before else None, "review_on": review_on.isoformat()},
    )
    return suspension
