"""A report's table once, for the page and for CSV: the same rows, so that the two cannot differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from brokerage.core.money import pounds
from brokerage.core.pages.figures import Col, Table
from brokerage.core.tenants.context import require_context

Text = str | Promise


@dataclass(frozen=True)
class Column:
    """A column and what it holds: text, money (pounds, Decimal), count, percent (Decimal) or days (Decimal)."""

    label: Text
    kind: str = "text"


@dataclass(frozen=True)
class Sheet:
    """A named table of raw values. `code` names its CSV file."""

    code: str
    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    empty: Text = ""

    def table(self, *, caption_hidden: bool = False) -> Table:
        """The rows as a page shows them."""
        return Table(
            caption=str(self.title),
            head=[Col(str(column.label), numeric=column.kind != "text") for column in self.columns],
            rows=[
                [shown(column.kind, value) for column, value in zip(self.columns, row, strict=True)]
                for row in self.rows
            ],
            stacked=True,
            caption_hidden=caption_hidden,
            empty=str(self.empty),
        )

    def shortened(self, most: int) -> Sheet:
        """The first rows, and all others added up in one: for a page, where nobody reads hundreds. Of a sheet whose
        counts are no averages, and which has no line of totals."""
        others = self.rows[most:]
        if len(others) < 2:
            return self
        name = _("%(count)s others") % {"count": len(others)}
        added = [
            sum(row[place] for row in others) if column.kind in ("money", "count") else None
            for place, column in enumerate(self.columns)
        ]
        return replace(self, rows=[*self.rows[:most], [name, *added[1:]]])

    def csv_rows(self) -> Iterator[Sequence[Any]]:
        """The heading and the rows, amounts as plain numbers."""
        yield [str(column.label) for column in self.columns]
        for row in self.rows:
            yield [str(value) if isinstance(value, Promise) else value for value in row]


def shown(kind: str, value: Any) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return "–"
    if kind == "money":
        return f"-{pounds(-value)}" if value < 0 else pounds(value)
    if kind == "percent":
        return f"{value}%"
    if kind == "days":
        return _("%(days)s days") % {"days": value}
    return str(value)


def asked(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows that a statement answers, as the acting organisation may see them."""
    require_context()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
