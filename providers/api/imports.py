"""Imports through the API: a file is sent and checked, what it would trigger is read, then it is carried out or thrown
away. The same rules, worker and permissions as the pages of imports."""

from __future__ import annotations

from typing import Any, BinaryIO, cast
from uuid import UUID

from brokerage.core.api.operations import Call, Created, Page, operation
from providers.actions import imports as actions
from providers.api.import_shapes import (
    ImportFault,
    ImportHome,
    ImportOut,
    ImportRow,
    NewImportQuery,
    import_homes,
    import_out,
    import_row,
)
from providers.models import ImportProblem, ImportRun
from providers.queries.imports import require_kinds, run_of, visible_runs


@operation(scope="imports:read", answer=ImportRow, paged=True)
def list_imports(call: Call) -> Page:
    """List checks and imports.

    Your organisation’s, newest first.
    """
    return call.page(visible_runs(call.actor), by=("-created_at", "-id"), shape=import_row)


@operation(
    scope="imports:write",
    upload=True,
    named=True,
    query=NewImportQuery,
    answer=ImportRow,
    status=201,
    codes=("file_name_missing", "file_too_large", "file_unreadable"),
)
def check_import(call: Call) -> Created:
    """Send a list and have it checked.

    Send the CSV file’s bytes as the body (UTF-8, commas) and its name in Content-Disposition. A worker checks every row
    and finds out what importing it would trigger; nothing is imported. Follow `GET /imports/{run}` until `state` is
    `done`, then `POST /imports/{run}/import`.
    """
    assert call.file is not None
    require_kinds(call.actor)
    run = actions.start_import(
        call.actor,
        kind=call.query["kind"],
        file=cast("BinaryIO", call.file.file),
        file_name=call.file.name or "",
        size=call.file.size or 0,
        is_whole_list=call.query["is_whole_list"],
    )
    return Created(import_row(run), f"/imports/{run.pk}")


@operation(scope="imports:read", answer=ImportOut)
def get_import(call: Call, run: UUID) -> dict[str, Any]:
    """Read a check or an import.

    How far it is, and of a check that is done what importing the file triggers: homes that lose their registration,
    admissions, invitations, offers and awards hit, placements whose authority is told.
    """
    found = run_of(call.actor, run)
    return import_out(found, _following(found))


@operation(scope="imports:read", answer=ImportHome, paged=True)
def list_import_homes(call: Call, run: UUID) -> Page:
    """List the homes that a list changes.

    As a check found them, those with most people first.
    """
    return call.rows(import_homes(run_of(call.actor, run)))


@operation(scope="imports:read", answer=ImportFault, paged=True)
def list_import_problems(call: Call, run: UUID) -> Page:
    """List what is wrong in the file.

    Cell by cell, in the order of its lines. These rows are left out.
    """
    rows = ImportProblem.objects.filter(run=run_of(call.actor, run))
    fields = {"line": "line", "column": "column", "problem": "message"}
    return call.page(rows, by=("line", "id"), fields=fields)


@operation(scope="imports:write", answer=ImportRow, status=201, codes=("not_checked", "file_gone", "nothing_to_import"))
def carry_out_import(call: Call, run: UUID) -> Created:
    """Import the good rows of a checked list.

    Asked twice, it is the same import. The authorities concerned hear about their people as soon as it is done.
    """
    run_of(call.actor, run)
    started = actions.import_rows(call.actor, run_id=run)
    return Created(import_row(started), f"/imports/{started.pk}")


@operation(scope="imports:write", answer=ImportRow, codes=("finished", "file_gone"))
def resume_stopped_import(call: Call, run: UUID) -> dict[str, Any]:
    """Go on with a check or import that stopped.

    From the first row that was not done.
    """
    run_of(call.actor, run)
    actions.resume_import(call.actor, run_id=run)
    return import_row(run_of(call.actor, run))


@operation(scope="imports:write", codes=("being_imported",))
def discard_checked_import(call: Call, run: UUID) -> None:
    """Throw a checked list away.

    Nothing was imported; the report of the check stays.
    """
    run_of(call.actor, run)
    actions.discard_import(call.actor, run_id=run)


def _following(run: ImportRun) -> ImportRun | None:
    return actions.import_of(run) if run.is_dry_run else None
