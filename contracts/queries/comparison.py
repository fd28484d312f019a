"""What only this storey knows of a comparison: the value gates an offer reaches, and what the actor may do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404

from brokerage.core.money import NOTHING
from brokerage.core.references import normalise_reference
from brokerage.core.tenants.actors import Actor
from contracts.queries.awards import Gate, gates_of
from placements.models import Referral
from placements.queries.comparison import ComparedOffer
from providers.standing import Standing, warnings_about, warnings_of


@dataclass(frozen=True)
class OfferColumn:
    """An offer's column of the comparison. `belongs_to_hub`: at this price the regional adult hub places."""

    it: ComparedOffer
    #: What whoever chooses this home should know first.
    warnings: list[Standing]
    gates: list[Gate]
    belongs_to_hub: bool
    may_choose: bool
    may_shortlist: bool


def compared_referral(reference: str) -> Referral:
    """The referral whose offers are compared. Raises Http404, for a draft too."""
    found = Referral.objects.filter(reference=normalise_reference(reference)).first()
    if found is None or found.status == "draft":
        raise Http404
    return found


def columns_of(actor: Actor, compared: Sequence[ComparedOffer], *, may_award: bool) -> list[OfferColumn]:
    """The columns of compared offers; `may_award` is whether the actor may choose any offer of the referral now."""
    found = warnings_of(actor, {each.offer.establishment_id for each in compared})
    return [_column(actor, each, found, may_award=may_award) for each in compared]


def column_of(actor: Actor, each: ComparedOffer) -> OfferColumn:
    """The column of an offer that is chosen: nothing can be done with it there."""
    return columns_of(actor, [each], may_award=False)[0]


def _column(
    actor: Actor, each: ComparedOffer, found: Mapping[UUID, Sequence[Standing]], *, may_award: bool
) -> OfferColumn:
    weekly = each.offer.weekly_total
    return OfferColumn(
        it=each,
        warnings=warnings_about(found, each.offer.establishment_id, each.offer.household_id),
        gates=gates_of(each.rules, weekly, each.expected_weeks),
        belongs_to_hub=actor.on_behalf_of_id is None
        and each.lot_is_for_adults
        and each.rules.goes_to_adult_hub(weekly or NOTHING),
        may_choose=may_award and each.may_be_chosen,
        may_shortlist=actor.may("referral.disclose") and not each.has_full_papers and may_award,
    )
