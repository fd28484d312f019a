"""Safeguarding alerts, who was told of each and why, and what each authority does for its own people there."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.states import ALERT
from providers.models import CarerHousehold, Establishment, Provider


def alert_reference() -> str:
    return new_reference("S")


class Severity(models.TextChoices):
    """How bad it is, in the eyes of whoever raises it. A second person confirms a high one, unless one is in danger
    now."""

    LOW = "low", _("Low: others should know")
    MEDIUM = "medium", _("Medium: others should check on their people")
    HIGH = "high", _("High: others must act")


class Kind(models.TextChoices):
    """What the alert is about (Working Together 2026, chapter 5; notifiable events of the 2015 Regulations, sch. 4)."""

    ABUSE_NEGLECT = "abuse_neglect", _("Abuse or neglect")
    ALLEGATION = "allegation", _("Allegation against staff or a carer")
    EXPLOITATION = "exploitation", _("Exploitation")
    MISSING = "missing", _("People going missing")
    SERIOUS_INJURY = "serious_injury", _("Death or serious injury")
    RESTRAINT = "restraint", _("Restraint or deprivation of liberty")
    PREMISES = "premises", _("Unsafe premises")
    STAFFING = "staffing", _("Staffing or leadership")
    REGISTRATION = "registration", _("Registration or inspection")
    CLOSURE = "closure", _("The home is closing")
    OTHER = "other", _("Something else")


class Alert(models.Model):
    """What one organisation knows about a provider, a home or a household that others must know.

    Read by whoever raised it alone; everybody else reads their own `AlertRecipient`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    raised_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=alert_reference)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: The subject in words, as it was called that day.
    about = models.CharField(max_length=240)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    status = models.CharField(max_length=24, choices=ALERT.choices, default=ALERT.initial)
    what_happened = models.TextField()
    is_immediate_danger = models.BooleanField(default=False)
    action_taken = models.TextField()
    regulator_reference = models.CharField(max_length=60, blank=True)
    regulator_told_on = models.DateField(null=True, blank=True)
    police_reference = models.CharField(max_length=60, blank=True)
    police_told_on = models.DateField(null=True, blank=True)
    lado_reference = models.CharField(max_length=60, blank=True)
    lado_told_on = models.DateField(null=True, blank=True)
    #: What the provider itself is told; empty: nothing.
    told_provider = models.TextField(blank=True)
    #: Who made the secret of the API client that raised it: no second person either.
    raised_secret_by_id = models.UUIDField(null=True)
    raised_by_user_id = models.UUIDField(null=True)
    raised_by_name = models.CharField(max_length=120)
    raised_at = models.DateTimeField(default=timezone.now)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=120, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-raised_at"]
        indexes = [models.Index(fields=["raised_by", "-raised_at"], name="alert_by_raiser")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["live", "closed"]) | Q(sent_at__isnull=False), name="alert_live_was_sent"
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(closed_at__isnull=False), name="alert_closed_has_time"
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Reason(models.TextChoices):
    """Why an organisation is told, the nearest first."""

    RAISED = "raised", _("You raised it")
    RESIDENT = "resident", _("Somebody of yours lives there")
    STARTING = "starting", _("Somebody of yours is to move in")
    SEARCHING = "searching", _("It is invited to a referral of yours")
    CENTRAL = "central", _("You run the region")
    REGION = "region", _("You are in the region")
    OTHER_REGION = "other_region", _("Your region admits the provider")
    PROVIDER = "provider", _("It is about you")


class AlertRecipient(models.Model):
    """One organisation that was told: why, what it may read, and what it answered. Written by `alert_tell` alone, as
    things stood at that moment; never taken back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="recipients")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20)
    reasons = ArrayField(models.CharField(max_length=16, choices=Reason.choices))
    #: What it may read, trimmed by its reasons.
    content: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    provider_id = models.UUIDField()
    establishment_id = models.UUIDField(null=True)
    household_id = models.UUIDField(null=True)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    #: How many of its people live there or are to move in, as counted when it was told.
    people = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by_name = models.CharField(max_length=120, blank=True)
    response = models.TextField(blank=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-told_at"]
        constraints = [models.UniqueConstraint(fields=["alert", "organisation"], name="alert_told_once")]
        indexes = [
            models.Index(fields=["organisation", "-told_at"], name="alert_by_recipient"),
            models.Index(
                fields=["organisation"],
                name="alert_unanswered",
                condition=Q(acknowledged_at__isnull=True, closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class WelfareCheck(models.Model):
    """What an authority will do, and did, for one of its own people there. Nobody else reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    recipient = models.ForeignKey(AlertRecipient, on_delete=models.PROTECT, related_name="checks")
    placement_id = models.UUIDField()
    placement_reference = models.CharField(max_length=24)
    plan = models.TextField()
    planned_by_name = models.CharField(max_length=120)
    planned_at = models.DateTimeField(default=timezone.now)
    #: The day by which it is to be done; by how serious the alert is.
    due_on = models.DateField(null=True, blank=True)
    found = models.TextField(blank=True)
    is_safe = models.BooleanField(null=True)
    done_on = models.DateField(null=True, blank=True)
    done_by_name = models.CharField(max_length=120, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["planned_at"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "placement_id"], name="welfare_check_once"),
            models.CheckConstraint(
                condition=Q(done_on__isnull=True) | Q(is_safe__isnull=False), name="welfare_check_done_says_safe"
            ),
        ]


class StrategyMeeting(models.Model):
    """A strategy meeting about an alert: who came as organisations and roles, what was said and decided. Written by
    whoever raised the alert or a central team that was told; read by those and by authorities with people there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="meetings")
    held_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    held_by_name = models.CharField(max_length=200)
    held_on = models.DateField()
    #: The role and organisation in the chair; nobody's name.
    chaired_by = models.CharField(max_length=160)
    attended = models.TextField()
    notes = models.TextField()
    decisions = models.TextField()
    next_on = models.DateField(null=True, blank=True)
    written_by_name = models.CharField(max_length=120)
    written_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["held_on", "written_at"]


class AlertFile(models.Model):
    """A file that whoever raised an alert added to it. Read by those who read what happened; never by the provider."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="files")
    raised_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_name = models.CharField(max_length=120, unique=True)
    uploaded_by_name = models.CharField(max_length=120)
    uploaded_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["uploaded_at", "id"]


class AlertProof(models.Model):
    """Who was told of an alert, as a PDF drawn for the organisation that asked. Each asking draws it again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20)
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True, blank=True)
    stored_name = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "organisation"], name="alert_proof_in_hand_once", condition=Q(made_at__isnull=True)
            )
        ]
