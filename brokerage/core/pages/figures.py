"""What a view hands to a template to be drawn: tables, and figures (a drawing that always has its table)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
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
    def body(self) -> SafeString:
        """The rows: a table may have hundreds, and a template takes ten times as long over each cell."""
        tags = [self._tags(number, col) for number, col in enumerate(self.columns)]
        role = SafeString(' role="row"' if self.stacked else "")
        return format_html_join(
            "\n",
            '<tr class="govuk-table__row"{}>\n{}\n</tr>',
            (
                (
                    role,
                    format_html_join(
                        "\n",
                        "{}{}{}",
                        ((opening, _shown(value), end) for (opening, end), value in zip(tags, row, strict=True)),
                    ),
                )
                for row in self.rows
            ),
        )

    def _tags(self, number: int, col: Col) -> tuple[SafeString, SafeString]:
        """What stands before and after each cell of a column."""
        stacked = format_html(' role="{}" data-label="{}"', "cell" if number else "rowheader", col.label)
        if not self.stacked:
            stacked = SafeString()
        if number == 0:
            return format_html('<th scope="row" class="govuk-table__header"{}>', stacked), SafeString("</th>")
        numeric = " govuk-table__cell--numeric" if col.numeric else ""
        return format_html('<td class="govuk-table__cell{}"{}>', numeric, stacked), SafeString("</td>")


def _shown(value: Any) -> Any:
    """A cell as a template would write it; moments are put into words before."""
    if not isinstance(value, Cell):
        return localize(value)
    if value.url:
        return format_html('<a class="govuk-link" href="{}">{}</a>', value.url, localize(value.value))
    return localize(value.value)


@dataclass(frozen=True)
class Figure:
    """A drawing, what it is called, the same facts as a table, a key to its colours, its sources' lines."""

    svg: SafeString
    caption: str
    table: Table
    key: SafeString = field(default_factory=SafeString)
    sources: Sequence[str] = field(default_factory=tuple)
