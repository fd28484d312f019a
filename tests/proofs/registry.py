"""The proofs by number and name: what must always hold, in words, and where it is proved."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from tests.proofs.play import Play, Proves, Size
from tests.proofs.turns import WHOLE, Turns

#: Proofs that kill servers have servers of their own.
HERE, MACHINES = "here", "machines"


@dataclass(frozen=True)
class Proof:
    """One invariant. `twins`: what has to be caught with its protection off; `seconds`: what the short form gives it;
    `lane`: which process plays it."""

    number: int
    name: str
    words: str
    twins: tuple[str, ...]
    seconds: float = 30
    lane: str = HERE
    #: How much of it is asked for, where that is counted.
    size: Size | None = None
    #: Has turns that every process takes part in once its own proofs are done: `play_turns`.
    has_turns: bool = False

    @property
    def counts(self) -> str:
        """What its size counts, among its figures; "" where nothing is counted."""
        return self.size.of if self.size else ""

    def play(self, play: Play) -> None:
        """Prove it, with every twin that is promised. The module is imported only here: it needs Django."""
        proves: Proves = import_module(f"tests.proofs.{self.name}").prove
        proves(play)
        for twin in self.twins:
            play.require(twin in play.outcome.twins, f"the twin “{twin}” was not played")

    def play_turns(self, play: Play, turns: Turns) -> None:
        """Take turns with other processes until none is left or the time is over."""
        import_module(f"tests.proofs.{self.name}").play_turns(play, turns)


PROOFS = (
    Proof(
        1,
        "places",
        "one accepted offer for each place, a home never over-filled",
        (
            "nobody asks whether the place was counted",
            "two officers choose different offers of one referral",
            "two councils want the last place of a home",
            "two councils want the last place of a carer household",
        ),
        40,
        size=Size(1_000, "referrals"),
    ),
    Proof(
        2,
        "ceilings",
        "no offer above its ceiling is ever stored",
        (
            "an offer while its ceiling is lowered",
            "a price by SQL without the check",
            "a ceiling to fit by SQL without the trigger",
            "no ceiling row by SQL without the trigger",
            "another home's ceiling by SQL without the trigger",
        ),
        size=Size(100_000, "amounts"),
    ),
    Proof(
        3,
        "standing",
        "suspended, barred, expired, unregistered: from the commit on",
        (
            "published, though suspended",
            "awarded, though cancelled on a regulator's list",
            "offer submitted, though its household retired",
            "awarded, though its household on hold",
        ),
        40,
        size=Size(5_000, "interleavings"),
    ),
    Proof(
        4,
        "rivals",
        "no provider learns of a rival's offer",
        (
            "a moment of one's own release, by API",
            "a rival's offer without row security, by page",
            "a rival's offer without row security, by API",
        ),
        35,
    ),
    Proof(
        5,
        "tenants",
        "nothing across tenants, without the application's filters too",
        (
            "a stranger without row security, by API",
            "a stranger without row security, by page",
            "a stranger without row security, by form",
            "an e-mail that says a word",
            "a log that says a word",
        ),
        40,
    ),
    Proof(
        6,
        "audit",
        "the audit trail: append-only, gapless, tampering is seen",
        ("writers at once without the lock of the head",),
        25,
    ),
    Proof(
        7,
        "agreements",
        "an award always ends with exactly one agreement",
        ("the agreement left for after the commit",),
        75,
        MACHINES,
    ),
    Proof(
        8,
        "messages",
        "every message is sent at least once and seen once",
        ("two workers send without claiming",),
        90,
        MACHINES,
    ),
    Proof(
        9,
        "alerts",
        "an alert is on screen without Redis, e-mailed and texted within a minute",
        ("recipients left for a worker",),
        45,
        MACHINES,
    ),
    Proof(10, "repeats", "a repeated write has one effect", ("two at once without the key's lock",), 40, MACHINES),
    Proof(
        12,
        "moves",
        "only legal moves, and the database's clock decides",
        (
            "acts that ask no lifecycle",
            "deadlines by the process's clock",
            "the model: acts that ask no lifecycle",
            "the model: a clock that is slow",
        ),
        60,
        size=Size(300, WHOLE),
        has_turns=True,
    ),
    Proof(
        16,
        "api",
        "bad input never gives a 5xx",
        (
            "operations that break on what they cannot read",
            "operations that answer what their document does not know",
            "a form that breaks on what it cannot read",
            "a form that does not say what is wrong",
            "a form that forgets what was typed",
        ),
        60,
        size=Size(20_000, "requests"),
    ),
)
#: Moves (lifecycle, state or "" for each, move) that the tables have and no act makes, and why.
UNREACHED = {
    ("invitation", "", "withdraw"): "no act takes an invitation back: a home that may not be used is refused its offer",
    ("agreement", "", "supersede"): "no act varies a sealed agreement: one that must change is cancelled",
    ("offer", "needs_reconfirming", "lose"): "one that was not confirmed again lapses where another is chosen",
}
_BY_WORD = {word: proof for proof in PROOFS for word in (str(proof.number), proof.name)}


def named(words: list[str]) -> list[Proof]:
    """The proofs of these numbers or names, all without any. Raises KeyError."""
    return list(dict.fromkeys(_BY_WORD[word] for word in words)) if words else list(PROOFS)
