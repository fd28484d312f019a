"""Nouns of the matrix whose moves follow from an act upon something else: rivals that lose, invitations that close,
offers to be confirmed again, documents that a worker draws and seals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from brokerage.core.audit.models import OutboxItem
from brokerage.core.clock import database_now
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.actions.agreements import cancel_agreement, sign_agreement
from contracts.documents import render_agreement, seal_agreement
from contracts.models import Agreement
from contracts.states import AGREEMENT
from dpv.actions import measures
from dpv.states import MEASURE
from placements.actions.offers import withdraw_offer
from placements.actions.placements import cancel_placement
from placements.actions.running import amend_referral, end_without_placement, extend_closing
from placements.actions.spot import SpotHome, record_spot_placement
from placements.models import Award, Offer
from placements.states import INVITATION, OFFER, REFERRAL
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import LEVELS, facts, proposed
from tests.proofs.nouns import Noun, act_as
from tests.safeguarding.alerting import raised


def rivals() -> Iterator[Noun]:
    """An offer beside another that is chosen, of a referral that ends, and after an award that falls through."""
    _story, (winner, other) = scenarios.chosen("birch-house", "cedar-house")
    lose = {"lose": partial(scenarios.award, winner)}
    # One that was not confirmed again lapses instead.
    unfit = frozenset({("needs_reconfirming", "lose")})
    yield Noun(OFFER, "placements_offer", other.pk, effects=lose, unfit=unfit, reader="cecil")
    story, (standing, _other) = scenarios.chosen("birch-house", "cedar-house")
    end = partial(act_as, "oscar", end_without_placement, reference=story.reference, reason="No home is needed.")
    yield Noun(OFFER, "placements_offer", standing.pk, effects={"lapse": end}, reader="bob")
    _story, made = scenarios.awarded("birch-house", "cedar-house")
    with acting(actor_of("oscar")):
        lost = Offer.objects.get(referral_id=made.referral_id, status="unsuccessful")
    back = {"back_out": fall_through(made, because_of_provider=True), "set_free": fall_through(made)}
    yield Noun(OFFER, "placements_offer", made.offer_id, back, reader="bob")
    again = {"reopen": fall_through(made)}
    yield Noun(OFFER, "placements_offer", lost.pk, effects=again, reader="cecil")
    # The offer that stands again stood when the referral closed.
    yield Noun(INVITATION, "placements_invitation", lost.invitation_id, effects=again)


def fall_through(made: Award, *, because_of_provider: bool = False) -> Callable[[], Any]:
    """The award falls through."""
    fall = {"award_id": made.pk, "reason": "It closed.", "because_of_provider": because_of_provider}
    return partial(act_as, "oscar", acceptance.let_fall_through, **fall)


def running() -> Iterator[Noun]:
    """An offer and an invitation of a referral that is amended, extended or ended."""
    story = scenarios.published_referral("oscar", homes=("birch-house",))
    offer = scenarios.submitted_offer(story=story, home="birch-house")
    one = {"reference": story.reference}
    with acting(actor_of("oscar")):
        story.referral.refresh_from_db()
    amend = partial(
        act_as,
        "oscar",
        amend_referral,
        **one,
        section="needs",
        values={**story.referral.answers["needs"], "what_works": "A calm adult who stays near."},
        note="What works.",
        base_revision=story.referral.revision,
    )
    yield Noun(OFFER, "placements_offer", offer.pk, effects={"ask_to_reconfirm": amend}, reader="bob")
    later = dt.timedelta(days=30) + database_now()
    yield Noun(
        INVITATION,
        "placements_invitation",
        offer.invitation_id,
        effects={
            "ask_again": partial(act_as, "oscar", extend_closing, **one, closes_at=later, reason="More time."),
            "take_back_offer": partial(act_as, "bob", withdraw_offer, offer_id=offer.pk),
            "close": partial(act_as, "oscar", end_without_placement, **one, reason="No home is needed."),
        },
    )


def spot_placements() -> Iterator[Noun]:
    """A referral that ended with a spot placement planned ahead."""
    draft = scenarios.draft_referral("oscar")
    ahead = TODAY + dt.timedelta(days=10)
    planned = act_as("olive", record_spot_placement, reference=draft.reference, **spot_facts(ahead))
    cancel = partial(act_as, "olive", cancel_placement, placement_id=planned.pk, reason="Not needed.")
    yield Noun(REFERRAL, "placements_referral", draft.pk, {"cancel_spot": cancel})


def spot_facts(starts_on: dt.date) -> dict[str, Any]:
    """A place at Birch House bought outside every vehicle."""
    return {
        "reason": "Nobody offered by closing.",
        "home": SpotHome(establishment_id=ident("birch-house")),
        "weekly_core": Decimal("1800.00"),
        "weekly_extras": Decimal("0.00"),
        "starts_on": starts_on,
        "before_closing": True,
    }


def documents() -> Iterator[Noun]:
    """An agreement that was signed and sealed: a worker draws it and seals it once more; nobody signs it twice."""
    agreement = scenarios.sealed_agreement("birch-house")
    item = OutboxItem(organisation_id=agreement.authority_id, payload={"agreement": str(agreement.pk)})
    sign = partial(act_as, "sam", sign_agreement, **signing(agreement))
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        agreement.pk,
        {
            "sign_first": sign,
            "sign_last": sign,
            "cancel": partial(act_as, "oscar", cancel_agreement, agreement_id=agreement.pk, reason="It closed."),
        },
        effects={"open_for_signing": partial(render_agreement, item), "seal": partial(seal_agreement, item)},
        # Its authority has signed.
        unfit=frozenset({("awaiting_signatures", "sign_first"), ("part_signed", "sign_last")}),
    )


def signing(agreement: Agreement) -> dict[str, Any]:
    """A signature, after a proof of identity at this moment."""
    return {
        "agreement_id": agreement.pk,
        "terms_hash": agreement.terms_hash,
        "role": "Head of service",
        "proved_at": database_now(),
        "method": "password",
    }


def urgent_measures() -> Iterator[Noun]:
    """Put in force at once is what is proposed so, never what was proposed before."""
    home = LEVELS["establishment"]
    urgent = facts(is_urgent=True, **home)
    again = {"put_at_once": partial(act_as, "carol", measures.propose_measure, facts=urgent)}
    unfit = frozenset({("proposed", "put_at_once")})
    yield Noun(MEASURE, "dpv_measure", proposed(**home).pk, effects=again, unfit=unfit, reader="carol")


def born() -> dict[tuple[str, str, str], str]:
    """Moves made in the act that writes the row: the state it is found in afterwards."""
    return {
        ("measure", "proposed", "put_at_once"): proposed(is_urgent=True, **LEVELS["lot"]).status,
        # No second person is asked where it is not of high severity.
        ("alert", "awaiting_confirmation", "confirm"): raised().status,
    }
