"""Only legal moves, and the database's clock decides.

Every real act on its noun in every state; offers a millisecond before, at and after closing time, and at random
moments around it; the same with this process's clock 400 days off; and a plain model against the real thing (`model`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import connection, transaction
from django.http import Http404
from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.lifecycle import Lifecycle
from brokerage.core.tenants.context import acting
from contracts import acceptance
from contracts.actions.agreements import cancel_agreement, sign_agreement
from contracts.states import AGREEMENT
from dpv.actions.admissions import bar_admission, end_admission
from dpv.actions.suspensions import lift_suspension, suspend_admission
from dpv.states import ADMISSION
from placements.actions import awards, offers
from placements.actions.offers import reconfirm_offer, revise_offer, submit_offer, withdraw_offer
from placements.actions.placements import end_placement, reschedule_placement, start_placement
from placements.actions.running import end_without_placement, extend_closing
from placements.models import Offer
from placements.queries.offer_terms import answers_of
from placements.ssda903 import END_REASONS
from placements.states import AWARD, OFFER, PLACEMENT, REFERRAL
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.proofs.model import play_model
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching

HOUR = dt.timedelta(hours=1)
MILLISECOND = dt.timedelta(milliseconds=1)
REFUSALS = (NotNow, RuleBroken, Http404)


@dataclass(frozen=True)
class Noun:
    """A row of a lifecycle, and for each move the act that makes it."""

    lifecycle: Lifecycle
    table: str
    pk: UUID
    acts: dict[str, Callable[[], Any]]
    #: States that no row of this one's history can be put in.
    never: tuple[str, ...] = ()


def prove(play: Play) -> None:
    """The matrix, the clock, the model."""
    with own_place("moves", play.place) as database, watching(database) as watch:
        for _round in play.rounds(1, share=0.35):
            watch.ask("UPDATE providers_occupancy SET places = taken + 50")
            _matrix(play, watch)
        for _round in play.rounds(6, share=0.1):
            _closing_time(play, watch)
            for days in (400, -400):
                with clock_off(dt.timedelta(days=days)):
                    _closing_time(play, watch, away=days)
        _work_is_due(play, watch)
        _twin(play, watch)
        play_model(play, watch, share=0.45)


def _as(who: str, action: Callable[..., Any], **named: Any) -> Any:
    with acting(actor_of(who)) as actor:
        return action(actor, **named)


# -- the matrix -------------------------------------------------------------------------------------------------


def _nouns() -> Iterator[Noun]:
    offer = scenarios.submitted_offer(story=scenarios.with_person(scenarios.invited("birch-house")), home="birch-house")
    with acting(actor_of("bob")):
        answers = answers_of(Offer.objects.get(pk=offer.pk))
    yield Noun(
        OFFER,
        "placements_offer",
        offer.pk,
        {
            "submit": partial(_as, "bob", submit_offer, offer_id=offer.pk),
            "revise": partial(_as, "bob", revise_offer, offer_id=offer.pk, answers=answers),
            "reconfirm": partial(_as, "bob", reconfirm_offer, offer_id=offer.pk),
            "withdraw": partial(_as, "bob", withdraw_offer, offer_id=offer.pk),
            "edit": partial(_as, "bob", offers.save_offer_draft, offer_id=offer.pk, answers=answers),
            "accept": partial(scenarios.award, offer, before_closing=True),
        },
    )
    story, (chosen,) = scenarios.chosen("cedar-house")
    later = timezone.now() + dt.timedelta(days=3)
    yield Noun(
        REFERRAL,
        "placements_referral",
        story.referral.pk,
        {
            "extend": partial(
                _as, "oscar", extend_closing, reference=story.reference, closes_at=later, reason="More time."
            ),
            "award": partial(scenarios.award, chosen),
            "end_without_placement": partial(
                _as, "oscar", end_without_placement, reference=story.reference, reason="Not needed."
            ),
        },
    )
    _story, (above,) = scenarios.chosen("birch-lodge", who="olive")
    waiting = scenarios.award(above, who="olive")
    one = {"award_id": waiting.pk}
    yield Noun(
        AWARD,
        "placements_award",
        waiting.pk,
        {
            "confirm": partial(_as, "tessa", acceptance.approve, **one, kind="money"),
            "refuse": partial(_as, "tessa", awards.refuse_award, **one, kind="money", reason="Too dear."),
            "take_back": partial(_as, "olive", awards.take_back_award, **one, reason="Thought again."),
        },
    )
    agreement = scenarios.signable_agreement("cedar-house")
    signing = {"agreement_id": agreement.pk, "terms_hash": agreement.terms_hash, "role": "Head of service"}
    signing |= {"proved_at": database_now(), "method": "password"}
    yield Noun(
        AGREEMENT,
        "contracts_agreement",
        agreement.pk,
        {
            "sign_first": partial(_as, "sam", sign_agreement, **signing),
            "cancel": partial(_as, "oscar", cancel_agreement, agreement_id=agreement.pk, reason="It closed."),
        },
        # A seal is checked to be there.
        never=("sealed", "superseded", "part_signed"),
    )
    placement = {"placement_id": agreement.placement_id}
    codes = {"placement_type": "K2", "placement_provider": "PR4"}
    yield Noun(
        PLACEMENT,
        "placements_placement",
        agreement.placement_id,
        {
            "start": partial(_as, "oscar", start_placement, **placement, started_on=TODAY, **codes),
            "end": partial(
                _as, "oscar", end_placement, **placement, ended_on=TODAY, end_reason=next(iter(END_REASONS))
            ),
            "reschedule": partial(_as, "oscar", reschedule_placement, **placement, planned_start_on=TODAY),
        },
    )
    admission = {"admission_id": ident("admission cedar-house"), "reason": "A finding."}
    yield Noun(
        ADMISSION,
        "dpv_admission",
        ident("admission cedar-house"),
        {
            "suspend": partial(_as, "mark", suspend_admission, **admission, review_on=TODAY),
            "reinstate": partial(_as, "carol", lift_suspension, **admission),
            "bar": partial(_as, "carol", bar_admission, **admission),
            "end": partial(_as, "carol", end_admission, **admission),
        },
    )


def _matrix(play: Play, watch: Watch) -> None:
    done: set[str] = set()
    for noun in _nouns():
        before = _status(watch, noun)
        for state in noun.lifecycle.states:
            if state in noun.never:
                continue
            _force(watch, noun, state)
            for move, act in noun.acts.items():
                play.outcome.cases += 1
                if _try(play, noun, state, move, act):
                    done.add(f"{noun.lifecycle.name} {move}")
        _force(watch, noun, before)
    missing = {f"{noun} {move}" for noun, move in EVERY_MOVE} - done
    play.require(not missing, f"these moves were never made, so that their refusals prove nothing: {sorted(missing)}")


#: Moves of the matrix that must have been carried out from one state at least.
EVERY_MOVE = (
    *(("offer", move) for move in ("submit", "revise", "reconfirm", "withdraw", "edit", "accept")),
    *(("referral", move) for move in ("extend", "award", "end_without_placement")),
    *(("award", move) for move in ("confirm", "refuse", "take_back")),
    *(("agreement", move) for move in ("sign_first", "cancel")),
    *(("placement", move) for move in ("start", "end", "reschedule")),
    *(("admission", move) for move in ("suspend", "reinstate", "bar", "end")),
)


def _status(watch: Watch, noun: Noun) -> str:
    return str(watch.ask(f"SELECT status FROM {noun.table} WHERE id = %s", str(noun.pk))[0][0])


def _force(watch: Watch, noun: Noun, state: str) -> None:
    """Put the row in a state, as no act does; what a state needs beside it is written too."""
    watch.ask("SET session_replication_role = replica")
    extra = {
        "placements_award": ", confirmed_at = now()",
        "placements_placement": f", started_on = '{TODAY}'",
    }.get(noun.table, "")
    watch.ask(f"UPDATE {noun.table} SET status = %s{extra} WHERE id = %s", state, str(noun.pk))
    if noun.table == "placements_offer":
        watch.ask(
            "UPDATE placements_invitation SET status = 'open' WHERE id = (SELECT invitation_id FROM"
            " placements_offer WHERE id = %s)",
            str(noun.pk),
        )
    watch.ask("SET session_replication_role = origin")


def _try(play: Play, noun: Noun, state: str, move: str, act: Callable[[], Any]) -> bool:
    """Make the move, look, and undo it; whether it was made."""
    legal = noun.lifecycle.may(state, move)
    what = f"{noun.lifecycle.name} {state} {move}"
    with transaction.atomic():
        try:
            with transaction.atomic():
                act()
            made = True
        except REFUSALS:
            made = False
        except Exception as error:
            play.violated(f"{what}: {type(error).__name__}: {error}")
            made = False
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        transaction.set_rollback(True)
    if made and not legal:
        play.violated(f"{what}: not a legal move, and it was made")
    return made


# -- the clock --------------------------------------------------------------------------------------------------


@contextmanager
def clock_off(by: dt.timedelta) -> Iterator[None]:
    """Whatever asks this process for the time is told one off by so much; the database is not."""

    class Off(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Any:
            return dt.datetime.now(tz) + by

    with mock.patch.object(timezone, "datetime", Off):
        yield


def _draft(closes_in: dt.timedelta) -> Offer:
    return scenarios.drafted_offer(story=scenarios.invited("birch-house", closes_in=closes_in), home="birch-house")


def _submitted(offer: Offer) -> bool:
    try:
        _as("bob", submit_offer, offer_id=offer.pk)
    except NotNow as refusal:
        assert refusal.code == "closing_passed", refusal.code
        return False
    return True


def _closing_time(play: Play, watch: Watch, away: int = 0) -> None:
    """A millisecond before, at, a millisecond after; and by the database's own clock at some moment around it."""
    for off, is_open in ((-MILLISECOND, True), (dt.timedelta(0), False), (MILLISECOND, False)):
        offer = _draft(HOUR)
        closes_at = watch.ask("SELECT closes_at FROM placements_release WHERE id = %s", str(offer.release_id))[0][0]
        with mock.patch.object(offers, "database_now", lambda moment=closes_at + off: moment):
            done = _submitted(offer)
        play.outcome.cases += 1
        play.require(
            done is is_open, f"{off} from closing time, clock {away} days off: {'taken' if done else 'refused'}"
        )
    offer = _draft(HOUR)
    soon = f"clock_timestamp() + interval '{play.random.randint(-5, 60)} milliseconds'"
    watch.ask(f"UPDATE placements_release SET closes_at = {soon} WHERE id = %s", str(offer.release_id))
    done = _submitted(offer)
    play.outcome.cases += 1
    play.outcome.faults["clock off" if away else "closing meanwhile"] += 1
    rows = watch.ask(
        "SELECT o.status, o.submitted_at < r.closes_at FROM placements_offer o"
        " JOIN placements_release r ON r.id = o.release_id WHERE o.id = %s",
        str(offer.pk),
    )
    expected = [("submitted", True)] if done else [("draft", None)]
    play.require(rows == expected, f"an offer around closing time, clock {away} days off: {rows}, not {expected}")


