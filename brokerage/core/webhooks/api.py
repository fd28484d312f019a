"""The API's change feed, and the webhooks that a client keeps for itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import path
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, MomentField, Query, Shape
from brokerage.core.api.operations import Call, Created, Page, operation, resource
from brokerage.core.webhooks import actions, events
from brokerage.core.webhooks.feed import PAGE_AT_MOST, changes_after
from brokerage.core.webhooks.models import Delivery, Webhook

KINDS = [(event.kind, event.label) for event in events.events()]
SUBJECTS = sorted(events.NOUNS.values())
CODES = ("url_invalid", "url_taken", "unknown_kind", "client_may_not_read")


class ChangeRow(Shape):
    """One event. It names its subject, and says nothing of it: read it at `path`."""

    number = s.IntegerField(help_text="Without gaps from 1, for your organisation.")
    kind = s.ChoiceField(choices=KINDS)
    subject_type = s.ChoiceField(choices=SUBJECTS)
    reference = s.CharField(allow_blank=True)
    path = s.CharField(help_text="Where the API shows the subject.")
    at = s.DateTimeField(help_text="When it happened; a later number may have happened earlier.")
    example = {
        "number": 12,
        "kind": "offer.submitted",
        "subject_type": "referral",
        "reference": "HAR-7K3M-9QX2",
        "path": "/api/v1/referrals/HAR-7K3M-9QX2",
        "at": "2026-11-22T09:30:00.125000Z",
    }


class ChangeFeed(Shape):
    """Part of the feed, and where to go on."""

    items = ChangeRow(many=True)
    next = s.CharField(help_text="Send it as `cursor` next time. It is always there: a poller goes on for ever.")
    example = {"items": [ChangeRow.example], "next": "12"}


class ChangeQuery(Query):
    """Where to go on, and which kinds."""

    cursor = s.RegexField(
        r"^[0-9]{1,18}$", required=False, default="0", help_text="`next` of the answer before; nothing from the start."
    )
    limit = s.IntegerField(min_value=1, max_value=PAGE_AT_MOST, default=100, help_text="Rows in one answer.")
    kind = s.ListField(
        child=s.ChoiceField(choices=KINDS), required=False, default=list, help_text="These kinds only; repeatable."
    )


class WebhookOut(Shape):
    """An address that is told of changes by signed messages (Standard Webhooks)."""

    id = s.UUIDField()
    url = s.CharField()
    kinds = s.ListField(child=s.ChoiceField(choices=KINDS), help_text="None is all of them.")
    description = s.CharField(allow_blank=True)
    is_active = s.BooleanField()
    disabled_reason = s.ChoiceField(choices=Webhook.Reason.choices, allow_null=True)
    failing_since = MomentField(allow_null=True, help_text="The first of the failures in a row.")
    old_secret_until = s.DateTimeField(allow_null=True, help_text="Until then the former secret signs too.")
    created_at = s.DateTimeField()
    example = {
        "id": "3b5a0a34-8f0e-4b8e-9f55-9a3a6c1f0f11",
        "url": "https://cases.harrow.gov.uk/placements/events",
        "kinds": ["offer.submitted", "agreement.sealed"],
        "description": "Case management",
        "is_active": True,
        "disabled_reason": None,
        "failing_since": None,
        "old_secret_until": None,
        "created_at": "2026-11-22T09:30:00Z",
    }


class NewWebhook(Input):
    """A webhook to add."""

    url = s.CharField(max_length=500, help_text="A public https address. No redirect is followed.")
    kinds = s.ListField(child=s.CharField(max_length=60), max_length=100, required=False, default=list)
    description = s.CharField(max_length=120, required=False, allow_blank=True, default="")
    example = {"url": "https://cases.harrow.gov.uk/placements/events", "kinds": ["offer.submitted"], "description": ""}


class WebhookChange(Input):
    """What to change of a webhook."""

    url = s.CharField(max_length=500, required=False)
    kinds = s.ListField(child=s.CharField(max_length=60), max_length=100, required=False)
    description = s.CharField(max_length=120, required=False, allow_blank=True)
    is_active = s.BooleanField(required=False, help_text="False switches it off; true on again.")
    example = {"is_active": False}


class SecretOut(Shape):
    """The key to check signatures with."""

    secret = s.CharField()
    example = {"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


class DeliveryOut(Shape):
    """One event on its way to one webhook."""

    id = s.UUIDField()
    number = s.IntegerField(allow_null=True, help_text="The change's number; null for a test.")
    kind = s.CharField()
    reference = s.CharField(allow_blank=True)
    status = s.ChoiceField(choices=Delivery.State.choices)
    attempts = s.IntegerField()
    last_http_status = s.IntegerField(allow_null=True, help_text="The status of the receiver's last answer.")
    last_error = s.CharField(allow_blank=True, help_text="One word, such as `timeout` or `refused`.")
    created_at = s.DateTimeField()
    next_at = s.DateTimeField(allow_null=True, help_text="The next attempt, while it waits.")
    delivered_at = s.DateTimeField(allow_null=True)
    example = {
        "id": "8a1b4c0e-52a5-4b6c-8a39-0f8a7c1c2b3d",
        "number": 12,
        "kind": "offer.submitted",
        "reference": "HAR-7K3M-9QX2",
        "status": "waiting",
        "attempts": 2,
        "last_http_status": 503,
        "last_error": "refused",
        "created_at": "2026-11-22T09:30:00Z",
        "next_at": "2026-11-22T09:35:05Z",
        "delivered_at": None,
    }


class DeliveryQuery(Query):
    """Which deliveries."""

    status = s.ChoiceField(choices=Delivery.State.choices, required=False)


class ReplayInput(Input):
    """From when on."""

    since = MomentField(help_text="At most 30 days ago.")
    example = {"since": "2026-11-21T00:00:00Z"}


class ReplayOut(Shape):
    """How many deliveries will be sent."""

    deliveries = s.IntegerField()
    example = {"deliveries": 17}


@operation(scope="changes:read", query=ChangeQuery, answer=ChangeFeed)
def list_changes(call: Call) -> dict[str, Any]:
    """Follow what changes.

    Everything that happened for your organisation, ascending by number: whoever has read number *n* will never be shown
    a lower number later. Patterns of concerns (`suggestion.…`) are for clients with `concerns:decide`, as on the pages;
    nothing else is left out. Send `next` as `cursor` to go on; when nothing is new, `items` is empty and
    `next` stays. Kept for 400 days, from your organisation's first API client on.
    """
    query = call.query
    found = changes_after(
        call.actor.organisation_id,
        int(query["cursor"]),
        kinds=sorted(set(query["kind"])),
        limit=query["limit"],
        without=events.hidden_from(call.actor),
    )
    items = [
        {
            "number": change.number,
            "kind": change.kind,
            "subject_type": change.subject_type,
            "reference": change.reference,
            "path": f"/api/v1{change.path}",
            "at": change.at,
        }
        for change in found.changes
    ]
    return {"items": items, "next": str(found.after)}


@operation(scope="webhooks:write", answer=WebhookOut, paged=True)
def list_webhooks(call: Call) -> Page:
    """List your webhooks.

    This client's own, newest first.
    """
    return call.page(actions.manageable(call.actor), by=("-created_at", "-id"), shape=webhook_out)


@operation(
    scope="webhooks:write",
    body=NewWebhook,
    answer=WebhookOut,
    status=201,
    codes=(*CODES, "too_many_webhooks"),
)
def create_webhook(call: Call) -> Created:
    """Add a webhook.

    From now on every change (of the named kinds) is sent there as `{type, timestamp, data: {number, subject_type,
    reference, path}}`, signed by Standard Webhooks. Read the key from `/webhooks/{webhook}/secret`. A message counts as
    taken when the answer is 2xx within ten seconds; otherwise it is sent again, ten times over about three days, with
    the same `webhook-id`. An answer of 410, or five days without one success, switches the webhook off.
    """
    assert call.actor.client_id is not None
    webhook = actions.create_webhook(call.actor, client_id=call.actor.client_id, **call.body)
    return Created(webhook_out(webhook), f"/webhooks/{webhook.pk}")


@operation(scope="webhooks:write", answer=WebhookOut)
def get_webhook(call: Call, webhook: UUID) -> dict[str, Any]:
    """Read a webhook."""
    return webhook_out(actions.webhook_of(call.actor, webhook))


def _hold(call: Call, webhook: UUID) -> None:
    actions.hold_webhook(call.actor, webhook)


@operation(
    scope="webhooks:write",
    body=WebhookChange,
    answer=WebhookOut,
    partial=True,
    codes=CODES,
    current=get_webhook,
    lock=_hold,
)
def change_webhook(call: Call, webhook: UUID) -> dict[str, Any]:
    """Change a webhook, or switch it on or off."""
    asked = dict(call.body)
    changed = actions.change_webhook(call.actor, webhook_id=webhook, active=asked.pop("is_active", None), **asked)
    return webhook_out(changed)


@operation(scope="webhooks:write", current=get_webhook, lock=_hold)
def delete_webhook(call: Call, webhook: UUID) -> None:
    """Delete a webhook."""
    actions.delete_webhook(call.actor, webhook_id=webhook)


@operation(scope="webhooks:write", answer=SecretOut, codes=("secret_lost",))
def get_webhook_secret(call: Call, webhook: UUID) -> dict[str, Any]:
    """Read a webhook's signing secret."""
    return {"secret": actions.secret_of(call.actor, webhook_id=webhook)}


