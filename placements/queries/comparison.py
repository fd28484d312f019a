"""Every standing offer of a referral side by side, as the compare page and the award form show them.

A fixed number of queries whatever the number of offers. Ranking is advice with its working shown
(`placements.scoring`); nothing is decided here. Of a sealed call-off the database shows no offer before opening.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.geography import PlacingBand, placing_band
from brokerage.core.money import NOTHING
from brokerage.core.tenants.geography_queries import placed_among
from brokerage.core.vocabulary import RISKS, Category, DeclineReason, Need
from dpv.eligibility import problem_text, problems_of
from dpv.models import Measure
from dpv.queries.measures import restrictions_on
from dpv.queries.rules import rules_of
from dpv.rules import VehicleRules
from placements.models import Decline, Invitation, Offer, Placement, Referral
from placements.offered_prices import pricing_of
from placements.pricing import Pricing, expected_total, savings_percent
from placements.scoring import Candidate, Ranked, rank
from placements.states import OFFER_STANDING, PLACEMENT_LIVE
from providers.models import Occupancy

METHODS: dict[str, str | Promise] = {
    "price": _("Lowest weekly price"),
    "quality_price": _("Price and quality, weighted"),
    "price_per_quality": _("Price for each quality point"),
}
BANDS: dict[str, str | Promise] = {
    "in_area": _("In our area"),
    "out_of_area": _("Out of area: in an adjoining authority"),
    "at_a_distance": _("At a distance: beyond every adjoining authority"),
}


@dataclass(frozen=True)
class Statement:
    """What the offer says about one need or risk; an empty text is an unanswered need."""

    label: str
    text: str
    is_risk: bool


@dataclass
class ComparedOffer:
    """One offer as a column of the comparison. Money in pounds a week unless said otherwise."""

    offer: Offer
    rules: VehicleRules = field(repr=False)
    pricing: Pricing
    statements: list[Statement]
    #: As the referral has it; None when it does not say how long.
    expected_weeks: int | None
    #: In pounds over the expected stay.
    total: Decimal | None
    saving: Decimal
    saving_percent: Decimal
    band: PlacingBand
    problems: list[str | Promise]
    #: What the central team restricts: choosing it takes a reason in a sentence.
    restrictions: list[Measure]
    #: Free places there now; None where no counter is kept.
    vacancies: int | None
    #: People of this authority living there now.
    living_there: int
    ranked: Ranked | None = None

    @property
    def is_standing(self) -> bool:
        return self.offer.status in OFFER_STANDING

    @property
    def may_be_chosen(self) -> bool:
        return self.offer.status == "submitted" and not self.problems

    @property
    def lot_is_for_adults(self) -> bool:
        return self.offer.lot.category == Category.ADULT_RESIDENTIAL

    @property
    def band_text(self) -> str | Promise:
        return BANDS[self.band]

    @property
    def name(self) -> str:
        return self.offer.establishment.name + (f", {self.offer.household.code}" if self.offer.household else "")

    @property
    def has_full_papers(self) -> bool:
        return self.offer.release.stage == 2


@dataclass(frozen=True)
class Ranking:
    """The offers that stand, best first, each with its place, and the method and weights that placed them."""

    placed: list[tuple[Offer, Ranked]]
    method: str
    own_method: str
    methods: list[str]
    weights: tuple[Decimal, Decimal]

    @property
    def offers(self) -> list[Offer]:
        return [offer for offer, _ranked in self.placed]

    def snapshot(self) -> list[dict[str, Any]]:
        """The ranking as shown, for `Award.ranking`."""
        return [
            {
                "offer": str(offer.pk),
                "method": self.method,
                "place": ranked.place,
                "score": str(ranked.score) if ranked.score is not None else None,
                "weekly_total": str(offer.weekly_total),
                "explanation": str(ranked.explanation),
            }
            for offer, ranked in self.placed
        ]


@dataclass(frozen=True)
class Comparison:
    """The page: offers that stand (best first) and others, who declined and why, who has not answered."""

    referral: Referral
    standing: list[ComparedOffer]
    others: list[ComparedOffer]
    declines: list[Decline]
    reasons: list[tuple[str, int]]
    waiting: int
    ranking: Ranking

    @property
    def method(self) -> str:
        return self.ranking.method

    @property
    def own_method(self) -> str:
        return self.ranking.own_method

    @property
    def methods(self) -> list[str]:
        return self.ranking.methods

    @property
    def weights(self) -> tuple[Decimal, Decimal]:
        return self.ranking.weights

    @property
    def method_text(self) -> str | Promise:
        return METHODS[self.method]


def rank_offers(referral: Referral, *, method: str = "") -> Ranking:
    """The ranking alone of a referral's standing offers, in one query. An unknown or unusable `method` gives the
    vehicle's own."""
    standing = Offer.objects.filter(referral_id=referral.pk, status__in=OFFER_STANDING)
    return _ranking(standing.select_related("admission", "rules").order_by("submitted_at"), method)


