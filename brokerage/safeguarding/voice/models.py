"""Words from people who do not sign in, and the codes on the posters that bring them here.

Nothing here says who wrote: no address, no device, no account. A provider reads none of it.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.voice.codes import new_code, spaced
from brokerage.safeguarding.voice.states import MESSAGE
from providers.models import Establishment


def message_reference() -> str:
    return new_reference("V")


class Code(models.Model):
    """The code on a home's poster. A replaced code still brings its messages: old posters hang for years."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=8, unique=True, default=new_code)
    made_at = models.DateTimeField(default=timezone.now)
    made_by_name = models.CharField(max_length=120)
    printed_at = models.DateTimeField(null=True, blank=True)
    printed_by_name = models.CharField(max_length=120, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    replaced_by_name = models.CharField(max_length=120, blank=True)
    reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "establishment"],
                name="voice_code_in_use_once",
                condition=Q(replaced_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return spaced(self.code)


class Writer(models.TextChoices):
    """Who writes, in their own words."""

    LIVES = "lives", _("I live here")
    WORKS = "works", _("I work here")
    KNOWS = "knows", _("I visit, or I know somebody here")


class Message(models.Model):
    """What somebody said. Written by `voice_say` alone; `voice_route` works out who reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True, default=message_reference)
    #: As typed; empty when the writer has none.
    code = models.CharField(max_length=8, blank=True)
    establishment = models.ForeignKey(Establishment, null=True, on_delete=models.PROTECT, related_name="+")
    reader_ids: Any = ArrayField(models.UUIDField(), default=list)
    who = models.CharField(max_length=8, choices=Writer.choices)
    text = models.TextField()
    where = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    is_in_danger = models.BooleanField(default=False)
    language = models.CharField(max_length=2, default="en")
    #: SHA-256 of the receipt: the writer alone has the receipt itself.
    receipt_hash = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=12, choices=MESSAGE.choices, default=MESSAGE.initial)
    received_at = models.DateTimeField()
    #: Since when it has not been read: when it came, or when the writer last added to it.
    waiting_since = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    read_by_name = models.CharField(max_length=120, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=120, blank=True)
    outcome = models.TextField(blank=True)
    #: The alert or concern that it became.
    became = models.CharField(max_length=24, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | ~Q(status="closed") & Q(closed_at__isnull=True),
                name="voice_closed_has_time",
            ),
        ]
        indexes = [
            GinIndex(fields=["reader_ids"], name="voice_by_reader"),
            models.Index(fields=["received_at"], name="voice_untold", condition=Q(told_at__isnull=True)),
            models.Index(fields=["waiting_since"], name="voice_unread", condition=Q(status="new")),
            models.Index(fields=["closed_at"], name="voice_closed", condition=Q(status="closed")),
        ]

    def __str__(self) -> str:
        return self.reference


class Entry(models.Model):
    """What came after: the writer's further words, answers (the writer reads them), notes, passing on."""

    class Kind(models.TextChoices):
        WRITER = "writer", _("From the writer")
        ANSWER = "answer", _("Answer to the writer")
        NOTE = "note", _("Note: the writer does not read it")
        PASSED = "passed", _("Passed on")
        PLACED = "placed", _("Home named")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField()
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
