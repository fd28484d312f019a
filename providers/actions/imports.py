"""Importing through pages: upload and check, import the good rows, go on with a stopped run, throw a file away.

The work itself is the worker's (`providers.imports.work`); here it is only asked for.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import Http404
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.actors import Actor
from providers.imports.kinds import kind_of, require_kind
from providers.imports.reading import look_at
from providers.models import ImportRun

#: Files of checks that nobody followed up go after so long.
KEPT_FOR = timedelta(days=7)


@transaction.atomic
def start_import(
    actor: Actor, *, kind: str, file: BinaryIO, file_name: str, size: int, is_whole_list: bool = False
) -> ImportRun:
    """Keep the file and have it checked; nothing is imported yet. `is_whole_list`: it names all there are.

    Refused: too large a file (`file_too_large`), one that cannot be read as CSV at all (`file_unreadable`).
    """
    try:
        chosen = kind_of(kind)
    except KeyError:
        raise NotPermitted("import") from None
    require_kind(actor, chosen)
    if size > settings.UPLOAD_MAX_BYTES:
        most = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        raise RuleBroken("file_too_large", _("The file must be smaller than %(most)d MB") % {"most": most}, "file")
    look = look_at(file, chosen.columns)
    if look.fault:
        raise RuleBroken("file_unreadable", look.fault, "file")
    if not look.rows:
        raise RuleBroken("file_unreadable", _("The file has no rows"), "file")
    _forget_old_files(actor)
    file.seek(0)
    stored_name = default_storage.save(f"imports/{actor.organisation_id}/{uuid.uuid4()}.csv", File(file))
    run = ImportRun.objects.create(
        organisation_id=actor.organisation_id,
        kind=kind,
        file_name=file_name[-200:],
        stored_name=stored_name,
        sha256=look.sha256,
        is_dry_run=True,
        is_whole_list=is_whole_list and chosen.whole_list is not None,
        rows_total=look.rows,
        created_by_id=actor.user_id,
        created_by_name=actor.name,
    )
    _ask_for(actor, run)
    return run


@transaction.atomic
def import_rows(actor: Actor, *, run_id: UUID) -> ImportRun:
    """Import the good rows of a checked file. Asked twice, it is the same import.

    Refused (`NotNow`) when the check has not finished, found nothing to import, or its file is gone.
    """
    check = _locked(actor, run_id)
    if not check.is_dry_run:
        return check
    if check.state != ImportRun.State.DONE:
        raise NotNow("not_checked", _("The file has not been checked to its end yet"))
    started = import_of(check)
    if started is not None:
        return started
    if not check.stored_name:
        raise NotNow("file_gone", _("The file is no longer kept: upload it again"))
    if check.rows_refused == check.rows_total:
        raise NotNow("nothing_to_import", _("Every row was refused: there is nothing to import"))
    run = ImportRun.objects.create(
        organisation_id=actor.organisation_id,
        kind=check.kind,
        file_name=check.file_name,
        stored_name=check.stored_name,
        sha256=check.sha256,
        is_dry_run=False,
        is_whole_list=check.is_whole_list,
        rows_total=check.rows_total,
        created_by_id=actor.user_id,
        created_by_name=actor.name,
    )
    _ask_for(actor, run)
    return run


@transaction.atomic
def resume_import(actor: Actor, *, run_id: UUID) -> ImportRun:
    """Go on with a stopped check or import, from the first row not done. Refused when its file is gone."""
    run = _locked(actor, run_id)
    if run.state == ImportRun.State.DONE:
        raise NotNow("finished", _("This import has finished"))
    if not run.stored_name:
        raise NotNow("file_gone", _("The file is no longer kept: upload it again"))
    ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.WAITING, message="", finished_at=None)
    record("import.resumed", subject=run, actor=actor, data={"kind": run.kind, "rows_done": run.rows_done})
    _ask_for(actor, run)
    return run


@transaction.atomic
def discard_import(actor: Actor, *, run_id: UUID) -> None:
    """Throw a checked file away without importing it; its report stays."""
    check = _locked(actor, run_id)
    if not check.is_dry_run or import_of(check) is not None:
        raise NotNow("being_imported", _("This file is being imported"))
    if check.stored_name:
        name = check.stored_name
        ImportRun.objects.filter(pk=check.pk).update(stored_name="")
        record("import.discarded", subject=check, actor=actor, data={"kind": check.kind})
        transaction.on_commit(partial(default_storage.delete, name))


def import_of(check: ImportRun) -> ImportRun | None:
    """The import that followed a check, or None."""
    if not check.stored_name:
        return (
            ImportRun.objects.filter(
                organisation_id=check.organisation_id,
                kind=check.kind,
                sha256=check.sha256,
                is_dry_run=False,
                created_at__gte=check.created_at,
            )
            .order_by("created_at")
            .first()
        )
    return ImportRun.objects.filter(stored_name=check.stored_name, is_dry_run=False).first()


def _locked(actor: Actor, run_id: UUID) -> ImportRun:
    run = ImportRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise Http404
    require_kind(actor, kind_of(run.kind))
    return run


def _ask_for(actor: Actor, run: ImportRun) -> None:
    payload = {"run": str(run.pk), "language": get_language() or "en"}
    enqueue("import_run", queue="default", actor=actor, payload=payload)


def _forget_old_files(actor: Actor) -> None:
    old = ImportRun.objects.filter(
        organisation_id=actor.organisation_id, created_at__lt=database_now() - KEPT_FOR
    ).exclude(stored_name="")
    names = list(old.values_list("stored_name", flat=True))
    old.update(stored_name="")
    for name in names:
        transaction.on_commit(partial(default_storage.delete, name))
