"""The processes of one `script/server` and their one log, each line marked with who wrote it.

Each child leads a session of its own, so Ctrl-C reaches only the parent, which then stops them in order.
Their pids are written down, so that the next start can end those of a parent that was killed.
"""

from __future__ import annotations

import collections
import functools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from brokerage.embedded.places import process_is_dead, start_of_process, wait_until

MARK_WIDTH = len("[postgres]")
RESTARTS, RESTART_WINDOW = 5, 60.0  # a process that ends more often than this many times in so many seconds


class ServerLog:
    """Writes whole lines to the terminal and to a file. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        if path.exists() and path.stat().st_size > 5_000_000:
            path.replace(path.with_name(path.name + ".1"))
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(handle, "a", buffering=1, encoding="utf-8", errors="replace")
        self._lock = threading.Lock()
        self._line_is_open = False

    def say(self, text: str, *, end: str = "\n") -> None:
        """Write text for people. With `end=""` the next call may finish the line."""
        with self._lock:
            self._write(text + end)
            self._line_is_open = not (text + end).endswith("\n")

    def line(self, who: str, text: str, *, only_file: bool = False) -> None:
        """Write one line that `who` wrote."""
        marked = f"{f'[{who}]':<{MARK_WIDTH}} {text.rstrip()}\n"
        with self._lock:
            if only_file:
                self._file.write(marked)
                return
            if self._line_is_open:
                self._write("\n")
                self._line_is_open = False
            self._write(marked)

    def close(self) -> None:
        """Close the file; later lines are lost."""
        with self._lock:
            self._file.close()

    def _write(self, text: str) -> None:
        if not self._file.closed:
            self._file.write(text)
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except (BrokenPipeError, ValueError, OSError):
            pass  # whoever read our output has gone; the file has it all


class Child:
    """One process that should run for as long as the server does."""

    def __init__(self, name: str, command: list[str], *, environment: dict[str, str], log: ServerLog) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.process: subprocess.Popen[str] | None = None
        self.starts: collections.deque[float] = collections.deque(maxlen=RESTARTS + 1)

    def start(self, *, cwd: Path) -> None:
        """Start it; its lines go to the log from a thread."""
        self.starts.append(time.monotonic())
        self.process = subprocess.Popen(
            self.command,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def has_ended(self) -> bool:
        """Did it run and end by itself?"""
        return self.process is not None and self.process.poll() is not None

    def ends_too_often(self) -> bool:
        """Has it been started more often than is worth trying?"""
        return len(self.starts) > RESTARTS and time.monotonic() - self.starts[0] < RESTART_WINDOW

    def stop(self, *, seconds: float) -> None:
        """Ask it to finish what it does, then end whatever is left of its session."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.log.line(self.name, f"did not finish within {seconds:.0f} seconds and was ended")
        signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def identity(self) -> list[int]:
        """Its pid and when it began, which together no other process ever has."""
        pid = self.process.pid if self.process else 0
        return [pid, start_of_process(pid) or 0]

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                self.log.line(self.name, line)


class Follower:
    """Copies what is added to a log file from now on into the server's log."""

    def __init__(self, name: str, path: Path, log: ServerLog) -> None:
        self.name, self.path, self.log = name, path, log
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = ""

    def copy(self) -> None:
        """Copy the whole lines that have been added since the last call."""
        try:
            if self.path.stat().st_size < self._position:
                self._position = 0  # the file was begun anew
            with open(self.path, encoding="utf-8", errors="replace") as source:
                source.seek(self._position)
                text = self._rest + source.read()
                self._position = source.tell()
        except OSError:
            return
        *lines, self._rest = text.split("\n")
        for line in lines:
            self.log.line(self.name, line)


def signal_group(pid: int, how: signal.Signals) -> None:
    """Send a signal to the session that `pid` led; nothing happens when nobody is left."""
    try:
        os.killpg(pid, how)
    except (ProcessLookupError, PermissionError):
        pass


def end_leftovers(identities: dict[str, list[int]]) -> list[str]:
    """End the children of a server that was killed, and return their names. Strangers are left alone."""
    ended = []
    for name, (pid, began) in identities.items():
        if pid and start_of_process(pid) == began:
            signal_group(pid, signal.SIGTERM)
            if not wait_until(functools.partial(process_is_dead, pid), seconds=10):
                signal_group(pid, signal.SIGKILL)
            ended.append(name)
    return ended
