"""The purchasing vehicle: its lots, its rules by date, and who may use it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation, Region
from brokerage.core.vocabulary import Category, Need


class Vehicle(models.Model):
    """A dynamic purchasing vehicle for a service, led by one authority, open to new providers all the time."""

    class LegalRegime(models.TextChoices):
        PCR_LIGHT_TOUCH = "pcr2015_light_touch", _("Public Contracts Regulations 2015, light touch")
        PA_LIGHT_TOUCH = "pa2023_light_touch", _("Procurement Act 2023, light touch")
        PA_DYNAMIC_MARKET = "pa2023_dynamic_market", _("Procurement Act 2023, dynamic market")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="vehicles")
    lead_authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=160)
    name_cy = models.CharField(max_length=160, blank=True)
    legal_regime = models.CharField(max_length=24, choices=LegalRegime.choices)
    starts_on = models.DateField()
    ends_on = models.DateField()
    terms_summary = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="vehicle_term")]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """The vehicle's rule parameters from a day on. Never edited: a change is a new version, so that a price can
    be replayed years later."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="rule_versions")
    valid_from = models.DateField()
    parameters: Any = models.JSONField(encoder=DjangoJSONEncoder)
    reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["vehicle", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["vehicle", "valid_from"], name="rules_once_a_day")]


class Lot(models.Model):
    """A category of service inside a vehicle."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="lots")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    category = models.CharField(max_length=32, choices=Category.choices)
    age_min = models.PositiveSmallIntegerField()
    age_max = models.PositiveSmallIntegerField()
    needs = ArrayField(models.CharField(max_length=32, choices=Need.choices), default=list, blank=True)
    is_solo = models.BooleanField(default=False)

    objects = ScopedManager()

    class Meta:
        ordering = ["vehicle", "code"]
        constraints = [models.UniqueConstraint(fields=["vehicle", "code"], name="lot_code_once")]

    def __str__(self) -> str:
        return self.name


class AccessAgreement(models.Model):
    """The contract by which an authority may use a vehicle, from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="access_agreements")
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    annual_fee = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    joining_discount = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    notice_months = models.PositiveSmallIntegerField(default=6)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vehicle", "authority", "starts_on"], name="access_once"),
        ]
