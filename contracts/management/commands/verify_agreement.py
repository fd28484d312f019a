"""Say whether a PDF file is a genuine agreement. Exit status 0 only for a genuine one in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contracts.verifying import check_agreement


class Command(BaseCommand):
    help = "Check the seal of an agreement."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("file", help="the PDF")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        answer = check_agreement(path.read_bytes())
        line = f"{answer.title}. {answer.text}"
        if answer.verdict != "genuine":
            raise CommandError(line)
        self.stdout.write(f"{line} Sealed {answer.sealed_at:%Y-%m-%d %H:%M %Z}.")
