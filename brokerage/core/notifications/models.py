"""Messages to people: one row for each event, recipient and channel; sent at least once, seen once."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.audit.models import REFERENCE_LENGTH
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation


class Message(models.Model):
    """A message holds a template's name, a reference and a path: never a fact about a person."""

    class Channel(models.TextChoices):
        IN_APP = "in_app", _("On screen")
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event_id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    template = models.CharField(max_length=60)
    reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    path = models.CharField(max_length=200)
    #: Of a safeguarding alert: sent by a queue of its own, ahead of everything else.
    is_urgent = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event_id", "user", "channel", "organisation", "template", "reference"],
                name="message_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["available_at"],
                name="message_due",
                condition=models.Q(channel="email", sent_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(
                fields=["available_at"],
                name="message_urgent_due",
                condition=models.Q(channel="email", sent_at__isnull=True, failed_at__isnull=True, is_urgent=True),
            ),
            models.Index(
                fields=["available_at"],
                name="message_text_due",
                condition=models.Q(channel="sms", sent_at__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["organisation", "user", "-created_at"], name="message_inbox"),
        ]
