"""What a confirmed award does, and what letting it fall through undoes: offers, invitations, releases, the place and
the planned placement. Called by `placements.actions.awards` under its locks, inside its transaction."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.vocabulary import PlacementSource
from dpv.eligibility import require_eligible
from placements.actions import releases
from placements.actions.closing import move_unseen_offers
from placements.interest import show_interest
from placements.models import Award, Invitation, Offer, Placement, Referral
from placements.queries.ages import age_at_start
from placements.reminders import remind_of_start
from placements.states import AWARD, INVITATION, OFFER, OFFER_STANDING, PLACEMENT, REFERRAL
from providers.models import Occupancy


def confirm(actor: Actor, award: Award, *, others: list[Offer] | None = None) -> Placement:
    """The offer is accepted, the place taken, the others told why they lost, the placement planned. `others` are those
    that stand, of an act that has just read them under its locks, and asked whether the home may be used.

    Raises RuleBroken `no_place` when somebody else took the last place, `offer_expired`, or the eligibility
    problem's code; NotNow when the provider withdrew the offer while an approval was awaited.
    """
    now, today = database_now(), database_today()
    offer, referral = award.offer, award.referral
    if offer.weekly_total != award.weekly_total:
        # Revised while an approval was awaited: nobody approved this price.
        raise NotNow("offer_changed", _("The provider has changed this offer since it was chosen. Compare again."))
    require_held(offer, now)
    if others is None:
        require_usable(offer, referral, today)
        others = others_standing(offer)
    has_counter = require_place(offer)
    award.status = AWARD.after(award.status, "confirm")
    award.confirmed_at = now
    award.save(update_fields=["status", "confirmed_at"])
    if referral.status != "awarded":
        referral.status = REFERRAL.after(referral.status, "approve")
    referral.awarded_at = now
    referral.save(update_fields=["status", "awarded_at"])
    offer.status = OFFER.after(offer.status, "accept")
    losers = _lose(others, award)
    _write_outcomes([offer, *losers])
    _close_invitations(referral, offer)
    # Begun and never submitted: nobody here learns of them, and none can be submitted any more.
    move_unseen_offers(referral, ("draft",), "lapsed")
    releases.close_releases(
        referral,
        reason=_("Another offer was chosen."),
        winner_provider_id=offer.provider_id,
        reasons={other.provider_id: other.outcome_reason for other in losers},
    )
    placement = _plan_placement(award, offer, referral, has_counter=has_counter)
    remind_of_start(actor, placement)
    show_interest(actor, [(offer.provider_id, offer.establishment_id)])
    record(
        "award.confirmed",
        subject=award,
        actor=actor,
        reference=referral.reference,
        data={"offer": str(offer.pk), "placement": placement.reference, "weekly_total": str(award.weekly_total)},
        notify=[*_tell_outcome(referral, offer, losers), *_tell_officer(actor, award, referral)],
    )
    return placement


def undo(actor: Actor, award: Award, *, reason: str, because_of_provider: bool) -> None:
    """Give the place back, cancel the planned placement, let offers whose hold has not run out stand again."""
    now = database_now()
    referral = Referral.objects.get(pk=award.referral_id)
    placement = Placement.objects.filter(award_id=award.pk).first()
    if placement is not None:
        if placement.status == "active":
            raise NotNow("moved_in", _("The person has moved in: end the placement instead"))
        placement.status = PLACEMENT.after(placement.status, "cancel")
        placement.save(update_fields=["status"])
    award.status = AWARD.after(award.status, "fall_through")
    award.ended_at = now
    award.end_reason = reason
    award.save(update_fields=["status", "ended_at", "end_reason"])
    referral.status = REFERRAL.after(referral.status, "fall_through")
    referral.awarded_at = None
    referral.save(update_fields=["status", "awarded_at"])
    offer = Offer.objects.select_related("household", "establishment").get(pk=award.offer_id)
    move = "back_out" if because_of_provider else "set_free"
    offer.status = OFFER.after(offer.status, move)
    if because_of_provider:
        offer.withdrawn_at = now
        offer.outcome_reason = _("The award fell through.")
    offer.save(update_fields=["status", "withdrawn_at", "outcome_reason"])
    standing = _stand_again(award, now)
    kept = [] if because_of_provider else [offer]
    _reopen_invitations(referral, [*standing, *kept])
    releases.reopen_releases(referral, provider_ids={each.provider_id for each in [*standing, *kept]})
    if because_of_provider and offer.provider_id not in {each.provider_id for each in standing}:
        releases.close_releases(referral, reason=_("The award fell through."), provider_ids={offer.provider_id})
    told = [*standing, offer]
    record(
        "award.fell_through",
        subject=award,
        actor=actor,
        reference=referral.reference,
        data={"because_of_provider": because_of_provider, "standing": len(standing) + len(kept)},
        notify=releases.tell_each(referral, [("placements.award_fell_through", each.provider_id) for each in told]),
    )


def require_usable(offer: Offer, referral: Referral, today: dt.date) -> None:
    """Refuse an offer whose home or carer household may not take the person (codes of `dpv.eligibility`)."""
    require_eligible(
        offer.admission_id,
        on=today,
        age=referral.age,
        age_at_start=age_at_start(referral, offer.starts_on),
        household_id=offer.household_id,
        field="offer",
    )


def require_held(offer: Offer, now: dt.datetime) -> None:
    """Refuse an offer whose place is no longer held. Raises RuleBroken `offer_expired`."""
    if offer.held_until is not None and offer.held_until < now:
        raise RuleBroken("offer_expired", _("The provider held this place until a moment that has passed"), "offer")


_OF_HOME = KeptQuery(lambda: Occupancy.objects.filter(establishment_id=given("place"))[:1])
_OF_HOUSEHOLD = KeptQuery(lambda: Occupancy.objects.filter(household_id=given("place"))[:1])


def require_place(offer: Offer) -> bool:
    """Refuse an offer whose home or household is full. Raises RuleBroken `no_place`.

    Returns whether places are counted there: a home without a counter (day places) has no limit here. The placement
    takes the place in the database when it is written (`placement_takes_its_place`), and gives it back when it is over.
    """
    counter = (_OF_HOUSEHOLD if offer.household_id else _OF_HOME).first(
        place=offer.household_id or offer.establishment_id
    )
    if counter is None:
        return False
    if not counter.vacancies:
        raise _no_place()
    return True


def _no_place() -> RuleBroken:
    return RuleBroken("no_place", _("The last place there has been taken"), "offer")


_STANDING = KeptQuery(
    lambda: Offer.objects.filter(referral_id=given("referral"), status__in=OFFER_STANDING).exclude(pk=given("pk"))
)


def others_standing(offer: Offer) -> list[Offer]:
    """The other offers for the same referral that the authority may choose."""
    return _STANDING.all(referral=offer.referral_id, pk=offer.pk)


def _lose(others: list[Offer], award: Award) -> list[Offer]:
    for other in others:
        # Never confirmed for the referral as it now reads: it may not stand again if this award falls through.
        move = "lapse" if other.status == "needs_reconfirming" else "lose"
        other.status = OFFER.after(other.status, move)
        other.outcome_reason = award.losers.get(str(other.pk), "")
    return others


def _write_outcomes(offers: list[Offer]) -> None:
    """Store what has become of each offer, and the reason its provider reads, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE placements_offer o SET status = m.status, outcome_reason = m.reason"
            " FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS m(id, status, reason) WHERE o.id = m.id",
            [[each.pk for each in offers], [each.status for each in offers], [each.outcome_reason for each in offers]],
        )


