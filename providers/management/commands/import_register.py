"""Import a regulator's list, carer households or insurance policies."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from providers.imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import a regulator's list of homes; with an option, carer households or insurance policies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--whole-list",
            action="store_true",
            help="the file names every home of its regulator and kinds: tell the rest",
        )
        parser.add_argument(
            "--many-missing",
            action="store_true",
            help="with --whole-list: tell the rest even where the list leaves out many homes",
        )
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--households", action="store_true", help="the file lists carer households")
        which.add_argument("--insurance", action="store_true", help="the file lists insurance policies")

    def kind_of(self, options: dict[str, Any]) -> str:
        if options["households"]:
            return "households"
        return "insurance" if options["insurance"] else "register"
