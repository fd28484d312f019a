"""Admitting an establishment to a lot with its ceilings, re-scoring it, barring it and ending its admission.

Suspending and lifting stand in `suspensions`. Everything that stops an admission takes its lock exclusively, so that
from the commit on nobody invites, offers or awards under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.money import money_text
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST_REASON
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY
from dpv.actions.ceilings import NewCeiling, check_ceiling
from dpv.actions.suspensions import closed_by_another
from dpv.measure_lock import hold_measures
from dpv.measure_texts import require_tellable
from dpv.models import Admission, Ceiling, Lot
from dpv.notices import lot_reference, notice_to_provider
from dpv.queries.admissions import admission_by_id, bar_of
from dpv.queries.measures import left_behind, left_behind_text
from dpv.states import ADMISSION, ADMISSION_LIVE
from providers import consequences
from providers.models import Establishment


@transaction.atomic
def admit_establishment(
    actor: Actor,
    *,
    lot_id: UUID,
    establishment_id: UUID,
    quality_score: Decimal | None,
    tier: str,
    ceilings: Sequence[NewCeiling],
    reason: str,
    is_checked: bool = False,
) -> Admission:
    """Admit an establishment to a lot today, with the ceilings it may ask at most from today on.

    Refused when: the lot or the establishment is unknown to the region (Http404); the vehicle is not in its term;
    the establishment is registered for another kind of service or not actively registered; it is on the lot
    already, or barred from it; a measure that holds on it under an earlier registration does not hold on this one
    (`measure_on_earlier_registration`); no ceiling is given, or one is unsound or given twice; the score is not
    from 0 to 100; no reason, or one that tells who a person is (`names_a_person`).
    """
    actor.require("dpv.admit")
    provider_id = Establishment.objects.filter(pk=establishment_id).values_list("provider_id", flat=True).first()
    # A measure against the provider under way covers this admission, or waits until it can be seen.
    hold_measures(provider_id)
    locks.hold(establishments=[establishment_id])
    lot = Lot.objects.select_related("vehicle").filter(pk=lot_id).first()
    establishment = Establishment.objects.select_related("provider__organisation").filter(pk=establishment_id).first()
    if lot is None or establishment is None:
        raise Http404("No such lot or establishment.")
    today = database_today()
    _check_admittable(lot, establishment)
    behind = left_behind([establishment.pk]).get((lot.region_id, establishment.pk))
    if behind is not None:
        raise RuleBroken("measure_on_earlier_registration", left_behind_text(behind))
    if not lot.vehicle.starts_on <= today <= lot.vehicle.ends_on:
        raise RuleBroken("vehicle_not_in_term", _("The vehicle is not in its term today"))
    _check_score(quality_score)
    if tier not in Admission.Tier.values:
        raise RuleBroken("tier_unknown", _("Choose a tier"), "tier")
    if not ceilings:
        raise RuleBroken("ceilings_missing", _("Enter at least one ceiling price"), "weekly_all")
    for ceiling in ceilings:
        check_ceiling(lot, ceiling, field="weekly_all")
    if len({(one.age_min, one.age_max) for one in ceilings}) != len(ceilings):
        raise RuleBroken("ceiling_twice", _("Enter one ceiling price for each age band"), "weekly_all")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why this establishment is admitted"), "reason")
    provider_id = establishment.provider_id
    require_tellable(reason, "reason", provider_id=provider_id, is_checked=is_checked, most=LONGEST_REASON)
    now = database_now()
    admission = Admission(
        region_id=lot.region_id,
        vehicle=lot.vehicle,
        lot=lot,
        provider=establishment.provider,
        establishment=establishment,
        admitted_on=today,
        reason=reason.strip(),
        quality_score=quality_score,
        tier=tier,
        changed_at=now,
    )
    admission.save(force_insert=True)
    Ceiling.objects.bulk_create(
        Ceiling(
            region_id=lot.region_id,
            provider_id=establishment.provider_id,
            admission=admission,
            age_min=one.age_min,
            age_max=one.age_max,
            weekly=one.weekly,
            valid_from=today,
            reason=reason.strip(),
            set_by_name=actor.name,
            set_at=now,
        )
        for one in ceilings
    )
    record(
        "admission.admitted",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        data={
            "urn": establishment.urn,
            "quality_score": money_text(quality_score) if quality_score is not None else None,
            "tier": tier,
            "ceilings": [[one.age_min, one.age_max, money_text(one.weekly)] for one in ceilings],
        },
        notify=[notice_to_provider("dpv.admitted", admission)],
    )
    return admission


@transaction.atomic
def score_admission(
    actor: Actor,
    *,
    admission_id: UUID,
    quality_score: Decimal | None,
    tier: str,
    reason: str,
    is_checked: bool = False,
) -> Admission:
    """Change an admission's quality score and tier, for instance after a new evaluation. Offers ranked later use them.

    Refused when: the admission has ended or is barred (NotNow); the score is not from 0 to 100; no reason, or one that
    tells who a person is (`names_a_person`).
    """
    actor.require("dpv.admit")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    if admission.status not in ("admitted", "suspended"):
        raise NotNow("admission_over", _("This establishment is no longer on the lot"))
    _check_score(quality_score)
    if tier not in Admission.Tier.values:
        raise RuleBroken("tier_unknown", _("Choose a tier"), "tier")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the score or tier changes"), "reason")
    require_tellable(reason, "reason", provider_id=admission.provider_id, is_checked=is_checked, most=LONGEST_REASON)
    before = {
        "quality_score": money_text(admission.quality_score) if admission.quality_score is not None else None,
        "tier": admission.tier,
    }
    admission.quality_score = quality_score
    admission.tier = tier
    admission.reason = reason.strip()
    admission.changed_at = database_now()
    admission.save(update_fields=["quality_score", "tier", "reason", "changed_at"])
    record(
        "admission.scored",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        data={
            "before": before,
            "quality_score": money_text(quality_score) if quality_score is not None else None,
            "tier": tier,
        },
    )
    return admission


def bar_admission(actor: Actor, *, admission_id: UUID, reason: str, is_checked: bool = False) -> Admission:
    """Bar an establishment that is suspended from the lot for good. Refused without a reason or with one that tells who
    a person is (`names_a_person`), when it is not suspended (NotNow), or when the actor may be whoever suspended it
    (`second_person_needed`)."""
    return _stop(actor, admission_id, "bar", reason, is_checked)


def require_barrable(admission: Admission) -> None:
    """Refuse (NotNow) to bar what is not suspended: two people bar."""
    if admission.status == "admitted":
        raise NotNow("admission_not_now", _("Suspend it first; then a colleague bars it"))
    ADMISSION.after(admission.status, "bar")


def end_admission(actor: Actor, *, admission_id: UUID, reason: str, is_checked: bool = False) -> Admission:
    """End an admission: the provider leaves, or a bar is closed. Placements already agreed go on. Refused without a
    reason or with one that tells who a person is (`names_a_person`), when it has ended already (NotNow), or when the
    actor may be whoever suspended or barred it: it could be admitted anew (`second_person_needed`)."""
    return _stop(actor, admission_id, "end", reason, is_checked)


@transaction.atomic
def _stop(actor: Actor, admission_id: UUID, move: str, reason: str, is_checked: bool) -> Admission:
    actor.require("dpv.admit")
    locks.hold(admissions_exclusive=[admission_id])
    admission = admission_by_id(admission_id)
    before, barred = admission.status, bar_of(admission)
    if move == "bar":
        require_barrable(admission)
    admission.status = ADMISSION.after(before, move)
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason"), "reason")
    require_tellable(reason, "reason", provider_id=admission.provider_id, is_checked=is_checked, most=LONGEST_REASON)
    now = database_now()
    if barred is not None and barred.is_over_by(actor):
        raise RuleBroken("second_person_needed", _("Somebody else than whoever barred it ends the bar"), "reason")
    # A suspension that runs is closed by what comes after it.
    closed_by_another(actor, admission, reason=reason, at=now)
    admission.reason = reason.strip()
    admission.changed_at = now
    admission.save(update_fields=["status", "reason", "changed_at"])
    record(
        f"admission.{admission.status}",
        subject=admission,
        actor=actor,
        reference=lot_reference(admission),
        data={"before": before},
        notify=[notice_to_provider(f"dpv.{admission.status}", admission)],
    )
    consequences.changed(actor, [admission.establishment_id], is_decision=True)
    return admission


def _check_admittable(lot: Lot, establishment: Establishment) -> None:
    if establishment.kind not in KINDS_FOR_CATEGORY[lot.category]:
        raise RuleBroken("registration_wrong_type", _("It is registered for another kind of service than this lot"))
    if establishment.registration_status != "active" or establishment.closed_on is not None:
        raise RuleBroken("registration_not_active", _("Its registration is not active"))
    live = Admission.objects.filter(lot=lot, establishment=establishment, status__in=ADMISSION_LIVE).first()
    if live is not None and live.status == "barred":
        raise RuleBroken("admission_barred", _("This establishment is barred from the lot: end the bar first"))
    if live is not None:
        raise RuleBroken("already_admitted", _("This establishment is on the lot already"))


def _check_score(score: Decimal | None) -> None:
    if score is not None and not (Decimal(0) <= score <= Decimal(100)):
        raise RuleBroken("score_invalid", _("The quality score must be from 0 to 100"), "quality_score")