def _close_invitations(referral: Referral, winner: Offer) -> None:
    others = Invitation.objects.filter(referral_id=referral.pk, status__in=INVITATION.sources("close"))
    others.exclude(pk=winner.invitation_id).update(status=INVITATION.target("close"))


#: What the database found when it took the place.
_COUNTED = KeptQuery(lambda: Placement.objects.filter(pk=given("pk")).order_by().values_list("is_place_counted"))


def _plan_placement(award: Award, offer: Offer, referral: Referral, *, has_counter: bool) -> Placement:
    place = offer.household or offer.establishment
    total = offer.weekly_total
    extras = offer.weekly_extras
    net = offer.weekly_core_net
    assert total is not None and extras is not None and net is not None and referral.person is not None
    placement = Placement.objects.create(
        authority_id=award.authority_id,
        person=referral.person,
        referral=referral,
        award=award,
        category=referral.category,
        source=PlacementSource.CALL_OFF,
        vehicle_id=offer.vehicle_id,
        lot_id=offer.lot_id,
        provider_id=offer.provider_id,
        establishment_id=offer.establishment_id,
        household_id=offer.household_id,
        outward=place.outward,
        host_gss_code=place.gss_code,
        placing_band=award.placing_band,
        planned_start_on=offer.starts_on or database_today(),
        weekly_core=net,
        weekly_extras=extras,
        weekly_total=total,
        ceiling=offer.ceiling,
        legal_status=referral.person.legal_status,
    )
    ((placement.is_place_counted,),) = _COUNTED.tuples(pk=placement.pk)
    if has_counter and not placement.is_place_counted:
        raise _no_place()
    return placement


def _stand_again(award: Award, now: dt.datetime) -> list[Offer]:
    standing = list(
        Offer.objects.filter(referral_id=award.referral_id, status="unsuccessful").filter(
            Q(held_until__isnull=True) | Q(held_until__gt=now)
        )
    )
    for other in standing:
        other.status = OFFER.after(other.status, "reopen")
        other.outcome_reason = ""
    _write_outcomes(standing)
    return standing


def _reopen_invitations(referral: Referral, standing: list[Offer]) -> None:
    wanted = {offer.invitation_id for offer in standing}
    invitations = Invitation.objects.filter(pk__in=wanted, status__in=INVITATION.sources("reopen"))
    invitations.update(status=INVITATION.target("reopen"))


def _tell_officer(actor: Actor, award: Award, referral: Referral) -> list[Notice]:
    if award.made_by_id is None or award.made_by_id == actor.user_id:
        return []
    path = f"/o/{actor.slug}/referrals/{referral.reference}/"
    return [
        Notice(
            "placements.award_approved",
            actor.organisation_id,
            referral.reference,
            path,
            user_id=award.made_by_id,
            category=referral.category,
        )
    ]


def _tell_outcome(referral: Referral, winner: Offer, losers: list[Offer]) -> list[Notice]:
    told = [("placements.offer_unsuccessful", loser.provider_id) for loser in losers]
    return releases.tell_each(referral, [("placements.offer_accepted", winner.provider_id), *told])
