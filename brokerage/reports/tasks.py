"""Once a night, authority by authority: the additions of the day become one row of each figure, and every figure is
compared with a recount."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import connection

from brokerage.core.tenants.context import system, worker
from brokerage.core.tenants.models import Organisation
from brokerage.reports.tallies import differences, fold

logger = logging.getLogger(__name__)


@shared_task(name="brokerage.reports.tasks.fold_books")
def fold_books() -> int:
    """Fold the book of every authority, each in its own transaction and role; how many rows are gone."""
    with worker():
        authorities = list(
            Organisation.objects.filter(kind=Organisation.Kind.AUTHORITY).order_by("pk").values_list("pk", flat=True)
        )
    gone = 0
    for authority_id in authorities:
        try:
            with system(authority_id), connection.cursor() as cursor:
                gone += fold()
                wrong = len(differences(cursor, authority_id))
            if wrong:
                logger.error("%s figures of the book of %s differ from a recount: recount_tallies", wrong, authority_id)
        except Exception:
            # Only space is lost: tomorrow it is tried again, and figures are the same folded or not.
            logger.exception("The book of %s could not be folded", authority_id)
    return gone
