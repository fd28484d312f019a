"""`script/server` after set-up: servers, roles, migrations, demo, then web, worker and beat until Ctrl-C.

Everything lives in `var/`. It can be killed at any moment: the next start finds the servers it left, ends
the processes it left, and goes on. Not for production, where each process has a host of its own
(docker-compose.yml).
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from brokerage.embedded.announcement import demo_people, publish_address
from brokerage.embedded.children import Child, Follower, ServerLog, end_leftovers
from brokerage.embedded.commands import Command, Stopped, run_commands, timed_step
from brokerage.embedded.environment import server_environment
from brokerage.embedded.keys import write_private
from brokerage.embedded.places import ROOT, EmbeddedError, make_private_directory, var_directory
from brokerage.embedded.ports import bracketed, is_ready, loopback_hosts, port_number, require_free_port
from brokerage.embedded.postgres import EmbeddedPostgres
from brokerage.embedded.servers import EmbeddedServers
from brokerage.embedded.statics import collected_statics_are_current, remember_collected_statics
from brokerage.embedded.valkey import EmbeddedValkey

READY_SECONDS = 180  # a loaded machine; a process that ends is noticed at once
PROGRAMS = Path(sys.executable).parent
CELERY = [f"{PROGRAMS}/celery", "--quiet", "--app", "brokerage.celery"]
#: How much the workers of what is not urgent make way for everybody else's work.
ORDINARY_NICENESS = 10
# Celery warns whoever runs it as root of pickled tasks; ours are JSON.
QUIETER = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
KEPT_BY_FRESH = ("server.lock", "server.log", "setup.lock", "setup.log", "test-servers")


class Server:
    """One run of `script/server`."""

    def __init__(self, *, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self.address = f"http://localhost:{port}"
        self.log = ServerLog(directory / "server.log")
        self.stopping = threading.Event()
        self.servers: EmbeddedServers | None = None
        self.children: list[Child] = []
        self.followers: list[Follower] = []
        self.environment: dict[str, str] = {}

    # -- life -----------------------------------------------------------------------------------------------

    def run(self, *, fresh: bool) -> int:
        """Set up, serve, stop. Returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            self._tidy(fresh=fresh)
            require_free_port(self.port)
            self._set_up()
            self._start_children()
            self._wait_until_ready()
            self._announce()
            self._supervise()
        except Stopped:
            return 0
        except EmbeddedError as error:
            if self.stopping.is_set():
                return 0
            self.log.say(f"\n{error}")
            return 1
        finally:
            self._stop()
        return 0

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():
            for child in self.children:  # asked twice: do not wait for anybody
                if child.process:
                    child.process.kill()
        self.stopping.set()

    def _tidy(self, *, fresh: bool) -> None:
        """End what a killed run left; with `fresh` forget its data too."""
        ended = end_leftovers(self._read_state().get("children", {}))
        if ended:
            self.log.say(f"An earlier start was cut off; ended what it had left running: {', '.join(ended)}.")
        if not fresh:
            return
        if os.environ.get("DATABASE_URL"):
            raise EmbeddedError("--fresh empties only the embedded database; DATABASE_URL names another one.")
        EmbeddedValkey(self.directory, password="").stop()
        EmbeddedPostgres(self.directory, password="").stop()
        for path in self.directory.iterdir():
            if path.name in KEPT_BY_FRESH:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        self.log.say("Starting over: the earlier data is gone.")

    def _set_up(self) -> None:
        self.environment, self.servers = server_environment(self.directory, base_url=self.address)
        servers = self.servers
        if not os.environ.get("DATABASE_URL"):
            with timed_step(self.log, "Starting PostgreSQL"):
                servers.postgres.start()
            self.environment |= servers.database_environment()
            self.followers.append(Follower("postgres", servers.postgres.log, self.log))
        if not os.environ.get("REDIS_URL"):
            with timed_step(self.log, "Starting Valkey"):
                servers.valkey.start()
            self.environment["REDIS_URL"] = servers.valkey.url()
            self.followers.append(Follower("redis", servers.valkey.log, self.log))
        run_commands(self._commands(), environment=self.environment, log=self.log, stopping=self.stopping)
        remember_collected_statics()
        # The long-lived processes do not get the superuser's address, nor the owner's.
        for name in ("SUPERUSER_DATABASE_URL", "OWNER_DATABASE_URL"):
            self.environment.pop(name, None)

    def _commands(self) -> list[Command]:
        """What Django has to do before anybody is served; all of it does nothing the second time."""
        commands = [
            Command("Bringing the database up to date", ("migrate", "--database", "owner", "--noinput")),
            Command("Checking the database roles", ("check", "--database", "default")),
            Command("Loading reference data", ("load_reference",)),
        ]
        if self.environment.get("SUPERUSER_DATABASE_URL"):
            commands.insert(0, Command("Making database roles", ("setup_roles",)))
        if not collected_statics_are_current():
            commands.append(
                Command(
                    "Collecting styles and scripts",
                    ("collectstatic", "--noinput", "--clear", "--ignore", "rest_framework"),
                )
            )
        if self.environment["DEMO"] == "1":
            title = "Loading the demo region if the database is empty"
            commands.append(Command(title, ("load_demo", "--if-empty"), is_shown=True))
        return commands

    def _start_children(self) -> None:
        beat_file = self.directory / "beat-schedule"
        binds = [word for host in loopback_hosts() for word in ("--bind", bracketed(host, self.port))]
        web = [f"{PROGRAMS}/gunicorn", "brokerage.wsgi:application", *binds, "--worker-class", "gthread"]
        web += ["--workers", "2", "--threads", "8", "--timeout", "60", "--graceful-timeout", "8", "--preload"]
        web += [
            "--no-control-socket",
            "--logger-class",
            "brokerage.access_log.AccessLog",
            "--access-logfile",
            "-",
            "--access-logformat",
            "%(m)s %(U)s %(s)s %(M)sms",
        ]
        beat = [*CELERY, "beat", "--schedule", str(beat_file), "--pidfile=", "--loglevel", "WARNING"]
        commands = [("web", web), *worker_commands().items(), ("beat", beat)]
        for name, command in commands:
            child = Child(name, command, environment=self.environment | QUIETER, log=self.log)
            self.children.append(child)
            self._start(child)

    def _wait_until_ready(self) -> None:
        began, deadline = time.monotonic(), time.monotonic() + READY_SECONDS
        while not is_ready(self.port):
            self._pause(0.1)
            ended = next((child for child in self.children if child.has_ended()), None)
            if ended:
                raise EmbeddedError(
                    f"The {ended.name} process ended while starting; its lines above, and in "
                    f"{self.directory / 'server.log'}, say why."
                )
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"{self.address}/health/ready did not answer within {READY_SECONDS} seconds; "
                    f"{self.directory / 'server.log'} says why."
                )
        self.log.say(f"Ready after {time.monotonic() - began:.1f} s")

    def _announce(self) -> None:
        publish_address(self.directory / "demo.json", self.address)
        self.log.say(f"\n{demo_people(self.directory / 'demo.json')}Open {self.address}   (Ctrl-C stops)\n")

    def _supervise(self) -> None:
        """Until asked to stop: copy the servers' logs, and start again what has died."""
        failures: dict[str, list[float]] = {}
        while True:
            self._pause(0.5)
            for child in self.children:
                if child.has_ended():
                    self.log.line(child.name, "ended by itself; starting it again")
                    if child.ends_too_often():
                        raise EmbeddedError(f"The {child.name} process keeps ending; its lines above say why.")
                    self._start(child)
            for name, restart in self._dead_servers():
                times = failures.setdefault(name, [])
                times.append(time.monotonic())
                if len(times) > 5 and times[-1] - times[-6] < 60:
                    raise EmbeddedError(f"{name} keeps ending; its lines above say why.")
                self.log.line(name, "ended by itself; starting it again")
                restart()

    def _stop(self) -> None:
        """Scheduler first, servers last, so that each can finish what it does. Data stays."""
        self.stopping.set()
        if self.children:
            self.log.say("\nStopping")
        for name, seconds in (("beat", 5), ("worker", 20), ("urgent", 20), ("web", 10)):
            for child in self.children:
                if child.name == name:
                    child.stop(seconds=seconds)
        for follower in self.followers:
            follower.copy()
        if self.servers:
            self.servers.stop()
        (self.directory / "server.json").unlink(missing_ok=True)
        if self.children:
            self.log.say("Stopped; the data stays in var/.")
        self.log.close()

    # -- how ------------------------------------------------------------------------------------------------

    def _start(self, child: Child) -> None:
        child.start(cwd=ROOT)
        state = {"pid": os.getpid(), "address": self.address}
        state_with_children = state | {"children": {c.name: c.identity() for c in self.children}}
        write_private(self.directory / "server.json", json.dumps(state_with_children))

    def _read_state(self) -> dict[str, dict[str, list[int]]]:
        try:
            state: dict[str, dict[str, list[int]]] = json.loads((self.directory / "server.json").read_text())
        except (OSError, ValueError):
            return {}
        return state

    def _dead_servers(self) -> Iterator[tuple[str, Callable[[], None]]]:
        for follower in self.followers:
            follower.copy()
            server = self.servers and (self.servers.postgres if follower.name == "postgres" else self.servers.valkey)
            if server and server.pid() is None:
                yield follower.name, server.start

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="script/server", description="Run the brokerage on this machine.")
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", "8000"))
    parser.add_argument("--fresh", action="store_true", help="forget all data of this checkout first")
    chosen = parser.parse_args(arguments)
    directory = make_private_directory(var_directory())
    with open(directory / "server.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write(f"script/server runs here already{running_at(directory)}; stop it first.\n")
            return 1
        try:
            return Server(directory=directory, port=chosen.port).run(fresh=chosen.fresh)
        except EmbeddedError as error:
            sys.stderr.write(f"{error}\n")
            return 1


def worker_commands() -> dict[str, list[str]]:
    """The workers of one machine: what is urgent has processes of its own, so that it waits behind no document and no
    ordinary message; the others make way for them (and for the web) on a machine with few cores."""
    from brokerage.celery import QUEUES, URGENT_QUEUES

    ordinary = [queue for queue in QUEUES if queue not in URGENT_QUEUES]
    return {
        "worker": ["nice", "-n", str(ORDINARY_NICENESS), *worker_command("worker", ordinary)],
        "urgent": worker_command("urgent", URGENT_QUEUES),
    }


def worker_command(
    name: str, queues: Sequence[str], *, application: str = "brokerage.celery", processes: int = 2
) -> list[str]:
    """One worker with so many processes for these queues."""
    words = ["--hostname", f"{name}@%h", "--queues", ",".join(queues), "--concurrency", str(processes)]
    words += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    return [f"{PROGRAMS}/celery", "--quiet", "--app", application, "worker", *words]


def running_at(directory: Path) -> str:
    """Where the other server is, for a sentence; empty when it has not got that far."""
    try:
        state = json.loads((directory / "server.json").read_text())
    except (OSError, ValueError):
        return ""
    return f" (process {state['pid']}, {state['address']})"


if __name__ == "__main__":
    sys.exit(main())
