"""The change feed of each organisation, and the webhooks that push it to the addresses its clients name.

Rows carry kinds, references and paths: never a fact about a person. What receivers answer is not stored, but its
status.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation


class Feed(models.Model):
    """The head of an organisation's feed: the last number given. It exists from the first API client on."""

    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    number = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()


class Change(models.Model):
    """One event, told to one organisation. Numbers are gapless, and later numbers become visible later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    number = models.BigIntegerField()
    #: The audit entry (or the outbox item) that it came from; with kind and path it is written once.
    event_id = models.UUIDField()
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=20)
    reference = models.CharField(max_length=60, blank=True)
    path = models.CharField(max_length=200)
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="change_number_once"),
            models.UniqueConstraint(fields=["organisation", "event_id", "kind", "path"], name="change_once"),
        ]
        indexes = [models.Index(fields=["organisation", "at"], name="change_by_time")]


class Webhook(models.Model):
    """An address of one API client that is told of changes. Secrets are sealed (`accounts.sealed_text`)."""

    class State(models.TextChoices):
        ACTIVE = "active", _("On")
        DISABLED = "disabled", _("Off")

    class Reason(models.TextChoices):
        BY_HAND = "by_hand", _("Switched off here")
        GONE = "gone", _("The receiver said that it is gone for good (410)")
        FAILING = "failing", _("Nothing could be delivered for five days")
        NO_SCOPE = "no_scope", _("Its client may no longer follow what changes")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    client = models.ForeignKey("api.ApiClient", on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=120, blank=True)
    #: Public kinds of events; none is all of them.
    kinds = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    sealed_secret = models.TextField()
    #: After a rotation the former secret signs too, until then.
    sealed_old_secret = models.TextField(blank=True)
    old_secret_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    disabled_reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    #: The first of the failures in a row; empty after every success.
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    #: After a failure the receiver is left alone until then.
    resting_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["organisation", "-created_at"], name="webhook_by_organisation")]

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def host(self) -> str:
        """The receiver's name, as messages and lists show it."""
        return self.url.split("://", 1)[-1].split("/", 1)[0][:60]


class Delivery(models.Model):
    """One change (or test) on its way to one webhook: tried until it is taken, or given up after about three days."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, db_index=False, related_name="deliveries")
    #: Empty for a test.
    change = models.ForeignKey(Change, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=60)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "change"], name="delivery_once"),
            models.CheckConstraint(
                name="delivery_state_has_its_time",
                condition=models.Q(state="delivered", delivered_at__isnull=False)
                | (~models.Q(state="delivered") & models.Q(delivered_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["webhook", "next_at"], name="delivery_due", condition=models.Q(state="waiting")),
            models.Index(fields=["webhook", "-created_at", "-id"], name="delivery_list"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
