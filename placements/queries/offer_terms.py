"""What an offer stands under today: ceiling, rules, menu and what the release asks; and its answers as stored.

Reads only what the provider may read. It decides nothing: `placements.offer_answers` holds the rules.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.vocabulary import Category, Need
from dpv.eligibility import household_problems, problem_text
from dpv.models import Ceiling, MenuItem, RuleVersion
from dpv.queries.ceilings import ceiling_in_force
from dpv.queries.menu import menu_of
from dpv.queries.rules import rules_in_force
from placements.models import Decline, Invitation, InvitedHousehold, Offer, Release
from placements.offer_answers import Asked, ExtraAsked, MenuRate, OfferAnswers
from placements.offered_prices import extra_from_json
from placements.states import OFFER_LIVE
from providers.models import CarerHousehold


@dataclass(frozen=True)
class OfferTerms:
    """The ceiling row and rule version that `asked` was made of, both of which are stored with the offer."""

    ceiling_row: Ceiling
    rule_version: RuleVersion
    asked: Asked
    households: tuple[InvitedHousehold, ...] = ()


def age_in(release: Release) -> int | None:
    """The age that the ceiling depends on, as released."""
    age = release.content.get("age")
    return age if isinstance(age, int) else None


def needs_in(release: Release) -> tuple[str, ...]:
    """The needs and risks that an offer must answer, in the vocabulary's order."""
    named = set(release.content.get("needs") or ())
    return tuple(need.value for need in Need if need.value in named)


def siblings_in(release: Release) -> int:
    """How many brothers and sisters are to be placed, this one included; 1 without a group."""
    count = release.content.get("siblings")
    return count if isinstance(count, int) and count > 1 else 1


def terms_of(release: Release, invitation: Invitation, on: dt.date, *, with_menu: bool = True) -> OfferTerms:
    """What an offer of this establishment stands under on that day; without its menu where nothing is taken from it.

    Raises RuleBroken (`no_ceiling`, `no_rules`) where none is in force.
    """
    ceiling = ceiling_in_force(invitation.admission_id, age_in(release), on)
    version, rules = rules_in_force(invitation.vehicle_id, on)
    menu = menu_of(invitation.provider_id, invitation.vehicle_id, on) if with_menu else []
    is_fostering = release.category == Category.FOSTERING
    households: tuple[Any, ...] = ()
    if is_fostering:
        rows = invitation.households.select_related("household").order_by("miles", "household__code")
        households = tuple(rows.annotate(problems=_problems(on, age_in(release))))
    months = release.content.get("planned_months")
    return OfferTerms(
        ceiling_row=ceiling,
        rule_version=version,
        households=households,
        asked=Asked(
            ceiling=ceiling.weekly,
            rules=rules,
            needs=needs_in(release),
            siblings=siblings_in(release),
            planned_months=months if isinstance(months, int) else None,
            menu={item.service: _rate(item) for item in menu},
            households=frozenset(invited.household_id for invited in households),
            unfit={
                invited.household_id: (invited.problems[0], problem_text(invited.problems[0]))
                for invited in households
                if invited.problems
            },
            is_fostering=is_fostering,
        ),
    )


def require_a_household(terms: OfferTerms) -> None:
    """Refuse an offer of an agency none of whose invited households is available (codes of `household_problems`)."""
    if terms.households and len(terms.asked.unfit) == len(terms.households):
        raise RuleBroken(*next(iter(terms.asked.unfit.values())))


def _problems(on: dt.date, age: int | None) -> RawSQL:
    """What is wrong with each household of the query, in the same query."""
    codes = household_problems(on="%s", age="%s::int", household=CarerHousehold._meta.db_table)
    return RawSQL(f"array_remove(ARRAY[{codes}], NULL)::text[]", [on, age], output_field=ArrayField(CharField()))


def _rate(item: MenuItem) -> MenuRate:
    return MenuRate(item.service, item.get_service_display(), item.unit, item.unit_price, item.price_text)


def answers_of(offer: Offer) -> OfferAnswers:
    """An offer's answers as stored."""
    return OfferAnswers(
        household_id=offer.household_id,
        weekly_core=offer.weekly_core,
        children_together=offer.children_together,
        solo_uplift=offer.solo_uplift,
        solo_reason=offer.solo_reason,
        extras=tuple(_extra(stored) for stored in offer.extras),
        starts_on=offer.starts_on,
        held_until=offer.held_until,
        statements=dict(offer.statements),
        who_lives_there=offer.who_lives_there,
        staffing=offer.staffing,
        impact_on_residents=offer.impact_on_residents,
        conditions=offer.conditions,
    )


def _extra(stored: dict[str, Any]) -> ExtraAsked:
    line = extra_from_json(stored)
    return ExtraAsked(
        code=line.code,
        quantity_per_week=line.quantity_per_week or None,
        unit_rate=line.unit_rate,
        starts_on=line.starts_on,
        ends_on=line.ends_on,
        review_on=line.review_on,
        outcome=line.outcome,
    )


def edition_of(offer: Offer) -> str:
    """A short digest of what is stored: two windows that show the same offer carry the same one."""
    stored = [
        offer.status,
        offer.revision,
        offer.household_id,
        offer.weekly_core,
        offer.children_together,
        offer.solo_uplift,
        offer.solo_reason,
        offer.extras,
        offer.starts_on,
        offer.held_until,
        offer.statements,
        offer.who_lives_there,
        offer.staffing,
        offer.impact_on_residents,
        offer.conditions,
    ]
    text = json.dumps(stored, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def offer_under_way(invitation: Invitation) -> Offer | None:
    """The one offer of the invited establishment that has not ended."""
    return Offer.objects.filter(
        referral_id=invitation.referral_id, establishment_id=invitation.establishment_id, status__in=OFFER_LIVE
    ).first()


def invitation_as_answered(invitation_id: UUID) -> Any:
    """The Invitation with its release, and in the same query whether the provider has answered: `has_offer` (one of
    the establishment is under way) and `has_decline` (one stands). Raises Invitation.DoesNotExist."""
    found = _AS_ANSWERED.first(pk=invitation_id)
    if found is None:
        raise Invitation.DoesNotExist
    return found


def _as_answered() -> QuerySet[Any]:
    offers = Offer.objects.filter(
        referral_id=OuterRef("referral_id"), establishment_id=OuterRef("establishment_id"), status__in=OFFER_LIVE
    )
    declines = Decline.objects.filter(invitation_id=OuterRef("pk"), withdrawn_at__isnull=True)
    rows = Invitation.objects.annotate(has_offer=Exists(offers), has_decline=Exists(declines))
    return rows.select_related("release__authority").filter(pk=given("pk"))


_AS_ANSWERED = KeptQuery(_as_answered)


def own_invitation(invitation_id: UUID) -> Invitation:
    """An invitation of the acting provider with what its pages show. Raises Invitation.DoesNotExist."""
    return Invitation.objects.select_related("release", "establishment", "lot", "vehicle", "admission").get(
        pk=invitation_id
    )
