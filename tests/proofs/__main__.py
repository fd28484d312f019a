"""`python -m tests.proofs [name ...]`: runs proofs at length, with servers of its own; `script/prove` calls this."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import tests.plugin  # starts or finds the servers, and names this process's own database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "brokerage.settings")


def main() -> int:
    """Run the proofs named, or all; 1 when any found a violation."""
    assert tests.plugin
    import django

    django.setup()
    from tests.proofs.registry import PROOFS

    parser = argparse.ArgumentParser(prog="script/prove", description="Proofs of what must always hold, at length.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of: {', '.join(PROOFS)} (all, without any)")
    parser.add_argument("--cases", type=int, default=20_000, help="how many cases each proof plays (20000)")
    parser.add_argument("--seed", type=int, default=1, help="another number plays other cases (1)")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.names if name not in PROOFS]
    if unknown or chosen.cases < 1:
        parser.error(f"There is no proof called {unknown[0]}." if unknown else "At least one case.")
    broken = []
    for name in chosen.names or PROOFS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as place:
            proved = PROOFS[name](Path(place), chosen.cases, chosen.seed)
        sys.stdout.write(
            f"{name}: {proved.cases} cases, {len(proved.faults)} faults, {len(proved.violations)} violations"
            f" in {time.monotonic() - began:.0f} s: {'holds' if proved.holds else 'BROKEN'}\n"
        )
        if not proved.holds:
            broken.append(name)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
