"""Load authorities, adjacency and outward postcodes. Run with the owner's connection as DATABASE_URL."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from brokerage.core.tenants.context import loader
from brokerage.core.tenants.reference import load_adjacency, load_authorities, load_outward_codes


class Command(BaseCommand):
    help = "Load the reference data that ships with the product."

    def handle(self, *args: Any, **options: Any) -> None:
        with loader():
            self.stdout.write(f"Authorities: {load_authorities()} new")
            self.stdout.write(f"Adjacent pairs: {load_adjacency()} new")
            self.stdout.write(f"Outward postcodes: {load_outward_codes()}")
