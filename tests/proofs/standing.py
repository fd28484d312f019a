"""Suspended, barred, ended, unregistered or uninsured: never invited, never able to offer, never awarded, from the
commit on.

Each act is held at one of its statements while the stop runs. Either the stop waits for the act, or it was committed
first and the act is refused. The twin runs with the locks off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import suspend_admission
from placements.actions.offers import reconfirm_offer, revise_offer, start_offer, submit_offer
from placements.actions.publishing import publish_referral
from placements.models import Offer, Referral
from placements.queries.offer_terms import answers_of
from providers.actions.insurance import put_policy
from providers.actions.verification import change_registration
from providers.models import Insurance
from tests import scenarios
from tests.cast import LONG_AGO, TODAY, actor_of, ident
from tests.dpv.measuring import in_force
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Act, Watch, interleave, watching, without_locks

HOME = "birch-house"
ADMISSION = ident(f"admission {HOME}")
REFUSALS = (NotNow, RuleBroken)
YESTERDAY = TODAY - dt.timedelta(days=1)


# -- acts: each prepares, then answers with what is to race ------------------------------------------------------


@dataclass
class Drafts:
    """Drafts to publish: one that was refused is used again."""

    kept: list[Referral] = field(default_factory=list)

    def one(self) -> Referral:
        if not self.kept:
            self.kept.append(scenarios.draft_referral())
        with acting(actor_of("olive")):
            self.kept[-1].refresh_from_db()
        if self.kept[-1].status != "draft":
            self.kept.append(scenarios.draft_referral())
        return self.kept[-1]


def _publish(drafts: Drafts) -> Act:
    reference = drafts.one().reference

    def publish() -> Any:
        with acting(actor_of("olive")) as olive:
            return publish_referral(
                olive,
                reference=reference,
                lot_ids=[ident("lot T-RES")],
                chosen=[str(ADMISSION)],
                left_out_reason="The others are too far away.",
            )

    return publish


def _as_bob(action: Callable[..., Any], **named: Any) -> Any:
    with acting(actor_of("bob")) as bob:
        return action(bob, **named)


def _start(_drafts: Drafts) -> Act:
    return partial(_as_bob, start_offer, invitation_id=scenarios.invited(HOME).invitations[HOME].pk)


def _submit(_drafts: Drafts) -> Act:
    return partial(_as_bob, submit_offer, offer_id=scenarios.drafted_offer(home=HOME).pk)


def _revise(_drafts: Drafts) -> Act:
    offer = scenarios.submitted_offer(home=HOME)
    with acting(actor_of("bob")):
        answers = answers_of(Offer.objects.get(pk=offer.pk))
    return partial(_as_bob, revise_offer, offer_id=offer.pk, answers=answers)


def _reconfirm(_drafts: Drafts) -> Act:
    offer = scenarios.submitted_offer(home=HOME)
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    return partial(_as_bob, reconfirm_offer, offer_id=offer.pk)


def _award(_drafts: Drafts) -> Act:
    _story, (offer,) = scenarios.chosen(HOME)
    return partial(scenarios.award, offer)


def _approve(_drafts: Drafts) -> Act:
    _story, (offer,) = scenarios.chosen(HOME, who="olive")
    waiting = scenarios.award(offer, who="olive")

    def approve() -> Any:
        with acting(actor_of("tessa")) as tessa:
            return acceptance.approve(tessa, award_id=waiting.pk, kind="money")

    return approve


ACTS: dict[str, Callable[[Drafts], Act]] = {
    "published": _publish,
    "offer begun": _start,
    "offer submitted": _submit,
    "offer revised": _revise,
    "offer confirmed again": _reconfirm,
    "awarded": _award,
    "award approved": _approve,
}


# -- stops ------------------------------------------------------------------------------------------------------


def _suspend() -> None:
    with acting(actor_of("carol")) as carol:
        suspend_admission(carol, admission_id=ADMISSION, reason="A concern.", review_on=TODAY + dt.timedelta(days=7))


def _bar() -> None:
    with acting(actor_of("mark")) as mark:
        suspend_admission(mark, admission_id=ADMISSION, reason="A concern.", review_on=TODAY + dt.timedelta(days=7))
    with acting(actor_of("carol")) as carol:
        bar_admission(carol, admission_id=ADMISSION, reason="A finding.")


def _end() -> None:
    with acting(actor_of("carol")) as carol:
        end_admission(carol, admission_id=ADMISSION, reason="It leaves.")


def _unregister() -> None:
    with acting(actor_of("mark")) as mark:
        change_registration(
            mark, establishment_id=ident(HOME), values={"registration_status": "suspended"}, reason="The register."
        )


def _insurance_ends() -> None:
    with acting(actor_of("bob")) as bob:
        policy = Insurance.objects.get(provider_id=bob.organisation_id, kind="public_liability")
        put_policy(
            bob,
            kind=policy.kind,
            insurer="Insurer",
            policy_number="P-1",
            cover_amount=policy.cover_amount,
            starts_on=LONG_AGO,
            expires_on=YESTERDAY,
            policy_id=policy.pk,
        )


STOPS: dict[str, Act] = {
    "suspended": _suspend,
    "barred": _bar,
    "ended": _end,
    "registration suspended": _unregister,
    "insurance ended": _insurance_ends,
    "its provider suspended in the region": in_force,
    "suspended as a home": partial(in_force, establishment_id=ident(HOME)),
}


def prove(play: Play) -> None:
    """Every act with every stop in turn, each time at another statement; then the twin."""
    drafts = Drafts()
    lengths: dict[str, int] = {}
    pairs = [(act, stop) for act in ACTS for stop in STOPS]
    play.random.shuffle(pairs)
    with own_place("standing", play.place) as database, watching(database) as watch:
        for number in play.rounds(len(pairs), share=0.85):
            act, stop = pairs[number % len(pairs)]
            as_it_was(watch)
            at = play.random.randrange(lengths.get(act, 25))
            found = interleave(watch, ACTS[act](drafts), STOPS[stop], at)
            lengths[act] = max(found.statements, lengths.get(act, 0))
            play.outcome.cases += 1
            play.outcome.faults[stop] += 1
            for answer in (found.done, found.other):
                if isinstance(answer, Exception) and not isinstance(answer, REFUSALS):
                    play.violated(f"{act}, {stop}, at {at}: {type(answer).__name__}: {answer}")
            if found.other_came_first and found.other_succeeded and found.succeeded:
                play.violated(f"{act} after it was {stop} (held at statement {at} of {found.statements})")
        _twin(play, watch, drafts)


def _twin(play: Play, watch: Watch, drafts: Drafts) -> None:
    """Without the locks a suspended home is invited, or awarded."""
    for act in ("published", "awarded"):
        caught = False
        with without_locks():
            for at in range(0, 400, 4):
                as_it_was(watch)
                found = interleave(watch, ACTS[act](drafts), STOPS["suspended"], at)
                caught = found.other_came_first and found.other_succeeded and found.succeeded
                if caught or not found.was_held:
                    break
        play.twin(f"{act} while it is suspended", caught)


def as_it_was(watch: Watch) -> None:
    """Every home admitted, registered, insured, and with room."""
    for statement in (
        # Without triggers: its steps are never removed otherwise.
        "SET session_replication_role = replica",
        "DELETE FROM dpv_measurestep",
        "DELETE FROM dpv_measure",
        "SET session_replication_role = origin",
        "UPDATE dpv_suspension SET lifted_at = now() WHERE lifted_at IS NULL",
        "UPDATE dpv_admission SET status = 'admitted' WHERE status <> 'admitted'",
        "UPDATE providers_establishment SET registration_status = 'active'",
        f"UPDATE providers_insurance SET expires_on = '{TODAY + dt.timedelta(days=900)}'",
        "UPDATE providers_occupancy SET places = taken + 4",
    ):
        watch.ask(statement)