@operation(scope="webhooks:write", answer=WebhookOut, current=get_webhook, lock=_hold)
def rotate_webhook_secret(call: Call, webhook: UUID) -> dict[str, Any]:
    """Replace a webhook's signing secret.

    For 24 hours messages carry a signature by the former one too.
    """
    return webhook_out(actions.rotate_secret(call.actor, webhook_id=webhook))


@operation(scope="webhooks:write", answer=DeliveryOut, status=202, codes=("webhook_disabled",))
def test_webhook(call: Call, webhook: UUID) -> dict[str, Any]:
    """Send a test event.

    Of the kind `webhook.test`. Its delivery tells what became of it.
    """
    return delivery_out(actions.test_webhook(call.actor, webhook_id=webhook))


@operation(scope="webhooks:write", query=DeliveryQuery, answer=DeliveryOut, paged=True)
def list_deliveries(call: Call, webhook: UUID) -> Page:
    """List a webhook's deliveries.

    Newest first; finished ones are kept for 30 days.
    """
    rows = Delivery.objects.filter(webhook=actions.webhook_of(call.actor, webhook)).select_related("change")
    if "status" in call.query:
        rows = rows.filter(state=call.query["status"])
    return call.page(rows, by=("-created_at", "-id"), shape=delivery_out)


