"""What is done to webhooks: by an API client to its own, by an organisation's administrator to all of its clients'."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.accounts.sealed_text import CannotUnseal, seal, unseal
from brokerage.core.api.models import ApiClient
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.webhooks import events, signing
from brokerage.core.webhooks.addresses import checked_url
from brokerage.core.webhooks.models import Delivery, Webhook
from brokerage.core.webhooks.purge import KEEP_DELIVERIES_DAYS

#: Webhooks of one client.
MOST = 20
#: How long the former secret signs too after a rotation.
OVERLAP = timedelta(hours=24)
#: What a client must be allowed to read before its addresses are told of it.
NEEDED_SCOPE = "changes:read"

#: Every change since then that the webhook wants: again if it was sent, for the first time if it was missed.
REPLAY = """
INSERT INTO webhooks_delivery (id, organisation_id, webhook_id, change_id, kind, state, attempts, last_error,
  created_at, next_at)
SELECT gen_random_uuid(), c.organisation_id, w.id, c.id, c.kind, 'waiting', 0, '', clock_timestamp(), now()
FROM webhooks_webhook w JOIN webhooks_change c ON c.organisation_id = w.organisation_id
JOIN api_apiclient a ON a.id = w.client_id
JOIN allauth_idp_oidc_client o ON o.id = a.oauth_id
WHERE w.id = %(webhook)s AND c.at >= %(since)s AND (cardinality(w.kinds) = 0 OR c.kind = ANY (w.kinds))
  AND (%(needed)s::jsonb -> c.kind IS NULL OR %(needed)s::jsonb -> c.kind ?| string_to_array(o.scopes, E'\n'))
ON CONFLICT (webhook_id, change_id) DO UPDATE SET state = 'waiting', attempts = 0, last_error = '',
  last_status = NULL, delivered_at = NULL, next_at = now()
"""


def manageable(actor: Actor) -> QuerySet[Webhook]:
    """The webhooks the actor may see and change: a client its own, an administrator the organisation's."""
    if actor.on_behalf_of_id is not None:
        raise NotPermitted("organisation.manage")
    webhooks = Webhook.objects.filter(organisation_id=actor.organisation_id).select_related("client")
    if actor.client_id is not None:
        return webhooks.filter(client_id=actor.client_id)
    actor.require("organisation.manage")
    return webhooks


def hold_webhook(actor: Actor, webhook_id: UUID) -> None:
    """Take the lock of the webhook's actions, until commit."""
    _hold(webhook_of(actor, webhook_id).client_id)


def webhook_of(actor: Actor, webhook_id: UUID) -> Webhook:
    """One webhook; not found unless the actor may manage it."""
    webhook = manageable(actor).filter(pk=webhook_id).first()
    if webhook is None:
        raise Http404
    return webhook


@transaction.atomic
def create_webhook(
    actor: Actor, *, client_id: UUID, url: str, kinds: Sequence[str] = (), description: str = ""
) -> Webhook:
    """Tell a client's address of changes from now on; no `kinds` is all of them.

    Refused when: the address is not a public https one (`url_invalid`), a kind is not one of this organisation's
    (`unknown_kind`), the client may not read changes (`client_may_not_read`), has this address already (`url_taken`) or
    has twenty webhooks (`too_many_webhooks`). A client makes them for itself only.
    """
    manageable(actor)
    if actor.client_id is not None and client_id != actor.client_id:
        raise Http404
    _hold(client_id)
    client = ApiClient.objects.filter(organisation_id=actor.organisation_id, pk=client_id).first()
    if client is None:
        raise Http404
    if client.revoked_at is not None:
        raise NotNow("client_revoked", _("This client has been revoked"))
    if NEEDED_SCOPE not in client.scopes:
        raise RuleBroken("client_may_not_read", _("This client may not follow what changes"), "client")
    url = checked_url(url)
    own = Webhook.objects.filter(client_id=client_id)
    if own.filter(url=url).exists():
        raise RuleBroken("url_taken", _("This client has a webhook with this address"), "url")
    if own.count() >= MOST:
        raise RuleBroken("too_many_webhooks", _("A client can have 20 webhooks at most"), "client")
    webhook = Webhook(
        organisation_id=actor.organisation_id,
        client=client,
        url=url,
        kinds=_checked_kinds(actor, kinds),
        description=description.strip(),
        sealed_secret=seal(signing.new_secret()),
        created_at=database_now(),
    )
    webhook.save(force_insert=True)
    _record(actor, "webhook.created", webhook, {"client": str(client_id), "kinds": webhook.kinds})
    return webhook


