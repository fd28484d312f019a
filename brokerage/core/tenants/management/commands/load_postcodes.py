"""Load every postcode of England and Wales (about 2.4 million, some 200 MB) from the ONS Postcode Directory.

Without it a postcode is placed by the middle of its outward code. Replaces what was there, in one transaction: a run
that is stopped changes nothing and can be started again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from brokerage.core.tenants.context import loader
from brokerage.core.tenants.ownership import use_owner_connection
from brokerage.core.tenants.postcode_directory import read_postcodes

#: Rows between two progress lines.
SHOW_EVERY = 200_000


class Command(BaseCommand):
    help = "Load the postcodes of England and Wales."

    def handle(self, *args: Any, **options: Any) -> None:
        use_owner_connection()
        began = time.monotonic()
        with loader(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM tenants_postcode")
            cursor.copy_expert(
                "COPY tenants_postcode (code, easting, northing, gss_code) FROM STDIN", LinesFile(self._lines())
            )
            cursor.execute("SELECT count(*) FROM tenants_postcode")
            count = cursor.fetchone()[0]
        self.stdout.write(f"{count} postcodes in {time.monotonic() - began:.0f} s")

    def _lines(self) -> Iterator[str]:
        for number, row in enumerate(read_postcodes(), start=1):
            yield f"{row.postcode}\t{row.easting}\t{row.northing}\t{row.authority_gss}\n"
            if number % SHOW_EVERY == 0:
                self.stdout.write(f"  {number} postcodes read")
                self.stdout.flush()


class LinesFile:
    """An iterator of lines as the file that COPY reads from."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._left = ""

    def read(self, size: int = -1) -> str:
        parts = [self._left]
        length = len(self._left)
        for line in self._lines:
            parts.append(line)
            length += len(line)
            if 0 <= size <= length:
                break
        text = "".join(parts)
        self._left = text[size:] if size >= 0 else ""
        return text[:size] if size >= 0 else text
