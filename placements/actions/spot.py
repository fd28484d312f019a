"""Recording a placement bought outside every vehicle, because nothing was offered or the night would not wait.

It is recorded so that leakage is visible; no agreement is drawn up for it here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.geography import outward_code
from brokerage.core.money import is_whole_pence, money_text, pounds
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.geography_queries import placing_band_of
from brokerage.core.tenants.models import OutwardCode
from brokerage.core.vocabulary import KINDS_FOR_CATEGORY, Category, PlacementSource, Urgency
from dpv.eligibility import problem_text
from dpv.measure_lock import hold_measures
from dpv.queries.measures import standing_about
from placements.actions.closing import close_for_everyone
from placements.actions.publishing import save
from placements.interest import show_interest
from placements.models import Offer, Placement, Referral
from placements.queries.referrals import referral_of
from placements.reminders import remind_of_start
from placements.states import OFFER_STANDING, PLACEMENT, REFERRAL
from providers.models import Establishment

#: Who decides on a placement outside the authority's own area, by placing band.
LOOKS_AT_BAND = {
    "out_of_area": "award.approve_out_of_area",
    "at_a_distance": "award.approve_at_a_distance",
}


@dataclass(frozen=True)
class SpotHome:
    """Where the person goes: an establishment of the register, or a provider's name and outward postcode."""

    establishment_id: UUID | None = None
    provider_name: str = ""
    outward: str = ""


@transaction.atomic
def record_spot_placement(
    actor: Actor,
    *,
    reference: str,
    reason: str,
    home: SpotHome,
    weekly_core: Decimal,
    weekly_extras: Decimal,
    starts_on: dt.date,
    expected_end_on: dt.date | None = None,
    before_closing: bool = False,
) -> Placement:
    """End the referral with a placement bought outside the vehicles, and close it for everyone invited.

    Money in pounds a week. A start of today or earlier means that the person lives there now. Refused when: the
    referral is neither a draft nor published (NotNow); offers stand (NotNow, `offers_stand`: choose or refuse them
    first); closing is ahead and `before_closing` was not said; no person, reason, home or price; the weekly total is
    above the actor's limit (`above_limit`: an approver records it); the establishment is registered for another kind
    of service; the central team has suspended or barred it or its provider (`measure_suspended`, `measure_barred`).

    Outside the area the nominated officer decides, at a distance the director (Care Planning, Placement and Case Review
    Regulations 2010, reg. 11): anybody else is refused (`outside_area`), unless the home is needed today; then
    it is recorded, and whoever decides is told in the same transaction. Adult placements need no such decision.
    """
    actor.require("placement.spot", "award.approve")
    referral = referral_of(actor, reference)
    _hold_measures(home.establishment_id)
    locks.hold(
        establishments=[home.establishment_id] if home.establishment_id else [],
        referrals=[referral.pk],
    )
    referral = referral_of(actor, reference)
    status = REFERRAL.after(referral.status, "record_spot")
    now, today = database_now(), database_today()
    if referral.status == "published":
        _check_nothing_offered(referral, now, before_closing=before_closing)
    if referral.person is None:
        raise RuleBroken("person_missing", _("Say who the referral is for first"), "person")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why no home on a vehicle could be used"), "reason")
    _check_money(actor, weekly_core, weekly_extras)
    if expected_end_on is not None and expected_end_on < starts_on:
        raise RuleBroken("ends_before_start", _("The end must be on or after the start"), "expected_end_on")
    establishment = _establishment(referral, home.establishment_id)
    outward = establishment.outward if establishment else outward_code(home.outward, field="outward")
    host = _host(establishment, outward)
    name = establishment.provider.legal_name if establishment else home.provider_name.strip()
    if not name:
        raise RuleBroken(
            "provider_missing", _("Choose a home from the register, or name the provider"), "provider_name"
        )
    band = placing_band_of(referral.authority_id, host)
    _check_area(actor, referral, band, field="establishment" if establishment else "outward")
    placement = Placement(
        authority_id=referral.authority_id,
        person=referral.person,
        referral=referral,
        category=referral.category,
        source=PlacementSource.SPOT,
        source_reason=reason.strip(),
        provider=establishment.provider if establishment else None,
        provider_name=name,
        establishment=establishment,
        outward=outward,
        host_gss_code=host,
        placing_band=band,
        planned_start_on=starts_on,
        expected_end_on=expected_end_on,
        weekly_core=weekly_core,
        weekly_extras=weekly_extras,
        weekly_total=weekly_core + weekly_extras,
        legal_status=referral.person.legal_status,
    )
    if starts_on <= today:
        placement.status = PLACEMENT.after(placement.status, "start")
        placement.started_on = starts_on
    # The provider has agreed, whatever its counter says: a place is counted where one is free, and given back later.
    placement.save(force_insert=True)
    placement.refresh_from_db(fields=["is_place_counted"])
    if placement.status == "planned":
        remind_of_start(actor, placement)
    was_published = referral.status == "published"
    referral.status = status
    referral.ended_at = now
    referral.end_reason = reason.strip()
    save(referral)
    told = close_for_everyone(referral, reason=str(_("The referral has closed."))) if was_published else []
    record(
        "placement.spot_recorded",
        subject=referral,
        actor=actor,
        data={
            "placement": placement.reference,
            "weekly_total": money_text(placement.weekly_total),
            "placing_band": placement.placing_band,
            "in_register": establishment is not None,
            "before_closing": before_closing,
        },
        notify=[*told, *_outside_area(actor, referral, placement)],
    )
    if establishment is not None:
        show_interest(actor, [(establishment.provider_id, establishment.pk)])
    return placement


