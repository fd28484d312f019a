"""Turns that processes side by side take from one counter: whoever has done its own proofs plays on with the roads."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.play import Play

#: Steps of a road, and roads of a turn.
STEPS, ROADS = 50, 5
#: What is counted of a road that was walked to its end.
WHOLE = f"roads of {STEPS} steps"


@dataclass(frozen=True)
class Turns:
    """A counter in a file, which every process adds to under its lock."""

    path: Path

    def take(self) -> int:
        """The next turn's number, from 0; nobody else is given it."""
        with self.path.open("a+") as counter:
            fcntl.flock(counter, fcntl.LOCK_EX)
            counter.seek(0)
            number = int(counter.read() or 0)
            counter.truncate(0)
            counter.write(str(number + 1))
        return number

    def of(self, play: Play) -> Iterator[tuple[int, int]]:
        """Turns by number, and the roads of each, while there is time. In the short form all processes together walk as
        many roads as are asked for at most, and with `most` so many; somebody plays one turn at least."""
        roads = play.most or (play.size.many if play.short and play.size else sys.maxsize)
        for _round in play.rounds(roads):
            number = self.take()
            if number * ROADS >= roads:
                return
            yield number, min(ROADS, roads - number * ROADS)
