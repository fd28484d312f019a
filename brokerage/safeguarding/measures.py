"""What safeguarding adds to measures: their texts name nobody, and the alert behind one is an alert that they have."""

from __future__ import annotations

from brokerage.core.tenants.actors import Actor
from brokerage.safeguarding.guard import require_nobody_named
from brokerage.safeguarding.models import AlertRecipient
from brokerage.safeguarding.queries.alerts import raised_alert
from dpv.measure_texts import finds_alerts, guards_names

guards_names(require_nobody_named)


@finds_alerts
def has_alert(actor: Actor, reference: str) -> bool:
    """Told of it, or raised by them and not sent yet: its page opens for them."""
    if AlertRecipient.objects.filter(reference=reference).exists():
        return True
    return not actor.is_provider and raised_alert(actor.organisation_id, reference) is not None