def _check_nothing_offered(referral: Referral, now: dt.datetime, *, before_closing: bool) -> None:
    if Offer.objects.filter(referral=referral, status__in=OFFER_STANDING).exists():
        raise NotNow("offers_stand", _("Offers stand for this referral: choose one, or say why none will do"))
    if referral.is_open_for_offers(now) and not before_closing:
        raise RuleBroken(
            "before_closing",
            _("Offers may still arrive until closing time; say that it cannot wait"),
            "before_closing",
        )


def _decides(referral: Referral, band: str) -> str | None:
    """The permission to place a child so far away; None where nobody need be asked."""
    return None if referral.category == Category.ADULT_RESIDENTIAL else LOOKS_AT_BAND.get(band)


def _check_area(actor: Actor, referral: Referral, band: str, *, field: str) -> None:
    permission = _decides(referral, band)
    if permission is None or actor.may(permission) or referral.urgency == Urgency.TODAY:
        return
    if band == "at_a_distance":
        message = _("This home is at a distance from your area: the director records this placement")
    else:
        message = _("This home is outside your area: the nominated officer or the director records this placement")
    raise RuleBroken("outside_area", message, field)


def _check_money(actor: Actor, weekly_core: Decimal, weekly_extras: Decimal) -> None:
    for value, field in ((weekly_core, "weekly_core"), (weekly_extras, "weekly_extras")):
        if not is_whole_pence(value) or value < 0:
            raise RuleBroken("price_invalid", _("Enter an amount in pounds and pence"), field)
    if weekly_core <= 0:
        raise RuleBroken("price_missing", _("Enter the weekly price"), "weekly_core")
    total = weekly_core + weekly_extras
    # An approver without a figure has no limit; an officer without one may not buy at all.
    limit = actor.weekly_limit
    if limit is None and actor.may("award.approve"):
        return
    if limit is None or total > limit:
        raise RuleBroken(
            "above_limit",
            _("%(total)s a week is above your limit%(limit)s. Ask an approver to record it.")
            % {"total": pounds(total), "limit": f" ({pounds(limit)})" if limit is not None else ""},
            "weekly_core",
        )


def _establishment(referral: Referral, establishment_id: UUID | None) -> Establishment | None:
    if establishment_id is None:
        return None
    found = Establishment.objects.select_related("provider").filter(pk=establishment_id, closed_on__isnull=True).first()
    if found is None:
        raise RuleBroken("home_unknown", _("Choose a home from the list"), "establishment")
    if found.kind not in KINDS_FOR_CATEGORY[referral.category] or found.registration_status != "active":
        raise RuleBroken(
            "home_not_registered", _("This home is not registered for this kind of placement"), "establishment"
        )
    for measure in standing_about([found.pk])[found.pk]:
        # One on a lot says nothing of a purchase outside every lot.
        if measure.stops and measure.lot_id is None:
            code = "measure_barred" if measure.kind == measure.Kind.BAR else "measure_suspended"
            raise RuleBroken(code, problem_text(code), "establishment")
    return found


def _hold_measures(establishment_id: UUID | None) -> None:
    """A measure against the provider or the home waits for this, or this for it."""
    if establishment_id is None:
        return
    provider = Establishment.objects.filter(pk=establishment_id).values_list("provider_id", flat=True).first()
    if provider is not None:
        hold_measures(provider)


def _host(establishment: Establishment | None, outward: str) -> str:
    """GSS code of the authority where the home lies."""
    if establishment is not None:
        return establishment.gss_code
    code = OutwardCode.objects.filter(code=outward).values_list("gss_code", flat=True).first()
    if code is None:
        raise RuleBroken("outward_unknown", _("There is no such postcode area in England or Wales"), "outward")
    return code


def _outside_area(actor: Actor, referral: Referral, placement: Placement) -> list[Notice]:
    permission = _decides(referral, placement.placing_band)
    if permission is None or actor.may(permission):
        return []
    return [
        Notice(
            "placements.spot_outside_area",
            actor.organisation_id,
            referral.reference,
            f"/o/{actor.slug}/referrals/{referral.reference}/",
            permissions=(permission,),
        )
    ]
