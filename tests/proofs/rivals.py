"""No provider learns of a rival's offer: every page and every operation that Birch may read, and every act of its own
about its offers, answers with the same bytes, headers and cookies, and after as many statements, before and after Cedar
offers, revises, withdraws, declines or asks.

The clock stands still in every pair of readings, so that each moment on a page or in an answer is compared; only CSRF
tokens and nonces are masked, and ids that an act of Birch's has just drawn. The twins run without row security, and
with a rival that touches Birch's own release.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from brokerage.core.audit import outbox
from brokerage.core.tenants.context import acting
from placements.actions.clarifications import ask_clarification
from placements.actions.declines import decline_invitation
from placements.actions.offers import revise_offer, withdraw_offer
from placements.models import Offer
from placements.queries.offer_terms import answers_of
from tests import scenarios
from tests.cast import actor_of
from tests.proofs.attack import in_process
from tests.proofs.birch import CLOSED_PAGES, Birch, build_birch, readings_of, shared_referral, why_closed
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching
from tests.proofs.readings import ONLY_SENT, difference, is_open, settled
from tests.proofs.tenants import without_filters

#: So many of Birch's readings open at least: what is refused to everybody tells nothing of a rival.
FEWEST = {"page": 60, "API": 60}


def prove(play: Play) -> None:
    """One referral after another, open and sealed; then the twin."""
    with own_place("rivals", play.place) as database, watching(database) as watch:
        birch = build_birch()
        with in_process():
            for number in play.rounds(2, share=0.7, least=2):
                _referral(play, birch, sealed=bool((number + play.seed) % 2))
            _twin(play, watch, birch)


def _referral(play: Play, birch: Birch, *, sealed: bool) -> None:
    shared = shared_referral(sealed=sealed)
    readings = readings_of(birch, shared)
    alone = settled(readings)
    for name, seen in alone.items():
        play.require(seen[0] < 500, f"{name} broke ({seen[0]}), and tells nothing of a rival for that")
        if seen[0] != ONLY_SENT and is_open(seen) == bool(why_closed(name)):
            play.violated(f"{name} answers Birch {seen[0]}, and is left out for: {why_closed(name) or 'no reason'}")
    unused = [begin for begin in CLOSED_PAGES if not any(name.startswith(f"page {begin}") for name in readings)]
    play.require(not unused, f"no page begins with {unused}")
    seldom = {name for name, seen in alone.items() if not is_open(seen)}
    for kind, fewest in FEWEST.items():
        opened = [name for name, seen in alone.items() if name.startswith(kind) and seen[0] == 200]
        play.require(len(opened) >= fewest, f"only {len(opened)} of Birch's readings by {kind} open: {opened}")
    acts = rival_acts(shared.story)
    left = list(acts)
    while left:
        is_late = play.short and len(left) < len(acts) - 1 and time.monotonic() - play.began > 1.5 * play.seconds
        now, left = (left, []) if is_late else (left[:1], left[1:])
        for act in now:
            acts[act]()
            play.outcome.inputs[f"rival {act}"] += 1
        done = ", ".join(now)
        if len(now) > 1:
            play.note(f"for want of time all was read only once after a rival {done}")
        # Changes are told, and sent to webhooks, by work queued with them.
        outbox.drain("events")
        for name, read in readings.items():
            # What never opens tells nothing in many words: once is enough, with the rival's offer standing.
            if name in seldom and "offers" not in now:
                continue
            play.outcome.cases += 1
            before, after = alone[name], read()
            if before != after:
                play.violated(f"{name} tells that a rival {done}: {difference(before, after)}")


def rival_acts(story: scenarios.Invited) -> dict[str, Callable[[], Any]]:
    """What Cedar does, in this order."""
    offers: list[Offer] = []

    def as_cecil(action: Callable[..., Any], **named: Any) -> Any:
        with acting(actor_of("cecil")) as cecil:
            return action(cecil, **named)

    def offer() -> None:
        offers.append(scenarios.submitted_offer(story=story, home="cedar-house", weekly_core=Decimal("3333.00")))

    def revise() -> None:
        with acting(actor_of("cecil")):
            answers = answers_of(Offer.objects.get(pk=offers[0].pk))
        cheaper = replace(answers, weekly_core=Decimal("3222.00"))
        as_cecil(revise_offer, offer_id=offers[0].pk, answers=cheaper)

    return {
        "asks": lambda: as_cecil(
            ask_clarification, release=story.releases["cedar"].pk, question="Is there a bus to school?"
        ),
        "offers": offer,
        "revises": revise,
        "withdraws": lambda: as_cecil(withdraw_offer, offer_id=offers[0].pk),
        "declines": lambda: as_cecil(
            decline_invitation, invitation_id=story.invitations["cedar-house"].pk, reason="no_vacancy"
        ),
    }


def _twin(play: Play, watch: Watch, birch: Birch) -> None:
    """A rival that touches Birch's own release is seen by its moment; without row security and filters a rival's offer
    stands among one's own."""
    shared = shared_referral()
    readings = readings_of(birch, shared)
    some = {name: read for name, read in readings.items() if "opportunit" in name}
    alone = settled(some)
    release = str(shared.story.releases["birch"].pk)
    watch.ask("UPDATE placements_release SET updated_at = updated_at + interval '1 microsecond' WHERE id = %s", release)
    told = {name for name, read in some.items() if alone[name][0] == 200 and alone[name] != read()}
    play.twin("a moment of one's own release, by API", any(name.startswith("API") for name in told))
    for (table,) in watch.ask("SELECT tablename FROM pg_tables WHERE tablename ~ '^(placements|providers|dpv)_'"):
        watch.ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    with without_filters():
        some = {name: read for name, read in readings.items() if "offer_list" in name or "list_offers" in name}
        alone = settled(some)
        rival_acts(shared.story)["offers"]()
        told = {name for name, read in some.items() if alone[name][0] == 200 and alone[name] != read()}
    for kind in FEWEST:
        play.twin(f"a rival's offer without row security, by {kind}", any(name.startswith(kind) for name in told))
