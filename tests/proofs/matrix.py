"""Every real act on its noun in every state: an illegal move is refused, a legal one is made.

A row is put in each state as no act does, each act is tried and undone. Where a state needs more than its name, its
legal moves are refused for another reason; these few are named (`Noun.unfit`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest import mock

from django.db import connection, transaction
from django.http import Http404

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.lifecycle import Lifecycle
from brokerage.core.tenants.context import acting
from contracts.states import AGREEMENT
from dpv.states import ADMISSION, MEASURE
from placements.states import AWARD, INVITATION, OFFER, PLACEMENT, REFERRAL
from tests.cast import TODAY, actor_of
from tests.proofs import acts
from tests.proofs import consequences as others
from tests.proofs.nouns import Noun
from tests.proofs.play import Play
from tests.proofs.racing import Watch
from tests.proofs.registry import UNREACHED

REFUSALS = (NotNow, RuleBroken, Http404)
Cell = tuple[str, str, str]
Found = TypeVar("Found")
EVERY = (REFERRAL, INVITATION, OFFER, AWARD, PLACEMENT, AGREEMENT, ADMISSION, MEASURE)


@dataclass
class Tried:
    """Which moves (lifecycle, state, move) were made, and which left the row where it was."""

    made: set[Cell] = field(default_factory=set)
    refused: set[Cell] = field(default_factory=set)


def play_matrix(play: Play, watch: Watch) -> None:
    """Every noun, state and act once; then a twin, in which every move is legal."""
    tried = Tried()
    own = (
        acts.offers_nouns,
        acts.drafts,
        acts.published,
        acts.invitations,
        acts.awards_nouns,
        acts.agreements,
        acts.admissions,
        acts.measures_nouns,
    )
    following = (others.rivals, others.running, others.spot_placements, others.documents, others.urgent_measures)
    for make in (*own, *following):
        for noun in make():
            for problem in _problems(play, watch, noun, tried):
                play.violated(problem)
    for cell, found in _undone(others.born).items():
        play.outcome.cases += 1
        tried.made.add(cell)
        play.require(found == _LIFECYCLES[cell[0]].moves[cell[2]][1], f"{' '.join(cell)}: the row is {found}")
    for problem in _left_out(tried):
        play.violated(problem)
    moves = {(name, move) for name, _state, move in tried.made}
    play.outcome.figures["moves made from each allowed state and refused from each other"] = len(moves)
    play.outcome.figures["moves that no act makes"] = len(UNREACHED)
    play.say(
        f"{len(moves)} of {sum(len(each.moves) for each in EVERY)} moves of the main road were made from each allowed"
        f" state ({len(tried.made)}) and refused from each other ({len(tried.refused)})"
    )
    for (name, state, move), why in UNREACHED.items():
        note = f"never made: {name} {move}{f' from {state}' if state else ''}: {why}"
        if note not in play.outcome.notes:
            play.outcome.notes.append(note)
    with mock.patch.object(Lifecycle, "after", lambda self, _state, move: self.moves[move][1]):
        found = [each for noun in acts.admissions() for each in _problems(play, watch, noun, Tried())]
    play.twin("acts that ask no lifecycle", any("it was made" in each for each in found))


_LIFECYCLES = {each.name: each for each in EVERY}


def _left_out(tried: Tried) -> list[str]:
    """Moves of the tables that were not tried from one of the states, and are not explained; or explained, and made."""
    every = [(each.name, state, move) for each in EVERY for state in each.states for move in each.moves]
    found = []
    for cell in every:
        name, state, move = cell
        is_explained = (name, "", move) in UNREACHED or cell in UNREACHED
        if is_explained and cell in tried.made:
            found.append(f"{' '.join(cell)}: is said to be never made, and was")
        wanted = tried.made if _LIFECYCLES[name].may(state, move) else tried.refused
        if not is_explained and cell not in wanted:
            found.append(f"{' '.join(cell)}: was never {'made' if wanted is tried.made else 'refused'}")
    return found


def _problems(play: Play, watch: Watch, noun: Noun, tried: Tried) -> list[str]:
    """What is wrong with the acts of one noun, tried in every state; what was tried is noted."""
    found: list[str] = []
    before, name = _status(watch, noun), noun.lifecycle.name
    for state in noun.lifecycle.states:
        if state in noun.never:
            continue
        _force(watch, noun, state)
        for move, act in (*noun.acts.items(), *noun.effects.items()):
            play.outcome.cases += 1
            legal, (refusal, after) = noun.lifecycle.may(state, move), _try(noun, act)
            what, target = f"{name} {state} {move}", noun.lifecycle.moves[move][1]
            if refusal is not None and not isinstance(refusal, REFUSALS):
                found.append(f"{what}: {type(refusal).__name__}: {refusal}")
            elif legal and (state, move) in noun.unfit:
                if refusal is None and after == target:
                    found.append(f"{what}: the row is said to be in no condition for it, and it was made")
            elif legal and refusal is not None:
                found.append(f"{what}: a legal move, and it was refused: {getattr(refusal, 'code', '')} {refusal}")
            elif legal and after not in (target, ""):
                found.append(f"{what}: was made, and leads to {after}")
            elif legal:
                tried.made.add((name, state, move))
            elif refusal is not None or _stayed(noun, state, move, after):
                tried.refused.add((name, state, move))
            else:
                found.append(f"{what}: not a legal move, and it was made")
    _force(watch, noun, before)
    return found


def _stayed(noun: Noun, state: str, move: str, after: str) -> bool:
    """An act left the row as it was where it does nothing there; one upon something else that, or it made another move
    that is legal."""
    if (state, move) in noun.idle:
        return after == state
    legal = {noun.lifecycle.moves[each][1] for each in noun.lifecycle.allowed(state)}
    return move in noun.effects and after in {state, *legal}


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
    if noun.table == "placements_offer":
        beside = ", submitted_at = " + ("NULL" if state == "draft" else "coalesce(submitted_at, now())")
    watch.ask(f"UPDATE {noun.table} SET status = %s{beside} WHERE id = %s", state, str(noun.pk))
    if noun.table == "placements_offer":
        watch.ask(
            "UPDATE placements_invitation SET status = 'open' WHERE id = (SELECT invitation_id FROM"
            " placements_offer WHERE id = %s)",
            str(noun.pk),
        )
    watch.ask("SET session_replication_role = origin")


def _try(noun: Noun, act: Callable[[], Any]) -> tuple[Exception | None, str]:
    """Make the move, and undo it: how it was refused, and the row's state after it ("" where the row is gone)."""

    def look() -> tuple[Exception | None, str]:
        try:
            with transaction.atomic():
                act()
        except Exception as refused:
            return refused, ""
        with acting(actor_of(noun.reader)), connection.cursor() as cursor:
            cursor.execute(f"SELECT status FROM {noun.table} WHERE id = %s", [noun.pk])
            row = cursor.fetchone()
        return None, row[0] if row else ""

    return _undone(look)


def _undone(act: Callable[[], Found]) -> Found:
    """What the act answers; nothing of it stays."""
    with transaction.atomic():
        answer = act()
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
        transaction.set_rollback(True)
    return answer
