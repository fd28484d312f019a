"""`python -m brokerage.embedded start|stop|status|env`: the embedded servers by hand.

`eval "$(python -m brokerage.embedded env)"` lets `manage.py` reach the data of `script/server`.
"""

from __future__ import annotations

import argparse
import fcntl
import shlex
import sys
from pathlib import Path

from brokerage.embedded.places import EmbeddedError, var_directory
from brokerage.embedded.servers import EmbeddedServers


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code (status: 0 when both run, 3 when not, as init scripts do)."""
    parser = argparse.ArgumentParser(prog="python -m brokerage.embedded", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status", "env"])
    parser.add_argument("--directory", type=Path, default=var_directory(), help="where the data is (var)")
    parser.add_argument("--tests", action="store_true", help="faster, not safe on power loss")
    parser.add_argument("--unless-used", action="store_true", help="stop only if no test run uses them")
    chosen = parser.parse_args(arguments)
    try:
        return run(chosen)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run(chosen: argparse.Namespace) -> int:
    """Carry out a parsed command line. Raises EmbeddedError."""
    if chosen.command == "stop" and not chosen.directory.exists():
        return 0
    servers = EmbeddedServers(chosen.directory, for_tests=chosen.tests)
    if chosen.command == "start":
        servers.start()
    elif chosen.command == "stop":
        with open(chosen.directory / "in-use.lock", "a") as users:
            if chosen.unless_used and not lock_at_once(users.fileno()):
                return 0
            servers.stop()  # a test run that begins meanwhile waits for the lock, then starts them again
    elif chosen.command == "env":
        for name, value in sorted((servers.environment() | {"SECRET_KEY": servers.keys["SECRET_KEY"]}).items()):
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    running = {"PostgreSQL": servers.postgres.pid(), "Valkey": servers.valkey.pid()}
    if chosen.command == "status":
        for name, pid in running.items():
            sys.stdout.write(f"{name}: {f'running (process {pid})' if pid else 'stopped'}\n")
        return 0 if all(running.values()) else 3
    return 0


def lock_at_once(handle: int) -> bool:
    """Take the flock on an open file without waiting; False when a test run holds it (tests/servers.py)."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
