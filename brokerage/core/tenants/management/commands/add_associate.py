"""Make an associate member of a region (an NHS board, say) with the acts granted to it; again, to change the acts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.context import loader
from brokerage.core.tenants.founding import add_associate_member
from brokerage.core.tenants.models import Region
from brokerage.core.tenants.ownership import use_owner_connection

WORDS = {
    "created": "made, member from {day}",
    "joined": "member from {day}",
    "changed": "acts changed",
    "same": "member already",
}


class Command(BaseCommand):
    help = "Make an associate member of a region, or change the acts granted to it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("name", metavar="NAME", help="name of the organisation")
        parser.add_argument("--region", required=True, metavar="SLUG")
        parser.add_argument("--acts", default="dpv.view", metavar="ACT[,ACT...]", help="default: dpv.view")
        parser.add_argument("--starts-on", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="default: today")

    def handle(self, *args: Any, **options: Any) -> None:
        use_owner_connection()
        starts_on = options["starts_on"] or timezone.localdate()
        acts = [act.strip() for act in options["acts"].split(",") if act.strip()]
        try:
            with loader():
                region = Region.objects.select_related("central_team").filter(slug=options["region"]).first()
                if region is None:
                    known = ", ".join(Region.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
                    raise CommandError(f"There is no region {options['region']} (regions: {known}).")
                associate, done = add_associate_member(region, name=options["name"], acts=acts, starts_on=starts_on)
        except RuleBroken as refused:
            raise CommandError(f"{refused.message}.") from refused
        self.stdout.write(f"{associate.name}: {associate.slug}, {WORDS[done].format(day=starts_on)}.")
        self.stdout.write(f"Acts in {region.name}: {', '.join(sorted(acts))}.")
