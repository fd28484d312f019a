"""The embedded PostgreSQL: found again, restarted after any end, never confused by a stranger's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from brokerage.embedded import postgres as module
from brokerage.embedded.places import EmbeddedError, process_is_dead, wait_until
from brokerage.embedded.postgres import EmbeddedPostgres, unprivileged_prefix


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """One server for this file, in a directory far deeper than a socket's path may be long."""
    deep = tmp_path_factory.mktemp("postgres") / ("deep" * 20) / ("deeper" * 10)
    server = EmbeddedPostgres(deep, password="it's a secret")
    server.start()
    yield server
    server.stop()


def ask(server: EmbeddedPostgres, sql: str) -> object:
    connection = psycopg2.connect(server.url())
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            row = cursor.fetchone() if cursor.description else None
            return row and row[0]
    finally:
        connection.close()


def kill(server: EmbeddedPostgres) -> None:
    pid = server.pid()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: process_is_dead(pid), seconds=5)


def test_a_second_start_finds_the_running_server(server: EmbeddedPostgres) -> None:
    before = server.pid()
    EmbeddedPostgres(server.directory, password=server.password).start()
    assert before and server.pid() == before


def test_what_was_committed_survives_a_kill(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE TABLE kept (n int)")
    ask(server, "INSERT INTO kept VALUES (41)")
    kill(server)
    assert server.pid() is None
    server.start()
    assert ask(server, "SELECT n FROM kept") == 41


def test_the_number_of_a_stranger_in_the_pid_file_is_neither_trusted_nor_killed(
    server: EmbeddedPostgres,
) -> None:
    server.stop()
    assert server.pid() is None
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{server.data}\n")
    server.stop()
    assert server.pid() is None
    server.start()
    assert server.pid() not in (None, os.getpid())


def test_nobody_enters_without_the_password(server: EmbeddedPostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(server.url(password="guess"))
    with pytest.raises(EmbeddedError, match="does not hold the password"):
        EmbeddedPostgres(server.directory, password="lost").start()


def test_the_socket_is_in_a_directory_of_its_owner_and_no_port_is_open(server: EmbeddedPostgres) -> None:
    directory = Path(urlsplit(server.url()).query.removeprefix("host="))
    assert directory.stat().st_mode & 0o077 == 0
    assert ask(server, "SHOW listen_addresses") == ""
    directory.chmod(0o755)
    try:
        with pytest.raises(EmbeddedError, match="open to others"):
            server.url()
    finally:
        directory.chmod(0o700)


def test_it_does_not_run_as_root(server: EmbeddedPostgres) -> None:
    status = Path(f"/proc/{server.pid()}/status").read_text()
    outside = int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])
    for line in Path(f"/proc/{server.pid()}/uid_map").read_text().splitlines():
        inside, mapped, count = map(int, line.split())
        if mapped <= outside < mapped + count:
            assert inside + outside - mapped != 0
            return
    raise AssertionError("the server's user is not in its own map")


def test_no_value_of_a_failed_statement_reaches_the_log(server: EmbeddedPostgres) -> None:
    ask(server, "CREATE TABLE people (name text UNIQUE)")
    ask(server, "INSERT INTO people VALUES ('Canary Child')")
    with pytest.raises(psycopg2.IntegrityError):
        ask(server, "INSERT INTO people VALUES ('Canary Child')")
    assert wait_until(lambda: "people_name_key" in server.log.read_text(), seconds=5)
    assert "Canary" not in server.log.read_text()


def test_a_pid_file_of_a_zombie_is_stale() -> None:
    ended = subprocess.Popen(["true"])
    assert wait_until(lambda: process_is_dead(ended.pid), seconds=5)
    assert Path(f"/proc/{ended.pid}").exists()
    ended.wait()


def test_two_starts_at_once_over_a_half_made_directory_make_one_server(tmp_path: Path) -> None:
    half_made = tmp_path / f"postgres-{module.major_version()}.new"
    (half_made / "base").mkdir(parents=True)
    command = [sys.executable, "-m", "brokerage.embedded", "start", "--tests", "--directory", str(tmp_path)]
    starts = [subprocess.Popen(command) for _ in range(2)]
    try:
        assert [start.wait(timeout=60) for start in starts] == [0, 0]
        assert not half_made.exists()
        status = run_command("status", tmp_path)
        assert (status.returncode, status.stdout.count("running")) == (0, 2)
    finally:
        assert run_command("stop", tmp_path).returncode == 0
    assert run_command("status", tmp_path).returncode == 3
    assert run_command("stop", tmp_path).returncode == 0


def test_after_a_crash_a_server_for_tests_starts_empty_because_it_never_flushed(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, password="secret", for_tests=True)
    server.start()
    try:
        assert ask(server, "SHOW fsync") == "off"
        ask(server, "CREATE TABLE kept (n int)")
        kill(server)
        server.start()
        assert ask(server, "SELECT to_regclass('kept')") is None
    finally:
        server.stop()


def test_root_serves_data_of_another_user_as_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Found:
        st_uid, st_gid = 4711, 4712

    monkeypatch.setattr(module.Path, "stat", lambda self: Found)
    monkeypatch.setattr(module.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    assert unprivileged_prefix(tmp_path)[:3] == ["setpriv", "--reuid=4711", "--regid=4712"]
    monkeypatch.setattr(module.os, "geteuid", lambda: 4713)
    with pytest.raises(EmbeddedError, match="belongs to user 4711"):
        unprivileged_prefix(tmp_path)


def test_a_machine_without_binaries_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_BIN", "/nowhere")
    with pytest.raises(EmbeddedError, match="POSTGRES_BIN, or set DATABASE_URL"):
        module.find_binaries.__wrapped__()


def run_command(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "brokerage.embedded", command, "--tests", "--directory", str(directory)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)
