"""What a proof is given (how long, which seed, where to put files) and what it answers."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

#: Seconds between lines of progress.
TELL_EVERY = 15


class Stopped(BaseException):
    """Somebody has ended the run. Neither an Exception nor a SystemExit: hypothesis and threads take those for failures
    of what they play."""


#: What an outcome counts by name.
COUNTED = ("faults", "inputs", "figures")


@dataclass(frozen=True)
class Size:
    """How much is asked of a proof: `many` of what stands as `of` among its figures."""

    many: int
    of: str


@dataclass
class Outcome:
    """What a proof came to. `twins` says of each race with its protection off whether the proof caught it.

    `faults`: what was broken, stopped or tampered with on purpose, once its effect was seen. `inputs`: what was only
    sent or done. `notes`: what a reader of the table has to know.
    """

    cases: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    inputs: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    twins: dict[str, bool] = field(default_factory=dict)
    #: What it came to in words of its own (roads, steps, moves), added up over the processes that played it.
    figures: Counter[str] = field(default_factory=Counter)

    @property
    def holds(self) -> bool:
        """A proof without a twin could not fail: it holds nothing."""
        return self.cases > 0 and not self.violations and bool(self.twins) and all(self.twins.values())

    def to_data(self) -> dict[str, Any]:
        counted = {name: dict(getattr(self, name)) for name in COUNTED}
        return {**vars(self), **counted}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Outcome:
        """From a line of answers, which names its proof too."""
        known = {each.name: data[each.name] for each in fields(cls)}
        return cls(**{**known, **{name: Counter(data[name]) for name in COUNTED}})

    def __add__(self, other: Outcome) -> Outcome:
        """Of two processes that played the same proof."""
        names = [each.name for each in fields(self) if each.name != "twins"]
        added = {name: getattr(self, name) + getattr(other, name) for name in names}
        return Outcome(**added, twins=self.twins | other.twins)


@dataclass
class Play:
    """One proof's turn. `seconds` is how long it may go on; in the short form it also ends with its own count.

    With `most` it plays so many of what its `size` counts, no fewer and no more, however long they take.
    """

    number: int
    place: Path
    seed: int
    seconds: float
    short: bool
    outcome: Outcome = field(default_factory=Outcome)
    size: Size | None = None
    most: int | None = None
    #: Set once somebody has ended the run: what fails from then on fails for that.
    stopped: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.number} {self.seed}")
        self.began = time.monotonic()
        self._told = self.began

    def rounds(self, short: int, share: float = 1.0, *, least: int = 1, sized: bool = False) -> Iterator[int]:
        """Count on while there is time (`share` of it), in the short form `short` times at most; `least` times on the
        slowest machine. With `most`, `sized` rounds go on until so many are played, all others `short` times."""
        ends = time.monotonic() + self.seconds * share
        number = 0
        while self._goes_on(number, short, ends, sized) or (number < least and self.most is None):
            yield number
            number += 1
            self._tell()

    def _goes_on(self, number: int, short: int, ends: float, sized: bool) -> bool:
        if self.most is not None:
            return self.left > 0 if sized else number < short
        return time.monotonic() < ends and not (self.short and number >= short)

    def played(self, many: int = 1) -> None:
        """So many more of what the proof's size counts."""
        if self.size:
            self.outcome.figures[self.size.of] += many

    @property
    def left(self) -> int:
        """How many of the size are still to be played: without `most` any number."""
        if self.most is None or self.size is None:
            return sys.maxsize
        return self.most - self.outcome.figures[self.size.of]

    def go_on(self) -> None:
        """Raises Stopped once the run was ended."""
        if self.stopped.is_set():
            raise Stopped

    def say(self, words: str) -> None:
        """A line of progress, with the proof's number before it."""
        sys.stdout.write("".join(f"{self.number:>3} · {line}\n" for line in words.splitlines()))
        sys.stdout.flush()

    def violated(self, words: str) -> None:
        """Note a violation, and say it where it is seen. Raises Stopped where it comes of the run's end."""
        self.go_on()
        self.outcome.violations.append(words[:6000])
        self.say(f"VIOLATION (seed {self.seed}): {words[:6000]}")

    def require(self, holds: object, words: str) -> None:
        """A violation unless it holds."""
        if not holds:
            self.violated(words)

    def note(self, words: str) -> None:
        """Say it, and once more below the table."""
        self.outcome.notes.append(words)
        self.say(words)

    def twin(self, what: str, caught: bool) -> None:
        """Note whether the race `what`, with its protection off, was seen. Raises Stopped once the run was ended."""
        self.go_on()
        self.outcome.twins[what] = caught
        self.say(f"twin: {what}: {'caught' if caught else 'NOT CAUGHT'}")

    def _tell(self) -> None:
        self.go_on()
        if time.monotonic() - self._told > TELL_EVERY:
            self._told = time.monotonic()
            found = self.outcome
            wrong = f"{len(found.violations)} violations" if found.violations else "nothing wrong"
            self.say(f"{found.cases} cases, {found.faults.total()} faults, {wrong}, {self._told - self.began:.0f} s")


Proves = Callable[[Play], None]
