"""Make a region with its central team and members, or add members to one: the operator's first step after the reference
data. Run again it adds whoever is missing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import loader
from brokerage.core.tenants.founding import add_members, authorities_of, found_region
from brokerage.core.tenants.ownership import use_owner_connection


class Command(BaseCommand):
    help = "Make a region with its central team and members, or add members to it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("name", metavar="NAME", help="name of the region")
        parser.add_argument("--central-team", required=True, metavar="NAME", help="name of its central team")
        parser.add_argument("--members", required=True, metavar="GSS[,GSS...]", help="codes of the authorities")
        parser.add_argument("--starts-on", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="default: today")

    def handle(self, *args: Any, **options: Any) -> None:
        use_owner_connection()
        starts_on = options["starts_on"] or timezone.localdate()
        try:
            with loader():
                authorities = authorities_of(options["members"].split(","))
                region, is_new = found_region(
                    name=options["name"], central_team=options["central_team"], starts_on=starts_on
                )
                added = add_members(region, authorities, starts_on=starts_on)
        except RuleBroken as refused:
            raise CommandError(f"{refused.message}.") from refused
        self.stdout.write(f"Region {region.name}: {region.slug}, {'made' if is_new else 'there already'}.")
        self.stdout.write(f"Central team {region.central_team.name}: {region.central_team.slug}.")
        for authority in authorities:
            state = f"member from {starts_on}" if authority in added else "member already"
            self.stdout.write(f"{authority.name}: {authority.slug}, {state}.")
