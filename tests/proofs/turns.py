"""Turns that processes side by side take from one counter: whoever has done its own proofs plays on with the roads."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.play import Play

#: Turns of the short form, and the roads that each plays: QUALITY.md asks for 300.
TURNS, ROADS = 60, 5


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

    def of(self, play: Play) -> Iterator[int]:
        """Turns while there is time, in the short form `TURNS` among all processes; somebody plays one at least."""
        for _round in play.rounds(TURNS):
            number = self.take()
            if play.short and number >= TURNS:
                return
            yield number
