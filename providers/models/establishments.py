"""The registered places of a provider, the fostering households of an agency, and how many places are taken."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.vocabulary import (
    EstablishmentKind,
    Need,
    Rating,
    RegistrationStatus,
    Regulator,
    SexAccepted,
)
from providers.models.organisations import Provider


class Establishment(models.Model):
    """One registered place: home, agency branch, school. Location in National Grid metres.

    Its address is shown to parties only; others see the outward postcode.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="establishments")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=32, choices=EstablishmentKind.choices)
    regulator = models.CharField(max_length=8, choices=Regulator.choices)
    urn = models.CharField(max_length=24, unique=True)
    registered_on = models.DateField()
    registration_status = models.CharField(max_length=12, choices=RegistrationStatus.choices)
    registration_checked_on = models.DateField(null=True, blank=True)
    rating = models.CharField(max_length=32, choices=Rating.choices, default=Rating.NOT_RATED)
    inspected_on = models.DateField(null=True, blank=True)
    #: Since when it is missing from its regulator's newest whole list. Nothing is closed by that: somebody asks.
    missing_since = models.DateField(null=True, blank=True, editable=False)
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    #: The day on which we last saw its registered places grow: what Wales will not let for-profit homes do.
    grew_on = models.DateField(null=True, blank=True, editable=False)
    age_min = models.PositiveSmallIntegerField()
    age_max = models.PositiveSmallIntegerField()
    sex_accepted = models.CharField(max_length=8, choices=SexAccepted.choices, default=SexAccepted.ANY)
    needs = ArrayField(models.CharField(max_length=32, choices=Need.choices), default=list)
    address_line_1 = models.CharField(max_length=120, blank=True)
    address_line_2 = models.CharField(max_length=120, blank=True)
    town = models.CharField(max_length=80, blank=True)
    postcode = models.CharField(max_length=8)
    outward = models.CharField(max_length=4)
    easting = models.IntegerField()
    northing = models.IntegerField()
    gss_code = models.CharField(max_length=9)
    registered_manager = models.CharField(max_length=120, blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    description = models.TextField(blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(age_min__lte=F("age_max")), name="establishment_ages"),
        ]
        indexes = [models.Index(fields=["provider"], name="establishment_by_provider")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_fostering(self) -> bool:
        return self.kind == EstablishmentKind.FOSTERING_AGENCY

    @property
    def address(self) -> str:
        return ", ".join(part for part in (self.address_line_1, self.address_line_2, self.town, self.postcode) if part)


class CarerHousehold(models.Model):
    """A fostering household of an agency: the place fostering is matched and measured on. Only its outward
    postcode is held."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="households")
    agency = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="households")
    code = models.CharField(max_length=24, unique=True)
    outward = models.CharField(max_length=4)
    easting = models.IntegerField()
    northing = models.IntegerField()
    gss_code = models.CharField(max_length=9)
    age_min = models.PositiveSmallIntegerField()
    age_max = models.PositiveSmallIntegerField()
    sex_accepted = models.CharField(max_length=8, choices=SexAccepted.choices, default=SexAccepted.ANY)
    needs = ArrayField(models.CharField(max_length=32, choices=Need.choices), default=list)
    adults = models.PositiveSmallIntegerField(default=1)
    children_ages = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    pets = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    smoking = models.CharField(max_length=16, default="no")
    languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    faiths = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    #: Takes nobody new for now: full, or at its own wish.
    is_on_hold = models.BooleanField(default=False)
    #: Fosters no more from this day on.
    retired_on = models.DateField(null=True, blank=True)
    approved_on = models.DateField()

    objects = ScopedManager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(age_min__lte=F("age_max")), name="household_ages"),
            models.CheckConstraint(
                condition=Q(retired_on__isnull=True) | Q(is_on_hold=True), name="household_retired_on_hold"
            ),
        ]
        indexes = [models.Index(fields=["agency"], name="household_by_agency")]

    def __str__(self) -> str:
        return self.code


class Occupancy(models.Model):
    """Places and places taken of one home or household. The check constraint is the last word: two councils
    that want one bed cannot both have it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    establishment = models.OneToOneField(
        Establishment, null=True, blank=True, on_delete=models.CASCADE, related_name="occupancy"
    )
    household = models.OneToOneField(
        CarerHousehold, null=True, blank=True, on_delete=models.CASCADE, related_name="occupancy"
    )
    places = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(taken__lte=F("places")), name="occupancy_not_overfull"),
            models.CheckConstraint(
                condition=Q(establishment__isnull=False, household__isnull=True)
                | Q(establishment__isnull=True, household__isnull=False),
                name="occupancy_of_one",
            ),
        ]

    @property
    def vacancies(self) -> int:
        return self.places - self.taken
