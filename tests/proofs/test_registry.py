"""What `script/prove` says and with what it ends; the proofs themselves are its own."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tests.proofs.__main__ import SHORT, _ended, table
from tests.proofs.play import Outcome, Play
from tests.proofs.registry import PROOFS, named


def test_every_invariant_that_is_promised_has_its_proof() -> None:
    assert [proof.number for proof in PROOFS] == [*range(1, 11), 12, 16]
    assert all(callable(import_module(f"tests.proofs.{proof.name}").prove) for proof in PROOFS)


def test_a_process_that_does_not_end_is_not_waited_for_for_ever() -> None:
    quick, slow = (subprocess.Popen(["sleep", seconds]) for seconds in ("0", "600"))
    try:
        assert _ended([quick], time.monotonic() + 60)
        assert not _ended([quick, slow], time.monotonic() + 0.2)
    finally:
        slow.kill()
        slow.wait()


def test_the_short_form_is_planned_for_less_than_eight_minutes_in_its_two_processes() -> None:
    """Of the wall: starting, building worlds and twins come on top, for which two minutes are left."""
    for lane in {proof.lane for proof in PROOFS}:
        assert sum(proof.seconds for proof in PROOFS if proof.lane == lane) < SHORT - 2 * 60


def test_proofs_are_named_by_number_or_name_and_played_once() -> None:
    assert named([]) == list(PROOFS)
    assert [proof.name for proof in named(["16", "api", "places"])] == ["api", "places"]
    with pytest.raises(KeyError):
        named(["11"])


@pytest.mark.parametrize(
    ("outcome", "holds"),
    [
        (Outcome(cases=1), False),
        (Outcome(cases=1, twins={"a race": True}), True),
        (Outcome(cases=1, twins={"a race": True, "another": False}), False),
        (Outcome(cases=1, violations=["a word was told"]), False),
        (Outcome(), False),
    ],
    ids=["no twin", "twin caught", "twin not caught", "violation", "nothing played"],
)
def test_a_proof_holds_only_with_cases_and_every_twin_caught(outcome: Outcome, holds: bool) -> None:
    assert outcome.holds is holds
    outcome.inputs["amounts"] += 1
    outcome.notes.append("a minute was stretched")
    assert Outcome.from_data({"number": 1, **outcome.to_data()}) == outcome


def test_every_proof_promises_twins_and_one_that_is_not_played_is_a_violation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(proof.twins for proof in PROOFS)
    (places,) = named(["places"])
    play = Play(1, tmp_path, 1, 1, short=True)
    monkeypatch.setattr(import_module("tests.proofs.places"), "prove", lambda given: given.twin(places.twins[0], True))
    places.play(play)
    assert len(play.outcome.violations) == len(places.twins) - 1


def test_the_table_has_a_line_for_each_and_says_who_did_not_end() -> None:
    two = named(["1", "8"])
    faults, twins = Counter({"suspended meanwhile": 3}), {"a": True, "b": False}
    found = Outcome(40, faults, Counter(amounts=7), ["stretched"], ["too many"], twins)
    said = table(two, {1: found})
    first, second = said.splitlines()[2:4]
    assert first.split()[-6:] == ["40", "3", "1", "1", "of", "2"]
    assert second.endswith("did not end") and "Faults: suspended meanwhile 3." in said
    assert "Inputs: amounts 7." in said and "1 · stretched" in said


def test_rounds_end_with_their_count_or_their_time_and_go_once_at_least(tmp_path: Path) -> None:
    assert len(list(Play(1, tmp_path, 1, 60, short=True).rounds(5))) == 5
    assert len(list(Play(1, tmp_path, 1, 0, short=True).rounds(5))) == 1
    assert len(list(Play(1, tmp_path, 1, 0, short=True).rounds(5, least=3))) == 3
    assert len(list(Play(1, tmp_path, 1, 0.2, short=False).rounds(1))) > 1
