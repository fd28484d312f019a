"""Import ceiling prices, or menus of additional services."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from providers.imports.commands import ImportCommand


class Command(ImportCommand):
    help = "Import ceiling prices of establishments on lots; with --menus, unit prices of additional services."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--menus", action="store_true", help="the file lists menus of additional services")

    def kind_of(self, options: dict[str, Any]) -> str:
        return "menus" if options["menus"] else "prices"
