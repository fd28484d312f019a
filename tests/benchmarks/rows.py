"""What a benchmark finds: rows of figures beside their goals, as JSON and as Markdown. Plain arithmetic, no clock."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: In the place of a goal.
NO_GOAL = "none"


@dataclass(frozen=True)
class Row:
    """A figure. `ratio` is ours over the reference's time (or the other way round where more is better), `spread` its
    middle half, `goal` the bound: `at_most` or at least; None where none is set and the figure only tells."""

    name: str
    goal: float | None
    ratio: float
    spread: tuple[float, float]
    reference: str
    at_most: bool = True
    #: Beside the ratio: what was measured, in words.
    note: str = ""
    #: Met by another measure of the same goal ("1.2 times or 0.3 ms, whichever is more").
    is_small: bool = False

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.is_small or (self.ratio <= self.goal if self.at_most else self.ratio >= self.goal)

    @property
    def goal_text(self) -> str:
        if self.goal is None:
            return NO_GOAL
        return f"{'at most' if self.at_most else 'at least'} {figure(self.goal)}"


@dataclass(frozen=True)
class Seeding:
    """How long a country of so many referrals took to make, with its statistics. It has no goal of its own."""

    referrals: int
    #: Those of all tables together.
    rows: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As the record keeps it."""
        return {
            "referrals": self.referrals,
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "rows_per_second": round(self.rows / self.seconds),
            "goal": NO_GOAL,
        }


def row_to_json(row: Row) -> dict[str, Any]:
    """A row as the record keeps it."""
    return {
        "name": row.name,
        "goal": row.goal_text,
        "ratio": round(row.ratio, 3),
        "spread": [round(bound, 3) for bound in row.spread],
        "reference": row.reference,
        "met": row.met,
        "note": row.note,
    }


def figure(value: float) -> str:
    """Three significant digits, no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """The quarter points; of a single value, itself twice."""
    if len(values) < 2:
        return values[0], values[0]
    low, _middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def compared(
    name: str,
    ours: Sequence[float],
    reference_times: Sequence[float],
    *,
    goal: float | None,
    reference: str,
    at_most: bool = True,
    note: str = "",
) -> Row:
    """A row of two lists of seconds taken in turn: the middle of each round's ratio, and their spread.

    With `at_most` false the ratio is the reference's seconds over ours: how many times faster we are.
    """
    above, below = (ours, reference_times) if at_most else (reference_times, ours)
    rounds = [mine / other for mine, other in zip(above, below, strict=True)]
    ratio = statistics.median(rounds)
    told = f"{milliseconds(ours)} against {milliseconds(reference_times)}{'; ' if note else ''}{note}"
    return Row(name, goal, ratio, middle_half(rounds), reference, at_most, told)


def milliseconds(times: Sequence[float]) -> str:
    return f"{figure(statistics.median(times) * 1000)} ms"


_MET = {True: "yes", False: "**no**", None: "-"}


def to_markdown(record: dict[str, Any]) -> str:
    """The page of a record."""
    seeded = record.get("seeded", [])
    lines = [
        "# Figures",
        "",
        f"{record['machine']}; " + ", ".join(f"{name} {version}" for name, version in record["versions"].items()) + ".",
        "",
        *_runs([*record["rows"], *_named(seeded)], record["machine"]),
        "",
        "Each is a ratio to a reference measured in the same run (in turn with it; Tryton and pretix in places of",
        "their own, one after the other), with the middle half of the rounds: times differ from machine to machine,",
        "ratios hardly. PostgreSQL is durable (fsync, synchronous commits).",
        "",
        "| figure | ratio | middle half | goal | met | reference | measured |",
        "| --- | ---: | ---: | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['name']} | {figure(row['ratio'])} | {figure(row['spread'][0])} to {figure(row['spread'][1])} |"
        f" {row['goal']} | {_MET[row['met']]} | {row['reference']} | {row['note']} |"
        for row in record["rows"]
    ]
    if seeded:
        lines += [
            "",
            "How long `manage.py seed_scale` took, with the statistics of every table (no goal):",
            "",
            "| referrals | rows of all tables | seconds | rows a second |",
            "| ---: | ---: | ---: | ---: |",
            *(
                f"| {one['referrals']:,} | {one['rows']:,} | {one['seconds']:,} | {one['rows_per_second']:,} |"
                for one in seeded
            ),
        ]
    left_out = [text for texts in record["left_out"].values() for text in texts]
    if left_out:
        lines += ["", "Not measured:", "", *(f"- {text}" for text in left_out)]
    return "\n".join(lines) + "\n"


def _named(seeded: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "benchmark": f"seeding of {one['referrals']:,}"} for one in seeded]


def _runs(rows: Sequence[dict[str, Any]], machine: str) -> list[str]:
    """A line for each run that figures are of, with the benchmarks that it stands for where there are several."""
    runs: dict[str, list[str]] = {}
    for row in rows:
        run = row["run"]
        code = f", code {run['commit']}" if run["commit"] else ""
        where = f", on {run['machine']}" if run.get("machine", machine) != machine else ""
        told = f"Measured on {run['date']} by `{run['command']}`{code}{where}"
        names = runs.setdefault(told, [])
        if row["benchmark"] not in names:
            names.append(row["benchmark"])
    if len(runs) == 1:
        return [f"{told}." for told in runs]
    return [f"- {told}: {', '.join(names)}." for told, names in runs.items()]
