"""A list of what needs doing: its first entries, how many there are, where the rest are. One query each, or one for
several lists of the same table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.db.models import Count, QuerySet, Value, Window
from django.db.models.functions import Cast, RowNumber
from django.utils.functional import Promise

Text = str | Promise
#: Entries shown of each list.
SHOWN = 5


@dataclass(frozen=True)
class Entry:
    """One thing to do: `label` is the link, `hint` says more, `due` is shown as time left."""

    label: Text
    url: str
    hint: Text = ""
    due: dt.datetime | None = None
    state: str = ""
    state_label: Text = ""


@dataclass(frozen=True)
class WorkList:
    """What waits, most pressing first; `empty` says that nothing does."""

    title: Text
    empty: Text
    count: int = 0
    entries: Sequence[Entry] = field(default_factory=list)
    url: str = ""


def work_list(
    title: Text, rows: QuerySet[Any], entry: Callable[[Any], Entry], *, empty: Text, url: str = ""
) -> WorkList:
    """The first rows as entries, and the count of all of them, in one query."""
    found = list(rows.annotate(of_all=Window(Count("pk")))[:SHOWN])
    return WorkList(title, empty, found[0].of_all if found else 0, [entry(row) for row in found], url)


@dataclass(frozen=True)
class Box:
    """A list still to be asked for: `rows` as the model has them, what is `counted` for each, in which `order`."""

    title: Text
    rows: QuerySet[Any]
    order: Sequence[str]
    entry: Callable[[Any], Entry]
    empty: Text
    url: str = ""
    counted: Mapping[str, Any] = field(default_factory=dict)


def together(*boxes: Box) -> list[WorkList]:
    """Lists of the same table, by one statement: what each counts is nothing in the others."""
    nothing = {
        name: Cast(Value(None), box.rows.annotate(**box.counted).query.annotations[name].output_field)
        for box in boxes
        for name in box.counted
    }
    parts = []
    for number, box in enumerate(boxes):
        rows = box.rows.order_by().annotate(**{name: box.counted.get(name, none) for name, none in nothing.items()})
        rows = rows.annotate(
            box=Value(number), place=Window(RowNumber(), order_by=list(box.order)), of_all=Window(Count("pk"))
        )
        parts.append(rows.order_by("place")[:SHOWN])
    found: list[list[Any]] = [[] for _box in boxes]
    for row in sorted(parts[0].union(*parts[1:], all=True), key=attrgetter("place")):
        found[row.box].append(row)
    return [
        WorkList(box.title, box.empty, rows[0].of_all if rows else 0, [box.entry(row) for row in rows], box.url)
        for box, rows in zip(boxes, found, strict=True)
    ]
