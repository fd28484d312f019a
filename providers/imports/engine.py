"""Carrying a file through, batch by batch, each in its own transaction.

A stopped run goes on where it was; the same file twice changes nothing; a dry run writes nothing but its report.
Bad rows are told by line and column and left out; good rows are written. What a row means is the importers' matter.
"""

from __future__ import annotations

import datetime as dt
import io
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.csv_input import MOST_ERRORS, RowError
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from providers import consequences
from providers.imports.doubts import doubt_of, is_doubtful
from providers.imports.kinds import ImportKind, Outcome, WholeList, kind_of, require_kind
from providers.imports.reading import Line, lines_of, look_at
from providers.models import ImportProblem, ImportRun

BATCH = 500
#: Problems kept for the report; the rows beyond them are still counted.
MOST_PROBLEMS = 2000

Progress = Callable[[ImportRun], None]


class TakenOver(Exception):
    """Another worker carries this run on; ours stops."""


class _WriteNothing(Exception):
    """Takes a dry run's batch back."""


def run_import(
    actor: Actor,
    kind: str,
    source: bytes | Path | BinaryIO,
    *,
    dry_run: bool = False,
    is_whole_list: bool = False,
    may_many_be_missing: bool = False,
    file_name: str = "",
    progress: Progress | None = None,
    batch_size: int = BATCH,
) -> ImportRun:
    """Check (`dry_run`) or import a whole file and return the finished run, its counts and `problems`.

    `is_whole_list`: what the file does not name is noted as missing, but for so much that the file cannot be the whole
    list (unless `may_many_be_missing`). An unfinished run of the same file and kind goes on where it stopped.
    Raises NotPermitted; a file that cannot be read at all ends as `failed` with a sentence in `message`.
    """
    chosen = kind_of(kind)
    require_kind(actor, chosen)
    with _opened(source) as file:
        look = look_at(file, chosen.columns)
        with acting(actor):
            run = None if dry_run else _unfinished(actor, kind, look.sha256)
            if run is None:
                run = ImportRun.objects.create(
                    organisation_id=actor.organisation_id,
                    kind=kind,
                    file_name=(file_name or getattr(source, "name", "") or kind)[-200:],
                    sha256=look.sha256,
                    is_dry_run=dry_run,
                    is_whole_list=is_whole_list and chosen.whole_list is not None,
                    created_by_id=actor.user_id,
                    created_by_name=actor.name,
                )
        more: dict[str, Any] = {"progress": progress, "batch_size": batch_size}
        return carry_on(actor, run, file, may_many_be_missing=may_many_be_missing, **more)


def carry_on(
    actor: Actor,
    run: ImportRun,
    file: BinaryIO,
    *,
    progress: Progress | None = None,
    batch_size: int = BATCH,
    seconds: float | None = None,
    may_many_be_missing: bool = False,
) -> ImportRun:
    """Take a run from the first row not done to its end, or until `seconds` have passed (then it is still running).

    Raises `TakenOver` when another worker moved the run meanwhile.
    """
    kind = kind_of(run.kind)
    look = look_at(file, kind.columns)
    if look.fault:
        return _fail(actor, run, look.fault)
    run = _begin(actor, run, look.rows, look.ignored)
    until = None if seconds is None else time.monotonic() + seconds
    seen: dict[bytes, int] = {}
    extent: set[Hashable] = set()
    lines = _checked(lines_of(file, kind.columns), kind, seen, extent)
    errors = sum(_unreadable(line) for line in islice(lines, run.rows_done))
    while batch := list(islice(lines, batch_size)):
        if run.rows_done == 0 and _is_faulty_heading(batch):
            return _fail(actor, run, _("The columns of this file do not fit"), batch[0].errors)
        run = _do_batch(actor, run, kind, batch)
        errors += sum(_unreadable(line) for line in batch)
        if progress is not None:
            progress(run)
        if until is not None and time.monotonic() > until:
            return run
    if run.rows_done == 0:
        return _fail(actor, run, _("The file has no rows"))
    doubt = ""
    if run.is_whole_list and kind.whole_list is not None and errors == 0:
        known, missing = _missing(actor, kind.whole_list, extent, lambda key: _digest(key) in seen)
        if may_many_be_missing or not is_doubtful(known, len(missing)):
            run = _note_missing(actor, run, kind.whole_list, missing)
        else:
            doubt = doubt_of(actor, run, known, len(missing))
    return _finish(actor, run, gave_up=errors >= MOST_ERRORS, unreadable=errors, doubt=doubt)


