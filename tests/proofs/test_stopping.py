"""Whoever ends a run of proofs is told that it was stopped, and nothing else: no violation, no process, no database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import psycopg2
import pytest
from hypothesis import strategies as st

from tests.faults.harness import until
from tests.plugin import database_url
from tests.proofs.__main__ import ROOT
from tests.proofs.attack import _series
from tests.proofs.lane import ENDS, end_when_asked, play_whole
from tests.proofs.play import Play, Stopped


@pytest.fixture
def ending() -> Iterator[Event]:
    """This process as a lane, which SIGTERM ends in good order."""
    before = [(each, signal.getsignal(each)) for each in ENDS]
    stopped = Event()
    end_when_asked(stopped)
    yield stopped
    for each, handler in before:
        signal.signal(each, handler)


def _among_generated_cases(_play: Play) -> None:
    _series(st.integers(), lambda _case: os.kill(os.getpid(), signal.SIGTERM), 50, 1)


def _and_something_else_breaks(_play: Play) -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        raise ValueError("The database is gone.")


def _and_nobody_hears_of_it(play: Play) -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except Stopped:
        play.twin("a race", False)


@pytest.mark.parametrize("proves", [_among_generated_cases, _and_something_else_breaks, _and_nobody_hears_of_it])
def test_a_proof_that_is_stopped_is_none_that_broke(
    proves: Callable[[Play], None], tmp_path: Path, ending: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    play = Play(16, tmp_path, 1, 60, short=True, stopped=ending)
    with pytest.raises(Stopped):
        play_whole(play, proves)
    assert not play.outcome.violations and not play.outcome.twins
    assert capsys.readouterr().out == ""


def _processes(place: Path) -> list[tuple[int, str]]:
    """What runs with its temporary files below the place: numbers and command lines."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if str(place).encode() in (each / "environ").read_bytes():
                found.append((int(each.name), (each / "cmdline").read_bytes().replace(b"\0", b" ").decode()))
        except OSError:
            continue
    return found


def _databases(of_lane: int) -> list[str]:
    connection = psycopg2.connect(database_url("postgres"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"test\\_{of_lane}\\_%"])
        found = [row[0] for row in cursor.fetchall()]
    connection.close()
    return found


@pytest.fixture
def _at_a_terminal() -> Iterator[None]:
    """What is started from here hears Ctrl-C, even where these tests run in the background, which is deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_at_a_terminal")
@pytest.mark.parametrize(("ended_by", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_a_run_that_is_stopped_says_only_that_and_leaves_nothing(
    ended_by: signal.Signals, code: int, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.proofs", "ceilings", "--cases", "1000000"]
    # A run of its own, whichever of several processes this test is played by: its databases are named after it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    environment["TMPDIR"] = str(tmp_path)
    with (tmp_path / "said").open("w+") as said:
        run = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        try:

            def lanes() -> list[int]:
                return [number for number, command in _processes(tmp_path) if "tests.proofs.lane" in command]

            until(lambda: any(_databases(each) for each in lanes()), "the proof is under way")
            (lane,) = lanes()
            run.send_signal(ended_by)
            assert run.wait(120) == code
        except BaseException:
            for number, _command in _processes(tmp_path):
                os.kill(number, signal.SIGKILL)
            raise
        finally:
            run.kill()
            run.wait()
        said.seek(0)
        lines = said.read().splitlines()
    assert lines[-2:] == ["Stopping.", "Stopped; no process is left."]
    assert not [line for line in lines if "VIOLATION" in line or "broke" in line or "Traceback" in line], lines
    assert not _processes(tmp_path) and not _databases(lane)
