"""Look whether every home in which somebody lives still passes: the nightly run, by hand."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from brokerage.safeguarding.firewall.actions.runs import Authority, authorities, check_all, due
from brokerage.safeguarding.firewall.models import Check


class Command(BaseCommand):
    help = "Check the homes of every open placement. Stopped, it goes on with the authorities not done today."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="also those that were checked today")

    def handle(self, *args: Any, **options: Any) -> None:
        from brokerage.core.clock import database_today
        from brokerage.core.tenants.context import worker

        with worker():
            today = database_today()
        total = len(authorities() if options["again"] else due(today))
        done = 0

        def progress(authority: Authority, check: Check) -> None:
            nonlocal done
            done += 1
            self.stdout.write(
                f"{done} of {total}: {authority.name}: {check.checked:,} placements, {check.failing:,} do not pass"
                f" ({check.found:,} new, {check.changed:,} changed, {check.cleared:,} cleared)"
            )

        checks = check_all(again=options["again"], progress=progress)
        self.stdout.write(
            f"{len(checks):,} authorities, {sum(check.checked for check in checks):,} placements checked,"
            f" {sum(check.failing for check in checks):,} do not pass"
        )
