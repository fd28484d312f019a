"""Writing CSV files that spreadsheets open as they are meant, and that cannot run as formulas.

A text cell that a spreadsheet would take for a formula gets a leading apostrophe (CWE-1236); numbers stay
numbers. `without_guard` takes the apostrophe off again when such a file comes back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def safe_cell(value: Any) -> str:
    """One value as a cell: None is empty, dates ISO, yes and no, Decimal and whole numbers as they are.

    Raises TypeError for a float: an amount that came through one is not to be trusted.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        raise TypeError("a float has no place in a file of amounts")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    text = str(value).replace("\x00", "")
    if _is_dangerous(text):
        return f"'{text}"
    return text


def without_guard(text: str) -> str:
    """A cell's text without the apostrophe that `safe_cell` put before it."""
    return text[1:] if text.startswith("'") and _is_dangerous(text[1:]) else text


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Each row as one CSV record with CRLF, for a streamed answer; the first begins with a byte-order mark.

    Excel needs the mark to read the letters of Welsh names.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def write_csv(rows: Iterable[Iterable[Any]]) -> bytes:
    """A whole CSV file, the heading being the first of `rows`."""
    return "".join(csv_lines(rows)).encode()


def _is_dangerous(text: str) -> bool:
    # Apostrophes already there count as guards, so that taking one off gives the text back exactly.
    bare = text.lstrip(" '")
    return bare.startswith(_DANGEROUS) and _NUMBER.fullmatch(bare) is None
