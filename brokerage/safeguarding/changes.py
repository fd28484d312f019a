"""What machines are told of alerts: the feed and the webhooks of every organisation that was told, its own acts.

`alert_tell` writes the rows and messages of everybody who was told; work on the queue of alerts then reads those rows
and tells their feeds, ahead of everything else.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.tenants.context import worker
from brokerage.core.webhooks import events
from brokerage.core.webhooks.feed import tell_feeds
from brokerage.safeguarding.models import AlertRecipient

RAISERS = ("authority", "central")
EVERYBODY = ("authority", "central", "provider")

ALERT = "/alerts/{reference}"

events.publish(
    "alert.received",
    label=_("Safeguarding alert received"),
    organisations=EVERYBODY,
    notices={"safeguarding.alert": ALERT, "safeguarding.nearer": ALERT},
)
events.publish(
    "alert.closed",
    label=_("Safeguarding alert closed"),
    organisations=EVERYBODY,
    notices={"safeguarding.closed": ALERT},
)
events.publish(
    "alert.waiting",
    label=_("Safeguarding alert waits for a second person"),
    organisations=RAISERS,
    notices={"safeguarding.to_confirm": ALERT},
)
events.publish(
    "alert.dismissed",
    label=_("Safeguarding alert not sent"),
    organisations=RAISERS,
    acts={"alert.dismissed": ALERT},
)
events.publish(
    "alert.answered",
    label=_("Safeguarding alert answered"),
    organisations=EVERYBODY,
    acts={"alert.acknowledged": ALERT},
)
events.publish(
    "alert.people_came",
    label=_("Somebody came to live there after your answer to a safeguarding alert"),
    organisations=("authority",),
    notices={"safeguarding.people_came": ALERT},
)
events.publish(
    "alert.plans_added",
    label=_("Plans added for people who came after the answer"),
    organisations=("authority",),
    acts={"alert.plans_added": ALERT},
)
events.publish(
    "alert.check_done",
    label=_("Welfare check recorded"),
    organisations=("authority",),
    acts={"alert.check_done": ALERT},
)


@handles("alert_change")
def tell_machines(item: OutboxItem) -> None:
    """Tell the feed of every organisation that was told, or of the one that was told later. Repeatable: a feed says an
    event once."""
    with worker():
        rows = AlertRecipient.objects.filter(alert_id=item.payload["alert"], alert__raised_by_id=item.organisation_id)
        if "organisation" in item.payload:
            rows = rows.filter(organisation_id=item.payload["organisation"])
        told = list(rows.order_by("organisation_id").values_list("organisation_id", "reference"))
    change = {
        organisation_id: [one]
        for organisation_id, reference in told
        if (one := events.of_notice(item.payload["template"], reference=reference, page=f"/{reference}/"))
    }
    tell_feeds(change, event=item.entry_id or item.pk, at=item.created_at)
