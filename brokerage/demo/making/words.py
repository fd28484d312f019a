"""Draws the invented words of `words.toml`: firms, houses, streets, people. None names anyone real."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random

_TABLE: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class Words:
    """Draws words, each firm and house only once."""

    def __init__(self, random: Random) -> None:
        self._random = random
        stems = [start + end for start in _TABLE["place_starts"] for end in _TABLE["place_ends"]]
        random.shuffle(stems)
        self._stems = stems
        self._welsh_houses = list(_TABLE["welsh_houses"])
        self._welsh_firms = list(_TABLE["welsh_firms"])

    def stem(self) -> str:
        """An invented English place-like word: one more firm or house."""
        return self._stems.pop()

    def welsh_house(self) -> str:
        return self._welsh_houses.pop(0)

    def welsh_firm(self) -> str:
        return self._welsh_firms.pop(0)

    def street(self) -> str:
        """House number and an invented street."""
        return f"{self._random.randint(1, 148)} {self._any('streets')} {self._any('roads')}"

    def grown_up(self) -> str:
        return f"{self._any('grown_up_given')} {self._any('grown_up_family')}"

    def family_name(self) -> str:
        """A family name nobody bears, so that a demo child can never be taken for a real one."""
        return self._any("child_family_starts") + self._any("child_family_ends")

    def child(self, sex: str) -> str:
        return self._any(f"child_given_{sex}")

    def _any(self, kind: str) -> str:
        return self._random.choice(_TABLE[kind])
