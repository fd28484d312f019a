"""The small parts of the two commands: secrets, ports, leftovers, the one log, what is announced."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from brokerage.embedded import statics
from brokerage.embedded.__main__ import main
from brokerage.embedded.announcement import demo_people, publish_address
from brokerage.embedded.children import RESTARTS, Child, Follower, ServerLog, end_leftovers
from brokerage.embedded.environment import server_environment
from brokerage.embedded.keys import NAMES, load_keys
from brokerage.embedded.places import EmbeddedError, process_is_dead, process_is_ending, start_of_process, wait_until
from brokerage.embedded.ports import free_port, is_ready, kernels_ports, port_number, require_free_port
from tests.servers import ensure_test_servers


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ServerLog]:
    log = ServerLog(tmp_path / "server.log")
    yield log
    log.close()


def test_secrets_are_made_once_and_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    keys = load_keys(tmp_path)
    assert set(keys) == set(NAMES)
    assert len(set(keys.values())) == len(NAMES)
    assert load_keys(tmp_path) == keys
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_broken_secrets_get_a_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"SECRET_KEY": "cut o')
    with pytest.raises(EmbeddedError, match="script/server --fresh"):
        load_keys(tmp_path)


def test_a_busy_port_gets_a_sentence_with_another_port() -> None:
    with socket.socket() as somebody:
        port = free_port()
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        with pytest.raises(EmbeddedError, match=rf"Port {port} is in use .* --port \d+"):
            require_free_port(port)
    require_free_port(port)
    assert not is_ready(port)


def test_a_servers_port_is_none_that_an_outgoing_connection_could_be_given_while_the_server_is_away() -> None:
    port = free_port()
    first, last = kernels_ports()
    with socket.create_server(("127.0.0.1", 0)) as somebody, socket.create_connection(somebody.getsockname()) as caller:
        assert first <= caller.getsockname()[1] <= last
    assert not first <= port <= last or (first < 10_000 and last == 65_535)
    assert free_port(str(port)) == port
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(str(port)) not in (port, 0)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "eighty", "8_000", ""])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="is not a port"):
        port_number(text)


def test_a_child_writes_marked_lines_and_what_a_killed_parent_left_is_ended(tmp_path: Path, log: ServerLog) -> None:
    script = "import time; print('working', flush=True); time.sleep(600)"
    child = Child("worker", [sys.executable, "-c", script], environment=dict(os.environ), log=log)
    child.start(cwd=tmp_path)
    assert wait_until(lambda: "[worker]   working\n" in (tmp_path / "server.log").read_text(), seconds=10)
    pid, began = child.identity()
    assert end_leftovers({"worker": [pid, began + 1]}) == [], "another process has that number now"
    assert not process_is_dead(pid)
    assert end_leftovers({"worker": [pid, began], "web": [0, 0]}) == ["worker"]
    assert process_is_dead(pid)
    child.stop(seconds=1)
    assert child.has_ended()


def test_a_process_that_gives_back_its_memory_is_not_dead_yet() -> None:
    port = free_port()
    script = (
        f"import socket; s = socket.create_server(('127.0.0.1', {port})); b = b'x' * 2**28;"
        " print('on', flush=True); s.accept()"
    )
    seen = False
    for _try in range(20):  # A busy machine may look away for the moment that it takes.
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout and process.stdout.readline()
            process.kill()
            while not process_is_dead(process.pid):
                seen = seen or process_is_ending(process.pid)
        require_free_port(port)
        if seen:
            break
    assert seen


def test_a_process_lives_until_its_last_thread_has_ended() -> None:
    # The first thread leaves by the system call of that name (60), as none of Python's does.
    script = (
        "import ctypes, threading, sys; threading.Thread(target=sys.stdin.read).start();"
        " print('on', flush=True); ctypes.CDLL(None).syscall({number}, 0)"
    ).format(number={"x86_64": 60}.get(os.uname().machine, 93))
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stdout.readline()
        assert wait_until(lambda: process_is_ending(process.pid), seconds=5)
        assert not process_is_dead(process.pid)
        process.kill()
        assert wait_until(lambda: process_is_dead(process.pid), seconds=5)
        assert not process_is_ending(process.pid)


def test_a_child_that_keeps_ending_is_given_up(tmp_path: Path, log: ServerLog) -> None:
    child = Child("web", ["false"], environment={}, log=log)
    for _ in range(RESTARTS):
        child.start(cwd=tmp_path)
        assert wait_until(child.has_ended, seconds=5)
        assert not child.ends_too_often()
    child.start(cwd=tmp_path)
    assert child.ends_too_often()
    child.stop(seconds=1)


def test_a_follower_copies_whole_lines_and_outlives_rotation(tmp_path: Path, log: ServerLog) -> None:
    source = tmp_path / "postgres.log"
    source.write_text("old\n")
    follower = Follower("postgres", source, log)
    source.write_text("old\nnew\nhal")
    follower.copy()
    source.write_text("old\nnew\nhalf\n")
    follower.copy()
    source.write_text("cut\n")
    follower.copy()
    assert [line.split()[1] for line in (tmp_path / "server.log").read_text().splitlines()] == [
        "new",
        "half",
        "cut",
    ]


def test_the_announcement_lists_people_of_each_role_and_the_file_learns_the_address(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    assert demo_people(path) == ""
    publish_address(path, "http://localhost:8000")
    assert not path.exists()
    people = [
        {"email": f"{name}@harrow.example", "password": "pw", "role": role, "organisation": "Harrow"}
        for name, role in (("ann", "Officer"), ("bob", "Officer"), ("cyd", "Officer"), ("dee", "Approver"))
    ]
    path.write_text(json.dumps({"people": people, "api_clients": [{"name": "Case system"}]}))
    publish_address(path, "http://localhost:8123")
    assert json.loads(path.read_text())["address"] == "http://localhost:8123"
    assert path.stat().st_mode & 0o777 == 0o600
    told = demo_people(path)
    assert [line.split()[0] for line in told.splitlines()[1:4]] == [
        "ann@harrow.example",
        "bob@harrow.example",
        "dee@harrow.example",
    ]
    assert f"Everybody's password is pw; 1 more people are in {path}" in told
    assert "1 API clients with their secrets" in told


def test_an_external_database_needs_its_owners_address_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://brokerage_login@db/brokerage")
    monkeypatch.delenv("OWNER_DATABASE_URL", raising=False)
    with pytest.raises(EmbeddedError, match="OWNER_DATABASE_URL"):
        server_environment(tmp_path, base_url="http://localhost:8000")


def test_static_files_are_collected_again_after_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("static/a.css", "brokerage/settings.py", "requirements.lock", "collected/a.css"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("1")
    monkeypatch.setattr(statics, "ROOT", tmp_path)
    monkeypatch.setenv("STATIC_ROOT", str(tmp_path / "collected"))
    assert not statics.collected_statics_are_current()
    statics.remember_collected_statics()
    assert statics.collected_statics_are_current()
    (tmp_path / "static/a.css").write_text("22")
    assert not statics.collected_statics_are_current()


def test_servers_that_a_test_run_uses_are_not_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "in-use.lock", "a") as run:
        fcntl.flock(run, fcntl.LOCK_SH)
        monkeypatch.setattr("brokerage.embedded.servers.EmbeddedServers.stop", lambda self: pytest.fail("stopped"))
        assert main(["stop", "--tests", "--unless-used", "--directory", str(tmp_path)]) == 0


def test_named_servers_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUPERUSER_DATABASE_URL", "postgres://postgres@db/postgres")
    monkeypatch.setenv("REDIS_URL", "redis://cache:6379/0")
    assert ensure_test_servers.__wrapped__() == {
        "superuser_url": "postgres://postgres@db/postgres",
        "redis_url": "redis://cache:6379/0",
    }


def test_a_process_is_named_by_its_number_and_its_beginning() -> None:
    assert start_of_process(os.getpid())
    assert start_of_process(2**22 + 1) is None
