"""Nouns of the matrix whose moves are acts upon themselves: the main road, admissions and measures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.utils import timezone

from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.actions.agreements import cancel_agreement, sign_agreement
from contracts.states import AGREEMENT
from dpv.actions import measures
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import lift_suspension, suspend_admission
from dpv.states import ADMISSION, MEASURE
from placements.actions import awards, offers
from placements.actions.declines import decline_invitation, take_back_decline
from placements.actions.offers import reconfirm_offer, revise_offer, submit_offer, withdraw_offer
from placements.actions.placements import end_placement, record_host_notified, reschedule_placement, start_placement
from placements.actions.publishing import invite_more, publish_referral
from placements.actions.referrals import change_sections, withdraw_referral
from placements.actions.running import amend_referral, end_without_placement, extend_closing, widen_search
from placements.actions.spot import record_spot_placement
from placements.models import Award, Offer
from placements.queries.offer_terms import answers_of
from placements.ssda903 import END_REASONS
from placements.states import AWARD, INVITATION, OFFER, PLACEMENT, REFERRAL
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import proposed
from tests.proofs import consequences as others
from tests.proofs.nouns import CODES, Noun, act_as


def offers_nouns() -> Iterator[Noun]:
    offer = scenarios.submitted_offer(story=scenarios.with_person(scenarios.invited("birch-house")), home="birch-house")
    with acting(actor_of("bob")):
        answers = answers_of(Offer.objects.get(pk=offer.pk))
    yield Noun(
        OFFER,
        "placements_offer",
        offer.pk,
        {
            "submit": partial(act_as, "bob", submit_offer, offer_id=offer.pk),
            "revise": partial(act_as, "bob", revise_offer, offer_id=offer.pk, answers=answers),
            "reconfirm": partial(act_as, "bob", reconfirm_offer, offer_id=offer.pk),
            "withdraw": partial(act_as, "bob", withdraw_offer, offer_id=offer.pk),
            "edit": partial(act_as, "bob", offers.save_offer_draft, offer_id=offer.pk, answers=answers),
            "accept": partial(scenarios.award, offer, before_closing=True),
        },
        reader="bob",
    )


def drafts() -> Iterator[Noun]:
    draft = scenarios.draft_referral("oscar")
    one = {"reference": draft.reference}
    words = {"needs": {"what_works": "A calm adult who stays near."}}
    yield Noun(
        REFERRAL,
        "placements_referral",
        draft.pk,
        {
            "edit": partial(act_as, "oscar", change_sections, **one, sections=words),
            "publish": partial(
                act_as,
                "oscar",
                publish_referral,
                **one,
                lot_ids=[ident("lot T-RES")],
                chosen=[str(ident("admission birch-house"))],
                left_out_reason="The others are too far away.",
            ),
            "withdraw": partial(act_as, "oscar", withdraw_referral, **one, reason="Not needed."),
            "record_spot": partial(
                act_as,
                "olive",
                record_spot_placement,
                **one,
                **others.spot_facts(TODAY),
            ),
        },
    )


def published() -> Iterator[Noun]:
    """A referral that runs; one that waits for approval; one that was awarded."""
    story = scenarios.published_referral("oscar", homes=("birch-house",))
    one = {"reference": story.reference}
    later = timezone.now() + dt.timedelta(days=30)
    other = str(ident("admission cedar-house"))
    words = {"what_works": "A calm adult who stays near."}
    with acting(actor_of("oscar")):
        story.referral.refresh_from_db()
    revision = story.referral.revision
    yield Noun(
        REFERRAL,
        "placements_referral",
        story.referral.pk,
        {
            "extend": partial(act_as, "oscar", extend_closing, **one, closes_at=later, reason="More time."),
            "invite": partial(act_as, "oscar", invite_more, **one, chosen=[other]),
            "widen": partial(act_as, "oscar", widen_search, **one, max_miles=90),
            "amend": partial(
                act_as,
                "oscar",
                amend_referral,
                **one,
                section="needs",
                values={**story.referral.answers["needs"], **words},
                note="What works.",
                base_revision=revision,
            ),
            "end_without_placement": partial(act_as, "oscar", end_without_placement, **one, reason="Not needed."),
            "withdraw": partial(act_as, "oscar", withdraw_referral, **one, reason="Not needed."),
        },
    )
    closed, (standing, above) = scenarios.chosen("cedar-house", "birch-lodge")
    yield Noun(
        REFERRAL,
        "placements_referral",
        closed.referral.pk,
        {
            "award": partial(scenarios.award, standing),
            "ask_approval": partial(scenarios.award, above, who="olive"),
        },
    )
    waits, (chosen,) = scenarios.chosen("birch-lodge", who="olive")
    waiting = scenarios.award(chosen, who="olive")
    answers = _answers_to(waiting, confirm="approve")
    # A choice that waits for nobody's approval has awarded its referral before it is confirmed.
    idle = frozenset({("awarded", "approve")})
    yield Noun(REFERRAL, "placements_referral", waits.referral.pk, answers, idle=idle)
    won, made = scenarios.awarded("cedar-house")
    with acting(actor_of("oscar")):
        placement_id = Award.objects.get(pk=made.pk).placement.pk
    yield Noun(
        REFERRAL,
        "placements_referral",
        won.referral.pk,
        {
            "fall_through": others.fall_through(made),
            "place": partial(act_as, "oscar", start_placement, placement_id=placement_id, started_on=TODAY, **CODES),
        },
    )


def _answers_to(waiting: Award, *, confirm: str) -> dict[str, Callable[[], Any]]:
    one = {"award_id": waiting.pk}
    return {
        confirm: partial(act_as, "tessa", acceptance.approve, **one, kind="money"),
        "refuse": partial(act_as, "tessa", awards.refuse_award, **one, kind="money", reason="Too dear."),
        "take_back": partial(act_as, "olive", awards.take_back_award, **one, reason="Thought again."),
    }


def invitations() -> Iterator[Noun]:
    asked = scenarios.invited("birch-house")
    draft = scenarios.drafted_offer(story=asked, home="birch-house")
    one = {"invitation_id": asked.invitations["birch-house"].pk}
    yield Noun(
        INVITATION,
        "placements_invitation",
        one["invitation_id"],
        {
            "offer": partial(act_as, "bob", submit_offer, offer_id=draft.pk),
            "decline": partial(act_as, "bob", decline_invitation, **one, reason="no_vacancy"),
            "ask_again": partial(act_as, "bob", take_back_decline, **one),
        },
        # Whoever was closed out is asked again by the authority only.
        unfit=frozenset({("closed", "ask_again")}),
        idle=frozenset({("open", "ask_again")}),
    )


def awards_nouns() -> Iterator[Noun]:
    _story, (above,) = scenarios.chosen("birch-lodge", who="olive")
    waiting = scenarios.award(above, who="olive")
    yield Noun(AWARD, "placements_award", waiting.pk, _answers_to(waiting, confirm="confirm"))
    _story, made = scenarios.awarded("birch-house")
    yield Noun(AWARD, "placements_award", made.pk, {"fall_through": others.fall_through(made)})


def agreements() -> Iterator[Noun]:
    agreement = scenarios.signable_agreement("cedar-house")
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        agreement.pk,
        {
            "sign_first": partial(act_as, "sam", sign_agreement, **others.signing(agreement)),
            "cancel": partial(act_as, "oscar", cancel_agreement, agreement_id=agreement.pk, reason="It closed."),
        },
        # A seal is checked to be there; the second signature is another move.
        never=("sealed", "superseded", "part_signed"),
    )
    with acting(actor_of("oscar")):
        award = Award.objects.get(pk=agreement.award_id)
    placement = {"placement_id": agreement.placement_id}
    left = {"ended_on": TODAY, "end_reason": next(iter(END_REASONS))}
    yield Noun(
        PLACEMENT,
        "placements_placement",
        agreement.placement_id,
        {
            "start": partial(act_as, "oscar", start_placement, **placement, started_on=TODAY, **CODES),
            "end": partial(act_as, "oscar", end_placement, **placement, **left),
            "reschedule": partial(act_as, "oscar", reschedule_placement, **placement, planned_start_on=TODAY),
            "change": partial(act_as, "oscar", record_host_notified, **placement, notified_on=TODAY),
            "cancel": others.fall_through(award),
        },
        # One that has not begun is only planned anew.
        idle=frozenset({("planned", "change")}),
    )
    half = scenarios.signable_agreement("birch-house")
    scenarios.sign(half, who="sam")
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        half.pk,
        {"sign_last": partial(act_as, "bob", sign_agreement, **others.signing(half))},
        never=("sealed", "superseded", "awaiting_signatures"),
    )


def admissions() -> Iterator[Noun]:
    admission = {"admission_id": ident("admission cedar-house"), "reason": "A finding."}
    yield Noun(
        ADMISSION,
        "dpv_admission",
        ident("admission cedar-house"),
        {
            "suspend": partial(act_as, "mark", suspend_admission, **admission, review_on=TODAY),
            "reinstate": partial(act_as, "carol", lift_suspension, **admission),
            "bar": partial(act_as, "carol", bar_admission, **admission),
            "end": partial(act_as, "carol", end_admission, **admission),
        },
        reader="carol",
    )


def measures_nouns() -> Iterator[Noun]:
    measure = proposed()
    one = {"reference": measure.reference, "note": "The rota was seen."}
    yield Noun(
        MEASURE,
        "dpv_measure",
        measure.pk,
        {
            "confirm": partial(act_as, "mark", measures.confirm_measure, **one),
            "refuse": partial(act_as, "mark", measures.refuse_measure, **one),
            "withdraw": partial(act_as, "carol", measures.withdraw_measure, **one),
            "propose_lift": partial(act_as, "carol", measures.propose_lift, **one),
            "keep": partial(act_as, "mark", measures.keep_measure, **one),
            "lift": partial(act_as, "mark", measures.lift_measure, **one),
        },
        reader="carol",
    )
