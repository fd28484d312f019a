"""Reading a CSV file as people's spreadsheets write it, row by row, each fault with its line and column.

Byte-order marks, Windows letters, semicolons and tabs, blank rows and renamed columns are read; an Excel
workbook or a binary file gets one clear sentence. Memory stays bounded whatever the file's length. Nothing is
stored here.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from brokerage.core.csv_output import without_guard
from brokerage.core.errors import RuleBroken

MOST_ROWS = 200_000
MOST_ERRORS = 500
_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 20
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Column:
    """A column of the file. `aliases` are other headings for it; `parse` reads a cell that is not empty.

    A column that is not `required` may be missing, and its cells may be empty: the value is None then.
    """

    name: str
    required: bool = True
    aliases: tuple[str, ...] = ()
    parse: Callable[[str], Any] = str


@dataclass(frozen=True)
class Row:
    """One good row: where it starts in the file (the heading is line 1) and its values by column name."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True)
class RowError:
    """What is wrong, and where; `column` is empty where it is the row or the file."""

    line: int
    column: str
    message: str


class _Unreadable(Exception):
    """The file as a whole cannot be read; carries the sentence."""


def read_csv(
    source: bytes | BinaryIO, columns: Sequence[Column], *, allow_unknown: bool = False
) -> tuple[list[Row], list[RowError]]:
    """All good rows and all errors. For files of unknown length use `stream_csv`."""
    rows: list[Row] = []
    errors: list[RowError] = []
    for entry in stream_csv(source, columns, allow_unknown=allow_unknown):
        if isinstance(entry, Row):
            rows.append(entry)
        else:
            errors.append(entry)
    return rows, errors


