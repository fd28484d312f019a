"""Establishments approved on lots, their ceiling prices by age and date, their extras menu, and suspensions."""

from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.money import pounds
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.managers import NarrowedManager, ScopedManager
from brokerage.core.tenants.models import Region
from dpv.models.vehicles import Lot, Vehicle
from dpv.states import ADMISSION, ADMISSION_LIVE
from providers.models import Establishment, Provider


class Admission(models.Model):
    """An establishment approved on a lot: only while `admitted` may it be invited, offer or be awarded."""

    class Tier(models.TextChoices):
        PREFERRED = "preferred", _("Preferred")
        RESERVE = "reserve", _("Reserve")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="admissions")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="admissions")
    status = models.CharField(max_length=12, choices=ADMISSION.choices, default=ADMISSION.initial)
    admitted_on = models.DateField()
    reason = models.TextField(blank=True)
    quality_score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    tier = models.CharField(max_length=10, choices=Tier.choices, default=Tier.PREFERRED)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "establishment"],
                name="admission_live_once",
                condition=Q(status__in=ADMISSION_LIVE),
            )
        ]
        indexes = [
            models.Index(fields=["lot", "status"], name="admission_by_lot"),
            models.Index(fields=["establishment"], name="admission_by_establishment"),
            models.Index(fields=["provider"], name="admission_by_provider"),
        ]


class Ceiling(models.Model):
    """The highest weekly price, in pounds, an admitted establishment may ask for an age band from a day on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="ceilings")
    age_min = models.PositiveSmallIntegerField()
    age_max = models.PositiveSmallIntegerField()
    weekly = models.DecimalField(max_digits=9, decimal_places=2, validators=[MinValueValidator(0)])
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    reason = models.TextField(blank=True)
    set_by_name = models.CharField(max_length=120, blank=True)
    set_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["admission", "age_min", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["admission", "age_min", "age_max", "valid_from"], name="ceiling_once_a_day"
            ),
            models.CheckConstraint(condition=Q(weekly__gt=0), name="ceiling_positive"),
            models.CheckConstraint(condition=Q(age_min__lte=F("age_max")), name="ceiling_ages"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="ceiling_dates"
            ),
        ]


class Suspension(models.Model):
    """A suspension of an admission and its lifting, each with its reason: the admission's record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="suspensions")
    reason = models.TextField()
    suspended_at = models.DateTimeField(default=timezone.now)
    suspended_by_name = models.CharField(max_length=120)
    #: Who, and who made the secret of the API client that did it: null in rows older than these columns.
    suspended_by_user_id = models.UUIDField(null=True, blank=True)
    suspended_secret_by_id = models.UUIDField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by_name = models.CharField(max_length=120, blank=True)
    #: Whoever lifted it, or barred or ended what was suspended: another person.
    lifted_by_user_id = models.UUIDField(null=True, blank=True)
    lifted_secret_by_id = models.UUIDField(null=True, blank=True)
    lift_reason = models.TextField(blank=True)

    #: Row security grants a provider every other column.
    NOT_FOR_PROVIDERS = (
        *("suspended_by_user_id", "suspended_secret_by_id", "lifted_by_user_id", "lifted_secret_by_id"),
    )

    objects = NarrowedManager()

    class Meta:
        ordering = ["-suspended_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["admission"], name="suspension_open_once", condition=Q(lifted_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(lifted_by_user_id__isnull=True)
                | Q(suspended_by_user_id__isnull=True)
                | ~Q(lifted_by_user_id=F("suspended_by_user_id")),
                name="suspension_two_people",
            ),
        ]

    def is_made_by(self, actor: Actor) -> bool:
        """Whether the actor may be whoever suspended it, and so is no second person."""
        return actor.is_one_of(self.suspended_by_user_id, self.suspended_secret_by_id)

    def is_over_by(self, actor: Actor) -> bool:
        """Whether the actor may be whoever lifted it, or barred what was suspended."""
        return actor.is_one_of(self.lifted_by_user_id, self.lifted_secret_by_id)


class MenuItem(models.Model):
    """A provider's tendered unit price for an extra on a vehicle, in pounds a unit."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("hour")
        NIGHT = "night", _("night")
        SESSION = "session", _("session")
        DAY = "day", _("day")
        WEEK = "week", _("week")
        MILE = "mile", _("mile")
        VISIT = "visit", _("visit")

    #: "£24.91 an hour": what is said of a price for one unit.
    PER_UNIT = {
        Unit.HOUR: _("%(price)s an hour"),
        Unit.NIGHT: _("%(price)s a night"),
        Unit.SESSION: _("%(price)s a session"),
        Unit.DAY: _("%(price)s a day"),
        Unit.WEEK: _("%(price)s a week"),
        Unit.MILE: _("%(price)s a mile"),
        Unit.VISIT: _("%(price)s a visit"),
    }

    class Service(models.TextChoices):
        WAKING_NIGHT = "waking_night", _("Waking night")
        SLEEP_IN_NIGHT = "sleep_in_night", _("Sleep-in night")
        ONE_TO_ONE_HOUR = "one_to_one_hour", _("One-to-one support")
        TWO_TO_ONE_HOUR = "two_to_one_hour", _("Two-to-one support")
        THERAPY_SESSION = "therapy_session", _("Therapy")
        PSYCHOLOGY_ASSESSMENT = "psychology_assessment", _("Psychology assessment")
        EDUCATION_DAY = "education_day", _("Education")
        TUTORING_HOUR = "tutoring_hour", _("Tutoring")
        TRANSPORT_MILE = "transport_mile", _("Transport")
        SUPERVISED_FAMILY_TIME_HOUR = "supervised_family_time_hour", _("Supervised family time")
        INDEPENDENCE_HOUR = "independence_hour", _("Independence work")
        INTERPRETER_HOUR = "interpreter_hour", _("Interpreter")
        EQUIPMENT_WEEK = "equipment_week", _("Equipment")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="menu")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+")
    service = models.CharField(max_length=40, choices=Service.choices)
    unit = models.CharField(max_length=8, choices=Unit.choices)
    unit_price = models.DecimalField(max_digits=9, decimal_places=2, validators=[MinValueValidator(0)])
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["service", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle", "provider", "service", "valid_from"], name="menu_item_once_a_day"
            ),
            models.CheckConstraint(condition=Q(unit_price__gt=0), name="menu_price_positive"),
        ]

    @property
    def price_text(self) -> str:
        """The unit price in words: "£24.91 an hour"."""
        return str(self.PER_UNIT[self.Unit(self.unit)]) % {"price": pounds(self.unit_price)}
