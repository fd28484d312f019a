"""Closures of homes, who was told of each, and where everybody who lives there goes next."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.closures.states import CLOSURE, RESIDENT, RESIDENT_OPEN
from providers.models import CarerHousehold, Establishment, Provider


def closure_reference() -> str:
    return new_reference("C")


class Why(models.TextChoices):
    """Why a home closes."""

    PROVIDER = "provider", _("The provider has decided to close it")
    MONEY = "money", _("Money: it cannot go on")
    STAFFING = "staffing", _("Staff or leadership")
    REGULATOR = "regulator", _("The regulator has closed it")
    SAFEGUARDING = "safeguarding", _("Safeguarding")
    PREMISES = "premises", _("The building")
    OTHER = "other", _("Something else")


class Closure(models.Model):
    """A home, a fostering household or a whole provider that closes. Read by everybody who was told; it says nothing
    of anybody who lives there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    announced_by = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    announced_by_organisation = models.CharField(max_length=200)
    reference = models.CharField(max_length=20, unique=True, default=closure_reference)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: What closes, as it was called that day.
    about = models.CharField(max_length=240)
    status = models.CharField(max_length=12, choices=CLOSURE.choices, default=CLOSURE.initial)
    why = models.CharField(max_length=16, choices=Why.choices)
    explanation = models.TextField(blank=True)
    #: The day on which notice was given.
    notice_on = models.DateField()
    closes_on = models.DateField()
    announced_by_user_id = models.UUIDField(null=True)
    announced_by_name = models.CharField(max_length=120)
    announced_at = models.DateTimeField(default=timezone.now)
    #: When its day was moved last, by which organisation, and why.
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by_organisation = models.CharField(max_length=200, blank=True)
    change_note = models.TextField(blank=True)
    #: The day it really closed, and who recorded it when.
    closed_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_organisation = models.CharField(max_length=200, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by_organisation = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["closes_on"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["closed", "completed"]) | Q(closed_on__isnull=False), name="closure_closed_on"
            ),
            models.CheckConstraint(
                condition=~Q(status="completed") | Q(completed_at__isnull=False), name="closure_completed_at"
            ),
            models.CheckConstraint(
                condition=~Q(status="withdrawn") | Q(withdrawn_at__isnull=False), name="closure_withdrawn_at"
            ),
            # One running closure of one thing.
            models.UniqueConstraint(
                fields=["provider", "establishment", "household"],
                name="closure_running_once",
                condition=Q(status__in=["announced", "closed"]),
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class ClosureReason(models.TextChoices):
    """Why an organisation is told."""

    ANNOUNCED = "announced", _("You announced it")
    RESIDENT = "resident", _("Somebody of yours lives there")
    STARTING = "starting", _("Somebody of yours is to move in")
    CENTRAL = "central", _("You run the region")
    PROVIDER = "provider", _("It is yours")


class ClosureRecipient(models.Model):
    """One organisation that was told, and why. Written by `closure_tell` alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    closure = models.ForeignKey(Closure, on_delete=models.PROTECT, related_name="recipients")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20)
    reasons = ArrayField(models.CharField(max_length=12, choices=ClosureReason.choices))
    told_at = models.DateTimeField()
    reminded = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-told_at"]
        constraints = [models.UniqueConstraint(fields=["closure", "organisation"], name="closure_told_once")]
        indexes = [models.Index(fields=["organisation", "-told_at"], name="closure_by_recipient")]

    def __str__(self) -> str:
        return self.reference


class ClosureResident(models.Model):
    """Where one of an authority's people goes next. The row is made by `closure_tell`; nobody else reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    closure = models.ForeignKey(Closure, on_delete=models.PROTECT, related_name="residents")
    placement_id = models.UUIDField()
    placement_reference = models.CharField(max_length=24)
    status = models.CharField(max_length=12, choices=RESIDENT.choices, default=RESIDENT.initial)
    #: The referral that looks for the next home, and the placement in it.
    referral_reference = models.CharField(max_length=24, blank=True)
    new_placement_reference = models.CharField(max_length=24, blank=True)
    note = models.TextField(blank=True)
    added_at = models.DateTimeField()
    looking_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField(null=True, blank=True)
    #: The day they left, and when that was recorded.
    ended_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    changed_by_name = models.CharField(max_length=120, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["closure", "placement_id"], name="closure_resident_once"),
            models.CheckConstraint(
                condition=Q(status__in=RESIDENT_OPEN, ended_on__isnull=True)
                | ~Q(status__in=RESIDENT_OPEN) & Q(ended_on__isnull=False),
                name="closure_resident_ended_has_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["authority"],
                name="closure_resident_open",
                condition=Q(status__in=RESIDENT_OPEN),
            )
        ]

    def __str__(self) -> str:
        return self.placement_reference
