"""Every real act on its noun in every state: an illegal move is refused, a legal one is made.

A row is put in each state as no act does, each act is tried and undone. Where a state needs more than its name, its
legal moves are refused for another reason; these few are named (`Noun.unfit`). The code says which lifecycles there
are: one that no noun has is a violation, unless it is left out with a reason (`LEFT_OUT`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar
from unittest import mock

from django.apps import apps
from django.db import connection, transaction
from django.http import Http404

from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.lifecycle import Lifecycle
from brokerage.core.tenants.context import acting
from tests.cast import TODAY, actor_of
from tests.proofs import acts
from tests.proofs import consequences as others
from tests.proofs.nouns import Noun
from tests.proofs.play import Play
from tests.proofs.racing import Watch
from tests.proofs.registry import UNREACHED
from tests.proofs.safeguarding_acts import SAFEGUARDING

REFUSALS = (NotNow, RuleBroken, Http404)
Cell = tuple[str, str, str]
Found = TypeVar("Found")
#: Lifecycles that are not played, by name, and why.
LEFT_OUT: dict[str, str] = {}


@dataclass
class Tried:
    """Which moves (lifecycle, state, move) were made, and which left the row where it was."""

    made: set[Cell] = field(default_factory=set)
    refused: set[Cell] = field(default_factory=set)


def lifecycles() -> dict[str, Lifecycle]:
    """Every lifecycle of the code by its name: of each app's `states`, and whatever else is loaded. Raises ValueError
    where two have one name."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.states"):
            import_module(f"{app.name}.states")
    ours = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] != "tests"]
    values = (each for module in ours for each in list(getattr(module, "__dict__", {}).values()))
    # By its very type: to ask a lazy object what it is an instance of would wake it.
    found = {id(each): each for each in values if type(each) is Lifecycle}
    named = {each.name: each for each in found.values()}
    if len(named) < len(found):
        raise ValueError(f"Two lifecycles have one name: {sorted(each.name for each in found.values())}")
    return named


def play_matrix(play: Play, watch: Watch) -> None:
    """Every noun, state and act once; then a twin, in which every move is legal."""
    tried, every = Tried(), lifecycles()
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
    for make in (*own, *following, *SAFEGUARDING):
        for noun in make():
            for problem in _problems(play, watch, noun, tried):
                play.violated(problem)
    for cell, found in _undone(others.born).items():
        play.outcome.cases += 1
        tried.made.add(cell)
        play.require(found == every[cell[0]].moves[cell[2]][1], f"{' '.join(cell)}: the row is {found}")
    for problem in left_out(tried, every):
        play.violated(problem)
    moves = {(name, move) for name, _state, move in tried.made}
    play.outcome.figures["moves made from each allowed state and refused from each other"] = len(moves)
    play.outcome.figures["moves that no act makes"] = len(UNREACHED)
    play.say(
        f"{len(moves)} of {sum(len(each.moves) for each in every.values())} moves of {len(every)} lifecycles were made"
        f" from each allowed state ({len(tried.made)}) and refused from each other ({len(tried.refused)})"
    )
    for (name, state, move), why in UNREACHED.items():
        _note(play, f"never made: {name} {move}{f' from {state}' if state else ''}: {why}")
    for name, why in LEFT_OUT.items():
        _note(play, f"left out of the matrix: {name}: {why}")
    with mock.patch.object(Lifecycle, "after", lambda self, _state, move: self.moves[move][1]):
        found = [each for noun in acts.admissions() for each in _problems(play, watch, noun, Tried())]
    play.twin("acts that ask no lifecycle", any("it was made" in each for each in found))


def _note(play: Play, words: str) -> None:
    """Once, however many rounds say it."""
    if words not in play.outcome.notes:
        play.outcome.notes.append(words)


def left_out(tried: Tried, every: Mapping[str, Lifecycle]) -> list[str]:
    """Lifecycles that no noun has, and moves of the others that were not tried from one of the states, where nobody
    says why; or somebody does, and they were."""
    played = {name for name, _state, _move in tried.made | tried.refused}
    unknown = every.keys() - played - LEFT_OUT.keys()
    found = [f"{name}: no noun has this lifecycle, and nobody says why" for name in unknown]
    found += [f"{name}: is said to be left out, and was played" for name in played & LEFT_OUT.keys()]
    found += [f"{name}: is said to be left out, and is no lifecycle" for name in LEFT_OUT.keys() - every.keys()]
    cells = [(name, state, move) for name in played for state in every[name].states for move in every[name].moves]
    for cell in cells:
        name, state, move = cell
        is_explained = (name, "", move) in UNREACHED or cell in UNREACHED
        if is_explained and cell in tried.made:
            found.append(f"{' '.join(cell)}: is said to be never made, and was")
        wanted = tried.made if every[name].may(state, move) else tried.refused
        if not is_explained and cell not in wanted:
            found.append(f"{' '.join(cell)}: was never {'made' if wanted is tried.made else 'refused'}")
    return sorted(found)


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
    return str(watch.ask(f"SELECT {noun.column} FROM {noun.table} WHERE id = %s", str(noun.pk))[0][0])


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
    if noun.beside:
        beside = f", {noun.beside[state] if state in noun.beside else noun.beside['']}"
    watch.ask(f"UPDATE {noun.table} SET {noun.column} = %s{beside} WHERE id = %s", state, str(noun.pk))
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
            cursor.execute(f"SELECT {noun.column} FROM {noun.table} WHERE id = %s", [noun.pk])
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
