"""Suspended, barred, ended, unregistered, uninsured, or a carer household on hold, retired or approved for others:
never invited, never able to offer, never awarded, from the commit on.

Each act is held at one of its statements while the stop runs. Either the stop waits for the act, or it was committed
first and the act is refused. The twins run with the locks off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from placements.actions.offers import reconfirm_offer, revise_offer, start_offer, submit_offer
from placements.actions.publishing import invite_more, publish_referral
from placements.matching import candidate_key
from placements.models import InvitedHousehold, Offer, Referral
from placements.queries.offer_terms import answers_of
from tests import scenarios
from tests.cast import actor_of, ident
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Act, Watch, interleave, watching, without_locks
from tests.proofs.stops import AGENCY, HOME, HOUSEHOLD, HOUSEHOLD_STOPS, STOPS, as_it_was

REFUSALS = (NotNow, RuleBroken)
#: So many pairs of act and stop further on begins the next seed: a short form plays about as many.
PART = 48


@dataclass
class Place:
    """A home, or a carer household of an agency, that acts are about: who offers it, and drafts to publish."""

    home: str = HOME
    household: str = ""
    who: str = "bob"
    #: Invited first, where this one is invited later.
    other: str = "cedar-house"
    category: str = "residential"
    stops: Mapping[str, Act] = field(default_factory=lambda: STOPS)
    #: Drafts to publish: one that was refused is used again.
    kept: list[Referral] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What matching calls it."""
        return candidate_key(ident(f"admission {self.home}"), ident(self.household) if self.household else None)

    @property
    def words(self) -> str:
        return f", {self.household}" if self.household else ""

    def draft(self) -> Referral:
        if not self.kept:
            self.kept.append(scenarios.draft_referral(category=self.category))
        with acting(actor_of("olive")):
            self.kept[-1].refresh_from_db()
        if self.kept[-1].status != "draft":
            self.kept.append(scenarios.draft_referral(category=self.category))
        return self.kept[-1]

    def invited(self) -> scenarios.Invited:
        """A referral that it alone is invited to: no other household of its agency."""
        story = scenarios.invited(self.home)
        if self.household:
            with acting(actor_of("olive")):
                others = InvitedHousehold.objects.filter(invitation=story.invitations[self.home])
                others.exclude(household_id=ident(self.household)).delete()
        return story


def carer_household() -> Place:
    """Alder's household: an agency's other households do not count where it alone is invited."""
    return Place(AGENCY, HOUSEHOLD, "alice", "ALD-2", "fostering", HOUSEHOLD_STOPS)


# -- acts: each prepares, then answers with what is to race ------------------------------------------------------


def _as(who: str, action: Callable[..., Any], **named: Any) -> Any:
    with acting(actor_of(who)) as actor:
        return action(actor, **named)


def _publishing(place: Place, key: str) -> Act:
    return partial(
        _as,
        "olive",
        publish_referral,
        reference=place.draft().reference,
        lot_ids=[ident("lot T-FOST" if place.household else "lot T-RES")],
        chosen=[key],
        left_out_reason="The others are too far away.",
    )


def _publish(place: Place) -> Act:
    return _publishing(place, place.key)


def _invite(place: Place) -> Act:
    other = replace(place, household=place.other) if place.household else replace(place, home=place.other)
    referral = _publishing(place, other.key)()
    return partial(_as, "olive", invite_more, reference=referral.reference, chosen=[place.key])


def _start(place: Place) -> Act:
    return partial(_as, place.who, start_offer, invitation_id=place.invited().invitations[place.home].pk)


def _make(place: Place) -> Act:
    told = {"household_id": ident(place.household), "weekly_core": Decimal("850.00")} if place.household else {}
    return partial(scenarios.made_offer, actor_of(place.who), story=place.invited(), home=place.home, **told)


def _submit(place: Place) -> Act:
    return partial(_as, place.who, submit_offer, offer_id=scenarios.drafted_offer(home=place.home).pk)


def _revise(place: Place) -> Act:
    offer = scenarios.submitted_offer(home=place.home)
    with acting(actor_of(place.who)):
        answers = answers_of(Offer.objects.get(pk=offer.pk))
    return partial(_as, place.who, revise_offer, offer_id=offer.pk, answers=answers)


def _reconfirm(place: Place) -> Act:
    offer = scenarios.submitted_offer(home=place.home)
    with acting(actor_of(place.who)):
        Offer.objects.filter(pk=offer.pk).update(status="needs_reconfirming")
    return partial(_as, place.who, reconfirm_offer, offer_id=offer.pk)


