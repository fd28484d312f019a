"""Measures of a region's central team against a provider, a home, or its place on a lot; their steps; and appeals."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.managers import NarrowedManager, ScopedManager
from brokerage.core.tenants.models import Region
from dpv.models.vehicles import Lot
from dpv.states import MEASURE, MEASURE_STANDING
from providers.models import Establishment, Provider


def measure_reference() -> str:
    return new_reference("M")


class Measure(models.Model):
    """A restriction (used only with a reason), a suspension or a bar (not used) of what it covers in one region.

    It covers the provider, narrowed to `establishment` and to `lot` where they are given. The provider reads this row
    once it was in force; who said what is in `MeasureStep`, which it does not read.
    """

    class Kind(models.TextChoices):
        RESTRICT = "restrict", _("Restriction")
        SUSPEND = "suspend", _("Suspension")
        BAR = "bar", _("Bar")

    class Level(models.TextChoices):
        PROVIDER = "provider", _("The whole provider")
        ESTABLISHMENT = "establishment", _("One home or agency")
        LOT = "lot", _("On one lot")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=measure_reference)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    level = models.CharField(max_length=14, choices=Level.choices)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: What it covers in words, as it was called that day.
    about = models.CharField(max_length=300)
    status = models.CharField(max_length=16, choices=MEASURE.choices, default=MEASURE.initial)
    #: The reason as the provider reads it.
    told_provider = models.TextField()
    #: What a restriction allows, or what must happen before it is lifted.
    conditions = models.TextField(blank=True)
    review_on = models.DateField()
    #: The alert that gave rise to it, if any.
    alert_reference = models.CharField(max_length=20, blank=True)
    #: In immediate danger a suspension holds at once; a second person confirms it by `confirm_by`.
    is_urgent = models.BooleanField(default=False)
    confirm_by = models.DateField(null=True, blank=True)
    proposed_by_user_id = models.UUIDField()
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by_user_id = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    lift_proposed_by_user_id = models.UUIDField(null=True, blank=True)
    #: Who made the secret of the API client with which it was proposed, and its lifting: the same pair of hands.
    proposed_secret_by_id = models.UUIDField(null=True, blank=True)
    lift_secret_by_id = models.UUIDField(null=True, blank=True)
    lift_conditions = models.TextField(blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    #: Who did what, and the alert behind it: row security grants a provider every other column.
    NOT_FOR_PROVIDERS = (
        *("alert_reference", "proposed_by_user_id", "proposed_secret_by_id", "decided_by_user_id"),
        *("lift_proposed_by_user_id", "lift_secret_by_id"),
    )

    objects = NarrowedManager()

    class Meta:
        ordering = ["-proposed_at"]
        indexes = [
            models.Index(fields=["provider"], name="measure_standing", condition=Q(status__in=MEASURE_STANDING)),
            models.Index(fields=["region", "-proposed_at"], name="measure_by_region"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=(*MEASURE_STANDING, "lifted")) | Q(in_force_at__isnull=False),
                name="measure_standing_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="lifted") | Q(lifted_at__isnull=False), name="measure_lifted_has_time"
            ),
            models.CheckConstraint(
                condition=Q(decided_by_user_id__isnull=True) | ~Q(decided_by_user_id=models.F("proposed_by_user_id")),
                name="measure_two_people",
            ),
            models.CheckConstraint(
                condition=Q(level="provider", establishment__isnull=True, lot__isnull=True)
                | Q(level="establishment", establishment__isnull=False, lot__isnull=True)
                | Q(level="lot", lot__isnull=False),
                name="measure_level_fits",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_standing(self) -> bool:
        return self.status in MEASURE_STANDING

    def is_proposed_by(self, actor: Actor) -> bool:
        """Whether the actor may be whoever proposed it, and so is no second person."""
        return actor.is_one_of(self.proposed_by_user_id, self.proposed_secret_by_id)

    def is_lift_proposed_by(self, actor: Actor) -> bool:
        """Whether the actor may be whoever proposed to lift it."""
        return actor.is_one_of(self.lift_proposed_by_user_id, self.lift_secret_by_id)

    @property
    def stops(self) -> bool:
        """Does it keep what it covers from being used, when it holds?"""
        return self.kind != Measure.Kind.RESTRICT


class MeasureStep(models.Model):
    """One step of a measure: who did what when and why. Read by the central team and the region's authorities."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        PUT_AT_ONCE = "put_at_once", _("Put in force at once")
        CONFIRMED = "confirmed", _("Confirmed by a second person")
        REFUSED = "refused", _("Refused by a second person")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        REVIEWED = "reviewed", _("Reviewed")
        LIFT_PROPOSED = "lift_proposed", _("Lifting proposed")
        KEPT = "kept", _("Not lifted")
        LIFTED = "lifted", _("Lifted by a second person")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    text = models.TextField(blank=True)
    by_user_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]


class MeasureAppeal(models.Model):
    """The provider's view of a measure, and the central team's answer to it. Both stay on record."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("The appeal is upheld: lifting will be proposed")
        PARTLY = "partly", _("The appeal is upheld in part: the conditions are looked at again")
        NOT_UPHELD = "not_upheld", _("The appeal is not upheld: the measure stays")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="appeals")
    text = models.TextField()
    by_user_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(blank=True)
    answered_by_user_id = models.UUIDField(null=True, blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    NOT_FOR_PROVIDERS = ("answered_by_user_id",)

    objects = NarrowedManager()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["measure"], name="appeal_open_once", condition=Q(answered_at__isnull=True))
        ]
