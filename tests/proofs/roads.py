"""Roads of the model (`model`), in turns that every process takes which has done its own proofs; and the model's twins:
with the lifecycles off, and with a clock that is slow, it must find that something is not refused.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from unittest import mock

from django.db import connections
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from brokerage.core.clock import database_now
from brokerage.core.lifecycle import Lifecycle
from placements.actions import offers
from tests.proofs.model import SEEN, Road
from tests.proofs.own_place import own_place
from tests.proofs.play import Play
from tests.proofs.racing import Watch, watching
from tests.proofs.turns import STEPS, WHOLE, Turns

#: How often a turn is begun again at most, until its roads were walked to their ends.
RUNS = 50


def play_turns(play: Play, turns: Turns) -> None:
    """Turns of some roads, each turn with seeds of its own, in a database of this process's own."""
    figures = play.outcome.figures
    with own_place("roads", play.place) as database, watching(database) as watch:
        plan_briefly(watch, database)
        for turn, roads in turns.of(play):
            run, wanted = 0, figures[WHOLE] + roads
            # A run's first road is always the shortest.
            while figures[WHOLE] < wanted and run < RUNS:
                broken = walk(watch, figures, roads=wanted - figures[WHOLE] + 1, drawn=turn * 100 + run, of=play.seed)
                play.outcome.cases = figures["steps"]
                if broken:
                    play.violated(broken)
                    return
                run += 1


def plan_briefly(watch: Watch, database: str) -> None:
    """Joins in the order in which they are written: with few rows any plan will do, and looking for the best one under
    row security is most of what a step costs the database."""
    for name in ("join_collapse_limit", "from_collapse_limit"):
        watch.ask(f"ALTER DATABASE {database} SET {name} = 1")
    connections.close_all()


def walk(watch: Watch, figures: Counter[str], *, roads: int, drawn: int, of: int = 1) -> str:
    """So many roads of one seed; what was wrong on the first that the model and the database do not agree about."""

    class Watched(Road):
        """A road on this database."""

    Watched.watch, Watched.figures = watch, figures
    if not watch.ask("SELECT 1 FROM pg_prepared_statements WHERE name = 'seen'"):
        watch.ask(SEEN)
    told = settings(
        max_examples=roads,
        # Beginning counts as one.
        stateful_step_count=STEPS + 1,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(seed(of * 1_000_000 + drawn)(Watched), settings=told)
    except Exception as broken:
        notes = "\n".join(getattr(broken, "__notes__", []))
        return f"the model, roads {of} {drawn}: {type(broken).__name__}: {broken}\n{notes}"
    return ""


def play_twins(play: Play, watch: Watch) -> None:
    """Acts that ask no lifecycle, and deadlines by a clock that is two hours slow: the model sees both."""
    every = mock.patch.object(Lifecycle, "after", lambda self, _state, move: self.moves[move][1])
    slow = mock.patch.object(offers, "database_now", lambda: database_now() - dt.timedelta(hours=2))
    for what, off in (("the model: acts that ask no lifecycle", every), ("the model: a clock that is slow", slow)):
        with off:
            play.twin(what, "was not refused" in walk(watch, Counter(), roads=20, drawn=0))
