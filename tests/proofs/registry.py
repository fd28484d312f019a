"""The proofs by number and name: what must always hold, in words, and where it is proved."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from tests.proofs.play import Play, Proves
from tests.proofs.turns import Turns

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
    #: Has turns that every process takes part in once its own proofs are done: `play_turns`.
    has_turns: bool = False

    def play(self, play: Play) -> None:
        """Prove it. The module is imported only here: it needs Django."""
        proves: Proves = import_module(f"tests.proofs.{self.name}").prove
        proves(play)

    def play_turns(self, play: Play, turns: Turns) -> None:
        """Take turns with other processes until none is left or the time is over."""
        import_module(f"tests.proofs.{self.name}").play_turns(play, turns)


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
    Proof(12, "moves", "only legal moves, and the database's clock decides", 60, has_turns=True),
    Proof(16, "api", "bad input never gives a 5xx", 60),
)
#: Moves of the main road (lifecycle, state or "" for each, move) that the tables have and no act makes, and why.
UNREACHED = {
    ("invitation", "", "withdraw"): "no act takes an invitation back: a home that may not be used is refused its offer",
    ("agreement", "", "supersede"): "no act varies a sealed agreement: one that must change is cancelled",
    ("offer", "needs_reconfirming", "lose"): "one that was not confirmed again lapses where another is chosen",
}
_BY_WORD = {word: proof for proof in PROOFS for word in (str(proof.number), proof.name)}


def named(words: list[str]) -> list[Proof]:
    """The proofs of these numbers or names, all without any. Raises KeyError."""
    return list(dict.fromkeys(_BY_WORD[word] for word in words)) if words else list(PROOFS)