def _award(place: Place) -> Act:
    _story, (offer,) = scenarios.chosen(place.home)
    return partial(scenarios.award, offer)


def _approve(place: Place) -> Act:
    _story, (offer,) = scenarios.chosen(place.home, who="olive")
    waiting = scenarios.award(offer, who=replace(actor_of("olive"), weekly_limit=Decimal(100)))
    return partial(_as, "tessa", acceptance.approve, award_id=waiting.pk, kind="money")


ACTS: dict[str, Callable[[Place], Act]] = {
    "published": _publish,
    "invited later": _invite,
    "offer begun": _start,
    "offer sent at once": _make,
    "offer submitted": _submit,
    "offer revised": _revise,
    "offer confirmed again": _reconfirm,
    "awarded": _award,
    "award approved": _approve,
}


#: An act, of which place, and what stops it.
Turn = tuple[str, Place, str]


def prove(play: Play) -> None:
    """Every act with every stop in turn, each time at another statement; then the twins."""
    with own_place("standing", play.place) as database, watching(database) as watch:
        places = [Place(), carer_household()]
        lengths: dict[tuple[str, str], int] = {}
        turns = turns_of(play.seed, places)
        for number in play.rounds(len(turns), share=0.8, sized=True):
            act, place, stop = turns[number % len(turns)]
            if (act, place.home) not in lengths:
                lengths[act, place.home] = _length(play, watch, act, place)
            as_it_was(watch)
            at = play.random.randrange(lengths[act, place.home])
            found = interleave(watch, ACTS[act](place), place.stops[stop], at)
            lengths[act, place.home] = max(found.statements, lengths[act, place.home])
            play.outcome.cases += 1
            play.played()
            play.outcome.faults[stop] += found.other_succeeded
            play.outcome.figures["stops that came first"] += found.other_came_first
            if isinstance(found.done, Exception) and not isinstance(found.done, REFUSALS):
                play.violated(f"{act}, {stop}, at {at}: {type(found.done).__name__}: {found.done}")
            # Whatever was begun meanwhile keeps nobody from stopping it: a stop that is refused would prove nothing.
            play.require(found.other_succeeded, f"{act}, at {at}: it could not be {stop}: {found.other!r}")
            if found.other_came_first and found.other_succeeded and found.succeeded:
                play.violated(f"{act} after it was {stop} (held at statement {at} of {found.statements})")
        play.outcome.figures["pairs of act and stop"] = min(number + 1, len(turns))
        if number + 1 < len(turns):
            play.outcome.notes.append(f"not played of {len(turns)} pairs: {in_words(turns[number + 1 :])}")
        home, household = places
        _twin(play, watch, "published", home, "suspended")
        _twin(play, watch, "awarded", home, "cancelled on a regulator's list")
        _twin(play, watch, "offer submitted", household, "its household retired")
        _twin(play, watch, "awarded", household, "its household on hold")


def turns_of(seed: int, places: list[Place]) -> list[Turn]:
    """Every act with every stop, mixed the same way for each seed; each seed begins `PART` after the one before."""
    turns = [(act, place, stop) for place in places for act in ACTS for stop in place.stops]
    Random("standing").shuffle(turns)
    first = (seed - 1) * PART % len(turns)
    return turns[first:] + turns[:first]


def in_words(turns: list[Turn]) -> str:
    """Each act with its stops."""
    given = {name: [stop for act, _place, stop in turns if act == name] for name in ACTS}
    return "; ".join(f"{act}: {', '.join(sorted(stops))}" for act, stops in given.items() if stops)


def _length(play: Play, watch: Watch, act: str, place: Place) -> int:
    """The statements of an act that nobody disturbs; it must be carried out, or its refusals would prove nothing."""
    as_it_was(watch)
    found = interleave(watch, ACTS[act](place), lambda: None, -1)
    play.require(found.succeeded, f"{act}{place.words}: refused though nothing is wrong: {found.done!r}")
    return found.statements


def _twin(play: Play, watch: Watch, act: str, place: Place, stop: str) -> None:
    """Without the locks whoever may take nobody new is invited, offers, or is awarded. Sought from the last statement
    on: by then everything has been looked at."""
    as_it_was(watch)
    length = interleave(watch, ACTS[act](place), lambda: None, -1).statements
    caught = False
    with without_locks():
        for at in range(length - 1, -1, -3):
            as_it_was(watch)
            found = interleave(watch, ACTS[act](place), place.stops[stop], at)
            caught = found.other_came_first and found.other_succeeded and found.succeeded
            if caught:
                break
    play.twin(f"{act}, though {stop}", caught)
