"""Looking at a file before and while it is imported: is it readable as it must be, and what stands on each line.

Commas and UTF-8 only: semicolons and other letters would be guesses, so they get one clear sentence each.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from django.utils.translation import gettext as _

from brokerage.core.csv_input import Column, Row, RowError, stream_csv

_CHUNK = 1 << 16
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Look:
    """A first look: a sentence if the file cannot be imported at all, about how many rows, columns not used."""

    fault: str
    rows: int
    ignored: tuple[str, ...]
    sha256: str


@dataclass(frozen=True)
class Line:
    """One data row of the file: the values, or what is wrong with them."""

    number: int
    row: Row | None
    errors: tuple[RowError, ...]
    is_repeat: bool = False


def look_at(file: BinaryIO, columns: Sequence[Column]) -> Look:
    """Read the whole file once, in bounded memory, and go back to its start."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    start = b""
    line_ends = 0
    last = b""
    is_utf8 = True
    has_nulls = False
    while chunk := file.read(_CHUNK):
        start = start or chunk
        last = chunk[-1:]
        digest.update(chunk)
        line_ends += chunk.count(b"\n") or chunk.count(b"\r")
        has_nulls = has_nulls or b"\x00" in chunk
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    file.seek(0)
    rows = max(line_ends + (last not in (b"\n", b"\r", b"")) - 1, 0)
    heading = start.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip("\r\n").splitlines()[:1]
    fault = _fault(start, heading[0] if heading else "", is_utf8=is_utf8, has_nulls=has_nulls)
    ignored = () if fault else _unused(heading[0] if heading else "", columns)
    return Look(fault, rows, ignored, digest.hexdigest())


def _fault(start: bytes, heading: str, *, is_utf8: bool, has_nulls: bool) -> str:
    if not start.strip(b"\xef\xbb\xbf \t\r\n,;"):
        return _("The file is empty")
    if start.startswith(_EXCEL):
        return _("This is an Excel workbook. In Excel choose Save As, then “CSV UTF-8”, and upload that file")
    if start.startswith(b"%PDF"):
        return _("This is a PDF. Upload a CSV file")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _("The letters of this file are not in UTF-8. In Excel choose Save As, then “CSV UTF-8”")
    if has_nulls:
        return _("This is not a CSV file: it holds binary data. Save it as “CSV UTF-8”")
    if not is_utf8:
        return _("The letters of this file are not in UTF-8. In Excel choose Save As, then “CSV UTF-8”")
    if heading.count(",") == 0 and any(heading.count(mark) > 0 for mark in ";\t|"):
        return _("The cells of this file are not separated by commas. In Excel choose Save As, then “CSV UTF-8”")
    return ""


def _unused(heading: str, columns: Sequence[Column]) -> tuple[str, ...]:
    known = {_plain(name) for column in columns for name in (column.name, *column.aliases)}
    try:
        cells = next(csv.reader([heading]), [])
    except csv.Error:
        return ()
    return tuple(cell.strip() for cell in cells if cell.strip() and _plain(cell) not in known)


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading).strip().casefold()


def lines_of(file: BinaryIO, columns: Sequence[Column]) -> Iterator[Line]:
    """Each data row in the order of the file; columns nobody asked for are passed over."""
    file.seek(0)
    for number, entries in groupby(stream_csv(file, columns, allow_unknown=True), key=lambda entry: entry.line):
        row: Row | None = None
        errors: list[RowError] = []
        for entry in entries:
            if isinstance(entry, Row):
                row = entry
            else:
                errors.append(entry)
        yield Line(number, None if errors else row, tuple(errors))
