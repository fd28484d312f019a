"""Only legal moves, and the database's clock decides.

Every real act on its noun in every state (`matrix`); all that is done about an offer a millisecond before, at and
after closing time, and submitting at random moments around it; the same with this process's clock 400 days off, and
with those of real web processes and workers (`clocks`); and a plain model against the real thing (`model`), on roads
that every process plays which has done its own proofs (`roads`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any
from unittest import mock
from uuid import UUID

from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from placements.actions import offers
from placements.models import Offer
from tests import scenarios
from tests.cast import actor_of
from tests.faults.clock import clock_off_by
from tests.proofs.clocks import play_clocks
from tests.proofs.matrix import play_matrix
from tests.proofs.nouns import act_as
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching
from tests.proofs.roads import plan_briefly, play_turns, play_twins

HOUR = dt.timedelta(hours=1)
MILLISECOND = dt.timedelta(milliseconds=1)
#: The release that an act is about, and the act.
Asked = tuple[UUID, Callable[[], Any]]


__all__ = ["play_turns", "prove"]


def prove(play: Play) -> None:
    """The matrix, the clock, the model's twins; its roads are turns (`play_turns`)."""
    for _round in play.rounds(1, share=0.6):
        # What a matrix leaves behind stands in the way of the next, such as a measure that is in force.
        with _place(play) as watch:
            watch.ask("UPDATE providers_occupancy SET places = taken + 50")
            play_matrix(play, watch)
    with _place(play) as watch:
        for _round in play.rounds(6, share=0.2):
            _closing_time(play, watch)
            for days in (400, -400):
                with clock_off(dt.timedelta(days=days)):
                    _closing_time(play, watch, away=days)
        _work_is_due(play, watch)
        _twin(play, watch)
        play_twins(play, watch)
    play_clocks(play)


@contextmanager
def _place(play: Play) -> Iterator[Watch]:
    with own_place("moves", play.place) as database, watching(database) as watch:
        plan_briefly(watch, database)
        yield watch


# -- the clock --------------------------------------------------------------------------------------------------


@contextmanager
def clock_off(by: dt.timedelta) -> Iterator[None]:
    """Whatever asks this process for the time is told one off by so much; the database is not."""

    with mock.patch.object(timezone, "datetime", clock_off_by(by)):
        yield


def _draft() -> Offer:
    return scenarios.drafted_offer(story=scenarios.invited("birch-house", closes_in=HOUR), home="birch-house")


def _started() -> Asked:
    story = scenarios.invited("birch-house", closes_in=HOUR)
    return story.releases["birch"].pk, partial(
        act_as, "bob", offers.start_offer, invitation_id=story.invitations["birch-house"].pk
    )


def _made() -> Asked:
    story = scenarios.invited("birch-house", closes_in=HOUR)
    return story.releases["birch"].pk, partial(scenarios.made_offer, actor_of("bob"), story=story, home="birch-house")


def _submitted() -> Asked:
    offer = _draft()
    return offer.release_id, partial(act_as, "bob", offers.submit_offer, offer_id=offer.pk)


def _on_submitted(action: Callable[..., Any], status: str = "submitted", **changes: Any) -> Asked:
    """An act on an offer that was submitted; `changes`: answers that it gives anew."""
    story = scenarios.invited("birch-house", closes_in=HOUR)
    offer = scenarios.submitted_offer(story=story, home="birch-house")
    with acting(actor_of("bob")):
        Offer.objects.filter(pk=offer.pk).update(status=status)
    answers = {"answers": offers.OfferAnswers(**scenarios.offer_answers(story, **changes))} if changes else {}
    return offer.release_id, partial(act_as, "bob", action, offer_id=offer.pk, **answers)


#: What a bid writer does about an offer: of which release, and the act; and what may be done after closing time too.
AROUND_CLOSING: dict[str, Callable[[], Asked]] = {
    "start": _started,
    "make": _made,
    "submit": _submitted,
    "revise": partial(_on_submitted, offers.revise_offer, weekly_core=Decimal("3700.00")),
    "withdraw": partial(_on_submitted, offers.withdraw_offer),
    "reconfirm": partial(_on_submitted, offers.reconfirm_offer, status="needs_reconfirming"),
}
AFTER_TOO = frozenset({"reconfirm"})


def _is_taken(act: Callable[[], Any]) -> bool:
    try:
        act()
    except NotNow as refusal:
        assert refusal.code == "closing_passed", refusal.code
        return False
    return True


def _closing_time(play: Play, watch: Watch, away: int = 0) -> None:
    """A millisecond before, at, a millisecond after; and by the database's own clock at some moment around it."""
    for what, asked in AROUND_CLOSING.items():
        for off, is_open in ((-MILLISECOND, True), (dt.timedelta(0), False), (MILLISECOND, False)):
            release_id, act = asked()
            closes_at = watch.ask("SELECT closes_at FROM placements_release WHERE id = %s", str(release_id))[0][0]
            with mock.patch.object(offers, "database_now", lambda moment=closes_at + off: moment):
                done = _is_taken(act)
            play.outcome.cases += 1
            play.require(
                done is (is_open or what in AFTER_TOO),
                f"{what} {off} from closing time, clock {away} days off: {'taken' if done else 'refused'}",
            )
    offer = _draft()
    soon = f"clock_timestamp() + interval '{play.random.randint(-5, 60)} milliseconds'"
    watch.ask(f"UPDATE placements_release SET closes_at = {soon} WHERE id = %s", str(offer.release_id))
    done = _is_taken(partial(act_as, "bob", offers.submit_offer, offer_id=offer.pk))
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
    offer = _draft()
    watch.ask("UPDATE placements_release SET closes_at = now() - interval '1 day' WHERE id = %s", str(offer.release_id))
    submit = partial(act_as, "bob", offers.submit_offer, offer_id=offer.pk)
    with clock_off(dt.timedelta(days=-400)), mock.patch.object(offers, "database_now", timezone.now):
        try:
            caught = _is_taken(submit)
        except RuleBroken:
            caught = False
    if not caught:
        with clock_off(dt.timedelta(days=-2)), mock.patch.object(offers, "database_now", timezone.now):
            caught = _is_taken(submit)
    play.twin("deadlines by the process's clock", caught)
