"""The proofs by number and name: what must always hold, in words, and where it is proved."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from tests.proofs.play import Play, Proves

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

    def play(self, play: Play) -> None:
        """Prove it, with every twin that is promised. The module is imported only here: it needs Django."""
        proves: Proves = import_module(f"tests.proofs.{self.name}").prove
        proves(play)
        for twin in self.twins:
            play.require(twin in play.outcome.twins, f"the twin “{twin}” was not played")


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
        ("a stranger without row security, by API", "a stranger without row security, by page"),
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
        ("acts that ask no lifecycle", "deadlines by the process's clock"),
        60,
    ),
    Proof(
        16,
        "api",
        "bad input never gives a 5xx",
        (
            "operations that break on what they cannot read",
            "operations that answer what their document does not know",
            "a form that breaks on what it cannot read",
            "a form that forgets what was typed",
        ),
        60,
    ),
)
_BY_WORD = {word: proof for proof in PROOFS for word in (str(proof.number), proof.name)}


def named(words: list[str]) -> list[Proof]:
    """The proofs of these numbers or names, all without any. Raises KeyError."""
    return list(dict.fromkeys(_BY_WORD[word] for word in words)) if words else list(PROOFS)
