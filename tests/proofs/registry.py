"""The proofs by number and name: what must always hold, in words, and where it is proved."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from tests.proofs.play import Play, Proves

#: Proofs that kill servers have servers of their own.
HERE, MACHINES = "here", "machines"


@dataclass(frozen=True)
class Proof:
    """One invariant. `seconds`: what the short form gives it; `lane`: which process plays it."""

    number: int
    name: str
    words: str
    seconds: float = 30
    lane: str = HERE

    def play(self, play: Play) -> None:
        """Prove it. The module is imported only here: it needs Django."""
        proves: Proves = import_module(f"tests.proofs.{self.name}").prove
        proves(play)


PROOFS = (
    Proof(1, "places", "one accepted offer for each place, a home never over-filled", 40),
    Proof(2, "ceilings", "no offer above its ceiling is ever stored"),
    Proof(3, "standing", "suspended, barred, expired, unregistered: from the commit on", 40),
    Proof(6, "audit", "the audit trail: append-only, gapless, tampering is seen", 25),
    Proof(16, "api", "bad input never gives a 5xx", 25),
)
_BY_WORD = {word: proof for proof in PROOFS for word in (str(proof.number), proof.name)}


def named(words: list[str]) -> list[Proof]:
    """The proofs of these numbers or names, all without any. Raises KeyError."""
    return list(dict.fromkeys(_BY_WORD[word] for word in words)) if words else list(PROOFS)
