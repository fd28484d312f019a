"""Reminding the respondent of a complaint that is not acknowledged, and telling both sides when it is overdue.

Queued when the complaint is made; each looks again when its time comes, may run twice and tells once.
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
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.concerns.models import Complaint
from brokerage.safeguarding.concerns.states import COMPLAINT

KIND = "complaint_reminder"
#: Days before (-) or after the last day on which it would be acknowledged in time.
DAYS = (-10, -3, 1, 8)


def remind_of_complaint(actor: Actor, complaint: Complaint) -> None:
    """Have the respondent reminded. Part of the act that makes the complaint."""
    for days in DAYS:
        enqueue(
            KIND,
            queue="default",
            actor=actor,
            payload={"complaint": str(complaint.pk), "days": days},
            available_at=morning_of(complaint.acknowledge_by + dt.timedelta(days=days)),
        )


@handles(KIND)
def remind(item: OutboxItem) -> None:
    """Tell the respondent, and once it is overdue both sides, unless it no longer waits."""
    days = int(item.payload["days"])
    with system(item.organisation_id) as actor:
        if not (actor.is_authority or actor.is_provider):
            return
        complaint = Complaint.objects.filter(pk=item.payload["complaint"]).first()
        if complaint is None or complaint.complainant_id != actor.organisation_id:
            return
        hold_name(f"complaint:{complaint.reference}")
        complaint.refresh_from_db()
        if complaint.status != COMPLAINT.initial:
            return
        known = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(complaint.pk))
        if known.filter(kind="complaint.reminded", data={"days": days}).exists():
            return
        told = [(complaint.respondent_id, "concerns.complaint_waits")]
        if complaint.is_overdue(database_today()):
            told = [(each, "concerns.complaint_overdue") for each in (complaint.respondent_id, actor.organisation_id)]
        notices = [notice_to(organisation_id, complaint, template) for organisation_id, template in told]
        record("complaint.reminded", subject=complaint, actor=actor, data={"days": days}, notify=notices)


def notice_to(organisation_id: UUID, complaint: Complaint, template: str, permission: str = "") -> Notice:
    """A message about the complaint to whoever of the organisation deals with complaints."""
    organisation = Organisation.objects.only("slug").get(pk=organisation_id)
    return Notice(
        template=template,
        organisation_id=organisation.pk,
        reference=complaint.reference,
        path=f"/o/{organisation.slug}/concerns/complaints/{complaint.reference}/",
        permissions=(permission or "complaint.write",),
    )
