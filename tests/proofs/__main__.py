"""`python -m tests.proofs [number or name ...]`: plays the proofs in processes of their own and prints what each came
to; `script/prove` calls this.

Proofs that kill PostgreSQL or Redis have servers of their own. All servers are stopped at the end unless somebody else
uses them, as is every process started, also after Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import reduce
from pathlib import Path
from types import FrameType
from typing import Any

from tests.proofs.play import Outcome
from tests.proofs.registry import HERE, MACHINES, PROOFS, Proof, named
from tests.servers import server_directory

ROOT = Path(__file__).resolve().parent.parent.parent
#: Seconds for a process to end in good order, before it is ended otherwise.
GRACE = 60
#: Seconds that the short form takes at most on two cores that do nothing else.
SHORT = 8 * 60
#: A busy machine may take so many times as long as it should, and is given so many seconds to start; then its proofs
#: have not ended.
PATIENCE, STARTING = 4, 600


def main() -> int:
    """Play the proofs named, or all; 1 when any was broken or a twin was not caught."""
    chosen = _arguments()
    proofs = chosen.proofs
    began = time.monotonic()
    _say(f"{len(proofs)} proofs, seed {chosen.seed}.")
    with tempfile.TemporaryDirectory() as place:
        answers = Path(place) / "answers"
        answers.touch()
        code = _play(chosen, proofs, answers)
        found = _found(proofs, [json.loads(line) for line in answers.read_text().splitlines()])
    if code == 130 or code == 143:
        _say("Stopped; no process is left.")
        return code
    for proof in proofs:
        if proof.number in found and found[proof.number].figures[proof.counts] < chosen.most.get(proof.name, 0):
            found[proof.number].violations.append("fewer were played than were asked for")
    _say(table(proofs, found))
    broken = [str(proof.number) for proof in proofs if proof.number not in found or not found[proof.number].holds]
    seconds = time.monotonic() - began
    if chosen.short and seconds > SHORT:
        _say(f"The short form took more than {SHORT // 60} minutes: this machine is busy, or a proof has grown.")
    if broken:
        _say(f"BROKEN: invariant {', '.join(broken)} ({len(proofs)} played), seed {chosen.seed}, in {seconds:.0f} s.")
        return 1
    total, faults = sum(each.cases for each in found.values()), sum(each.faults.total() for each in found.values())
    twins = sum(len(each.twins) for each in found.values())
    _say(
        f"All {len(proofs)} invariants hold: {total} cases, {faults} faults, 0 violations, {twins} of {twins} twins"
        f" caught, seed {chosen.seed}, in {seconds:.0f} s."
    )
    return 0


def _found(proofs: list[Proof], rows: list[dict[str, Any]]) -> dict[int, Outcome]:
    """What each proof came to, added up over the processes that played it; none of one that some did not end."""
    processes = {proof.number: 1 + (len(_lanes(proofs)) if proof.has_turns else 0) for proof in proofs}
    answers: dict[int, list[Outcome]] = {}
    for row in rows:
        answers.setdefault(row["number"], []).append(Outcome.from_data(row))
    return {number: reduce(Outcome.__add__, each) for number, each in answers.items() if len(each) == processes[number]}


def table(proofs: list[Proof], found: dict[int, Outcome]) -> str:
    """Invariant, cases, faults, violations and twins, a line each; below, which faults."""
    width = max(len(proof.words) for proof in proofs)
    lines = ["", f"{'':>3}  {'invariant':<{width}}  {'cases':>7}  {'faults':>6}  {'violations':>10}  twin caught"]
    figures: list[str] = []
    every: Counter[str] = Counter()
    inputs: Counter[str] = Counter()
    notes: list[str] = []
    for proof in proofs:
        outcome = found.get(proof.number)
        if outcome is None:
            lines.append(f"{proof.number:>3}  {proof.words:<{width}}  did not end")
            continue
        caught = sum(outcome.twins.values())
        twin = f"{caught} of {len(outcome.twins)}" if outcome.twins else "-"
        lines.append(
            f"{proof.number:>3}  {proof.words:<{width}}  {outcome.cases:>7}  {outcome.faults.total():>6}"
            f"  {len(outcome.violations):>10}  {twin}"
        )
        figures += figures_of(proof, outcome)
        every += outcome.faults
        inputs += outcome.inputs
        notes += [f"{proof.number} · {note}" for note in outcome.notes]
    for what, counted in (("Faults", every), ("Inputs", inputs)):
        if counted:
            lines.append(f"{what}: " + ", ".join(f"{name} {count}" for name, count in sorted(counted.items())) + ".")
    return "\n".join([*lines, *notes, *figures])


def figures_of(proof: Proof, outcome: Outcome) -> list[str]:
    """A line of what a proof came to in words of its own, beside how much is asked for."""
    figures = {proof.size.of: 0} if proof.size else {}
    asked = {proof.size.of: f" of {proof.size.many:,}"} if proof.size else {}
    words = [f"{count:,}{asked.get(name, '')} {name}" for name, count in {**figures, **outcome.figures}.items()]
    return [f"{proof.number} · {', '.join(words)}"] if words else []


def _arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/prove", description="Proofs of what must always hold.")
    names = ", ".join(f"{proof.number} ({proof.name})" for proof in PROOFS)
    parser.add_argument("names", nargs="*", metavar="invariant", help=f"all without any, or some of: {names}")
    sized = {proof.name: proof.size for proof in PROOFS if proof.size}
    sizes = ", ".join(f"{size.many:,} {size.of} of {name}" for name, size in sized.items())
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--minutes", type=float, help="go on for about so many minutes in all (60)")
    how_long.add_argument("--short", action="store_true", help="the form of the test-suite: less than eight minutes")
    how_long.add_argument(
        "--cases",
        type=int,
        help="no fewer and no more than so many, however long they take. Without any of the three, where only such"
        f" are named: {sizes}",
    )
    parser.add_argument("--seed", type=int, default=1, help="another number plays other cases (1)")
    chosen = parser.parse_args(arguments)
    try:
        chosen.proofs = named(chosen.names)
    except KeyError as unknown:
        parser.error(f"There is no proof called {unknown.args[0]}.")
    if any(given is not None and not 0 < given < math.inf for given in (chosen.minutes, chosen.cases)):
        parser.error("More than nothing, please, and an end.")
    has_sizes = all(proof.name in sized for proof in chosen.proofs)
    if chosen.cases and not has_sizes:
        parser.error(f"--cases is for {', '.join(sized)}: of another nothing is counted.")
    # How many each plays where they are counted, and not the time.
    is_counted = has_sizes and not chosen.short and chosen.minutes is None
    chosen.most = {name: chosen.cases or size.many for name, size in sized.items()} if is_counted else {}
    return chosen


def _play(chosen: argparse.Namespace, proofs: list[Proof], answers: Path) -> int:
    """Every lane in a process, at the same time; the code with which this process is to end when it was stopped."""
    lanes = _lanes(proofs)
    seconds = SHORT if chosen.short else math.inf if chosen.most else (chosen.minutes or 60) * 60
    # The short form's turns are over a minute early: nothing of it may take longer than was said.
    until = time.monotonic() + (SHORT - 60 if chosen.short else seconds)
    turns = [proof.name for proof in proofs if proof.has_turns]
    running: list[subprocess.Popen[bytes]] = []
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, _stopped)
    own = own_servers()
    try:
        for lane, given in lanes.items():
            asked = {
                "names": [proof.name for proof in given],
                "turns": turns,
                "until": until,
                "seed": chosen.seed,
                # Each process shares the time among its own, and as much as one is left for the turns.
                "seconds": None if chosen.short else seconds / (len(given) + bool(turns)),
                "short": chosen.short,
                "most": chosen.most,
                "answers": str(answers),
            }
            environment = {**os.environ, "TEST_SERVERS": str(own)} if lane == MACHINES and given else dict(os.environ)
            command = [sys.executable, "-m", "tests.proofs.lane", json.dumps(asked)]
            # In a group of its own: Ctrl-C reaches it once, from here.
            running.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))
        if not _ended(running, time.monotonic() + PATIENCE * seconds + STARTING):
            _say("Stopping what did not end.")
    except (KeyboardInterrupt, SystemExit) as stop:
        _say("Stopping.")
        return 143 if isinstance(stop, SystemExit) else 130
    finally:
        _end_all(running)
        command = [sys.executable, "-m", "brokerage.embedded", "stop", "--tests", "--unless-used"]
        for directory in (own, server_directory()):
            subprocess.run([*command, "--directory", str(directory)], cwd=ROOT, check=False)
    return 0


def _lanes(proofs: list[Proof]) -> dict[str, list[Proof]]:
    """The proofs that each process plays; one without any is there where there are turns to take."""
    lanes = {lane: [proof for proof in proofs if proof.lane == lane] for lane in (MACHINES, HERE)}
    has_turns = any(proof.has_turns for proof in proofs)
    return {lane: given for lane, given in lanes.items() if given or has_turns}


def _ended(running: list[subprocess.Popen[bytes]], deadline: float) -> bool:
    """Wait for the processes until the deadline of the clock that only goes on; did all of them end?"""
    for process in running:
        try:
            process.wait(max(deadline - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return False
    return True


def own_servers() -> Path:
    """Where the servers are that proofs may kill."""
    beside = server_directory().resolve()
    return beside.with_name(f"{beside.name}-proofs")


def _end_all(running: list[subprocess.Popen[bytes]]) -> None:
    """No process of ours stays: each is asked, then made to end. Impatience does not stop that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(end, signal.SIG_IGN)
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in running:
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _stopped(_signal: int, _frame: FrameType | None) -> Any:
    raise SystemExit(143)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
