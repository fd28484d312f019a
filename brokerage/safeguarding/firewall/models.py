"""What the registration firewall found: each open placement whose home no longer passes, and each run that looked."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category
from brokerage.safeguarding.firewall.states import FINDING, FINDING_LIVE


class Check(models.Model):
    """One look at the open placements of one authority: all of them once a day, or those of homes that changed."""

    class Scope(models.TextChoices):
        ALL = "all", _("Every open placement")
        HOMES = "homes", _("Homes that have changed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.ALL)
    #: The day for which it asked.
    on = models.DateField()
    ended_at = models.DateTimeField(default=timezone.now)
    checked = models.PositiveIntegerField(default=0)
    failing = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    cleared = models.PositiveIntegerField(default=0)
    reminded = models.PositiveIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        ordering = ["-ended_at"]
        indexes = [models.Index(fields=["authority", "on", "scope"], name="firewall_check_by_day")]


class Finding(models.Model):
    """An open placement whose home no longer passes. Found and cleared by runs, answered by a person once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20)
    placement_id = models.UUIDField()
    placement_reference = models.CharField(max_length=24)
    category = models.CharField(max_length=32, choices=Category.choices)
    provider_id = models.UUIDField(null=True)
    establishment_id = models.UUIDField(null=True)
    #: The home as it was called when it was found.
    home = models.CharField(max_length=240)
    #: What is wrong, as `queries.problems` names it.
    codes = ArrayField(models.CharField(max_length=40))
    state = models.CharField(max_length=16, choices=FINDING.choices, default=FINDING.initial)
    found_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    #: When the authority was last told, why (`found`, `changed` or `reminder`) and by which run.
    told_at = models.DateTimeField(default=timezone.now)
    told_as = models.CharField(max_length=10, default="found")
    told_in = models.UUIDField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=120, blank=True)
    plan = models.TextField(blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_in = models.UUIDField(null=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-found_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "reference"], name="finding_reference_once"),
            models.UniqueConstraint(
                fields=["authority", "placement_id"], name="finding_live_once", condition=Q(state__in=FINDING_LIVE)
            ),
            models.CheckConstraint(
                condition=~Q(state="cleared") | Q(cleared_at__isnull=False), name="finding_cleared_has_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="acknowledged") | Q(acknowledged_at__isnull=False) & ~Q(plan=""),
                name="finding_acknowledged_has_plan",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "-found_at", "-id"], name="finding_by_authority"),
            models.Index(fields=["establishment_id"], name="finding_live_by_home", condition=Q(state__in=FINDING_LIVE)),
        ]

    def __str__(self) -> str:
        return self.reference
