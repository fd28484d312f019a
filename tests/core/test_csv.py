"""CSV files as spreadsheets write them: read with line and column, written so that nothing runs."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brokerage.core import csv_input
from brokerage.core.csv_input import Column, Row, RowError, read_csv, stream_csv
from brokerage.core.csv_output import csv_lines, safe_cell, write_csv
from brokerage.core.csv_values import one_of, parse_date, parse_flag, parse_whole, text_up_to
from brokerage.core.money import parse_money

COLUMNS = (
    Column("URN"),
    Column("Name", aliases=("Establishment name", "Enw")),
    Column("Start date", parse=parse_date),
    Column("Weekly price", required=False, parse=parse_money),
)
HEADING = b"URN,Name,Start date,Weekly price\n"
GOOD = {
    "URN": "SC1",
    "Name": "Tŷ Mawr",
    "Start date": date(2026, 12, 31),
    "Weekly price": Decimal("900.00"),
}


def only_error(source: bytes) -> RowError:
    rows, errors = read_csv(source, COLUMNS)
    assert rows == []
    assert len(errors) == 1
    return errors[0]


@pytest.mark.parametrize(
    "source",
    [
        "URN,Name,Start date,Weekly price\nSC1,Tŷ Mawr,31/12/2026,900\n".encode(),
        "\ufeffURN,Name,Start date,Weekly price\r\nSC1,Tŷ Mawr,31/12/2026,900\r\n".encode(),
        "urn;ENW;start_date;weekly-price\nSC1;Tŷ Mawr;31.12.2026;900".encode(),
        "URN\tEstablishment Name\tStart date\tWeekly price\nSC1\tTŷ Mawr\t46387\t£900.00".encode("utf-16"),
        "sep=;\nURN;Name;Start date;Weekly price\nSC1;Tŷ Mawr;2026-12-31;900\n".encode(),
        'URN,Name,Weekly price,Start date\n SC1 ,"Tŷ Mawr","900.00",2026-12-31 00:00:00\n'.encode(),
        "URN,Name,Start date,Weekly price,,\nSC1,Tŷ Mawr,31 Dec 2026,900,,\n,,,,,\n\n  ,\n".encode(),
        "\n,,,\nURN|Name|Start date|Weekly price\rSC1|Tŷ Mawr|31-12-2026|900".encode(),
    ],
)
def test_one_table_in_many_writings(source: bytes) -> None:
    rows, errors = read_csv(source, COLUMNS)
    assert errors == []
    assert [row.values for row in rows] == [GOOD]


def test_windows_letters_are_read() -> None:
    rows, errors = read_csv("URN,Name,Start date\nSC1,Café “Rosé” – £,1/2/2026\n".encode("cp1252"), COLUMNS)
    assert errors == []
    assert rows[0].values["Name"] == "Café “Rosé” – £"
    assert rows[0].values["Weekly price"] is None


def test_errors_name_line_and_column_and_good_rows_remain() -> None:
    source = HEADING + (
        b"SC1,First,31/12/2026,900\n"
        b'SC2,"two\nlines",31/12/2026,12.345\n'
        b",x,30/02/2026,\n"
        b"\n"
        b"SC5,Fifth,12/31/2026,1e3\n"
        b"SC6,Sixth,1/1/2026,,stray\n"
        b"SC7,Seventh,1/1/2026,7\n"
    )
    rows, errors = read_csv(source, COLUMNS)
    assert [(row.line, row.values["URN"]) for row in rows] == [(2, "SC1"), (9, "SC7")]
    assert errors == [
        RowError(3, "Weekly price", "Enter pounds and pence with no more than 2 numbers after the point"),
        RowError(5, "URN", "“URN” is empty"),
        RowError(5, "Start date", "“30/02/2026” is not a date: write it as 31/12/2026"),
        RowError(7, "Start date", "“12/31/2026” is not a date: write it as 31/12/2026"),
        RowError(7, "Weekly price", "Enter an amount in pounds and pence, such as 900.00 or 1,234.50"),
        RowError(8, "", "The row has 5 cells, the heading 4: check for a stray separator"),
    ]


def test_headings_that_do_not_fit_are_all_named() -> None:
    _rows, errors = read_csv(b"URN,Nam,Weekly price,URN,Colour\nSC1,a,1,b,c\n", COLUMNS)
    assert errors == [
        RowError(1, "URN", "The column “URN” is there twice"),
        RowError(1, "Name", "The column “Name” is missing"),
        RowError(1, "Start date", "The column “Start date” is missing"),
        RowError(1, "Nam", "The column “Nam” is not known. Did you mean “Name”?"),
        RowError(1, "Colour", "The column “Colour” is not known: remove it"),
    ]


def test_a_regulators_further_columns_may_be_allowed() -> None:
    source = b"Web link,URN,Name,Start date\nx,SC1,A,1/1/2026\n"
    assert len(read_csv(source, COLUMNS)[1]) == 1
    rows, errors = read_csv(source, COLUMNS, allow_unknown=True)
    assert errors == []
    assert "Web link" not in rows[0].values


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"PK\x03\x04\x14\x00", "This is an Excel workbook. In Excel choose Save As, then “CSV UTF-8”"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an Excel workbook."),
        (b"%PDF-1.7", "This is a PDF. Upload a CSV file"),
        (b"URN,Name\nSC1,\x00\n", "This is not a CSV file: it holds binary data."),
        (b"MZ\x90\x00", "This is not a CSV file: it holds binary data."),
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\r\n,,,\r\n", "The file is empty"),
        (b"URN,Name\nSC1,\x81\x8d\n", "The letters of this file cannot be read."),
    ],
)
def test_files_that_are_no_csv_get_one_sentence(source: bytes, message: str) -> None:
    error = only_error(source)
    assert (error.line, error.column) == (1, "")
    assert error.message.startswith(message)


def test_quotation_marks_that_do_not_fit_are_found_where_they_open() -> None:
    source = HEADING + b'SC1,"a"b,1/1/2026,\nSC2,fine,1/1/2026,\nSC3,"never closed,1/1/2026,\nSC4,x,1/1/2026,\n'
    rows, errors = read_csv(source, COLUMNS)
    assert [row.line for row in rows] == [3]
    assert [(error.line, error.message) for error in errors] == [
        (2, "The quotation marks of this row do not fit: double a quotation mark inside quoted text"),
        (4, "A quotation mark opens here and is never closed"),
    ]


def test_too_many_errors_or_rows_stop_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_input, "MOST_ERRORS", 3)
    _rows, errors = read_csv(HEADING + b"SC1,a,never,\n" * 10, COLUMNS)
    assert len(errors) == 4
    assert errors[-1] == RowError(4, "", "There are more errors: only the first 3 are shown")
    monkeypatch.setattr(csv_input, "MOST_ROWS", 5)
    rows, errors = read_csv(HEADING + b"SC1,a,1/1/2026,\n" * 10, COLUMNS)
    assert len(rows) == 5
    assert errors == [RowError(7, "", "The file has more than 5 rows: split it")]


class Endless(io.RawIOBase):
    """A file of `rows` rows that exists only while it is read."""

    def __init__(self, rows: int, row: bytes) -> None:
        self.rows, self.row, self.at = rows, row, 0

    def read(self, size: int = -1) -> bytes:
        take = min(max(1, size // len(self.row)), self.rows + 1 - self.at)
        begins = self.at
        self.at += take
        if begins == 0 and take:
            return HEADING + self.row * (take - 1)
        return self.row * take

    def seek(self, place: int, whence: int = 0) -> int:
        self.at = place
        return place


def test_fifty_thousand_rows_are_read_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        found = sum(
            isinstance(entry, Row)
            for entry in stream_csv(Endless(50_000, b"SC1,A longish name of a home,1/1/2026,900.00\n"), COLUMNS)
        )
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == 50_000
    assert peak < 4_000_000


def test_a_line_that_never_ends_fills_no_memory() -> None:
    tracemalloc.start()
    try:
        entries = list(stream_csv(Endless(200, b"x" * 60_000), COLUMNS))
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert entries
    assert all(isinstance(entry, RowError) for entry in entries)
    assert peak < 12_000_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("31/12/2026", date(2026, 12, 31)),
        ("1-2-2026", date(2026, 2, 1)),
        ("01.02.2026", date(2026, 2, 1)),
        ("2026-02-01T00:00:00Z", date(2026, 2, 1)),
        ("1/2/2026 00:00", date(2026, 2, 1)),
        ("1 February 2026", date(2026, 2, 1)),
        ("1-Feb-2026", date(2026, 2, 1)),
        ("46054", date(2026, 2, 1)),
        ("46054.75", date(2026, 2, 1)),
        ("36526", date(2000, 1, 1)),
    ],
)
def test_dates_are_read_day_first_and_from_excel(written: str, read: date) -> None:
    assert parse_date(written) == read


@pytest.mark.parametrize("written", ["1/2/26", "31/4/2026", "2026/31/31", "tomorrow", "460540", "1 Foo 2026", "0"])
def test_other_dates_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        parse_date(written)


def test_whole_numbers_flags_choices_and_lengths() -> None:
    assert [parse_whole(text) for text in ("0", "12", "1,200", "12.0")] == [0, 12, 1200, 12]
    for text in ("-1", "1.5", "12,00", "x"):
        with pytest.raises(ValueError, match="whole number"):
            parse_whole(text)
    assert [parse_flag(text) for text in ("Yes", "Y", "1", "TRUE", "no", "0")] == [True] * 4 + [False] * 2
    with pytest.raises(ValueError, match="yes or no"):
        parse_flag("maybe")
    sector = one_of({"Private": "private", "Local Authority": "authority"})
    assert sector("local authority") == "authority"
    with pytest.raises(ValueError, match="is not one of: Private, Local Authority"):
        sector("Voluntary")
    assert text_up_to(3)("abc") == "abc"
    with pytest.raises(ValueError, match="4 characters: 3 are allowed"):
        text_up_to(3)("abcd")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+44 7700 900123", "'+44 7700 900123"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("-42.50", "-42.50"),
        (Decimal("-42.50"), "-42.50"),
        (Decimal("1E+3"), "1000"),
        (-7, "-7"),
        (True, "yes"),
        (False, "no"),
        (None, ""),
        (date(2026, 12, 31), "2026-12-31"),
        ("O'Brien", "O'Brien"),
        ("nul\x00l", "null"),
    ],
)
def test_formulas_are_guarded_and_numbers_are_not(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_float_is_not_written() -> None:
    with pytest.raises(TypeError, match="float"):
        safe_cell(1.5)


def test_files_begin_with_the_mark_that_excel_needs() -> None:
    assert write_csv([["Enw"], ["Tŷ"]]) == b"\xef\xbb\xbfEnw\r\nT\xc5\xb7\r\n"

    def rows() -> Iterator[list[str]]:
        yield ["a"]
        yield ["b,c"]

    assert list(csv_lines(rows())) == ["\ufeffa\r\n", '"b,c"\r\n']


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1), min_size=1)
)
@settings(max_examples=150)
@example(["'=1", "''=1", "=1", "'-5", "'"])
def test_what_is_written_is_read_back(cells: list[str]) -> None:
    columns = (Column("Key"), Column("Text", required=False))
    source = write_csv([["Key", "Text"], *(["k", cell] for cell in cells)])
    rows, errors = read_csv(source, columns)
    assert errors == []
    assert [row.values["Text"] for row in rows] == cells


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_no_bytes_make_the_reader_fall_over(source: bytes) -> None:
    read_csv(source, COLUMNS)
    read_csv(HEADING + source, COLUMNS)
