"""Once a night: what adds up at each authority and each central team is suggested to its leads."""

from __future__ import annotations

import logging

from celery import shared_task

from brokerage.core.tenants.context import system, worker
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.concerns.actions.patterns import suggest_patterns

logger = logging.getLogger(__name__)


@shared_task(name="brokerage.safeguarding.concerns.tasks.look_for_patterns")
def look_for_patterns() -> int:
    """Look for patterns of every organisation, each in its own transaction and role; how many suggestions were made."""
    with worker():
        kinds = (Organisation.Kind.AUTHORITY, Organisation.Kind.CENTRAL)
        organisations = list(
            Organisation.objects.filter(is_active=True, kind__in=kinds).order_by("pk").values_list("pk", flat=True)
        )
    made = 0
    for organisation_id in organisations:
        try:
            with system(organisation_id) as actor:
                made += len(suggest_patterns(actor))
        except Exception:
            # One organisation's trouble is not the others'; tomorrow it is tried again.
            logger.exception("Patterns of %s could not be looked for", organisation_id)
    return made
