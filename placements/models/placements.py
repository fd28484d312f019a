"""The person living there: from an award, or recorded as existing, spot, in-house or block."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category, LegalStatus, PlacementSource
from dpv.models import Lot, Vehicle
from placements.models.awards import Award
from placements.models.people import Person
from placements.models.referrals import Referral
from placements.states import PLACEMENT, PLACEMENT_LIVE
from providers.models import CarerHousehold, Establishment, Provider


def placement_reference() -> str:
    return new_reference("P")


class Placement(models.Model):
    """A placement and its price in pounds a week. A tenant's row: the provider's view of it is the agreement."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=24, default=placement_reference)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="placements")
    referral = models.ForeignKey(Referral, null=True, blank=True, on_delete=models.PROTECT, related_name="placements")
    award = models.OneToOneField(Award, null=True, blank=True, on_delete=models.PROTECT, related_name="placement")
    status = models.CharField(max_length=12, choices=PLACEMENT.choices, default=PLACEMENT.initial)
    category = models.CharField(max_length=32, choices=Category.choices)
    source = models.CharField(max_length=12, choices=PlacementSource.choices)
    source_reason = models.TextField(blank=True)
    vehicle = models.ForeignKey(Vehicle, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    provider_name = models.CharField(max_length=200, blank=True)
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outward = models.CharField(max_length=4, blank=True)
    host_gss_code = models.CharField(max_length=9, blank=True)
    placing_band = models.CharField(max_length=16, blank=True)
    #: When the authority in whose area the home stands was told.
    host_notified_on = models.DateField(null=True, blank=True)
    planned_start_on = models.DateField()
    started_on = models.DateField(null=True, blank=True)
    expected_end_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=8, blank=True)
    weekly_core = models.DecimalField(max_digits=9, decimal_places=2)
    weekly_extras = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    weekly_total = models.DecimalField(max_digits=9, decimal_places=2)
    #: The ceiling in force at the offer: what savings are counted against.
    ceiling = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    legal_status = models.CharField(max_length=2, choices=LegalStatus.choices, blank=True)
    placement_type = models.CharField(max_length=4, blank=True)
    placement_provider = models.CharField(max_length=4, blank=True)
    #: Whether the counter of its home holds a place for it: the database says so when the row is written, as it takes
    #: the place (`placement_takes_its_place`). Imported ones are counted in the register already.
    is_place_counted = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["-planned_start_on"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "reference"], name="placement_reference_once"),
            models.UniqueConstraint(
                fields=["referral"], name="placement_live_once", condition=Q(status__in=PLACEMENT_LIVE)
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["active", "ended"]) | Q(started_on__isnull=False),
                name="placement_started_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(status="ended") | Q(ended_on__isnull=False), name="placement_ended_has_date"
            ),
            models.CheckConstraint(
                condition=Q(weekly_total=F("weekly_core") + F("weekly_extras")),
                name="placement_total_adds_up",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "status"], name="placement_by_status"),
            models.Index(fields=["authority", "planned_start_on", "id"], name="placement_by_start"),
            models.Index(fields=["establishment", "status"], name="placement_by_establishment"),
            # Imported numbers are typed in small letters and capitals.
            models.Index("authority", Upper("reference"), name="placement_by_reference"),
        ]

    def __str__(self) -> str:
        return self.reference
