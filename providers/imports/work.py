"""The worker's part: carries on a run whose file lies in the file store, a while at a time, so that other work of
the queue is not kept waiting. A worker killed in between is followed by another, from the first row not done."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.record import enqueue
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, system
from providers.imports.engine import TakenOver, carry_on
from providers.models import ImportRun

logger = logging.getLogger(__name__)

#: Less than the outbox's lease, so that no second worker starts while the first is at it.
SECONDS_AT_A_TIME = 120


@outbox.handles("import_run")
def go_on(item: OutboxItem) -> None:
    """Carry on the run named in the payload; queue the rest when the time is up."""
    with system(item.organisation_id) as actor:
        run = ImportRun.objects.filter(pk=item.payload["run"]).first()
    if run is None or run.state == ImportRun.State.DONE or not run.stored_name:
        return
    # The trail names the person who asked for it.
    actor = replace(actor, user_id=run.created_by_id, name=run.created_by_name or actor.name)
    with translation.override(item.payload.get("language", "en")):
        if not default_storage.exists(run.stored_name):
            _stop(actor, run, _("The file is no longer there: upload it again"))
            return
        try:
            with default_storage.open(run.stored_name) as file:
                run = carry_on(actor, run, cast(BinaryIO, file), seconds=SECONDS_AT_A_TIME)
        except TakenOver:
            logger.info("Import %s is carried on by another worker", item.payload["run"])
            return
        except Exception:
            _stop(actor, run, _("The import stopped. Nothing is lost: it goes on from the first row not done"))
            raise
    if run.state == ImportRun.State.RUNNING:
        with acting(actor):
            enqueue("import_run", queue=item.queue, actor=actor, payload=item.payload)
    elif run.state == ImportRun.State.FAILED or not run.is_dry_run:
        forget_file(actor, run)


def forget_file(actor: Actor, run: ImportRun) -> None:
    """Take the file from the store once nobody needs it; a check's file is kept for the import after it."""
    with acting(actor):
        sharing = ImportRun.objects.filter(stored_name=run.stored_name)
        sharing.update(stored_name="")
    default_storage.delete(run.stored_name)


def _stop(actor: Actor, run: ImportRun, message: str) -> None:
    with acting(actor):
        ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.FAILED, message=message)
