"""What a proof is given (how long, which seed, where to put files) and what it answers."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random
from typing import Any

#: Seconds between lines of progress.
TELL_EVERY = 15


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

    @property
    def holds(self) -> bool:
        """A proof without a twin could not fail: it holds nothing."""
        return self.cases > 0 and not self.violations and bool(self.twins) and all(self.twins.values())

    def to_data(self) -> dict[str, Any]:
        return {**vars(self), "faults": dict(self.faults), "inputs": dict(self.inputs)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Outcome:
        """From a line of answers, which names its proof too."""
        known = {each.name: data[each.name] for each in fields(cls)}
        return cls(**{**known, "faults": Counter(data["faults"]), "inputs": Counter(data["inputs"])})


@dataclass
class Play:
    """One proof's turn. `seconds` is how long it may go on; in the short form it also ends with its own count."""

    number: int
    place: Path
    seed: int
    seconds: float
    short: bool
    outcome: Outcome = field(default_factory=Outcome)
    #: Another limit of cases than the proof's own (`--cases`).
    most: int | None = None

    def __post_init__(self) -> None:
        self.random = Random(f"{self.number} {self.seed}")
        self.began = time.monotonic()
        self._told = self.began

    def rounds(self, short: int, share: float = 1.0, *, least: int = 1) -> Iterator[int]:
        """Count on while there is time (`share` of it), in the short form `short` times at most; `least` times on the
        slowest machine."""
        ends = time.monotonic() + self.seconds * share
        number = 0
        while number < least or (time.monotonic() < ends and not (self.short and number >= short)):
            yield number
            number += 1
            self._tell()

    def say(self, words: str) -> None:
        """A line of progress, with the proof's number before it."""
        sys.stdout.write("".join(f"{self.number:>3} · {line}\n" for line in words.splitlines()))
        sys.stdout.flush()

    def violated(self, words: str) -> None:
        """Note a violation, and say it where it is seen."""
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
        """Note whether the race `what`, with its protection off, was seen."""
        self.outcome.twins[what] = caught
        self.say(f"twin: {what}: {'caught' if caught else 'NOT CAUGHT'}")

    def _tell(self) -> None:
        if time.monotonic() - self._told > TELL_EVERY:
            self._told = time.monotonic()
            found = self.outcome
            wrong = f"{len(found.violations)} violations" if found.violations else "nothing wrong"
            self.say(f"{found.cases} cases, {found.faults.total()} faults, {wrong}, {self._told - self.began:.0f} s")


Proves = Callable[[Play], None]
