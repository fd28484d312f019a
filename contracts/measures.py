"""What a measure or suspension of a central team means here: nobody signs under it; open referrals are told to look for
others, and when the home may be used again; authorities with somebody there hear of a restriction, its other conditions
and its end."""

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
from brokerage.core.clock import database_today
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import system
from brokerage.core.tenants.models import Membership
from brokerage.core.tenants.regions import authorities_of
from contracts.models import Agreement
from contracts.states import AGREEMENT_SIGNABLE, AGREEMENT_UNSIGNED
from dpv.eligibility import STOPPED, problem_text, problems_of
from dpv.models import Measure, Suspension
from dpv.queries.measures import covered_by, homes_under
from placements.models import Invitation, Offer, Placement, Referral

#: Agreements that nobody is bound by yet.
#: Referrals on which homes are still looked for.
RUNNING = ("published", "awaiting_approval")
#: Acts by which an officer was told that a home may not be used, or not as before.
_TOLD = ("referral.home_stopped", "referral.home_restricted")
#: Who is told of people in a home under a restriction.
_WATCHERS = ("measure.view",)


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
def tell_of_measure(item: OutboxItem) -> None:
    """A measure holds: tell the officers of every referral with an invitation, offer or unsigned award under what it
    covers, and of a restriction also whoever watches over people who live there (a stop is a finding of the firewall).
    Other conditions of a restriction (`review` is the review's step): tell the same. It no longer holds: tell whoever
    was told. Each authority in its own role. Repeatable: everybody is told once."""
    with system(item.organisation_id) as team:
        measure = Measure.objects.filter(reference=item.payload["measure"]).first() if team.is_central else None
        if measure is None or measure.in_force_at is None:
            return
        covered = list(covered_by(measure).values_list("pk", flat=True))
        homes = homes_under(measure)
        authorities = sorted(authorities_of(measure.region))
    mark, review = {"measure": measure.reference}, item.payload.get("review")
    for authority in authorities:
        with system(authority) as actor:
            if review:
                if measure.is_standing and not measure.stops:
                    _tell_of_conditions(actor, measure, covered, homes, {**mark, "review": review})
                continue
            if not measure.is_standing:
                _tell_of_release(actor, covered, mark)
            elif measure.stops:
                _tell_of_stop(actor, covered, mark)
            else:
                for referral in referrals_under(covered):
                    kind, template = "referral.home_restricted", "contracts.home_restricted"
                    tell_officer(actor, referral, kind=kind, template=template, data=mark)
            if not measure.stops:
                _tell_of_restriction(actor, measure, homes)


@handles("suspension_told")
def tell_of_suspension(item: OutboxItem) -> None:
    """Tell the same officers of a home that was suspended from a lot, and when it is no longer. Repeatable."""
    with system(item.organisation_id) as team:
        rows = Suspension.objects.select_related("admission")
        suspension = rows.filter(pk=item.payload["suspension"]).first() if team.is_central else None
        if suspension is None:
            return
        covered, status = [suspension.admission_id], suspension.admission.status
        authorities = sorted(authorities_of(suspension.region))
    mark = {"suspension": str(suspension.pk)}
    for authority in authorities:
        with system(authority) as actor:
            if suspension.lifted_at is None:
                _tell_of_stop(actor, covered, mark)
            elif status == "admitted":
                _tell_of_release(actor, covered, mark)


def _tell_of_stop(actor: Actor, covered: Collection[UUID], mark: Mapping[str, str]) -> None:
    for referral in referrals_under(covered):
        tell_officer(actor, referral, kind="referral.home_stopped", template="contracts.home_stopped", data=mark)


def _tell_of_release(actor: Actor, covered: Collection[UUID], mark: Mapping[str, str]) -> None:
    """Tell the officers who were told, unless the central team stops the same home by something else."""
    problems = problems_of(covered, database_today())
    free = [admission for admission, codes in problems.items() if not set(codes) & set(STOPPED)]
    referrals = referrals_under(free)
    known = Entry.objects.filter(
        organisation_id=actor.organisation_id, subject_id__in=[str(referral.pk) for referral in referrals]
    )
    told = set(known.filter(kind__in=_TOLD, data__contains=dict(mark)).values_list("subject_id", flat=True))
    for referral in referrals:
        if str(referral.pk) in told:
            tell_officer(actor, referral, kind="referral.home_released", template="contracts.home_released", data=mark)


def _tell_of_restriction(actor: Actor, measure: Measure, homes: Collection[UUID]) -> None:
    """Tell whoever watches over people who live there, or are to, that it holds; who was told, that it holds no longer.
    The measure's reference and a link: never who lives there."""
    locks.hold_name(f"measure-told:{actor.organisation_id}")
    acts = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(measure.pk))
    known = set(acts.filter(kind__in=("measure.restricts", "measure.released")).values_list("kind", flat=True))
    if measure.is_standing:
        kind, template = "measure.restricts", "contracts.measure_restricts"
        is_due = not known and _has_somebody(measure, homes)
    else:
        kind, template = "measure.released", "contracts.measure_released"
        is_due = known == {"measure.restricts"}
    if is_due:
        _tell_watchers(actor, measure, kind, template)


def _tell_of_conditions(
    actor: Actor, measure: Measure, covered: Collection[UUID], homes: Collection[UUID], mark: Mapping[str, str]
) -> None:
    """A review has changed a restriction's conditions: tell the officers of referrals that still could use the home,
    and whoever watches over people who live there, or are to."""
    for referral in referrals_under(covered):
        kind, template = "referral.home_conditions", "contracts.home_conditions"
        tell_officer(actor, referral, kind=kind, template=template, data=mark)
    locks.hold_name(f"measure-told:{actor.organisation_id}")
    acts = Entry.objects.filter(organisation_id=actor.organisation_id, subject_id=str(measure.pk))
    if not acts.filter(kind="measure.conditions", data__contains=dict(mark)).exists() and _has_somebody(measure, homes):
        _tell_watchers(actor, measure, "measure.conditions", "contracts.measure_conditions", mark)


def _has_somebody(measure: Measure, homes: Collection[UUID]) -> bool:
    """Whether the authority has somebody there, or is to, under what the measure covers."""
    living = Placement.objects.filter(establishment_id__in=homes, status__in=("planned", "active"))
    if measure.lot_id is not None:
        living = living.filter(Q(lot_id=measure.lot_id) | Q(lot_id__isnull=True))
    return living.exists()


def _tell_watchers(
    actor: Actor, measure: Measure, kind: str, template: str, data: Mapping[str, str] | None = None
) -> None:
    path = f"/o/{actor.slug}/measures/{measure.reference}/"
    told = Notice(template, actor.organisation_id, measure.reference, path, _WATCHERS)
    record(kind, subject=measure, actor=actor, data=dict(data or {}), notify=[told])


def referrals_under(covered: Collection[UUID]) -> list[Referral]:
    """The authority's referrals that still could use one of the admissions."""
    ours = Referral.objects.defer("answers")
    asked = Invitation.objects.filter(referral=OuterRef("pk"), admission_id__in=covered, status__in=("open", "offered"))
    chosen = Offer.objects.filter(referral=OuterRef("pk"), admission_id__in=covered, status="accepted")
    unsigned = Agreement.objects.filter(referral=OuterRef("pk"), status__in=AGREEMENT_UNSIGNED)
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
