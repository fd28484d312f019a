"""Checks and imports of files, as pages and the API read them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from brokerage.core.errors import NotPermitted
from brokerage.core.tenants.actors import Actor
from providers.imports.kinds import ImportKind, kinds_for
from providers.models import ImportRun


def require_kinds(actor: Actor) -> list[ImportKind]:
    """The kinds of file that the actor may import; raises NotPermitted when there are none."""
    kinds = kinds_for(actor)
    if not kinds:
        raise NotPermitted("import")
    return kinds


def visible_runs(actor: Actor) -> QuerySet[ImportRun]:
    """The organisation's runs of those kinds, newest first."""
    return ImportRun.objects.filter(kind__in=[kind.code for kind in require_kinds(actor)])


def run_of(actor: Actor, pk: UUID) -> ImportRun:
    """One of them; raises Http404."""
    found = visible_runs(actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def may_import(check: ImportRun, following: ImportRun | None) -> bool:
    """Whether the good rows of a check can be imported: it is done, its file is kept, no import has `following`."""
    is_checked = check.is_dry_run and check.state == ImportRun.State.DONE and bool(check.stored_name)
    return is_checked and following is None and check.rows_refused < check.rows_total
