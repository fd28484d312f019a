"""What machines are told of closures: the feed and the webhooks of every organisation that was told, its own acts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.tenants.context import worker
from brokerage.core.webhooks import events
from brokerage.core.webhooks.feed import tell_feeds
from brokerage.safeguarding.closures.models import ClosureRecipient

EVERYBODY = ("authority", "central", "provider")
CLOSURE = "/closures/{reference}"

for kind, label in (
    ("announced", _("Closure of a home announced")),
    ("changed", _("Day of a closure changed")),
    ("withdrawn", _("Closure withdrawn")),
    ("closed", _("Home closed")),
    ("completed", _("Closure complete")),
):
    events.publish(f"closure.{kind}", label=label, organisations=EVERYBODY, notices={f"closures.{kind}": CLOSURE})
events.publish(
    "closure.resident_changed",
    label=_("Next home of somebody in a closing home recorded"),
    organisations=("authority",),
    acts={"closure.resident_changed": CLOSURE},
)


@handles("closure_change")
def tell_machines(item: OutboxItem) -> None:
    """Tell the feed of every organisation that was told, when one of them says so. Repeatable: a feed says an event
    once."""
    template = item.payload["template"]
    with worker():
        told = list(
            ClosureRecipient.objects.filter(closure_id=item.payload["closure"])
            .order_by("organisation_id")
            .values_list("organisation_id", "reference")
        )
    if item.organisation_id not in {organisation for organisation, _reference in told}:
        return
    change = {
        organisation: [one]
        for organisation, reference in told
        if (one := events.of_notice(template, reference=reference, page=f"/{reference}/"))
    }
    tell_feeds(change, event=item.entry_id or item.pk, at=item.created_at)
