"""One accepted offer for each place, and no home with more people than places: clients of two councils, of providers
and of the central team accept, withdraw, let fall through and suspend at once.

The rows are read afterwards as the superuser. The twin runs without locks and without what stands behind them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
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
#: What an act may answer when another came first.
REFUSALS = (NotNow, RuleBroken)
WRONG = {
    "a referral with two live awards": "SELECT count(*) FROM (SELECT 1 FROM placements_award"
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
    "a counter that is not the number of people": "SELECT count(*) FROM providers_occupancy c"
    " WHERE c.establishment_id IS NOT NULL AND c.taken <> (SELECT count(*) FROM placements_placement p"
    " WHERE p.establishment_id = c.establishment_id AND p.is_place_counted AND p.status IN ('planned', 'active'))",
}
#: What stands behind the locks, taken away for the twin.
BEHIND = (
    "DROP INDEX award_live_once",
    "DROP INDEX placement_live_once",
    "ALTER TABLE providers_occupancy DROP CONSTRAINT occupancy_not_overfull",
)


def prove(play: Play) -> None:
    """Rounds of sixteen clients; then both twins."""
    with own_place("places", play.place) as database, watching(database) as watch:
        confirmed: list[UUID] = []
        for _round in play.rounds(12, share=0.6):
            confirmed = _round_of_clients(play, watch, confirmed)
        for statement in (*BEHIND, _careless_counter(watch)):
            watch.ask(statement)
        _twin(
            play, watch, "two officers choose different offers of one referral", _two_offers, awards, "_check_reasons"
        )
        _twin(play, watch, "two councils want the last place", _last_place, award_effects, "require_place")


def counted(watch: Watch) -> Counter[str]:
    """How much there is of what must not be."""
    return Counter({what: watch.ask(statement)[0][0] for what, statement in WRONG.items()})


def found_wrong(watch: Watch, before: Counter[str] | None = None) -> list[str]:
    """What must not be, and is (more often than `before`)."""
    return sorted(counted(watch) - (before or Counter()))


def _round_of_clients(play: Play, watch: Watch, confirmed: list[UUID]) -> list[UUID]:
    _everybody_admitted(watch)
    watch.ask("UPDATE providers_occupancy SET places = taken + %s", play.random.randint(1, 2))
    acts: list[Act] = []
    for who in play.random.choices(("oscar", "edith"), k=3):
        _story, offers = scenarios.chosen(HOME, "cedar-house", who=who, closes_in=dt.timedelta(hours=1))
        for offer in offers:
            acts += [partial(_accept, offer, who)] * 2
        acts.append(partial(_withdraw, play.random.choice(offers)))
    acts.append(_suspend)
    acts += [partial(_fall_through, award, play.random.random() < 0.5) for award in confirmed[:3]]
    play.random.shuffle(acts)
    acts = acts[:CLIENTS]
    answers = at_once(*acts, may_raise=(Exception,))
    play.outcome.cases += len(acts)
    play.outcome.faults["suspended meanwhile"] += 1
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, REFUSALS):
            play.violated(f"an act ended with {type(answer).__name__}: {answer}")
    for wrong in found_wrong(watch):
        play.violated(f"{wrong}, after {[getattr(answer, 'code', type(answer).__name__) for answer in answers]}")
    return [row[0] for row in watch.ask("SELECT id FROM placements_award WHERE status = 'confirmed' ORDER BY made_at")]


def _accept(offer: Offer, who: str) -> Award:
    # Out of their own area Ealing's choice would wait for approval: the same place is theirs all the same.
    return scenarios.award(offer, who=who, before_closing=True)


def _withdraw(offer: Offer) -> None:
    writer = actor_of("bob" if offer.provider_id == ident("birch") else "cecil")
    with acting(writer):
        withdraw_offer(writer, offer_id=offer.pk)


def _suspend() -> None:
    with acting(actor_of("carol")) as carol:
        suspend_admission(
            carol, admission_id=ident(f"admission {HOME}"), reason="A concern.", review_on=TODAY + dt.timedelta(days=7)
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


def _last_place(watch: Watch) -> tuple[Act, Act]:
    acts = []
    for _referral in range(2):
        _story, (offer,) = scenarios.chosen(HOME)
        acts.append(partial(scenarios.award, offer))
    watch.ask("UPDATE providers_occupancy SET places = taken + 1")
    return acts[0], acts[1]


def _twin(play: Play, watch: Watch, what: str, pair: Any, module: Any, look: str) -> None:
    """With nothing behind it the lock alone holds at every statement; without the lock the race is seen."""
    _everybody_admitted(watch)
    before, length = counted(watch), 30
    for at in _statements(play, length):
        found = interleave(watch, *pair(watch), at)
        length = found.statements
        play.outcome.cases += 1
        wrong = found_wrong(watch, before)
        if wrong:
            play.violated(f"{what}: the lock alone did not hold at statement {at}: {wrong}")
            break
    with without_locks(), both_pass(module, look):
        at_once(*pair(watch))
    caught = bool(found_wrong(watch, before))
    play.twin(what, caught)


def _statements(play: Play, length: int) -> Iterator[int]:
    for _round in play.rounds(6, share=0.1):
        yield play.random.randrange(length)


def _careless_counter(watch: Watch) -> str:
    body: str = watch.ask("SELECT pg_get_functiondef('placement_takes_its_place'::regproc)")[0][0]
    careless = body.replace("c.taken < c.places AND", "")
    assert careless != body or "c.taken < c.places" not in body, "the counter's condition reads differently now"
    return careless
