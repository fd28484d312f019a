"""Where embedded servers keep things, who holds them, and whether a process is really ours.

A pid in a file proves nothing: the process may have died and its number been given to a stranger. So a
process is trusted only when it runs the right program in the right directory. Linux only (`/proc`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH_LIMIT = 107  # bytes of sun_path, less the closing zero: unix(7)


class EmbeddedError(Exception):
    """One clear sentence for whoever ran the command."""


def var_directory() -> Path:
    """The directory of everything that is made at run time: `VAR_DIR`, or `var` in the checkout."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()


def make_private_directory(path: Path) -> Path:
    """Make `path` (and parents) readable by its owner only. Raises EmbeddedError when it cannot be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"The directory {path} cannot be made: {error.strerror}.") from error
    return path


def short_socket_directory(data: Path, *, owner: int) -> Path:
    """A private directory for unix sockets: always the same for `data`, and short enough.

    It lies in `/tmp`, where others may write, so an existing one is used only if it is a real directory of
    `owner` (a user id) closed to everybody else. Raises EmbeddedError otherwise.
    """
    key = hashlib.sha256(f"{os.geteuid()}:{data.resolve()}".encode()).hexdigest()[:12]
    problems = []
    for base in ("/tmp", os.environ.get("XDG_RUNTIME_DIR", ""), str(data.parent)):
        path = Path(base) / f"brokerage-{key}"
        if not base or len(os.fsencode(path / ".s.PGSQL.5432.lock")) > SOCKET_PATH_LIMIT:
            continue
        try:
            path.mkdir(mode=0o700, exist_ok=True)
            found = path.lstat()
            if os.geteuid() == 0 and found.st_uid == 0 != owner:
                os.chown(path, owner, owner)
                found = path.lstat()
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077:
            return path
        problems.append(f"{path} belongs to somebody else or is open to others")
    raise EmbeddedError(
        "No private directory for the database's socket could be made"
        + (f" ({'; '.join(problems)})." if problems else ": every candidate's path is too long.")
    )


@contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Hold an flock on `lock_file`, waiting for whoever holds it. The kernel frees it when we die."""
    make_private_directory(lock_file.parent)
    with open(lock_file, "a+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def process_is(pid: int, *, program: str, directory: Path) -> bool:
    """Is `pid` a live process (no zombie) that runs `program` and works in `directory`?"""
    if process_is_dead(pid):
        return False
    try:
        running = Path(os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")).name
        return running == program and os.readlink(f"/proc/{pid}/cwd") == str(directory.resolve())
    except OSError:
        return False  # gone meanwhile, or another user's: not ours


def process_is_dead(pid: int) -> bool:
    """Has `pid` ended with all its threads, even if it waits as a zombie for its parent to notice?"""
    return start_of_process(pid) is None


def process_is_ending(pid: int) -> bool:
    """Is it on its way out? It runs no program any more, but gives its memory back before its ports."""
    state = _state_of_process(pid)
    return state is not None and (state[0] in "ZX" or bool(int(state[6]) & _EXITING))


def start_of_process(pid: int) -> int | None:
    """Clock ticks since boot when `pid` began; the two name one process for ever. None if dead."""
    state = _state_of_process(pid)
    return int(state[19]) if state else None


#: Among a process's flags: it has begun to end (the kernel's PF_EXITING).
_EXITING = 0x4


def _state_of_process(pid: int) -> list[str] | None:
    """What the kernel says of it: its state at 0, flags at 6, threads at 17, when it began at 19. None if dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" and int(fields[17]) <= 1 else fields


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Ask `true` every few hundredths of a second; False when `seconds` have passed without a yes."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def last_lines(log: Path, *, lines: int = 5) -> str:
    """The end of a log file, for an error message; empty when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
