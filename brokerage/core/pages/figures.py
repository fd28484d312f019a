"""What a view hands to a template to be drawn: tables, and figures (a drawing that always has its table)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

#: What the reference data's licence asks to be shown wherever it is drawn.
OGL_LINES = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0",
    "Contains OS data © Crown copyright and database right 2025",
)


@dataclass(frozen=True)
class Col:
    """A column's heading; numbers stand to the right."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell: text (or SafeString), a link, or a number's own text."""

    value: Any
    url: str = ""


@dataclass(frozen=True)
class Table:
    """A captioned table. `rows` hold plain values or `Cell`s; the first of each row heads it.

    `stacked` turns each row into a small list on a narrow screen; otherwise the table scrolls sideways.
    """

    caption: str
    head: Sequence[Col | str]
    rows: Sequence[Sequence[Any]]
    stacked: bool = False
    caption_hidden: bool = False
    empty: str = ""

    @property
    def columns(self) -> list[Col]:
        return [col if isinstance(col, Col) else Col(col) for col in self.head]

    @property
    def cells(self) -> list[list[tuple[Col, Cell]]]:
        columns = self.columns
        return [
            [(col, value if isinstance(value, Cell) else Cell(value)) for col, value in zip(columns, row, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Figure:
    """A drawing, what it is called, the same facts as a table, a key to its colours, its sources' lines."""

    svg: SafeString
    caption: str
    table: Table
    key: SafeString = field(default_factory=SafeString)
    sources: Sequence[str] = field(default_factory=tuple)
