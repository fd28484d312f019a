"""Every real act on its noun in every state: an illegal move is refused, a legal one is made.

A row is put in each state as no act does, each act is tried and undone. Where a state needs more than its name, its
legal moves are refused for another reason; these few are named (`Noun.unfit`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone

from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.lifecycle import Lifecycle
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
from placements.actions.placements import end_placement, reschedule_placement, start_placement
from placements.actions.publishing import invite_more, publish_referral
from placements.actions.referrals import change_sections, withdraw_referral
from placements.actions.running import amend_referral, end_without_placement, extend_closing, widen_search
from placements.actions.spot import SpotHome, record_spot_placement
from placements.models import Award, Offer
from placements.queries.offer_terms import answers_of
from placements.ssda903 import END_REASONS
from placements.states import AWARD, INVITATION, OFFER, PLACEMENT, REFERRAL
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.dpv.measuring import proposed
from tests.proofs.play import Play
from tests.proofs.racing import Watch

REFUSALS = (NotNow, RuleBroken, Http404)
CODES = {"placement_type": "K2", "placement_provider": "PR4"}


@dataclass(frozen=True)
class Noun:
    """A row of a lifecycle, and for each move the act that makes it."""

    lifecycle: Lifecycle
    table: str
    pk: UUID
    acts: dict[str, Callable[[], Any]]
    #: States that no row of this one's history can be put in.
    never: tuple[str, ...] = ()
    #: Legal moves (state, move) that this row is in no condition for: something beside its state is missing.
    unfit: frozenset[tuple[str, str]] = frozenset()
    #: Illegal moves that do nothing and say so by no error: what is wanted is so already.
    idle: frozenset[tuple[str, str]] = frozenset()


def act_as(who: str, action: Callable[..., Any], **named: Any) -> Any:
    """The action as this person of the cast."""
    with acting(actor_of(who)) as actor:
        return action(actor, **named)


def play_matrix(play: Play, watch: Watch) -> None:
    """Every noun, state and act once; then a twin, in which every move is legal."""
    done: set[str] = set()
    for make in (_offers, _drafts, _published, _invitations, _awards, _agreements, _admissions, _measures):
        for noun in make():
            for problem in _problems(play, watch, noun, done):
                play.violated(problem)
    play.say(f"{len(done)} of {sum(len(each.moves) for each in EVERY)} moves of the main road were made and refused")
    with mock.patch.object(Lifecycle, "after", lambda self, _state, move: self.moves[move][1]):
        found = [each for noun in _admissions() for each in _problems(play, watch, noun, set())]
    play.twin("acts that ask no lifecycle", any("it was made" in each for each in found))


def _problems(play: Play, watch: Watch, noun: Noun, done: set[str]) -> list[str]:
    """What is wrong with the acts of one noun, tried in every state; which moves were made is put into `done`."""
    found: list[str] = []
    before = _status(watch, noun)
    for state in noun.lifecycle.states:
        if state in noun.never:
            continue
        _force(watch, noun, state)
        for move, act in noun.acts.items():
            play.outcome.cases += 1
            legal, refusal = noun.lifecycle.may(state, move), _try(act)
            what = f"{noun.lifecycle.name} {state} {move}"
            if refusal is None and legal:
                done.add(f"{noun.lifecycle.name} {move}")
            elif refusal is None and (state, move) not in noun.idle:
                found.append(f"{what}: not a legal move, and it was made")
            elif refusal is not None and not isinstance(refusal, REFUSALS):
                found.append(f"{what}: {type(refusal).__name__}: {refusal}")
            elif legal and (state, move) not in noun.unfit:
                found.append(f"{what}: a legal move, and it was refused: {getattr(refusal, 'code', '')} {refusal}")
    _force(watch, noun, before)
    return found


EVERY = (REFERRAL, INVITATION, OFFER, AWARD, PLACEMENT, AGREEMENT, ADMISSION, MEASURE)


# -- the nouns --------------------------------------------------------------------------------------------------


def _offers() -> Iterator[Noun]:
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
    )


def _drafts() -> Iterator[Noun]:
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
                reason="Nobody offered by closing.",
                home=SpotHome(establishment_id=ident("birch-house")),
                weekly_core=Decimal("1800.00"),
                weekly_extras=Decimal("0.00"),
                starts_on=TODAY,
                before_closing=True,
            ),
        },
    )


def _published() -> Iterator[Noun]:
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
            "fall_through": _fall_through(made),
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


def _fall_through(made: Award) -> Callable[[], Any]:
    fall = {"award_id": made.pk, "reason": "It closed.", "because_of_provider": False}
    return partial(act_as, "oscar", acceptance.let_fall_through, **fall)


def _invitations() -> Iterator[Noun]:
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


def _awards() -> Iterator[Noun]:
    _story, (above,) = scenarios.chosen("birch-lodge", who="olive")
    waiting = scenarios.award(above, who="olive")
    yield Noun(AWARD, "placements_award", waiting.pk, _answers_to(waiting, confirm="confirm"))
    _story, made = scenarios.awarded("birch-house")
    yield Noun(AWARD, "placements_award", made.pk, {"fall_through": _fall_through(made)})


def _signing(agreement: Any) -> dict[str, Any]:
    return {
        "agreement_id": agreement.pk,
        "terms_hash": agreement.terms_hash,
        "role": "Head of service",
        "proved_at": database_now(),
        "method": "password",
    }


def _agreements() -> Iterator[Noun]:
    agreement = scenarios.signable_agreement("cedar-house")
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        agreement.pk,
        {
            "sign_first": partial(act_as, "sam", sign_agreement, **_signing(agreement)),
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
            "cancel": _fall_through(award),
        },
    )
    half = scenarios.signable_agreement("birch-house")
    scenarios.sign(half, who="sam")
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        half.pk,
        {"sign_last": partial(act_as, "bob", sign_agreement, **_signing(half))},
        never=("sealed", "superseded", "awaiting_signatures"),
    )


def _admissions() -> Iterator[Noun]:
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
    )


def _measures() -> Iterator[Noun]:
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
    )


# -- putting in a state, and trying -----------------------------------------------------------------------------


def _status(watch: Watch, noun: Noun) -> str:
    return str(watch.ask(f"SELECT status FROM {noun.table} WHERE id = %s", str(noun.pk))[0][0])


#: What a state needs beside it.
BESIDE = {
    "placements_award": ", confirmed_at = now()",
    "placements_referral": ", published_at = coalesce(published_at, now()),"
    " closes_at = coalesce(closes_at, now() + interval '3 days')",
    "placements_placement": f", started_on = '{TODAY}', ended_on = '{TODAY}'",
    "dpv_measure": ", in_force_at = now(), lifted_at = now()",
}


def _force(watch: Watch, noun: Noun, state: str) -> None:
    """Put the row in a state, as no act does; what a state needs beside it is written too."""
    watch.ask("SET session_replication_role = replica")
    beside = BESIDE.get(noun.table, "")
    watch.ask(f"UPDATE {noun.table} SET status = %s{beside} WHERE id = %s", state, str(noun.pk))
    if noun.table == "placements_offer":
        watch.ask(
            "UPDATE placements_invitation SET status = 'open' WHERE id = (SELECT invitation_id FROM"
            " placements_offer WHERE id = %s)",
            str(noun.pk),
        )
    watch.ask("SET session_replication_role = origin")


def _try(act: Callable[[], Any]) -> Exception | None:
    """Make the move, and undo it; how it was refused."""
    refusal: Exception | None = None
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
        except Exception as refused:
            refusal = refused
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        transaction.set_rollback(True)
    return refusal
