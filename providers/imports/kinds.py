"""What may be imported: one entry for each kind of file. Upper storeys register theirs when they start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from brokerage.core.csv_input import Column, Row, RowError
from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.actors import Actor


@dataclass
class Outcome:
    """What one batch did. `changes` names the changed fields of each updated row, for the audit trail: never a
    fact about a person."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[RowError] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    #: Homes known before whose registration or evidence the batch changes.
    touched: set[UUID] = field(default_factory=set)

    def refuse(self, row: Row, column: str, message: str) -> None:
        """Leave the row out, and say which cell is wrong and why."""
        self.refused.append(RowError(row.line, column, message))

    def count(self, key: str, changed: Sequence[str]) -> None:
        """A row that was there before: updated if any field changed."""
        if changed:
            self.updated += 1
            self.changes.append({"key": key, "fields": sorted(changed)})
        else:
            self.unchanged += 1


#: Writes one batch of good rows for the actor, as of a day; remembers nothing between batches.
Importer = Callable[[Actor, Sequence[Row], dt.date], Outcome]


@dataclass(frozen=True)
class WholeList:
    """What a file means that names all there are: what is missing from it is noticed, and nothing is closed."""

    #: What a row's values say of the extent of the list (a regulator's homes of one kind).
    covers: Callable[[Mapping[str, Any]], Hashable]
    #: How many homes within that extent should be on the list, and those of them that are newly missing from it; the
    #: function says whether a key is on it.
    missing: Callable[[Collection[Hashable], Callable[[Hashable], bool]], tuple[int, set[UUID]]]
    #: Notes of these homes that they are missing as of a day; returns those of which that is new.
    mark: Callable[[Collection[UUID], dt.date], set[UUID]]


@dataclass(frozen=True)
class ImportKind:
    """A kind of file. `key` makes of a row's values what must not come twice in one file."""

    code: str
    label: str | Promise
    hint: str | Promise
    permission: str
    organisation_kind: str
    columns: tuple[Column, ...]
    key: Callable[[Mapping[str, Any]], Hashable]
    importer: Importer
    #: None where a file never names all there are.
    whole_list: WholeList | None = None


_kinds: dict[str, ImportKind] = {}


def register(kind: ImportKind) -> ImportKind:
    """Make a kind of file known; its code is unique."""
    _kinds[kind.code] = kind
    return kind


def kind_of(code: str) -> ImportKind:
    """The kind of that code. Raises KeyError."""
    return _kinds[code]


def kinds_for(actor: Actor) -> list[ImportKind]:
    """The kinds this actor may import, in the order of registration."""
    return [kind for kind in _kinds.values() if actor.kind == kind.organisation_kind and actor.may(kind.permission)]


def require_kind(actor: Actor, kind: ImportKind) -> None:
    """Raise NotPermitted unless the actor's organisation imports this kind and its role allows it."""
    if actor.kind != kind.organisation_kind:
        raise NotPermitted(kind.permission)
    actor.require(kind.permission)