@transaction.atomic
def change_webhook(
    actor: Actor,
    *,
    webhook_id: UUID,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    description: str | None = None,
    active: bool | None = None,
) -> Webhook:
    """Change what is given. Switching on again forgets the failures and goes on with what still waits.

    Refused as for a new one. `NotNow` (`client_may_not_read`) when its client may not follow changes any more.
    """
    webhook = _held(actor, webhook_id)
    changed: list[str] = []
    if url is not None and (url := checked_url(url)) != webhook.url:
        if Webhook.objects.filter(client_id=webhook.client_id, url=url).exclude(pk=webhook.pk).exists():
            raise RuleBroken("url_taken", _("This client has a webhook with this address"), "url")
        webhook.url = url
        changed.append("url")
    if kinds is not None and (checked := _checked_kinds(actor, kinds)) != webhook.kinds:
        webhook.kinds = checked
        changed.append("kinds")
    if description is not None and description.strip() != webhook.description:
        webhook.description = description.strip()
        changed.append("description")
    if changed:
        webhook.save(update_fields=changed)
        _record(actor, "webhook.changed", webhook, {"changed": changed, "kinds": webhook.kinds})
    if active is not None and active != webhook.is_active:
        _switch(actor, webhook, active)
    return webhook


@transaction.atomic
def delete_webhook(actor: Actor, *, webhook_id: UUID) -> None:
    """Delete the webhook and the record of its deliveries; what waits is not sent."""
    webhook = _held(actor, webhook_id)
    _record(actor, "webhook.deleted", webhook, {"client": str(webhook.client_id)})
    webhook.delete()


@transaction.atomic
def rotate_secret(actor: Actor, *, webhook_id: UUID) -> Webhook:
    """Replace the signing secret; for 24 hours the former one signs too."""
    webhook = _held(actor, webhook_id)
    webhook.sealed_old_secret, webhook.old_secret_until = webhook.sealed_secret, database_now() + OVERLAP
    webhook.sealed_secret = seal(signing.new_secret())
    webhook.save(update_fields=["sealed_secret", "sealed_old_secret", "old_secret_until"])
    _record(actor, "webhook.secret_rotated", webhook, {})
    return webhook


def silence_client(actor: Actor, *, client_id: UUID) -> None:
    """Switch off the webhooks of a client that may no longer follow what changes. Within the act that took it away."""
    for webhook in Webhook.objects.filter(client_id=client_id, state=Webhook.State.ACTIVE):
        webhook.state, webhook.disabled_reason = Webhook.State.DISABLED, Webhook.Reason.NO_SCOPE
        webhook.save(update_fields=["state", "disabled_reason"])
        _record(actor, "webhook.disabled", webhook, {"reason": "no_scope"})


def secret_of(actor: Actor, *, webhook_id: UUID) -> str:
    """The signing secret, to enter it at the receiver. Refused (`secret_lost`) when its key is gone."""
    try:
        return unseal(webhook_of(actor, webhook_id).sealed_secret)
    except CannotUnseal as error:
        raise RuleBroken("secret_lost", _("The secret can no longer be read: replace it")) from error


