"""Close accounts that nobody has used for 90 days. The scheduler does it every day, too."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from brokerage.core.accounts.actions import close_dormant_accounts


class Command(BaseCommand):
    help = "Close accounts that nobody has used for 90 days; an invitation opens them again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{close_dormant_accounts()} accounts closed.")
