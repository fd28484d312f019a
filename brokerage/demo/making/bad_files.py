"""Files as they arrive on a bad day, made from the good ones: wrong marks, columns, dates, bytes, cells.

What is wrong with each is told in README.md beside them.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

_EXCEL_EPOCH = date(1899, 12, 30)
_ISO = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])", re.ASCII)
_OFSTED = {
    "urn": "URN",
    "kind": "Provision type",
    "registration_date": "Registration date",
    "registration_status": "Registration status",
    "name": "Name",
    "address_line_1": "Address 1",
    "town": "Town",
    "postcode": "Postcode",
    "profit_status": "Sector",
    "capacity": "Places",
    "provider_name": "Organisation which owns the provider",
    "inspection_date": "Inspection date",
    "rating": "Overall experiences and progress of children and young people",
    "age_min": "age_min",
    "age_max": "age_max",
    "sex_accepted": "sex_accepted",
    "needs": "needs",
}
_OFSTED_WORDS = {
    "childrens_home": "Children's Home",
    "supported_accommodation": "Supported Accommodation",
    "fostering_agency": "Independent Fostering Agency",
    "for_profit": "Private",
    "not_for_profit": "Voluntary",
    "requires_improvement": "Requires improvement to be good",
    "not_rated": "",
}

Table = tuple[list[str], list[dict[str, str]]]


def text_of(columns: list[str], rows: list[dict[str, str]], separator: str = ",") -> str:
    """A CSV text; cells with a separator or quote are quoted."""
    lines = [columns, *([row[column] for column in columns] for row in rows)]
    return "".join(separator.join(_cell(cell, separator) for cell in line) + "\n" for line in lines)


def _cell(cell: str, separator: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in (separator, '"', "\n")) else cell


def write_bad_files(target: Path, register: Table, prices: Table, placements: Table) -> None:
    """Write them all into the directory `target`, which exists."""
    columns, rows = register[0], register[1][20:40]
    price_columns, price_rows = prices[0], prices[1][:30]
    placement_columns, placement_rows = placements[0], placements[1][:25]

    files = {
        "register_bom.csv": b"\xef\xbb\xbf" + text_of(columns, rows).encode(),
        "register_semicolons.csv": text_of(columns, [_no_lists(row) for row in rows], ";").encode(),
        "register_wrong_columns.csv": text_of(
            ["id", "home", "beds", "post_code", "notes"],
            [{"id": r["urn"], "home": r["name"], "beds": "4", "post_code": "", "notes": ""} for r in rows],
        ).encode(),
        "register_one_bad_row.csv": text_of(columns, _with(rows, 8, age_max="seventeen")).encode(),
        "register_latin1.csv": text_of(columns, _with(rows, 3, name="Maison Crème Lodge")).encode("latin-1"),
        "register_duplicate_urn.csv": text_of(columns, [*rows, {**rows[4], "name": "Another name"}]).encode(),
        "register_excel_dates.csv": _excel(text_of(columns, rows)).encode(),
        "register_ofsted_headers.csv": _ofsted([r for r in rows if r["regulator"] == "ofsted"]).encode(),
        "prices_one_bad_row.csv": text_of(price_columns, _with(price_rows, 14, ceiling_weekly="-905.00")).encode(),
        "prices_locale_commas.csv": text_of(
            price_columns, [{**r, "ceiling_weekly": _continental(r["ceiling_weekly"])} for r in price_rows]
        ).encode(),
        "placements_excel_dates.csv": _excel(text_of(placement_columns, placement_rows)).encode(),
        "placements_total_wrong.csv": text_of(
            placement_columns, _with(placement_rows, 5, weekly_total="1.00")
        ).encode(),
        "placements_unknown_urn.csv": text_of(
            placement_columns, _with(placement_rows, 6, establishment_urn="SC000000", carer_code="")
        ).encode(),
        "empty.csv": b"",
        "header_only.csv": text_of(columns, []).encode(),
        "not_a_csv.csv": b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(48),
    }
    for name, content in files.items():
        (target / name).write_bytes(content)


def _with(rows: list[dict[str, str]], line: int, **cells: str) -> list[dict[str, str]]:
    """The rows with cells changed on a line of the file; the header is line 1."""
    return [{**row, **cells} if at == line else row for at, row in enumerate(rows, start=2)]


def _no_lists(row: dict[str, str]) -> dict[str, str]:
    return {**row, "needs": row["needs"].partition(";")[0]}


def _excel(text: str) -> str:
    """Each ISO date as the serial number Excel keeps."""
    return _ISO.sub(lambda found: str((date.fromisoformat(found[0]) - _EXCEL_EPOCH).days), text)


def _continental(money: str) -> str:
    whole, _, pence = money.partition(".")
    return f"{int(whole):,}".replace(",", ".") + "," + pence


def _ofsted(rows: list[dict[str, str]]) -> str:
    """As the regulator publishes it: its headings and words, British dates."""
    worded = [
        {heading: _british(_OFSTED_WORDS.get(row[column], row[column])) for column, heading in _OFSTED.items()}
        for row in rows
    ]
    for row in worded:
        row["Registration status"] = row["Registration status"].capitalize()
        overall = _OFSTED["rating"]
        row[overall] = row[overall][:1].upper() + row[overall][1:]
    return text_of(list(_OFSTED.values()), worded)


def _british(cell: str) -> str:
    return date.fromisoformat(cell).strftime("%d/%m/%Y") if _ISO.fullmatch(cell) else cell