@contextmanager
def _opened(source: bytes | Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        yield source


def _unfinished(actor: Actor, kind: str, sha256: str) -> ImportRun | None:
    return (
        ImportRun.objects.filter(
            organisation_id=actor.organisation_id, kind=kind, sha256=sha256, is_dry_run=False, rows_done__gt=0
        )
        .exclude(state=ImportRun.State.DONE)
        .order_by("-created_at")
        .first()
    )


def _digest(key: Hashable) -> bytes:
    return blake2b(repr(key).encode(), digest_size=16).digest()


def _checked(lines: Iterator[Line], kind: ImportKind, seen: dict[bytes, int], extent: set[Hashable]) -> Iterator[Line]:
    """The lines, those refused that repeat an earlier row of the file. Keys are kept as 16 bytes each; `extent` is
    what a whole list is one of."""
    for line in lines:
        if line.row is not None:
            if kind.whole_list is not None:
                extent.add(kind.whole_list.covers(line.row.values))
            key = _digest(kind.key(line.row.values))
            first = seen.setdefault(key, line.number)
            if first != line.number:
                message = _("This row repeats line %(line)s") % {"line": first}
                line = Line(line.number, None, (RowError(line.number, "", message),), is_repeat=True)
        yield line


def _unreadable(line: Line) -> int:
    """How many errors the reader counts for this line: it gives up after MOST_ERRORS."""
    return 0 if line.is_repeat else len(line.errors)


def _is_faulty_heading(batch: Sequence[Line]) -> bool:
    """Errors of the heading name line 1 and end the reading: nothing else follows them."""
    return len(batch) == 1 and batch[0].number == 1 and batch[0].row is None


def _begin(actor: Actor, run: ImportRun, rows: int, ignored: Sequence[str]) -> ImportRun:
    with acting(actor):
        run = ImportRun.objects.get(pk=run.pk)
        run.state = ImportRun.State.RUNNING
        run.rows_total = max(rows, run.rows_done)
        run.message = ""
        if ignored:
            run.message = (_("Columns not used: %(names)s") % {"names": ", ".join(ignored)})[:400]
        run.save(update_fields=["state", "rows_total", "message"])
        if not run.is_dry_run and run.rows_done == 0:
            record("import.started", subject=run, actor=actor, data={"kind": run.kind, "sha256": run.sha256})
    return run


def _do_batch(actor: Actor, run: ImportRun, kind: ImportKind, batch: Sequence[Line]) -> ImportRun:
    with acting(actor):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"import:{run.pk}"])
        fresh = ImportRun.objects.get(pk=run.pk)
        if fresh.rows_done != run.rows_done or fresh.state != ImportRun.State.RUNNING:
            raise TakenOver(str(run.pk))
        today = database_today()
        before_and_after: list[consequences.Sight] = []
        outcome = _write(actor, kind, batch, today, dry_run=fresh.is_dry_run, sights=before_and_after)
        if before_and_after:
            consequences.keep(fresh, consequences.look(actor, outcome.touched, today), before_and_after[0])
        elif not fresh.is_dry_run:
            consequences.changed(actor, outcome.touched)
        problems = [error for line in batch for error in line.errors] + outcome.refused
        fresh.rows_done += len(batch)
        fresh.rows_total = max(fresh.rows_total, fresh.rows_done)
        fresh.rows_created += outcome.created
        fresh.rows_updated += outcome.updated
        fresh.rows_unchanged += outcome.unchanged
        fresh.rows_refused += len({error.line for error in problems})
        fresh.save(
            update_fields=[
                "rows_done",
                "rows_total",
                "rows_created",
                "rows_updated",
                "rows_unchanged",
                "rows_refused",
                "consequences",
            ]
        )
        _keep(fresh, problems)
        if not fresh.is_dry_run and (outcome.created or outcome.changes):
            lines = {"first_line": batch[0].number, "last_line": batch[-1].number, "created": outcome.created}
            record("import.rows", subject=fresh, actor=actor, data={**lines, "updated": outcome.changes})
    return fresh


def _write(
    actor: Actor,
    kind: ImportKind,
    batch: Sequence[Line],
    today: dt.date,
    *,
    dry_run: bool,
    sights: list[consequences.Sight],
) -> Outcome:
    """Write the batch, or (a dry run) write it, look at what comes of it and take it back."""
    rows = [line.row for line in batch if line.row is not None]
    outcome = Outcome()
    if not rows:
        return outcome
    try:
        with transaction.atomic():
            outcome = kind.importer(actor, rows, today)
            if dry_run:
                if outcome.touched:
                    sights.append(consequences.look(actor, outcome.touched, today))
                raise _WriteNothing
    except _WriteNothing:
        pass
    except (IntegrityError, DataError):
        # Somebody wrote the same things meanwhile, or one row holds what the database refuses: find it.
        sights.clear()
        return _write_singly(actor, kind, batch, today, dry_run=dry_run, sights=sights)
    return outcome


