"""What `script/prove` says and with what it ends; the proofs themselves are its own."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

from tests.proofs.__main__ import SHORT, _arguments, _ended, _found, _lanes, table
from tests.proofs.play import Outcome, Play, Size
from tests.proofs.registry import HERE, MACHINES, PROOFS, named
from tests.proofs.standing import ACTS, PART, Place, carer_household, in_words, turns_of
from tests.proofs.turns import ROADS, WHOLE, Turns


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
    assert "1 · 0 of 1,000 referrals" in said
    found.figures.update({"referrals": 1_200, "others": 5})
    assert table(two, {1: found}).endswith("1 · 1,200 of 1,000 referrals, 5 others")


def test_rounds_end_with_their_count_or_their_time_and_go_once_at_least(tmp_path: Path) -> None:
    assert len(list(Play(1, tmp_path, 1, 60, short=True).rounds(5))) == 5
    assert len(list(Play(1, tmp_path, 1, 0, short=True).rounds(5))) == 1
    assert len(list(Play(1, tmp_path, 1, 0, short=True).rounds(5, least=3))) == 3
    assert len(list(Play(1, tmp_path, 1, 0.2, short=False).rounds(1))) > 1


def test_what_is_counted_is_played_no_fewer_and_no_more_times_however_long_it_takes(tmp_path: Path) -> None:
    play = Play(1, tmp_path, 1, 0, short=False, size=Size(1_000, "amounts"), most=7)
    for _round in play.rounds(2, sized=True):
        play.played(min(play.left, 3))
    assert play.outcome.figures["amounts"] == 7
    assert list(play.rounds(2, sized=True)) == []
    assert list(play.rounds(2, least=5)) == [0, 1]
    assert Play(1, tmp_path, 1, 0, short=True).left > 100_000


def test_proofs_with_a_size_play_it_when_nothing_else_is_asked() -> None:
    """The numbers in the table; with others beside them, or with a time, the time is what counts."""
    sizes = {"places": 1_000, "ceilings": 100_000, "standing": 5_000, "moves": 300, "api": 20_000}
    assert {proof.name: proof.size.many for proof in PROOFS if proof.size} == sizes
    assert _arguments(["api"]).most == _arguments(["1", "3"]).most == sizes
    assert set(_arguments(["2", "--cases", "20"]).most.values()) == {20}
    for by_time in ([], ["1", "rivals"], ["1", "--short"], ["1", "--minutes", "2"]):
        assert _arguments(by_time).most == {}
    for wrong in (
        ["1", "rivals", "--cases", "20"],
        ["1", "--cases", "0"],
        ["1", "--cases", "20", "--short"],
        ["--minutes", "nan"],
        ["--minutes", "inf"],
    ):
        with pytest.raises(SystemExit):
            _arguments(wrong)


def test_seeds_begin_at_other_pairs_of_act_and_stop_until_all_were_played() -> None:
    turns = turns_of(1, [Place(), carer_household()])
    assert len(turns) == len({(act, stop) for act, _place, stop in turns}) >= len(ACTS) * 16
    parts = -(-len(turns) // PART)
    first = [turns_of(seed, [Place(), carer_household()])[:PART] for seed in range(1, parts + 1)]
    assert {(act, stop) for each in first for act, _place, stop in each} == {(act, stop) for act, _, stop in turns}
    assert in_words([("awarded", Place(), "ended"), ("awarded", Place(), "barred")]) == "awarded: barred, ended"


def test_a_proof_with_turns_is_played_by_every_process_and_another_by_its_own() -> None:
    assert {lane: [each.number for each in given] for lane, given in _lanes(named(["12"])).items()} == {
        MACHINES: [],
        HERE: [12],
    }
    assert list(_lanes(named(["1"]))) == [HERE]


def test_what_processes_came_to_is_added_up_and_one_that_did_not_end_is_seen() -> None:
    moves = named(["12"])
    rows = [
        {"number": 12, **Outcome(cases, twins=twins, figures=Counter({"steps": cases})).to_data()}
        for cases, twins in ((3, {"a": True}), (50, {}), (40, {}))
    ]
    assert _found(moves, rows) == {12: Outcome(93, twins={"a": True}, figures=Counter({"steps": 93}))}
    assert _found(moves, rows[:2]) == {}


def test_every_turn_of_the_short_form_is_played_once_whoever_takes_it(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns")
    one, other = (turns.of(Play(12, tmp_path, 1, 60, short=True, size=Size(300, WHOLE))) for _process in range(2))
    assert [next(one), next(other), next(one)] == [(number, ROADS) for number in range(3)]
    assert [number for number, _roads in (*one, *other)] == list(range(3, 300 // ROADS))
    assert len(list(turns.of(Play(12, tmp_path, 1, 0, short=False)))) == 1


def test_as_many_roads_as_were_asked_for_are_shared_out_among_the_turns(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns")
    plays = [Play(12, tmp_path, 1, 0, short=False, size=Size(300, WHOLE), most=2 * ROADS + 1) for _process in range(2)]
    one, other = (turns.of(play) for play in plays)
    assert [next(other), *one, *other] == [(0, ROADS), (1, ROADS), (2, 1)]
