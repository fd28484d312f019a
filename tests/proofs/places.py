"""One accepted offer for each place, and no home or carer household with more people than places: clients of two
councils, of providers and of the central team accept, withdraw, let fall through and suspend at once.

The rows are read afterwards as the superuser: what lives there, not what a counter says of it. Every act succeeds once
by itself first. The twins run without locks and without what stands behind them. (A block contract has no places of
its own here: what is placed on one fills a home's.)
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.context import acting
from contracts import acceptance
from dpv.actions.suspensions import suspend_admission
from placements.actions import award_effects, awards
from placements.actions.offers import withdraw_offer
from placements.models import Award, Offer
from tests import scenarios
from tests.cast import TODAY, actor_of, ident
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Act, Watch, at_once, both_pass, interleave, watching, without_locks

#: Clients at once.
CLIENTS = 16
HOME = "birch-lodge"


@dataclass(frozen=True)
class Where:
    """What is fought for: offers of `homes` to so many referrals a round, the first of which has few places."""

    words: str
    homes: tuple[str, ...]
    referrals: int


#: Offers of a fostering agency are of one carer household.
WHERE = (
    Where("a home", (HOME, "cedar-house"), 3),
    Where("a carer household", ("alder-fostering",), 6),
    Where("a home without another", (HOME,), 6),
)
#: What an act may answer when another came first.
REFUSALS = (NotNow, RuleBroken)
#: What comes of some act when all are at once: without it the rounds would be no race.
MUST_COME = ("accepted", "not accepted", "no place was left")
OVERFILLED, UNCOUNTED = "more people placed than places", "a person placed without a place"
TWO_AWARDS = "a referral with two live awards"
#: Who is to live, or lives, in a counter's home or household.
LIVE_THERE = """placements_placement p WHERE p.status IN ('planned', 'active') AND CASE WHEN p.household_id IS NULL
 THEN p.establishment_id = c.establishment_id ELSE p.household_id = c.household_id END"""
WRONG = {
    TWO_AWARDS: "SELECT count(*) FROM (SELECT 1 FROM placements_award"
    " WHERE status IN ('awaiting_approval', 'confirmed') GROUP BY referral_id HAVING count(*) > 1) found",
    "a referral with two accepted offers": "SELECT count(*) FROM (SELECT 1 FROM placements_offer"
    " WHERE status = 'accepted' GROUP BY referral_id HAVING count(*) > 1) found",
    "a referral with two live placements": "SELECT count(*) FROM (SELECT 1 FROM placements_placement"
    " WHERE status IN ('planned', 'active') GROUP BY referral_id HAVING count(*) > 1) found",
    "a confirmed award without its one agreement": "SELECT count(*) FROM placements_award a WHERE status = 'confirmed'"
    " AND 1 <> (SELECT count(*) FROM contracts_agreement g WHERE g.award_id = a.id AND g.status <> 'cancelled')",
    "a live agreement without a confirmed award": "SELECT count(*) FROM contracts_agreement g JOIN placements_award a"
    " ON a.id = g.award_id WHERE g.status <> 'cancelled' AND a.status <> 'confirmed'",
    "an accepted offer without a confirmed award": "SELECT count(*) FROM placements_offer o WHERE o.status = 'accepted'"
    " AND NOT EXISTS (SELECT 1 FROM placements_award a WHERE a.offer_id = o.id AND a.status = 'confirmed')",
    "a home with more people than places": "SELECT count(*) FROM providers_occupancy WHERE taken > places",
    OVERFILLED: f"SELECT count(*) FROM providers_occupancy c WHERE c.places < (SELECT count(*) FROM {LIVE_THERE}"
    " AND p.source = 'call_off')",
    UNCOUNTED: f"SELECT count(*) FROM providers_occupancy c, {LIVE_THERE} AND p.source = 'call_off'"
    " AND NOT p.is_place_counted",
    "a counter that is not the number of people": "SELECT count(*) FROM providers_occupancy c"
    f" WHERE c.taken <> (SELECT count(*) FROM {LIVE_THERE} AND p.is_place_counted)",
}
#: What stands behind the locks, taken away for the twin.
BEHIND = (
    "DROP INDEX award_live_once",
    "DROP INDEX placement_live_once",
    "ALTER TABLE providers_occupancy DROP CONSTRAINT occupancy_not_overfull",
)


def prove(play: Play) -> None:
    """Every act by itself, rounds of sixteen clients, then the twins."""
    with own_place("places", play.place) as database, watching(database) as watch:
        _each_by_itself(play, watch)
        confirmed: list[UUID] = []
        came_of_it: Counter[str] = Counter()
        for number in play.rounds(12, share=0.6, sized=True):
            where, is_suspended = WHERE[number % len(WHERE)], number % 4 == 0
            confirmed = _round_of_clients(play, watch, confirmed, came_of_it, where, is_suspended=is_suspended)
        play.say(", ".join(f"{what} {count}" for what, count in sorted(came_of_it.items())))
        for what in MUST_COME if number >= len(WHERE) else ():
            play.require(came_of_it[what], f"{CLIENTS} clients at once, {number + 1} times: never {what}")
        _uncounted_twin(play, watch)
        for statement in (*BEHIND, _careless_counter(watch)):
            watch.ask(statement)
        both = "two officers choose different offers of one referral"
        _twin(play, watch, both, TWO_AWARDS, _two_offers, awards, "_check_reasons")
        for where in WHERE[:2]:
            pair = partial(_last_place, where)
            last = f"two councils want the last place of {where.words}"
            _twin(play, watch, last, OVERFILLED, pair, award_effects, "require_place")


def counted(watch: Watch) -> Counter[str]:
    """How much there is of what must not be."""
    return Counter({what: watch.ask(statement)[0][0] for what, statement in WRONG.items()})


def found_wrong(watch: Watch, before: Counter[str] | None = None) -> list[str]:
    """What must not be, and is (more often than `before`)."""
    return sorted(counted(watch) - (before or Counter()))


def _each_by_itself(play: Play, watch: Watch) -> None:
    """With nobody about each act succeeds: or its refusals would prove nothing."""
    for where in WHERE[:2]:
        _everybody_admitted(watch)
        watch.ask("UPDATE providers_occupancy SET places = taken + 1")
        running = {"who": "oscar", "closes_in": dt.timedelta(hours=1)}
        taken, withdrawn = (scenarios.chosen(*where.homes, **running)[1][0] for _referral in range(2))
        award = _accept(taken, "oscar")
        _fall_through(award.pk, because_of_provider=False)
        _withdraw(withdrawn)
        _suspend(where.homes[0])
        status = "SELECT status FROM placements_offer WHERE id = %s"
        states = [watch.ask(status, str(each.pk))[0][0] for each in (taken, withdrawn)]
        play.outcome.cases += 4
        play.require(states == ["submitted", "withdrawn"], f"{where.words}, each by itself: {states}")
        for wrong in found_wrong(watch):
            play.violated(f"{wrong}, each act by itself")


def _round_of_clients(
    play: Play, watch: Watch, confirmed: list[UUID], came_of_it: Counter[str], where: Where, *, is_suspended: bool
) -> list[UUID]:
    _everybody_admitted(watch)
    watch.ask("UPDATE providers_occupancy SET places = taken + %s", play.random.randint(1, 2))
    acts: list[tuple[str, Act]] = []
    many = min(where.referrals, play.left)
    for who in play.random.choices(("oscar", "edith"), k=many):
        _story, offers = scenarios.chosen(*where.homes, who=who, closes_in=dt.timedelta(hours=1))
        acts += [("accepted", partial(_accept, offer, who)) for offer in offers for _twice in range(2)]
    acts.append(("withdrawn", partial(_withdraw, play.random.choice(offers))))
    acts += [
        ("fallen through", partial(_fall_through, award, play.random.random() < 0.5))
        for award in play.random.sample(confirmed, min(3, len(confirmed)))
    ]
    play.random.shuffle(acts)
    if is_suspended:
        acts.insert(play.random.randrange(CLIENTS), ("suspended meanwhile", partial(_suspend, where.homes[0])))
    acts = acts[:CLIENTS]
    answers = at_once(*[act for _what, act in acts], may_raise=(Exception,))
    play.played(many)
    play.outcome.cases += len(acts)
    for (what, _act), answer in zip(acts, answers, strict=True):
        if not isinstance(answer, Exception):
            came_of_it[what] += 1
            play.outcome.faults["suspended meanwhile"] += what == "suspended meanwhile"
            continue
        if isinstance(answer, REFUSALS):
            came_of_it[f"not {what}"] += 1
            came_of_it["no place was left"] += answer.code == "no_place"
        else:
            play.violated(f"an act ended with {type(answer).__name__}: {answer}")
    for wrong in found_wrong(watch):
        play.violated(f"{wrong}, after {[getattr(answer, 'code', type(answer).__name__) for answer in answers]}")
    return [row[0] for row in watch.ask("SELECT id FROM placements_award WHERE status = 'confirmed' ORDER BY made_at")]


def _accept(offer: Offer, who: str) -> Award:
    # Out of their own area Ealing's choice would wait for approval: the same place is theirs all the same.
    return scenarios.award(offer, who=who, before_closing=True)


def _withdraw(offer: Offer) -> None:
    writers = {ident(provider): who for provider, who in scenarios.BID_WRITERS.items()}
    writer = actor_of(writers[offer.provider_id])
    with acting(writer):
        withdraw_offer(writer, offer_id=offer.pk)


def _suspend(home: str) -> None:
    with acting(actor_of("carol")) as carol:
        suspend_admission(
            carol, admission_id=ident(f"admission {home}"), reason="A concern.", review_on=TODAY + dt.timedelta(days=7)
        )


def _fall_through(award_id: UUID, because_of_provider: bool) -> None:
    # Whoever awarded it: of the other council there is no such award.
    for who in ("oscar", "edith"):
        with acting(actor_of(who)) as actor:
            if Award.objects.filter(pk=award_id).exists():
                acceptance.let_fall_through(
                    actor, award_id=award_id, reason="It closed.", because_of_provider=because_of_provider
                )


def _everybody_admitted(watch: Watch) -> None:
    watch.ask("UPDATE dpv_admission SET status = 'admitted' WHERE status = 'suspended'")
    watch.ask("UPDATE dpv_suspension SET lifted_at = now() WHERE lifted_at IS NULL")


# -- twins ------------------------------------------------------------------------------------------------------


def _two_offers(watch: Watch) -> tuple[Act, Act]:
    watch.ask("UPDATE providers_occupancy SET places = taken + 2")
    # Above Olive's limit: both awards would wait for approval.
    _story, offers = scenarios.chosen(HOME, "cedar-house", who="olive")
    first, second = (
        partial(scenarios.award, offer, who="olive", reason="It answers every need of his.") for offer in offers
    )
    return first, second


def _last_place(where: Where, watch: Watch) -> tuple[Act, Act]:
    acts = []
    for _referral in range(2):
        _story, (offer,) = scenarios.chosen(where.homes[0])
        acts.append(partial(scenarios.award, offer))
    watch.ask("UPDATE providers_occupancy SET places = taken + 1")
    return acts[0], acts[1]


def _uncounted_twin(play: Play, watch: Watch) -> None:
    """Both have seen the last place; whoever does not ask what the counter said places a person who has none."""
    _everybody_admitted(watch)
    pair = _last_place(WHERE[0], watch)
    before = counted(watch)
    with (
        without_locks(),
        mock.patch.object(award_effects, "_COUNTED", SimpleNamespace(tuples=lambda **_which: [(True,)])),
        both_pass(award_effects, "require_place"),
    ):
        at_once(*pair)
    found = counted(watch) - before
    play.twin("nobody asks whether the place was counted", {OVERFILLED, UNCOUNTED} <= set(found))
    # It is no fault of what comes after.
    watch.ask("UPDATE placements_placement SET status = 'cancelled' WHERE NOT is_place_counted")


def _twin(play: Play, watch: Watch, what: str, wrong_then: str, pair: Any, module: Any, look: str) -> None:
    """With nothing behind it the lock alone holds at every statement; without the lock exactly this race is seen."""
    _everybody_admitted(watch)
    length = 30
    for at in _statements(play, length):
        acts, before = pair(watch), counted(watch)
        found = interleave(watch, *acts, at)
        length = found.statements
        play.outcome.cases += 1
        for answer in (found.done, found.other):
            if isinstance(answer, Exception) and not isinstance(answer, REFUSALS):
                play.violated(f"{what}: at statement {at}: {type(answer).__name__}: {answer}")
        # Neither that both are refused, or that both come through.
        one = found.succeeded != found.other_succeeded
        play.require(one, f"{what}: at statement {at} not just one came through: {found.done!r}, {found.other!r}")
        wrong = found_wrong(watch, before)
        if wrong:
            play.violated(f"{what}: the lock alone did not hold at statement {at}: {wrong}")
            break
    acts, before = pair(watch), counted(watch)
    with without_locks(), both_pass(module, look):
        at_once(*acts)
    play.twin(what, wrong_then in found_wrong(watch, before))


def _statements(play: Play, length: int) -> Iterator[int]:
    for _round in play.rounds(6, share=0.1):
        yield play.random.randrange(length)


def _careless_counter(watch: Watch) -> str:
    body: str = watch.ask("SELECT pg_get_functiondef('placement_takes_its_place'::regproc)")[0][0]
    careless = body.replace("c.taken < c.places AND", "")
    assert careless != body, "the counter's condition reads differently now"
    return careless
