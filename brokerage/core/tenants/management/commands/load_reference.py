"""Load authorities, adjacency and outward postcodes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from brokerage.core.tenants.context import loader
from brokerage.core.tenants.ownership import use_owner_connection
from brokerage.core.tenants.reference import load_adjacency, load_authorities, load_outward_codes


class Command(BaseCommand):
    help = "Load the reference data that ships with the product."

    def handle(self, *args: Any, **options: Any) -> None:
        use_owner_connection()
        with loader():
            self.stdout.write(f"Authorities: {load_authorities()} new")
            self.stdout.write(f"Adjacent pairs: {load_adjacency()} new")
            self.stdout.write(f"Outward postcodes: {load_outward_codes()}")
