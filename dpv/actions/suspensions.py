"""Suspending admissions and lifting the suspension, each with its reason.

A suspension holds from the commit on: its exclusive lock waits for invitations, offers and awards under way, and
those that come after it read the new status. One person suspends; another lifts it, or bars or ends what is suspended
(`closed_by_another`). An alert suspends nothing by itself: people of the region do, here or by a measure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.models import Entry
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST_REASON
from dpv.measure_texts import require_tellable
from dpv.models import Admission, Suspension
from dpv.notices import lot_reference, notice_to_provider
from dpv.queries.admissions import admission_by_id
from dpv.states import ADMISSION
from providers import consequences


@transaction.atomic
def suspend_admissions(
    actor: Actor, *, admission_ids: Iterable[UUID], reason: str, review_on: dt.date, is_checked: bool = False
) -> list[Suspension]:
    """Suspend admissions together: nobody may be invited, offer or be awarded under them until lifted.

    Refused when: one is not the region's (Http404) or not admitted now (NotNow); no reason, or one that tells who a
    person is (`names_a_person`); the day of review is past.
    """
    actor.require("dpv.suspend")
    wanted = set(admission_ids)
    locks.hold(admissions_exclusive=wanted)
    rows = Admission.objects.select_related("vehicle", "lot", "provider__organisation")
    admissions = list(rows.filter(pk__in=wanted).order_by("pk"))
    if not wanted or len(admissions) != len(wanted):
        raise Http404("No such admission.")
    for admission in admissions:
        admission.status = ADMISSION.after(admission.status, "suspend")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason for the suspension"), "reason")
    for provider_id in sorted({admission.provider_id for admission in admissions}):
        require_tellable(reason, "reason", provider_id=provider_id, is_checked=is_checked, most=LONGEST_REASON)
    if review_on < database_today():
        raise RuleBroken("review_in_past", _("The day of review must be today or later"), "review_on")
    now = database_now()
    Admission.objects.filter(pk__in=wanted).update(status=ADMISSION.target("suspend"), changed_at=now)
    made = Suspension.objects.bulk_create(
        Suspension(
            region_id=admission.region_id,
            provider_id=admission.provider_id,
            admission=admission,
            reason=reason.strip(),
            suspended_at=now,
            suspended_by_name=actor.name,
            suspended_by_user_id=actor.user_id,
            suspended_secret_by_id=actor.secret_by_id,
            review_on=review_on,
        )
        for admission in admissions
    )
    for suspension in made:
        suspension.admission.changed_at = now
        entry = record(
            "admission.suspended",
            subject=suspension.admission,
            actor=actor,
            reference=lot_reference(suspension.admission),
            data={"review_on": review_on.isoformat(), "suspension": str(suspension.pk)},
            notify=[notice_to_provider("dpv.suspended", suspension.admission)],
        )
        tell_others(actor, suspension, entry)
    consequences.changed(actor, sorted({admission.establishment_id for admission in admissions}), is_decision=True)
    return made


def suspend_admission(
    actor: Actor, *, admission_id: UUID, reason: str, review_on: dt.date, is_checked: bool = False
) -> Suspension:
    """Suspend one admission (`suspend_admissions`)."""
    ids = [admission_id]
    return suspend_admissions(actor, admission_ids=ids, reason=reason, review_on=review_on, is_checked=is_checked)[0]


@transaction.atomic
def lift_suspension(actor: Actor, *, admission_id: UUID, reason: str, is_checked: bool = False) -> Admission:
    """Lift an admission's suspension: it may be invited, offer and be awarded again if nothing else is wrong.

    Refused when: it is not suspended (NotNow); the actor may be whoever suspended it (`second_person_needed`); no
    reason, or one that tells who a person is (`names_a_person`).
    """
    actor.require("dpv.suspend")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    admission.status = ADMISSION.after(admission.status, "reinstate")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason for lifting the suspension"), "reason")
    require_tellable(reason, "reason", provider_id=admission.provider_id, is_checked=is_checked, most=LONGEST_REASON)
    now = database_now()
    suspension = closed_by_another(actor, admission, reason=reason, at=now)
    admission.changed_at = now
    admission.save(update_fields=["status", "changed_at"])
    entry = record(
        "admission.reinstated",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        notify=[notice_to_provider("dpv.reinstated", admission)],
    )
    if suspension is not None:
        tell_others(actor, suspension, entry)
    consequences.changed(actor, [admission.establishment_id], is_decision=True)
    return admission


def closed_by_another(actor: Actor, admission: Admission, *, reason: str, at: dt.datetime) -> Suspension | None:
    """Close the suspension that runs on an admission, if one does: by another pair of hands than suspended it. Its lock
    is held.

    Refused (`second_person_needed`) when the actor, or whoever made the secret of its API client, suspended it.
    """
    running = Suspension.objects.filter(admission=admission, lifted_at__isnull=True).first()
    if running is None:
        return None
    if running.is_made_by(actor):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever suspended it decides"), "reason")
    running.lifted_at, running.lifted_by_name, running.lift_reason = at, actor.name, reason.strip()
    running.lifted_by_user_id, running.lifted_secret_by_id = actor.user_id, actor.secret_by_id
    running.save(
        update_fields=["lifted_at", "lifted_by_name", "lift_reason", "lifted_by_user_id", "lifted_secret_by_id"]
    )
    return running


def tell_others(actor: Actor, suspension: Suspension, entry: Entry) -> None:
    """Queue that officers of open referrals are told of it, or of its end."""
    payload = {"suspension": str(suspension.pk)}
    enqueue("suspension_told", queue="events", actor=actor, payload=payload, entry_id=entry.pk)


@transaction.atomic
def move_review(
    actor: Actor, *, admission_id: UUID, review_on: dt.date, reason: str, is_checked: bool = False
) -> Suspension:
    """Set another day of review on a suspension that goes on. The reason is added to the record.

    Refused when: it is not suspended (Http404); the day is past; no reason, or one that tells who a person is
    (`names_a_person`).
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
    require_tellable(reason, "reason", provider_id=admission.provider_id, is_checked=is_checked, most=LONGEST_REASON)
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