@operation(scope="webhooks:write", answer=DeliveryOut, status=202, codes=("webhook_disabled",))
def replay_delivery(call: Call, webhook: UUID, delivery: UUID) -> dict[str, Any]:
    """Send one delivery again.

    Whatever became of it; it keeps its `webhook-id`.
    """
    return delivery_out(actions.replay_delivery(call.actor, webhook_id=webhook, delivery_id=delivery))


@operation(
    scope="webhooks:write", body=ReplayInput, answer=ReplayOut, status=202, codes=("webhook_disabled", "too_long_ago")
)
def replay_webhook(call: Call, webhook: UUID) -> dict[str, Any]:
    """Send everything again since a moment.

    Every change the webhook wants since then, also those of while it was switched off, each with its own `webhook-id`.
    """
    return {"deliveries": actions.replay_since(call.actor, webhook_id=webhook, since=call.body["since"])}


def webhook_out(webhook: Webhook) -> dict[str, Any]:
    """The webhook, without its secret."""
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "kinds": webhook.kinds,
        "description": webhook.description,
        "is_active": webhook.is_active,
        "disabled_reason": webhook.disabled_reason or None,
        "failing_since": webhook.failing_since,
        "old_secret_until": webhook.old_secret_until,
        "created_at": webhook.created_at,
    }


def delivery_out(delivery: Delivery) -> dict[str, Any]:
    """The delivery and its last attempt."""
    change = delivery.change
    return {
        "id": delivery.pk,
        "number": change.number if change else None,
        "kind": delivery.kind,
        "reference": change.reference if change else "",
        "status": delivery.state,
        "attempts": delivery.attempts,
        "last_http_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
        "next_at": delivery.next_at if delivery.state == Delivery.State.WAITING else None,
        "delivered_at": delivery.delivered_at,
    }


_one = "webhooks/<uuid:webhook>"
urlpatterns = [
    path("changes", resource(get=list_changes), name="changes"),
    path("webhooks", resource(get=list_webhooks, post=create_webhook), name="webhooks"),
    path(_one, resource(get=get_webhook, patch=change_webhook, delete=delete_webhook), name="webhook"),
    path(f"{_one}/secret", resource(get=get_webhook_secret, post=rotate_webhook_secret), name="webhook-secret"),
    path(f"{_one}/test", resource(post=test_webhook), name="webhook-test"),
    path(f"{_one}/replay", resource(post=replay_webhook), name="webhook-replay"),
    path(f"{_one}/deliveries", resource(get=list_deliveries), name="webhook-deliveries"),
    path(f"{_one}/deliveries/<uuid:delivery>/replay", resource(post=replay_delivery), name="webhook-delivery-replay"),
]
