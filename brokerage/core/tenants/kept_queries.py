"""Queries that Django puts into SQL once, for what every act asks: building and compiling one takes several times as
long as reading the row it finds.

A kept query is an ordinary queryset with `given(name)` where a value will stand. It finds the same objects, by the same
SQL. Not for a queryset whose shape depends on what is asked, nor for a model whose manager narrows by who asks.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models import Value
from django.db.models.query import get_related_populators

from brokerage.core.tenants.context import require_context
from brokerage.core.tenants.managers import NarrowedManager, ScopedManager

M = TypeVar("M", bound=models.Model)
#: The types that describe Django to the type checker are of a later version, in which it takes one more.
_related_populators: Any = get_related_populators


@dataclass(frozen=True)
class _Given:
    name: str


def given(name: str) -> Any:
    """The place of a value that each asking brings: of the column's own Python type."""
    return Value(_Given(name))


@dataclass(frozen=True)
class _Compiled:
    """A queryset's SQL, and how its rows become objects."""

    sql: str
    parameters: tuple[Any, ...]
    #: Whether it may be asked within a context only, as the model's own manager says.
    is_scoped: bool
    compiler: Any
    converters: dict[int, Any]
    #: Of the model itself: the names of its columns and where they stand in a row. None for `values_list`.
    names: list[str] | None
    columns: slice
    related: list[Any]
    annotations: dict[str, int]


class KeptQuery(Generic[M]):
    """The objects of `build`'s queryset, compiled when it is first asked."""

    def __init__(self, build: Callable[[], models.QuerySet[M, Any]]) -> None:
        self._build = build
        self._compiled: _Compiled | None = None

    def all(self, **values: Any) -> list[M]:
        """The objects, in the queryset's order. Raises KeyError for a value that is wanting."""
        kept, rows = self._rows(values)
        assert kept.names is not None, "the rows of values_list are read by `tuples`"
        model = kept.compiler.klass_info["model"]
        return [self._object(kept, model, row) for row in rows]

    def first(self, **values: Any) -> M | None:
        """The first of the objects. The queryset says how many it may be: `[:1]`, or a key."""
        found = self.all(**values)
        return found[0] if found else None

    def tuples(self, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a queryset with `values_list` of columns."""
        return [tuple(row) for row in self._rows(values)[1]]

    def _rows(self, values: dict[str, Any]) -> tuple[_Compiled, Iterable[Any]]:
        kept = self._compiled
        if kept is None:
            kept = self._compiled = _compiled(self._build())
        if kept.is_scoped:
            require_context()
        told = [values[one.name] if isinstance(one, _Given) else one for one in kept.parameters]
        with connection.cursor() as cursor:
            cursor.execute(kept.sql, told)
            rows: Iterable[Any] = cursor.fetchall()
        if kept.converters:
            # Threads share what is kept, and each has a connection of its own.
            compiler = copy.copy(kept.compiler)
            compiler.connection = connection
            rows = compiler.apply_converters(rows, kept.converters)
        return kept, rows

    def _object(self, kept: _Compiled, model: type[M], row: Any) -> M:
        found = model.from_db("default", kept.names or [], row[kept.columns])
        for populator in kept.related:
            populator.populate(row, found)
        for name, place in kept.annotations.items():
            setattr(found, name, row[place])
        return found


def _compiled(queryset: models.QuerySet[Any, Any]) -> _Compiled:
    manager = queryset.model._default_manager
    if isinstance(manager, NarrowedManager):
        raise TypeError(f"What is read of {queryset.model.__name__} depends on who asks.")
    compiler: Any = queryset.query.get_compiler(using="default")
    sql, parameters = compiler.as_sql()
    info = compiler.klass_info
    names, columns, related, annotations = None, slice(0, 0), [], {}
    if info is not None and not queryset.query.values_select:
        places = info["select_fields"]
        columns = slice(places[0], places[-1] + 1)
        names = [select[0].target.attname for select in compiler.select[columns]]
        related = _related_populators(info, compiler.select, "default")
        annotations = compiler.annotation_col_map
    converters = compiler.get_converters([select[0] for select in compiler.select[0 : compiler.col_count]])
    is_scoped = isinstance(manager, ScopedManager)
    return _Compiled(sql, tuple(parameters), is_scoped, compiler, converters, names, columns, related, annotations)
