"""The audit trail and the outbox written in the same transaction as what they tell of.

Entries are append-only. At COMMIT a deferred trigger gives each entry the organisation's next number and chains its
hash into `Link`, so numbers are gapless and the chain's lock is held for an instant only. The application's roles
can insert entries and read their organisation's; nobody can change one.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation

#: Characters of a reference, in entries and in the messages that they lead to.
REFERENCE_LENGTH = 60


class DigestField(models.BinaryField):
    """A SHA-256: 32 bytes in the database, 64 hexadecimal digits in Python and wherever it is shown or kept."""

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> str | None:
        return None if value is None else bytes(value).hex()

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(
            bytes.fromhex(value) if isinstance(value, str) else value, connection, prepared
        )


class Entry(models.Model):
    """One act: who, for whom, what, to which subject, with what. Personal fields appear by name, never by value."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=40)
    subject_reference = models.CharField(max_length=REFERENCE_LENGTH, blank=True)
    actor_user_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=120)
    on_behalf_of_id = models.UUIDField(null=True)
    at = models.DateTimeField(default=timezone.now)
    data: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "-at"], name="entry_by_organisation"),
            models.Index(fields=["organisation", "subject_id", "at"], name="entry_by_subject"),
        ]


class Link(models.Model):
    """An entry's place in its organisation's chain; written by the trigger only.

    The database holds no foreign key of it: the trigger writes it from the entry that was just written, both checks
    would be paid for by every act, and `verify_audit` names a link whose entry is gone.
    """

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, related_name="link", db_constraint=False
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, db_index=False, related_name="+", db_constraint=False
    )
    number = models.BigIntegerField()
    previous_hash = DigestField()
    hash = DigestField()
    #: Which values the hash is over, and how they are written: see `audit_digest`.
    scheme = models.SmallIntegerField()

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "number"], name="link_number_once")]


class Head(models.Model):
    """The end of each organisation's chain; compared with exported anchors to see a cut-off tail.

    It keeps the hash before its own too, so that moving it on and writing the link is one statement.
    """

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, primary_key=True, related_name="+")
    number = models.BigIntegerField()
    hash = DigestField()
    previous_hash = DigestField(db_default=b"")

    objects = ScopedManager()


class OutboxItem(models.Model):
    """Work to be done after COMMIT: messages to expand, documents to draw. Claimed by lease, kept until done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    queue = models.CharField(max_length=20)
    kind = models.CharField(max_length=40)
    payload: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    entry_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(
                fields=["queue", "available_at"],
                name="outbox_due",
                condition=models.Q(done_at__isnull=True, failed_at__isnull=True),
            ),
            # Whether a reminder's next step is queued: asked by every step, of few rows of few acts.
            models.Index(fields=["entry_id"], name="outbox_alerts_of_entry", condition=models.Q(queue="alerts")),
        ]