@transaction.atomic
def test_webhook(actor: Actor, *, webhook_id: UUID) -> Delivery:
    """Send a `webhook.test` event at once. Raises `NotNow` (`webhook_disabled`) when it is switched off."""
    webhook = _active(actor, webhook_id)
    now = database_now()
    delivery = Delivery(
        organisation_id=webhook.organisation_id, webhook=webhook, kind=events.TEST, created_at=now, next_at=now
    )
    delivery.save(force_insert=True)
    _wake(webhook)
    _record(actor, "webhook.tested", webhook, {})
    return delivery


@transaction.atomic
def replay_delivery(actor: Actor, *, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Send one delivery again, whatever became of it; it keeps its webhook-id. `NotNow` when switched off."""
    webhook = _active(actor, webhook_id)
    delivery = Delivery.objects.select_related("change").filter(webhook=webhook, pk=delivery_id).first()
    if delivery is None:
        raise Http404
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.WAITING,
        attempts=0,
        next_at=database_now(),
        delivered_at=None,
        last_status=None,
        last_error="",
    )
    _wake(webhook)
    _record(actor, "webhook.replayed", webhook, {"deliveries": 1})
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_since(actor: Actor, *, webhook_id: UUID, since: dt.datetime) -> int:
    """Send again every change since then that the webhook wants, also those of while it was switched off.

    At most 30 days back (`too_long_ago`). Returns how many will be sent. `NotNow` when it is switched off.
    """
    webhook = _active(actor, webhook_id)
    if since < database_now() - timedelta(days=KEEP_DELIVERIES_DAYS):
        raise RuleBroken("too_long_ago", _("Events can be sent again for 30 days"), "since")
    with connection.cursor() as cursor:
        needed = json.dumps(events.scopes_needed())
        cursor.execute(REPLAY, {"webhook": webhook.pk, "since": since, "needed": needed})
        count = cursor.rowcount
    _wake(webhook)
    _record(actor, "webhook.replayed", webhook, {"deliveries": count, "since": since.isoformat()})
    return count


def _wake(webhook: Webhook) -> None:
    """Somebody asks by hand: the receiver is tried at once, however long it would have been left alone."""
    Webhook.objects.filter(pk=webhook.pk).update(resting_until=None)


def _switch(actor: Actor, webhook: Webhook, active: bool) -> None:
    if active:
        if NEEDED_SCOPE not in webhook.client.scopes:
            raise NotNow("client_may_not_read", _("This client may not follow what changes"))
        webhook.state, webhook.disabled_reason = Webhook.State.ACTIVE, ""
        webhook.failing_since, webhook.failures, webhook.resting_until = None, 0, None
    else:
        webhook.state, webhook.disabled_reason = Webhook.State.DISABLED, Webhook.Reason.BY_HAND
    webhook.save(update_fields=["state", "disabled_reason", "failing_since", "failures", "resting_until"])
    if active:
        _record(actor, "webhook.enabled", webhook, {})
    else:
        _record(actor, "webhook.disabled", webhook, {"reason": "by_hand"})


def _active(actor: Actor, webhook_id: UUID) -> Webhook:
    webhook = _held(actor, webhook_id)
    if not webhook.is_active:
        raise NotNow("webhook_disabled", _("This webhook is switched off"))
    return webhook


def _held(actor: Actor, webhook_id: UUID) -> Webhook:
    """The webhook, locked until commit and read again."""
    webhook = webhook_of(actor, webhook_id)
    _hold(webhook.client_id)
    return webhook_of(actor, webhook_id)


def _hold(client_id: UUID) -> None:
    hold_name(f"webhooks:{client_id}")


def _checked_kinds(actor: Actor, kinds: Sequence[str]) -> list[str]:
    """Sorted, each once."""
    known = set(events.kinds(actor.kind))
    if set(kinds) - known:
        raise RuleBroken("unknown_kind", _("Choose kinds of events from the list"), "kinds")
    return sorted(set(kinds))


def _record(actor: Actor, kind: str, webhook: Webhook, data: dict[str, object]) -> None:
    record(kind, subject=webhook, actor=actor, reference=webhook.host, data=data)
