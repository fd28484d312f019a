"""Load the demo region: councils, providers, vehicles, prices, running placements and referrals in every state.

Shows each step; what is there is left alone, so that a run that was stopped goes on with what is missing.
Writes `var/demo.json` (people, passwords), readable by its owner only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand

from brokerage.demo import loading


class Command(BaseCommand):
    help = "Load the demo region."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when a finished demo is there")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_empty"] and loading.is_finished():
            self.stdout.write("The demo is there already.")
            return
        for title, step in loading.steps():
            self._run(title, step)

    def _run(self, title: str, step: Callable[[], Any]) -> None:
        began = time.monotonic()
        self.stdout.write(f"  {title} ... ", ending="")
        self.stdout.flush()
        done = step()
        self.stdout.write(f"{'' if done is None else done} ({time.monotonic() - began:.1f} s)")
