"""What a measure of a central team means here: nobody signs under it; open referrals are told to look for others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise

from brokerage.core import locks
from brokerage.core.audit.models import Entry, OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.audit.record import Notice, record
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.tenants.models import Membership, RegionMember
from contracts.models import Agreement
from contracts.states import AGREEMENT_SIGNABLE
from dpv.eligibility import STOPPED, problem_text, problems_of
from dpv.models import Measure
from dpv.queries.measures import covered_by
from placements.models import Invitation, Offer, Referral

#: Agreements that nobody is bound by yet.
UNSIGNED = ("drawn_up", *AGREEMENT_SIGNABLE)
#: Referrals on which homes are still looked for.
RUNNING = ("published", "awaiting_approval")


def admission_of(agreement_id: UUID) -> UUID | None:
    """The admission that it was awarded under, by the accepted offer: both sides read that, only one the award."""
    parties = Agreement.objects.filter(pk=agreement_id).values("referral_id", "provider_id").first()
    if parties is None:
        return None
    return Offer.objects.filter(status="accepted", **parties).values_list("admission_id", flat=True).first()


def stopped(agreement: Agreement, on: dt.date) -> str | Promise:
    """Why nobody may sign it now: what the region's central team decided about the home; "" when nothing."""
    admission = admission_of(agreement.pk) if agreement.status in AGREEMENT_SIGNABLE else None
    codes = problems_of([admission], on).get(admission, []) if admission else []
    return next((problem_text(code) for code in codes if code in STOPPED), "")


@handles("measure_told")
def tell_open_referrals(item: OutboxItem) -> None:
    """Tell the officers of every referral with an invitation, offer or unsigned award under what a measure covers,
    each authority in its own role. Repeatable: a referral is told once of a measure."""
    with system(item.organisation_id) as team:
        measure = Measure.objects.filter(reference=item.payload["measure"]).first() if team.is_central else None
        if measure is None or not measure.is_standing:
            return
        covered = list(covered_by(measure).values_list("pk", flat=True))
        members = RegionMember.objects.filter(region_id=measure.region_id, organisation__kind="authority")
        authorities = list(members.order_by("organisation_id").values_list("organisation_id", flat=True))
    for authority in authorities:
        with system(authority) as actor:
            for referral in referrals_under(covered):
                kind = "referral.home_stopped" if measure.stops else "referral.home_restricted"
                template = "contracts.home_stopped" if measure.stops else "contracts.home_restricted"
                tell_officer(actor, referral, kind=kind, template=template, data={"measure": measure.reference})


def referrals_under(covered: Collection[UUID]) -> list[Referral]:
    """The authority's referrals that still could use one of the admissions."""
    ours = Referral.objects.defer("answers")
    asked = Invitation.objects.filter(referral=OuterRef("pk"), admission_id__in=covered, status__in=("open", "offered"))
    chosen = Offer.objects.filter(referral=OuterRef("pk"), admission_id__in=covered, status="accepted")
    unsigned = Agreement.objects.filter(referral=OuterRef("pk"), status__in=UNSIGNED)
    return list(ours.filter(Q(Exists(asked), status__in=RUNNING) | Q(Exists(chosen) & Exists(unsigned))).order_by("pk"))


def tell_officer(actor: Actor, referral: Referral, *, kind: str, template: str, data: Mapping[str, str]) -> None:
    """Tell the referral's officer, or whoever matches, of a home that it still could use: once of the same `data`."""
    locks.hold(referrals=[referral.pk])
    known = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(referral.pk))
    if known.filter(kind=kind, data__contains=data).exists():
        return
    page = "match/" if referral.status == "published" else ""
    officer, ours = (
        referral.officer_id,
        Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True),
    )
    if officer is not None and not ours.filter(user_id=officer).exists():
        officer = None
    record(
        kind,
        subject=referral,
        actor=actor,
        data=dict(data),
        notify=[
            Notice(
                template,
                actor.organisation_id,
                referral.reference,
                f"/o/{actor.slug}/referrals/{referral.reference}/{page}",
                permissions=() if officer else ("referral.match",),
                user_id=officer,
                category=referral.category,
            )
        ],
    )
