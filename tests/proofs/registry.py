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
    Proof(4, "rivals", "no provider learns of a rival's offer", 35),
    Proof(5, "tenants", "nothing across tenants, without the application's filters too", 40),
    Proof(6, "audit", "the audit trail: append-only, gapless, tampering is seen", 25),
    Proof(7, "agreements", "an award always ends with exactly one agreement", 75, MACHINES),
    Proof(8, "messages", "every message is sent at least once and seen once", 90, MACHINES),
    Proof(9, "alerts", "an alert is on screen without Redis, e-mailed and texted within a minute", 45, MACHINES),
    Proof(10, "repeats", "a repeated write has one effect", 40, MACHINES),
    Proof(12, "moves", "only legal moves, and the database's clock decides", 60),
    Proof(16, "api", "bad input never gives a 5xx", 60),
)
_BY_WORD = {word: proof for proof in PROOFS for word in (str(proof.number), proof.name)}


def named(words: list[str]) -> list[Proof]:
    """The proofs of these numbers or names, all without any. Raises KeyError."""
    return list(dict.fromkeys(_BY_WORD[word] for word in words)) if words else list(PROOFS)