def _work_is_due(play: Play, watch: Watch) -> None:
    """Work queued by a process whose clock is ahead is done now; what was recorded is recorded now."""
    outbox.drain("events")
    with clock_off(dt.timedelta(days=400)):
        scenarios.submitted_offer(home="birch-house")
        outbox.drain("events")
    unsent = watch.ask("SELECT count(*) FROM notifications_message WHERE available_at > now() + interval '1 day'")
    play.require(not unsent[0][0], "e-mails wait for a year where a worker's clock is ahead")
    late = watch.ask(
        "SELECT kind, available_at FROM audit_outboxitem WHERE kind = 'notify' AND done_at IS NULL"
        " AND available_at > now() + interval '1 day'"
    )
    play.outcome.cases += 1
    play.require(not late, f"messages wait for a year where a clock is ahead: {late}")
    wrong = watch.ask("SELECT kind FROM audit_entry WHERE at > now() + interval '1 day'")
    play.require(not wrong, f"entries are dated by the process's clock: {sorted({row[0] for row in wrong})}")


def _twin(play: Play, watch: Watch) -> None:
    """Deadlines by the process's clock: an offer 400 days late is taken."""
    offer = _draft(HOUR)
    watch.ask("UPDATE placements_release SET closes_at = now() - interval '1 day' WHERE id = %s", str(offer.release_id))
    with clock_off(dt.timedelta(days=-400)), mock.patch.object(offers, "database_now", timezone.now):
        try:
            caught = _submitted(offer)
        except RuleBroken:
            caught = False
    if not caught:
        with clock_off(dt.timedelta(days=-2)), mock.patch.object(offers, "database_now", timezone.now):
            caught = _submitted(offer)
    play.twin("deadlines by the process's clock", caught)