def compare_offers(referral: Referral, *, on: dt.date, method: str = "") -> Comparison:
    """The comparison of a referral's offers on a day. An unknown or unusable `method` gives the vehicle's own."""
    shown = Q(status__in=(*OFFER_STANDING, "accepted")) | Q(submitted_at__isnull=False)
    offers = list(
        Offer.objects.filter(shown, referral_id=referral.pk)
        .exclude(status="draft")
        .select_related(
            "establishment", "household", "admission", "lot", "vehicle", "rules", "release", "provider__organisation"
        )
        .order_by("submitted_at")
    )
    columns = list(_columns(referral, offers, on))
    by_offer = {column.offer.pk: column for column in columns}
    ranking = _ranking([column.offer for column in columns if column.is_standing], method)
    for offer, ranked in ranking.placed:
        by_offer[offer.pk].ranked = ranked
    declines = list(
        Decline.objects.filter(referral_id=referral.pk, withdrawn_at__isnull=True)
        .select_related("establishment", "provider__organisation")
        .order_by("declined_at")
    )
    counts = Counter(decline.reason for decline in declines)
    return Comparison(
        referral=referral,
        standing=[by_offer[offer.pk] for offer, _ranked in ranking.placed],
        others=[column for column in columns if not column.is_standing],
        declines=declines,
        reasons=[(str(DeclineReason(code).label), count) for code, count in counts.most_common()],
        waiting=Invitation.objects.filter(referral_id=referral.pk, status="open").count(),
        ranking=ranking,
    )


def _columns(referral: Referral, offers: Sequence[Offer], on: dt.date) -> Iterator[ComparedOffer]:
    own_code, neighbours = placed_among(referral.authority_id)
    # Of an earlier offer that was withdrawn another household may be named.
    in_order = sorted(offers, key=lambda offer: offer.status in OFFER_STANDING)
    households = {offer.admission_id: offer.household_id for offer in in_order}
    problems = problems_of(households, on, age=referral.age, households=households)
    limits = restrictions_on({offer.admission_id for offer in offers})
    places = _vacancies(offers)
    living = _living_there(offers)
    parsed: dict[UUID, VehicleRules] = {}
    for offer in offers:
        rules = parsed.get(offer.rules_id) or parsed.setdefault(offer.rules_id, rules_of(offer.rules))
        pricing = pricing_of(offer, rules)
        place = offer.household or offer.establishment
        starts_on = offer.starts_on or on
        weeks = referral.expected_weeks
        core = offer.weekly_core or NOTHING
        yield ComparedOffer(
            offer=offer,
            rules=rules,
            pricing=pricing,
            statements=list(_statements(referral, offer)),
            expected_weeks=weeks,
            total=expected_total(pricing, starts_on, None, weeks) if weeks else None,
            saving=offer.ceiling - core,
            saving_percent=savings_percent(offer.ceiling, core) if offer.ceiling > 0 else NOTHING,
            band=placing_band(own_code, place.gss_code, neighbours),
            problems=[problem_text(code) for code in problems.get(offer.admission_id, [])],
            restrictions=limits.get(offer.admission_id, []),
            vacancies=places.get(place.pk),
            living_there=living[place.pk],
        )


def _statements(referral: Referral, offer: Offer) -> Iterator[Statement]:
    asked = [need for need in Need if need.value in referral.needs or need.value in offer.statements]
    for need in asked:
        yield Statement(str(need.label), str(offer.statements.get(need.value, "")).strip(), need in RISKS)


def _vacancies(offers: Sequence[Offer]) -> dict[UUID, int]:
    homes = {offer.establishment_id for offer in offers if offer.household_id is None}
    households = {offer.household_id for offer in offers if offer.household_id is not None}
    counters = Occupancy.objects.filter(Q(establishment_id__in=homes) | Q(household_id__in=households))
    found: dict[UUID, int] = {}
    for counter in counters:
        place_id = counter.establishment_id or counter.household_id
        if place_id is not None:
            found[place_id] = counter.vacancies
    return found


def _living_there(offers: Sequence[Offer]) -> Counter[UUID]:
    rows = Placement.objects.filter(
        status__in=PLACEMENT_LIVE, establishment_id__in={offer.establishment_id for offer in offers}
    ).values_list("household_id", "establishment_id")
    return Counter(household or establishment for household, establishment in rows)


def _ranking(standing: Iterable[Offer], method: str) -> Ranking:
    """These offers in the order of the method; the vehicles' own where it is unknown or nothing was scored."""
    by_key = {str(offer.pk): offer for offer in standing}
    own, weights = _own_method(by_key.values())
    candidates = [
        Candidate(
            key=key,
            price=offer.weekly_total or NOTHING,
            quality=offer.admission.quality_score,
            submitted_at=offer.submitted_at or offer.created_at,
        )
        for key, offer in by_key.items()
    ]
    methods = list(METHODS) if any(each.quality is not None for each in candidates) else ["price"]
    chosen = method if method in methods else own
    placed = rank(candidates, method=chosen, price_weight=weights[0], quality_weight=weights[1]) if candidates else ()
    return Ranking([(by_key[each.candidate.key], each) for each in placed], chosen, own, methods, weights)


def _own_method(standing: Collection[Offer]) -> tuple[str, tuple[Decimal, Decimal]]:
    """The vehicles' method if all agree, else by price; the weights of the first."""
    versions = {offer.rules_id: offer.rules for offer in standing}
    rules = map(rules_of, versions.values())
    found = {(each.ranking_method, each.price_weight, each.quality_weight) for each in rules}
    if len(found) == 1:
        method, price_weight, quality_weight = found.pop()
        return method, (price_weight, quality_weight)
    return "price", (Decimal(80), Decimal(20))