def _write_singly(
    actor: Actor,
    kind: ImportKind,
    batch: Sequence[Line],
    today: dt.date,
    *,
    dry_run: bool,
    sights: list[consequences.Sight],
) -> Outcome:
    total = Outcome()
    try:
        with transaction.atomic():
            _write_each(actor, kind, batch, today, total)
            if dry_run:
                if total.touched:
                    sights.append(consequences.look(actor, total.touched, today))
                raise _WriteNothing
    except _WriteNothing:
        pass
    return total


def _write_each(actor: Actor, kind: ImportKind, batch: Sequence[Line], today: dt.date, total: Outcome) -> None:
    for line in batch:
        if line.row is None:
            continue
        try:
            with transaction.atomic():
                one = kind.importer(actor, [line.row], today)
        except (IntegrityError, DataError):
            total.refuse(line.row, "", _("This row contradicts what is already recorded"))
            continue
        total.created += one.created
        total.updated += one.updated
        total.unchanged += one.unchanged
        total.refused += one.refused
        total.changes += one.changes
        total.touched |= one.touched


def _keep(run: ImportRun, problems: Sequence[RowError]) -> None:
    room = MOST_PROBLEMS - ImportProblem.objects.filter(run=run).count()
    ImportProblem.objects.bulk_create(
        ImportProblem(
            organisation_id=run.organisation_id,
            run=run,
            line=error.line,
            column=error.column[:60],
            message=error.message[:400],
        )
        for error in problems[: max(room, 0)]
    )


def _fail(actor: Actor, run: ImportRun, message: str, errors: Sequence[RowError] = ()) -> ImportRun:
    with acting(actor):
        run = ImportRun.objects.get(pk=run.pk)
        run.state = ImportRun.State.FAILED
        run.message = message[:400]
        run.finished_at = database_now()
        run.save(update_fields=["state", "message", "finished_at"])
        _keep(run, errors or [RowError(1, "", message)])
        record("import.failed", subject=run, actor=actor, data=_counts(run))
    return run


def _missing(
    actor: Actor, listed: WholeList, extent: set[Hashable], is_listed: Callable[[Hashable], bool]
) -> tuple[int, set[UUID]]:
    with acting(actor):
        return listed.missing(extent, is_listed)


def _note_missing(actor: Actor, run: ImportRun, listed: WholeList, missing: set[UUID]) -> ImportRun:
    """Note which homes the list does not name, once it is read to its end; a dry run looks and takes it back."""
    with acting(actor):
        fresh = ImportRun.objects.select_for_update().get(pk=run.pk)
        if fresh.state != ImportRun.State.RUNNING:
            raise TakenOver(str(run.pk))
        today = database_today()
        if fresh.is_dry_run:
            after: list[consequences.Sight] = []
            try:
                with transaction.atomic():
                    new = listed.mark(missing, today)
                    after.append(consequences.look(actor, new, today))
                    raise _WriteNothing
            except _WriteNothing:
                pass
            consequences.keep(fresh, consequences.look(actor, new, today), after[0])
            fresh.save(update_fields=["consequences"])
        elif new := listed.mark(missing, today):
            consequences.changed(actor, new)
            record("import.missing", subject=fresh, actor=actor, data={"kind": fresh.kind, "homes": len(new)})
    return fresh


def _finish(actor: Actor, run: ImportRun, *, gave_up: bool, unreadable: int, doubt: str = "") -> ImportRun:
    with acting(actor):
        run = ImportRun.objects.get(pk=run.pk)
        run.state = ImportRun.State.DONE
        run.rows_total = run.rows_done
        run.finished_at = database_now()
        if gave_up:
            run.message = _("Stopped after %(most)s errors: the rows behind them were not read") % {"most": MOST_ERRORS}
        elif unreadable and run.is_whole_list:
            run.message = _("Some rows could not be read, so nobody can say which homes the list does not name")
        elif doubt:
            run.message = doubt
        run.save(update_fields=["state", "rows_total", "finished_at", "message"])
        record("import.checked" if run.is_dry_run else "import.done", subject=run, actor=actor, data=_counts(run))
    return run


def _counts(run: ImportRun) -> dict[str, Any]:
    return {
        "kind": run.kind,
        "sha256": run.sha256,
        "rows": run.rows_done,
        "created": run.rows_created,
        "updated": run.rows_updated,
        "unchanged": run.rows_unchanged,
        "refused": run.rows_refused,
    }
