"""Steps that several tests of the feed and of webhooks take."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from brokerage.core.audit import outbox
from brokerage.core.audit.models import OutboxItem
from brokerage.core.audit.record import Notice, record
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting, worker
from brokerage.core.tenants.models import Organisation
from brokerage.core.webhooks import actions
from brokerage.core.webhooks.models import Change, Delivery, Webhook
from tests.api.clients import Machine, client_of
from tests.cast import actor_of, ident

LONG_AGO = dt.timedelta(hours=1)


def as_client(machine: Machine, who: str) -> Actor:
    """The actor that the machine is, for actions without HTTP."""
    return replace(actor_of(who), permissions=frozenset(), client_id=machine.client_id, client_name="Case system")


def added(machine: Machine, who: str, url: str, *kinds: str) -> Webhook:
    """A webhook that the machine adds for itself."""
    with acting(as_client(machine, who)) as actor:
        return actions.create_webhook(actor, client_id=machine.client_id, url=url, kinds=kinds)


def act(who: str = "olive", kind: str = "referral.published", reference: str = "HAR-0001", **more: Any) -> UUID:
    """An act as actions record it, on the organisation's own row; returns the entry's id."""
    with acting(actor_of(who)) as actor:
        subject = Organisation.objects.get(pk=actor.organisation_id)
        return record(kind, subject=subject, actor=actor, reference=reference, **more).pk


def notice(to: str, template: str = "placements.invited", reference: str = "HAR-0001") -> Notice:
    return Notice(template, ident(to), reference, f"/o/{to}/inbox/{reference}/", permissions=("inbox.view",))


def expand() -> int:
    """Expand what waits; in a test's one transaction the database's time stands still."""
    with worker():
        OutboxItem.objects.filter(done_at=None).update(available_at=timezone.now() - LONG_AGO)
    return outbox.drain("events")


def due_now() -> None:
    """As if the time of every waiting delivery and of every rest had come."""
    with worker():
        Delivery.objects.filter(state="waiting").update(next_at=timezone.now() - LONG_AGO)
        Webhook.objects.update(resting_until=None)


def changes(who: str) -> list[Change]:
    """The feed of the person's organisation."""
    with acting(actor_of(who)) as actor:
        return list(Change.objects.filter(organisation_id=actor.organisation_id).order_by("number"))


def machine(who: str = "olive", *scopes: str) -> Machine:
    """A client with every scope, or those named."""
    return client_of(who, list(scopes) or None)


def organisation_of(who: str) -> Any:
    return actor_of(who).organisation_id
