"""The arithmetic of the benchmarks, and the shape of what they write."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core import management

from tests import databases
from tests.benchmarks import harness, peers
from tests.benchmarks.__main__ import NAMES, parsed
from tests.benchmarks.harness import Bench, in_turn
from tests.benchmarks.peers import Peer
from tests.benchmarks.records import Found, Progress, Run, is_less, recorded
from tests.benchmarks.rows import Row, Seeding, compared, figure, middle_half, to_markdown

FIGURES = Path(__file__).resolve().parent.parent.parent / "docs" / "figures.json"
KEYS = {"name", "goal", "ratio", "spread", "reference", "met"}


def test_a_ratio_is_the_middle_of_the_rounds_and_so_within_its_spread() -> None:
    row = compared("List", [0.002, 0.004, 0.009], [0.001, 0.002, 0.003], goal=2, reference="raw rows")
    assert row.ratio == pytest.approx(2)
    assert row.spread == pytest.approx((2.0, 2.5))
    assert row.met and row.goal_text == "at most 2"
    assert row.note == "4 ms against 2 ms"


def test_where_more_is_better_the_reference_stands_above() -> None:
    row = compared("Cycle", [1.0, 1.0], [9.0, 7.0], goal=8, reference="a peer", at_most=False)
    assert row.ratio == 8 and row.met and row.goal_text == "at least 8"
    assert not Row("Rate", 250_000, 200_000, (1, 2), "none", at_most=False).met


def test_a_figure_without_a_goal_only_tells() -> None:
    row = compared("By pages", [1.0], [5.0], goal=None, reference="a peer", at_most=False)
    assert row.met is None and row.goal_text == "none"
    record = recorded(None, {"cycle": Found([row])}, NOW, order=("cycle",), **TOLD)
    assert "| 5 | 5 to 5 | none | - | a peer |" in to_markdown(record)


def test_a_small_difference_meets_its_goal_whatever_the_ratio() -> None:
    assert Row("Read", 1.2, 1.9, (1.8, 2.0), "itself", is_small=True).met
    assert not Row("Read", 1.2, 1.9, (1.8, 2.0), "itself").met


@pytest.mark.parametrize(
    ("value", "said"), [(0.01234, "0.0123"), (1.5, "1.5"), (2.0, "2"), (12.345, "12.35"), (250_000.4, "250,000")]
)
def test_figures_have_few_digits(value: float, said: str) -> None:
    assert figure(value) == said


def test_the_middle_half_of_one_value_is_itself() -> None:
    assert middle_half([3.0]) == (3.0, 3.0)
    assert middle_half([1.0, 2.0, 3.0, 4.0, 5.0]) == (2.0, 4.0)


def test_acts_are_timed_in_turn() -> None:
    asked: list[str] = []
    found = in_turn(lambda: asked.append("a"), lambda: asked.append("b"), rounds=2, warm=1)
    assert asked == ["a", "b"] * 3
    assert [len(times) for times in found] == [2, 2]


def test_less_effort_means_fewer_rounds_and_never_none() -> None:
    assert Bench(effort=0.1).rounds(300) == 30
    assert Bench(effort=0.01).rounds(20) == 3


TOLD: Any = {"machine": "a machine", "versions": {"Python": "3.11"}}
NOW = Run("script/bench", "abc", "2026-11-22", (10_000, 100_000), 1.0)


def found(*names: str, ratio: float = 1.5) -> dict[str, Found]:
    return {
        name: Found([Row(name.title(), 2, ratio, (1.4, 1.6), "raw rows", note="3 ms against 2 ms")]) for name in names
    }


def test_what_is_written_has_its_shape() -> None:
    missing = Found([Row("Cycle", 8, 7.0, (6.0, 8.0), "a peer", at_most=False)], ["A peer does not install here."])
    record = recorded(None, {**found("list"), "cycle": missing}, NOW, order=("list", "cycle"), **TOLD)
    assert set(record) == {"rows", "seeded", "left_out", "machine", "versions", "date"}
    assert json.loads(json.dumps(record)) == record
    first = record["rows"][0]
    assert {name: first[name] for name in KEYS} == {
        "name": "List",
        "goal": "at most 2",
        "ratio": 1.5,
        "spread": [1.4, 1.6],
        "reference": "raw rows",
        "met": True,
    }
    assert (first["benchmark"], first["run"]["sizes"], first["run"]["effort"]) == ("list", [10_000, 100_000], 1.0)
    page = to_markdown(record)
    assert "| List | 1.5 | 1.4 to 1.6 | at most 2 | yes | raw rows | 3 ms against 2 ms |" in page
    assert "Measured on 2026-11-22 by `script/bench`, code abc." in page
    assert "| **no** | a peer |" in page and "- A peer does not install here." in page


def test_some_benchmarks_replace_their_own_rows_and_no_others() -> None:
    order = ("list", "cycle", "alert")
    record = recorded(None, found(*order), NOW, order=order, **TOLD)
    later = replace(NOW, command="script/bench cycle --write", date="2026-11-23")
    again = recorded(record, found("cycle", ratio=1.2), later, order=order, **TOLD)
    assert [(row["name"], row["ratio"]) for row in again["rows"]] == [("List", 1.5), ("Cycle", 1.2), ("Alert", 1.5)]
    page = to_markdown(again)
    assert "- Measured on 2026-11-22 by `script/bench`, code abc: list, alert." in page
    assert "- Measured on 2026-11-23 by `script/bench cycle --write`, code abc: cycle." in page


def test_how_long_a_country_took_to_seed_stays_until_one_of_its_size_is_made_again() -> None:
    order = ("list", "growth")
    first, later = found(*order), found(*order)
    first["list"].seeded = [Seeding(100_000, 5_000_000, 200.04), Seeding(10_000, 600_000, 40)]
    record = recorded(None, first, NOW, order=order, **TOLD)
    assert [(one["referrals"], one["rows"], one["seconds"], one["goal"]) for one in record["seeded"]] == [
        (10_000, 600_000, 40, "none"),
        (100_000, 5_000_000, 200, "none"),
    ]
    assert "| 100,000 | 5,000,000 | 200.0 | 24,995 |" in to_markdown(record)
    assert "code abc.\n" in to_markdown(record)

    # Kept countries were made by neither; then the smaller is made again, by another benchmark.
    again = recorded(record, found(*order), replace(NOW, date="2026-11-23"), order=order, **TOLD)
    assert again["seeded"] == record["seeded"]
    later["growth"].seeded = [Seeding(10_000, 600_000, 30)]
    again = recorded(record, later, replace(NOW, date="2026-11-24"), order=order, **TOLD)
    assert [(one["seconds"], one["run"]["date"]) for one in again["seeded"]] == [
        (30, "2026-11-24"),
        (200, "2026-11-22"),
    ]
    page = to_markdown(again)
    assert "- Measured on 2026-11-24 by `script/bench`, code abc: list, growth, seeding of 10,000." in page
    assert "- Measured on 2026-11-22 by `script/bench`, code abc: seeding of 100,000." in page
    assert "seed_scale" not in to_markdown({**record, "seeded": []})


@pytest.mark.parametrize("is_there", [False, True])
def test_a_country_is_timed_only_where_this_run_made_it(monkeypatch: pytest.MonkeyPatch, *, is_there: bool) -> None:
    done: list[str] = []

    class Cursor:
        def execute(self, _sql: str) -> None:
            done.append("counted")

        def fetchone(self) -> tuple[int]:
            return (600_000,)

    monkeypatch.setattr(harness, "_is_there", lambda _name: is_there)
    monkeypatch.setattr(harness, "database", nullcontext)
    monkeypatch.setattr(harness, "superuser", lambda _name: nullcontext(Cursor()))
    monkeypatch.setattr(databases, "ensure_template", lambda: "template_abc")
    monkeypatch.setattr(databases, "clone", lambda name: done.append(f"cloned {name}"))
    monkeypatch.setattr(management, "call_command", lambda *_words, **_named: done.append("seeded"))
    bench = Bench()
    assert bench.country(10_000) == bench.country(10_000) == "country_10000_abc"
    assert done == (["seeded"] if is_there else ["cloned country_10000_abc", "seeded", "counted"])
    assert [(one.referrals, one.rows) for one in bench.found.seeded] == ([] if is_there else [(10_000, 600_000)])


def test_what_stays_keeps_the_machine_and_the_versions_it_was_found_with() -> None:
    order = ("list", "cycle")
    with_peer = {"machine": "a machine", "versions": {"Python": "3.11", "Tryton": "8.2"}}
    elsewhere = {"machine": "another", "versions": {"Python": "3.13"}}
    record = recorded(None, found(*order), NOW, order=order, **with_peer)
    again = recorded(record, found("list"), replace(NOW, date="2026-11-23"), order=order, **elsewhere)
    assert [row["run"]["machine"] for row in again["rows"]] == ["another", "a machine"]
    assert again["versions"] == {"Python": "3.13", "Tryton": "8.2"} and again["machine"] == "another"
    assert "on a machine: cycle." in to_markdown(again)


def test_less_than_the_record_replaces_nothing_by_itself() -> None:
    record = recorded(None, found("list"), NOW, order=("list",), **TOLD)
    assert not is_less(NOW, record) and not is_less(NOW, None)
    assert is_less(replace(NOW, effort=0.5), record)
    assert is_less(replace(NOW, sizes=(10_000,)), record)
    assert not is_less(replace(NOW, sizes=(1_000_000,)), record)


def peer_saying(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """One that is installed, and prints that in its last line."""
    peer = Peer("tryton", ("trytond",), "tryton_cycle.py", patience=1)
    monkeypatch.setenv("BENCH_PEERS", str(tmp_path))
    peer.place.mkdir()
    (peer.place / "ready").touch()
    monkeypatch.setattr(peers, "run", lambda *_words: f"Getting ready\n{said}\n")
    return peer


@pytest.mark.parametrize("said", ["", "No module named trytond", "{}1", '["soon"]', "null", "3"])
def test_a_peer_that_says_no_times_is_left_out_with_what_it_said(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, why = peer_saying(said, tmp_path, monkeypatch).times(environment={})
    assert times == [] and "says no times" in why and said in why


def test_a_peer_says_its_times_in_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert peer_saying("[0.5, 1]", tmp_path, monkeypatch).times(environment={}) == ([0.5, 1.0], "")


def test_a_peer_that_cannot_be_started_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = peers.run
    peer = peer_saying("[0.5]", tmp_path, monkeypatch)
    monkeypatch.setattr(peers, "run", run)
    assert peer.times(environment={}) == ([], "does not install or run here (No such file or directory)")


def test_a_stopped_run_goes_on_with_what_it_found(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "progress.json", NOW)
    assert progress.read() == {}
    done = found("list")
    done["list"].seeded.append(Seeding(10_000, 600_000, 37.5))
    progress.write(done)
    assert progress.read() == done
    for other in (replace(NOW, commit="def"), replace(NOW, effort=0.5), replace(NOW, sizes=(10_000,))):
        assert Progress(progress.path, other).read() == {}


def test_the_figures_that_are_kept_have_that_shape() -> None:
    if not FIGURES.exists():
        return
    kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    assert {"rows", "machine", "versions", "date"} <= set(kept)
    assert kept["rows"] and all(set(row) >= KEYS for row in kept["rows"])


def test_the_command_knows_its_names_and_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = parsed(["api_list", "--sizes", "100000,10000"])
    assert chosen.names == ["api_list"] and chosen.sizes == (10_000, 100_000)
    assert not chosen.everything and not chosen.write
    assert parsed([]).everything and parsed([]).names == list(NAMES) and parsed(["--full"]).sizes[-1] == 1_000_000
    with pytest.raises(SystemExit):
        parsed(["no-such-thing"])
    assert "no benchmark called no-such-thing" in capsys.readouterr().err
    for words, said in (
        (["--effort", "nan"], "some effort"),
        (["--effort", "inf"], "some effort"),
        (["--sizes", "10000", "--full"], "not allowed with"),
        (["growth", "--sizes", "1000000"], "growth needs two sizes"),
    ):
        with pytest.raises(SystemExit):
            parsed(words)
        assert said in capsys.readouterr().err
    here = Path(__file__).resolve().parent.parent / "benchmarks"
    assert all((here / f"{name}.py").exists() for name in NAMES)
