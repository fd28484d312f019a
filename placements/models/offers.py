"""A provider's offer. Its ceiling is copied onto it at every save: no price above a ceiling can be stored."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from dpv.models import Admission, Ceiling, Lot, RuleVersion, Vehicle
from placements.models.referrals import Referral
from placements.models.releases import Invitation, Release
from placements.states import OFFER, OFFER_LIVE
from providers.models import CarerHousehold, Establishment, Provider

#: `opens_at` of an offer that the authority may see as soon as it is submitted.
ALWAYS_OPEN = datetime(1970, 1, 1, tzinfo=UTC)


class Offer(models.Model):
    """An offer of one establishment (or household) for a referral. Money in pounds a week.

    `pricing` holds each line with base, rate, amount, rule and source (`placements.pricing`), `statements` how
    each need is met, `extras` the lines taken from the menu.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, db_index=False, related_name="offers")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="offers")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=OFFER.choices, default=OFFER.initial)
    revision = models.PositiveIntegerField(default=1)

    ceiling_row = models.ForeignKey(Ceiling, null=True, on_delete=models.PROTECT, related_name="+")
    ceiling = models.DecimalField(max_digits=9, decimal_places=2)
    rules = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    weekly_core = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    children_together = models.PositiveSmallIntegerField(default=1)
    solo_uplift = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    solo_reason = models.TextField(blank=True)
    extras: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder, blank=True)
    pricing: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    weekly_core_net = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    weekly_extras = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    weekly_total = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)

    starts_on = models.DateField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    statements: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    who_lives_there = models.TextField(blank=True)
    staffing = models.TextField(blank=True)
    impact_on_residents = models.TextField(blank=True)
    conditions = models.TextField(blank=True)
    miles = models.DecimalField(max_digits=6, decimal_places=1, null=True, blank=True)

    opens_at = models.DateTimeField(default=ALWAYS_OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by_name = models.CharField(max_length=120, blank=True)
    is_shortlisted = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    outcome_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["submitted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "provider", "establishment"],
                name="offer_live_once",
                condition=Q(status__in=OFFER_LIVE),
            ),
            models.UniqueConstraint(fields=["authority", "id"], name="offer_in_authority"),
            models.CheckConstraint(
                condition=Q(weekly_core__isnull=True) | Q(weekly_core__gte=0, weekly_core__lte=F("ceiling")),
                name="offer_at_or_under_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(submitted_at__isnull=False, weekly_core__isnull=False, weekly_total__isnull=False)
                | Q(status="lapsed"),
                name="offer_submitted_is_complete",
            ),
        ]
        indexes = [
            # With the authority, as of invitations.
            models.Index(fields=["referral", "authority", "status"], name="offer_of_referral"),
            models.Index(fields=["provider", "status"], name="offer_by_provider"),
            models.Index(fields=["provider", "created_at", "id"], name="offer_by_date"),
        ]
