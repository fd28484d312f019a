"""What machines are told of findings, and the outbox's part: each run's findings to the feed, homes that changed."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.outbox import handles
from brokerage.core.tenants.context import system
from brokerage.core.webhooks import events
from brokerage.core.webhooks.events import Told
from brokerage.core.webhooks.feed import tell_feeds
from brokerage.safeguarding.firewall.actions.missing import tell_of_missing
from brokerage.safeguarding.firewall.actions.runs import check_homes
from brokerage.safeguarding.firewall.models import Finding

_PATH = "/findings/{reference}"

events.publish(
    "finding.found",
    label=_("A home no longer passes the registration checks"),
    organisations=("authority",),
    notices={"firewall.found": _PATH},
)
events.publish(
    "finding.changed",
    label=_("Something else is wrong with a home that did not pass"),
    organisations=("authority",),
    notices={"firewall.changed": _PATH},
)
events.publish(
    "referral.home_missing",
    label=_("A home of a referral is not on its register’s newest list"),
    organisations=("authority",),
    acts={"referral.home_missing": "/referrals/{reference}"},
)
events.publish(
    "finding.cleared",
    label=_("A home passes the registration checks again"),
    organisations=("authority",),
    notices={"firewall.cleared": _PATH},
)
events.publish(
    "finding.answered",
    label=_("A finding of the registration checks was answered"),
    organisations=("authority",),
    acts={"finding.acknowledged": _PATH},
)


@handles("firewall_change")
def tell_machines(item: OutboxItem) -> None:
    """Tell the authority's feed what a run of its own found and cleared. Repeatable: a feed says an event once."""
    check = UUID(item.payload["check"])
    with system(item.organisation_id) as actor:
        if not actor.is_authority:
            return
        rows = list(
            Finding.objects.filter(Q(told_in=check) | Q(cleared_in=check))
            .order_by("reference")
            .values_list("reference", "told_as", "cleared_in")
        )
    told: list[Told] = []
    for reference, told_as, cleared_in in rows:
        template = "firewall.cleared" if cleared_in == check else f"firewall.{told_as}"
        if one := events.of_notice(template, reference=reference, page=f"/{reference}/"):
            told.append(one)
    if told:
        tell_feeds({item.organisation_id: told}, event=item.entry_id or item.pk, at=item.created_at)


@handles("firewall_homes")
def look_at_homes(item: OutboxItem) -> None:
    """Look at once at the placements in homes whose registration or evidence has changed, and tell of those that are
    missing from a list to whoever is about to place somebody there. Repeatable."""
    homes = [UUID(home) for home in item.payload["homes"]]
    check_homes(homes)
    tell_of_missing(homes)
