"""One request to an operation, and what an operation may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO

from django.core.files.base import File
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest

from brokerage.core.api import cursors
from brokerage.core.errors import ActionRefused
from brokerage.core.pages.long_lists import of_keys
from brokerage.core.tenants.actors import Actor


class ApiRequest(HttpRequest):
    """A request that came through the door: whose it is, and what its token allows."""

    actor: Actor
    api_scopes: frozenset[str]


@dataclass(frozen=True)
class Created:
    """Something new: its representation, and its address below /api/v1."""

    body: Mapping[str, Any]
    location: str


@dataclass(frozen=True)
class Page:
    """Rows of a list, and the cursor of the next ones."""

    items: Sequence[Mapping[str, Any]]
    next: str | None = None


@dataclass(frozen=True)
class Stream:
    """A file."""

    file: BinaryIO | File[bytes]
    content_type: str
    name: str


@dataclass
class Call:
    """One request to an operation: who asks, and what was said, checked for its shape."""

    actor: Actor
    request: HttpRequest
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    file: InMemoryUploadedFile | None = None

    def page(
        self,
        rows: QuerySet[Any],
        *,
        by: Sequence[str],
        fields: Mapping[str, Any] | None = None,
        shape: Callable[[Any], Mapping[str, Any]] | None = None,
        by_keys: bool = False,
    ) -> Page:
        """One page of the rows in the order `by` (non-null columns of one direction, the last one unique).

        `fields` maps the answer's names to columns, look-ups or expressions, read in one query; `shape` makes an
        answer of each row instead. `by_keys`: as `keys_first`; what follows is told by the keys, also
        where a row of theirs is gone when the rows are read.
        """
        limit = int(self.query["limit"])
        columns = [name.removeprefix("-") for name in by]
        along = cursors.read_along(rows, columns)
        wanted = cursors.after(rows, by, self.query.get("cursor"))
        ends: list[Sequence[Any]] = []
        read: Callable[[QuerySet[Any]], list[Any]] = partial(_first, limit + 1)
        if by_keys:
            keys = list(wanted.select_related(None).values_list("pk", *along)[: limit + 1])
            ends = [end for _key, *end in keys]
            read = partial(of_keys, first=by[0], keys=keys[:limit])
            along = []
        if fields is not None:
            names = list(fields)
            found = read(wanted.values_list(*fields.values(), *along))
            items: list[Mapping[str, Any]] = [dict(zip(names, row, strict=False)) for row in found[:limit]]
            ends = ends or [row[len(names) :] for row in found]
        else:
            assert shape is not None, "say which fields, or how a row becomes an answer"
            found = read(wanted)
            items = [shape(row) for row in found[:limit]]
            ends = ends or [[_value(row, name) for name in columns] for row in found]
        return Page(items, cursors.encode(ends[limit - 1]) if len(ends) > limit else None)

    def rows(self, items: Sequence[Mapping[str, Any]]) -> Page:
        """One page of rows that are all at hand; few, and in an order that only grows."""
        if "limit" not in self.query:
            return Page(items)
        begin = cursors.position(self.query.get("cursor"))
        end = begin + int(self.query["limit"])
        return Page(items[begin:end], cursors.encode([end]) if len(items) > end else None)

    @contextmanager
    def renaming(self, names: Mapping[str, str]) -> Iterator[None]:
        """Tell the fields of a refusal by the API's names for them."""
        try:
            yield
        except ActionRefused as refusal:
            for one in (refusal, *refusal.broken):
                one.field = names.get(one.field or "", one.field)
            raise


def _first(count: int, rows: QuerySet[Any]) -> list[Any]:
    return list(rows[:count])


def _value(row: Any, name: str) -> Any:
    for step in name.split("__"):
        row = getattr(row, step)
    return row
