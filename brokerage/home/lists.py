"""A list of what needs doing: its first entries, how many there are, where the rest are. One query each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet, Window
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