def stream_csv(
    source: bytes | BinaryIO, columns: Sequence[Column], *, allow_unknown: bool = False
) -> Iterator[Row | RowError]:
    """Each row, or each of its errors, as it is read; `source` is bytes or a seekable binary file.

    Faults of the heading end the reading: missing, repeated and (unless `allow_unknown`) unknown columns are
    named. Stops after MOST_ERRORS errors or MOST_ROWS rows and says so.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        text = _as_text(file)
    except _Unreadable as unreadable:
        yield RowError(1, "", str(unreadable))
        return
    errors = 0
    for entry in _entries(text, columns, allow_unknown):
        yield entry
        errors += isinstance(entry, RowError)
        if errors >= MOST_ERRORS:
            message = _("There are more errors: only the first %(most)s are shown") % {"most": MOST_ERRORS}
            yield RowError(entry.line, "", message)
            return


def _as_text(file: BinaryIO) -> Iterator[str]:
    start = file.read(8)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unreadable(
            _("This is an Excel workbook. In Excel choose Save As, then “CSV UTF-8”, and upload that file")
        )
    if start.startswith(b"%PDF"):
        raise _Unreadable(_("This is a PDF. Upload a CSV file"))
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = _encoding_of(file)
        file.seek(0)
    return _lines(file, encoding)


def _encoding_of(file: BinaryIO) -> str:
    as_utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    is_windows = True
    is_empty = True
    while chunk := file.read(_CHUNK):
        if b"\x00" in chunk:
            raise _Unreadable(_("This is not a CSV file: it holds binary data. Save it as “CSV UTF-8”"))
        is_empty = is_empty and not chunk.strip(b"\xef\xbb\xbf \t\r\n,;")
        if is_utf8:
            try:
                as_utf8.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        if is_windows:
            is_windows = not chunk.translate(None, _IN_WINDOWS)
    if is_empty:
        raise _Unreadable(_("The file is empty"))
    if is_utf8:
        try:
            as_utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    if is_utf8:
        return "utf-8-sig"
    if is_windows:
        return "cp1252"
    raise _Unreadable(_("The letters of this file cannot be read. Save it as “CSV UTF-8”"))


# Every byte that the Windows code page 1252 defines.
_IN_WINDOWS = bytes(set(range(256)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D})


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    waiting = ""
    while True:
        chunk = file.read(_CHUNK)
        waiting += decoder.decode(chunk, final=not chunk)
        *whole, waiting = waiting.split("\n")
        yield from (f"{line}\n" for line in whole)
        if not chunk:
            break
        if len(waiting) > _LONGEST_LINE:
            # No spreadsheet writes such a line; cut, it fails as a row instead of filling the memory.
            yield f"{waiting}\n"
            waiting = ""
    if waiting:
        yield waiting


def _entries(lines: Iterator[str], columns: Sequence[Column], allow_unknown: bool) -> Iterator[Row | RowError]:
    heading = next(lines, "")
    before = 0
    separator = re.fullmatch(r"sep=(.)\s*", heading, re.IGNORECASE)
    if separator:
        # Excel's own note to itself.
        heading = next(lines, "")
        before = 1
    while heading and not heading.strip(f'{_DELIMITERS}\n" '):
        heading = next(lines, "")
        before += 1
    delimiter = separator[1] if separator else _delimiter_of(heading, columns)
    reader = csv.reader(_with_first(heading, lines), delimiter=delimiter, strict=True)
    try:
        headings = next(reader, [])
    except csv.Error:
        headings = []
    places, faults = _match_headings(headings, columns, allow_unknown)
    if faults:
        yield from (RowError(before + 1, column, message) for column, message in faults)
        return
    yield from _rows(reader, columns, places, len(headings), before)


def _with_first(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter_of(heading: str, columns: Sequence[Column]) -> str:
    known = {_plain(name) for column in columns for name in (column.name, *column.aliases)}

    def matches(delimiter: str) -> tuple[int, int]:
        cells = heading.split(delimiter)
        return sum(_plain(cell) in known for cell in cells), len(cells)

    return max(_DELIMITERS, key=matches)


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading).strip().casefold()


def _match_headings(
    headings: Sequence[str], columns: Sequence[Column], allow_unknown: bool
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    by_name = {_plain(name): column.name for column in columns for name in (column.name, *column.aliases)}
    places: dict[str, int] = {}
    unknown: list[str] = []
    faults: list[tuple[str, str]] = []
    for place, heading in enumerate(headings):
        name = by_name.get(_plain(heading))
        if name is None:
            if heading.strip():
                unknown.append(heading.strip())
        elif name in places:
            faults.append((name, _("The column “%(name)s” is there twice") % {"name": name}))
        else:
            places[name] = place
    missing = [column.name for column in columns if column.required and column.name not in places]
    faults += [(name, _("The column “%(name)s” is missing") % {"name": name}) for name in missing]
    if missing or not allow_unknown:
        absent = {_plain(column.name): column.name for column in columns if column.name not in places}
        faults += [(heading, _unknown_message(heading, absent)) for heading in unknown]
    return places, faults


def _unknown_message(heading: str, absent: dict[str, str]) -> str:
    close = difflib.get_close_matches(_plain(heading), list(absent), n=1, cutoff=0.7)
    if close:
        return _("The column “%(heading)s” is not known. Did you mean “%(name)s”?") % {
            "heading": heading,
            "name": absent[close[0]],
        }
    return _("The column “%(heading)s” is not known: remove it") % {"heading": heading}


def _rows(
    reader: Any, columns: Sequence[Column], places: dict[str, int], width: int, before: int
) -> Iterator[Row | RowError]:
    count = 0
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowError(line, "", _csv_message(error))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            yield RowError(line, "", _("The file has more than %(most)s rows: split it") % {"most": MOST_ROWS})
            return
        if any(cell.strip() for cell in cells[width:]):
            message = _("The row has %(found)s cells, the heading %(width)s: check for a stray separator")
            yield RowError(line, "", message % {"found": len(cells), "width": width})
            continue
        yield from _read_cells(cells, columns, places, line)


def _csv_message(error: csv.Error) -> str:
    if "field larger" in str(error) or "unexpected end" in str(error):
        return _("A quotation mark opens here and is never closed")
    return _("The quotation marks of this row do not fit: double a quotation mark inside quoted text")


def _read_cells(
    cells: Sequence[str], columns: Sequence[Column], places: dict[str, int], line: int
) -> Iterator[Row | RowError]:
    values: dict[str, Any] = {}
    is_good = True
    for column in columns:
        place = places.get(column.name)
        text = without_guard(cells[place].strip()) if place is not None and place < len(cells) else ""
        values[column.name] = None
        if text:
            try:
                values[column.name] = column.parse(text)
            except (ValueError, RuleBroken) as refused:
                is_good = False
                yield RowError(line, column.name, str(refused))
        elif column.required:
            is_good = False
            yield RowError(line, column.name, _("“%(name)s” is empty") % {"name": column.name})
    if is_good:
        yield Row(line, values)
