"""Writing a batch with few statements: new rows at once, changed rows at once, unchanged rows not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class Batch(Generic[M]):
    """New and changed rows of one model, kept until `write`."""

    def __init__(self, model: type[M]) -> None:
        self._model = model
        self._new: list[M] = []
        self._changed: dict[Any, M] = {}
        self._fields: set[str] = set()

    def add(self, row: M) -> M:
        """A row to be inserted."""
        self._new.append(row)
        return row

    def change(self, row: M, values: Mapping[str, Any]) -> list[str]:
        """Set the values that differ on a stored row; returns the names of the changed fields."""
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        # A row added in this batch is not stored yet: it is inserted with its last values.
        if changed and not row._state.adding:
            self._changed[row.pk] = row
            self._fields.update(changed)
        return changed

    def write(self) -> None:
        """Insert and update. Raises IntegrityError or DataError when the database refuses a row."""
        if self._new:
            self._model._default_manager.bulk_create(self._new)
        if self._changed:
            self._model._default_manager.bulk_update(self._changed.values(), sorted(self._fields), batch_size=250)


def given(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of the named values that the file gave: an empty cell takes nothing away from what is recorded."""
    return {name: values[name] for name in names if values.get(name) is not None}
