"""The record of figures: what is kept in `docs/figures.*`, how a later run is put into it, and what a stopped run left.

A record is the JSON of `docs/figures.json`. Each row says by which benchmark it was found and how, so that a run of
some benchmarks replaces their rows and no others.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.rows import Row, Seeding, row_to_json

ROOT = Path(__file__).resolve().parent.parent.parent
Record = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How figures are found: what was asked for, of which code, and on which day."""

    command: str
    commit: str
    date: str
    sizes: tuple[int, ...]
    effort: float

    def to_json(self) -> Record:
        return {
            "command": self.command,
            "commit": self.commit,
            "date": self.date,
            "sizes": list(self.sizes),
            "effort": self.effort,
        }

    @property
    def key(self) -> list[Any]:
        """What must be the same for a stopped run to be gone on with."""
        return [self.commit, list(self.sizes), self.effort]


@dataclass
class Found:
    """What one benchmark found, what it had to leave out, and the countries that it was the first to need."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    seeded: list[Seeding] = field(default_factory=list)


def commit() -> str:
    """The code measured, with a mark of its own where it is not just as committed; empty without git."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD").strip()
        # What is written at the end is not the code.
        changes = _git("diff", "HEAD", "--", ".", ":!docs/figures.*")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{name}+{hashlib.sha256(changes.encode()).hexdigest()[:6]}" if changes else name


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def read_record(path: Path) -> Record | None:
    """The record that is kept, if there is one."""
    try:
        kept: Record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept


def is_less(run: Run, kept: Record | None) -> bool:
    """Was less asked for than what the record was made with? A record that does not say is of the usual run."""
    runs = [row["run"] for row in (kept or {}).get("rows", []) if "run" in row]
    if kept is None:
        return False
    sizes = max((run["sizes"][-1] for run in runs), default=100_000)
    return run.sizes[-1] < sizes or run.effort < max((run["effort"] for run in runs), default=1.0)


def recorded(
    kept: Record | None,
    found: dict[str, Found],
    run: Run,
    *,
    order: Sequence[str],
    machine: str,
    versions: dict[str, str],
) -> Record:
    """The record with these findings in it: benchmarks that were run replace what they found before.

    Each row keeps the machine and the versions that it was found with; above stand this run's, and of what stays the
    versions of what this run did without. How long a country took to seed stays until one of its size is made again.
    """
    told = {**run.to_json(), "machine": machine, "versions": versions}
    rows: dict[str, list[Record]] = {name: [] for name in order}
    left_out: dict[str, list[str]] = {}
    for row in (kept or {}).get("rows", []):
        # Rows of a record that did not say by which benchmark they were found cannot be told from those found now.
        if row.get("benchmark") in rows:
            rows[row["benchmark"]].append(row)
    for name, texts in (kept or {}).get("left_out", {}).items():
        left_out[name] = texts
    for name, one in found.items():
        rows[name] = [{**row_to_json(row), "benchmark": name, "run": told} for row in one.rows]
        left_out[name] = one.left_out
    stays = [row["run"].get("versions", {}) for name in order for row in rows[name] if name not in found]
    seeded = {one["referrals"]: one for one in (kept or {}).get("seeded", [])}
    seeded |= {each.referrals: {**each.to_json(), "run": told} for one in found.values() for each in one.seeded}
    return {
        "rows": [row for name in order for row in rows[name]],
        "seeded": [seeded[referrals] for referrals in sorted(seeded)],
        "left_out": {name: left_out[name] for name in order if left_out.get(name)},
        "machine": machine,
        "versions": {name: number for each in (*stays, versions) for name, number in each.items()},
        "date": run.date,
    }


class Progress:
    """What a run has found so far, kept in a file, so that one that was stopped can go on."""

    def __init__(self, path: Path, run: Run) -> None:
        self.path, self.run = path, run

    def read(self) -> dict[str, Found]:
        """What an earlier run of the same code, sizes and effort found; nothing where that was another run."""
        kept = read_record(self.path)
        if kept is None or kept.get("key") != self.run.key:
            return {}
        return {
            name: Found(
                [Row(**{**row, "spread": tuple(row["spread"])}) for row in one["rows"]],
                one["left_out"],
                [Seeding(**each) for each in one["seeded"]],
            )
            for name, one in kept["found"].items()
        }

    def write(self, found: dict[str, Found]) -> None:
        """Beside what an earlier run of the same key found with other benchmarks."""
        found = {**self.read(), **found}
        told = {"key": self.run.key, "found": {name: _plain(one) for name, one in found.items()}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(told, indent=1), encoding="utf-8")
        new.replace(self.path)


def _plain(one: Found) -> Record:
    return {
        "rows": [vars(row) for row in one.rows],
        "left_out": one.left_out,
        "seeded": [vars(each) for each in one.seeded],
    }
