"""Count every authority's figures again from the rows themselves and compare them with the book of sums.

Exit status 1 when a figure differs and is not mended. --mend writes the book anew where it differs.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction

from brokerage.reports.tallies import differences, mend

#: Differences told of each authority.
TOLD = 10


class Command(BaseCommand):
    help = "Compare the figures of reports with a recount of the rows."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--authority", help="slug of one authority")
        parser.add_argument("--mend", action="store_true", help="write the figures anew where they differ")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SET LOCAL ROLE brokerage_loader")
            cursor.execute(
                "SELECT id, slug FROM tenants_organisation WHERE kind = 'authority'"
                " AND (%(slug)s IS NULL OR slug = %(slug)s) ORDER BY slug",
                {"slug": options["authority"]},
            )
            authorities = cursor.fetchall()
        if options["authority"] and not authorities:
            raise CommandError("There is no authority of that name.")
        for done, (authority_id, slug) in enumerate(authorities, start=1):
            # One transaction each: nobody waits for the whole country.
            with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
                cursor.execute("SET LOCAL ROLE brokerage_loader")
                found = differences(cursor, authority_id)
                if found and options["mend"]:
                    mend(cursor, authority_id)
            for each in found[:TOLD]:
                what = " ".join(str(part) for part in (each.kind, each.month, each.category, each.key) if part)
                self.stderr.write(f"{slug}: {what}: {each.held} in the book, {each.counted} by recount")
            wrong += len(found)
            if done % 25 == 0:
                self.stdout.write(f"{done} of {len(authorities)} authorities")
                self.stdout.flush()
        if wrong and not options["mend"]:
            raise CommandError(f"{wrong} figures differ in {len(authorities)} books; --mend writes them anew.")
        ending = f"; {wrong} were written anew" if wrong else ""
        self.stdout.write(f"{len(authorities)} books compared with a recount{ending}.")
