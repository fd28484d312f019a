"""`script/server` for real: it serves, refuses a twin, ends what a killed one left, and stops everything."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokerage.embedded import statics
from brokerage.embedded.children import ServerLog
from brokerage.embedded.commands import MARK, Command, StepReader
from brokerage.embedded.places import process_is_dead, start_of_process, wait_until
from brokerage.embedded.ports import free_port, is_ready
from brokerage.embedded.serve import ORDINARY_NICENESS
from brokerage.startup import AUTOGROUP
from tests import databases
from tests.plugin import database_url


class Run:
    """One start of the server; what it says goes to a file."""

    def __init__(self, environment: dict[str, str], *arguments: str) -> None:
        directory = Path(environment["VAR_DIR"])
        self.output = directory / f"output-{len(list(directory.glob('output-*')))}"
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "brokerage.embedded.serve", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def says(self, text: str) -> bool:
        """Does it say `text` before it ends, within the time a slow machine needs?"""
        return wait_until(lambda: text in self.said() or self.process.poll() is not None, seconds=180)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A directory of its own, and a migrated database and Redis of the test servers."""
    name = f"serve_{os.getpid()}"
    databases.clone(name)
    environment = dict(os.environ) | {
        "VAR_DIR": str(tmp_path),
        "STATIC_ROOT": str(tmp_path / "static"),
        "DEMO": "0",
        "DATABASE_URL": database_url(name, "brokerage_login"),
        "OWNER_DATABASE_URL": database_url(name, "brokerage_migrator"),
    }
    del environment["SUPERUSER_DATABASE_URL"], environment["BASE_URL"]
    (tmp_path / "static").mkdir()
    monkeypatch.setenv("STATIC_ROOT", environment["STATIC_ROOT"])
    statics.remember_collected_statics()  # collecting them is slow and not what this is about
    yield environment
    databases.drop(name)


def niceness(child: list[int]) -> int:
    return os.getpriority(os.PRIO_PROCESS, child[0])


def niceness_of_session(child: list[int]) -> int:
    """What counts where the kernel shares processors among sessions: "/autogroup-25 nice 10"."""
    return int(Path(f"/proc/{child[0]}/autogroup").read_text().split()[-1])


def test_it_serves_refuses_a_twin_and_stops_everything(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    server = Run(environment, "--port", str(port))
    assert server.says("Ctrl-C stops"), server.said()
    assert f"Open http://localhost:{port} " in server.said()
    assert is_ready(port)
    children = json.loads((tmp_path / "server.json").read_text())["children"]
    assert set(children) == {"web", "worker", "urgent", "beat"}
    # Ordinary work makes way for what is urgent.
    assert niceness(children["worker"]) - niceness(children["urgent"]) == ORDINARY_NICENESS
    if os.access(AUTOGROUP, os.W_OK):
        # Said by the worker itself, which may still be starting.
        wanted = niceness_of_session(children["urgent"]) + ORDINARY_NICENESS
        assert wait_until(lambda: niceness_of_session(children["worker"]) == wanted, seconds=60)

    twin = Run(environment, "--port", str(free_port()))
    assert twin.process.wait(timeout=30) == 1
    assert f"runs here already (process {server.process.pid}, http://localhost:{port})" in twin.said()

    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=60) == 0
    assert all(process_is_dead(pid) for pid, _began in children.values())
    assert not is_ready(port)
    assert server.said().endswith("Stopped; the data stays in var/.\n")
    assert not (tmp_path / "server.json").exists()


def test_it_ends_what_a_killed_server_left_and_can_be_stopped_at_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    left = subprocess.Popen(["sleep", "600"], start_new_session=True)
    state = {"pid": 1, "address": "", "children": {"worker": [left.pid, start_of_process(left.pid)]}}
    (tmp_path / "server.json").write_text(json.dumps(state))
    server = Run(environment, "--port", str(free_port()))
    assert server.says("ended what it had left running: worker"), server.said()
    assert left.wait(timeout=10) == -signal.SIGTERM
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=30) == 0


def test_a_busy_port_is_one_sentence(environment: dict[str, str]) -> None:
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", 0))
        somebody.listen()
        port = somebody.getsockname()[1]
        run = Run(environment, "--port", str(port))
        assert run.process.wait(timeout=30) == 1
    assert run.said().strip().startswith(f"Port {port} is in use by another program")
    assert len(run.said().strip().splitlines()) == 1


def test_fresh_never_empties_a_database_that_was_named(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    run = Run(environment, "--fresh", "--port", str(free_port()))
    assert run.process.wait(timeout=30) == 1
    assert "DATABASE_URL names another one" in run.said()
    assert (tmp_path / "kept").exists()


def test_a_failing_step_says_which_and_why(environment: dict[str, str]) -> None:
    environment["OWNER_DATABASE_URL"] = database_url("no_such_database", "brokerage_migrator")
    run = Run(environment, "--port", str(free_port()))
    assert run.process.wait(timeout=60) == 1
    assert "Bringing the database up to date failed:" in run.said()
    assert 'database "no_such_database" does not exist' in run.said()


def test_of_a_traceback_the_terminal_gets_the_error_and_the_log_gets_everything(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "server.log")
    step = Command("Loading", ("runs-nothing",), is_shown=True)
    process = subprocess.Popen(
        [sys.executable, "-c", f"print('{MARK}Loading', flush=True); print('half done'); open('/nowhere')"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reader = StepReader([step], process, log)
    reader.start()
    reader.join()
    log.close()
    assert reader.reason() == "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'"
    assert "half done" in (tmp_path / "server.log").read_text()
    assert "Traceback" in (tmp_path / "server.log").read_text()
