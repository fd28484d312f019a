"""Several Django commands in one process, each shown as a step with its seconds: Django starts once, not per step.

`run_commands` starts `python -m brokerage.embedded.commands` with the steps; that process announces each one.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from brokerage.embedded.children import ServerLog
from brokerage.embedded.places import ROOT, EmbeddedError

MARK = "\x1e"  # begins the line that announces a step; no command writes this character


class Stopped(Exception):
    """Somebody asked the server to stop."""


@dataclass(frozen=True)
class Command:
    """A step's title, the words after `manage.py`, and whether its lines are shown or only kept in the log."""

    title: str
    words: tuple[str, ...]
    is_shown: bool = False


@contextlib.contextmanager
def timed_step(log: ServerLog, title: str) -> Iterator[None]:
    """Show a title, and after the block its seconds."""
    began = time.monotonic()
    log.say(f"{title} ... ", end="")
    yield
    log.say(f"{time.monotonic() - began:.1f} s")


def run_commands(
    commands: list[Command], *, environment: dict[str, str], log: ServerLog, stopping: threading.Event
) -> None:
    """Run them in turn. Raises EmbeddedError with the last words of one that fails, Stopped when asked to stop."""
    if stopping.is_set():
        raise Stopped
    process = subprocess.Popen(
        [sys.executable, "-m", "brokerage.embedded.commands", json.dumps([asdict(c) for c in commands])],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    reader = StepReader(commands, process, log)
    reader.start()
    while process.poll() is None:
        if stopping.wait(0.02):
            process.terminate()
            process.wait()
            raise Stopped
    reader.join()
    if process.returncode:
        raise EmbeddedError(f"{reader.title or commands[0].title} failed:\n{reader.reason()}")


class StepReader(threading.Thread):
    """Turns the output of the process into steps with seconds, shown lines and kept lines."""

    def __init__(self, commands: list[Command], process: subprocess.Popen[str], log: ServerLog) -> None:
        super().__init__(daemon=True)
        self.process, self.log = process, log
        self.shown = {command.title for command in commands if command.is_shown}
        self.title = ""
        self.has_failed = False
        self.last_lines: list[str] = []

    def run(self) -> None:
        step = contextlib.ExitStack()
        if self.process.stdout is None:
            return
        with self.process.stdout as lines:
            for line in lines:
                if line.startswith(MARK):
                    step.close()
                    self.title = line.strip(MARK + "\n")
                    self.last_lines.clear()
                    step.enter_context(timed_step(self.log, self.title))
                else:
                    self._keep(line)
        if self.process.wait() == 0:
            step.close()

    def reason(self) -> str:
        """Why the step failed: its last words, of a traceback only the error itself (the log has it all)."""
        lines = self.last_lines
        errors = [number for number, line in enumerate(lines) if self.has_failed and not line.startswith(" ")]
        named = [number for number in errors if ":" in lines[number].split(" ")[0]]
        return "\n".join(lines[named[-1] :] if named else lines)

    def _keep(self, line: str) -> None:
        """Show or only log a line; of a traceback the terminal gets the end, when the step has failed."""
        self.has_failed = self.has_failed or line.startswith("Traceback ")
        self.log.line("setup", line, only_file=self.has_failed or self.title not in self.shown)
        if line.strip():
            self.last_lines.append(line.rstrip())
            del self.last_lines[:-12]


def main() -> None:
    """Run the commands of the first argument. A failing one ends the process with its message and code."""
    from django.core.management import execute_from_command_line

    for command in json.loads(sys.argv[1]):
        sys.stdout.write(f"{MARK}{command['title']}\n")
        sys.stdout.flush()
        execute_from_command_line(["manage.py", *command["words"]])


if __name__ == "__main__":
    main()
