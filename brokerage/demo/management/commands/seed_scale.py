"""Make a believable country of N referrals for measuring, in a database of its own.

175 authorities, 6,000 homes, five years; the same seed on the same day makes the same rows. A run that was stopped goes
on with the step that was not finished. Refuses a database with other referrals in it.
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction
from django.utils import timezone

from brokerage.demo.scale import loading


class Command(BaseCommand):
    help = "Make a believable country of N referrals, for measuring."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--referrals", type=int, required=True, help="how many")
        parser.add_argument("--establishments", type=int, default=6_000, help="how many homes and agencies (6000)")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another country (1)")
        parser.add_argument("--day", type=dt.date.fromisoformat, help="the country's today (today)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["referrals"] < 1 or options["establishments"] < 60 or not 0 <= options["seed"] < 1_000_000:
            raise CommandError("At least 1 referral and 60 establishments; a seed from 0 to 999999.")
        began = time.monotonic()
        try:
            is_new = loading.seed(
                referrals=options["referrals"],
                homes=options["establishments"],
                seed=options["seed"],
                today=options["day"] or timezone.localdate(),
                tell=self._tell,
            )
        except loading.WrongCountry as problem:
            raise CommandError(str(problem)) from None
        if not is_new:
            self.stdout.write("This country is there already; nothing was done.")
            return
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            for what, count, each in loading.densities(cursor):
                self.stdout.write(f"{count:>14,} {what} ({each:.2f} a referral)")
        self.stdout.write(f"Done in {time.monotonic() - began:.0f} s.")

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
