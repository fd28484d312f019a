"""Peers: other programs of a kindred sort, installed from packages into environments of their own below `var/`.

A peer that does not install or run here is left out with a line that says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path


@dataclass(frozen=True)
class Peer:
    """A program: a name for its directory, its packages, the script that measures it inside, how long we wait."""

    name: str
    packages: tuple[str, ...]
    script: str
    #: Minutes to install it and to make its database.
    patience: int

    def times(self, *words: object, environment: Mapping[str, str]) -> tuple[list[float], str]:
        """The seconds that its script prints as JSON in its last line; or none, and why."""
        python = self.place / "bin" / "python"
        deadline = time.monotonic() + self.patience * 60
        try:
            if not (self.place / "ready").exists():
                run([sys.executable, "-m", "venv", "--clear", str(self.place)], deadline)
                quiet = ["--quiet", "--disable-pip-version-check"]
                run([str(python), "-m", "pip", "install", *quiet, *self.packages], deadline)
                (self.place / "ready").touch()
            script = Path(__file__).resolve().with_name(self.script)
            # -P: what lies beside the script is this product's and hides nothing of the peer's.
            said = run([str(python), "-P", str(script), *(str(word) for word in words)], deadline, environment)
        except subprocess.TimeoutExpired:
            return [], f"not ready within {self.patience} minutes"
        except subprocess.CalledProcessError as problem:
            told = (problem.stderr or problem.stdout or "").strip().splitlines()
            return [], f"does not install or run here ({told[-1][:160] if told else problem})"
        except OSError as problem:
            return [], f"does not install or run here ({problem.strerror})"
        return _seconds(said)

    def version(self, package: str) -> str:
        """Which of its packages is installed; empty when none is."""
        places = [str(path) for path in self.place.glob("lib/python*/site-packages")]
        return next((found.version for found in distributions(name=package, path=places)), "")

    @property
    def place(self) -> Path:
        """Where its environment is kept between runs."""
        from brokerage.embedded.places import var_directory

        return Path(os.environ.get("BENCH_PEERS") or var_directory() / "bench-peers") / self.name


def _seconds(said: str) -> tuple[list[float], str]:
    """The last line of what a script printed; or none, and why."""
    last = (said.strip().splitlines() or [""])[-1]
    try:
        return [float(each) for each in json.loads(last)], ""
    except (ValueError, TypeError):
        return [], f"runs here, but says no times ({last[:160]})"


def server() -> dict[str, str]:
    """This run's PostgreSQL, by its socket: host, user, password, port."""
    from psycopg2.extensions import parse_dsn

    told = parse_dsn(os.environ["SUPERUSER_DATABASE_URL"])
    return {key: str(told.get(key) or "") for key in ("host", "user", "password", "port")}


def run(command: Sequence[str], deadline: float, more: Mapping[str, str] | None = None) -> str:
    """What the command printed. CalledProcessError or TimeoutExpired as `subprocess` raises them."""
    done = subprocess.run(
        command,
        env={**os.environ, **(more or {})},
        capture_output=True,
        text=True,
        check=True,
        timeout=max(1, deadline - time.monotonic()),
    )
    return done.stdout
