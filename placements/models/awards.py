"""The officer's choice of one offer with its reasons, and the approvals it needed."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from placements.models.offers import Offer
from placements.models.referrals import Referral
from placements.states import AWARD, AWARD_LIVE
from providers.models import Provider


class Award(models.Model):
    """A choice. `needs` names the approvals outstanding or given: money, out_of_area, at_a_distance."""

    class Reason(models.TextChoices):
        BEST_MATCH = "best_match", _("Best match with needs")
        CHEAPEST = "cheapest", _("Lowest price that meets need")
        CLOSER = "closer", _("Closer to home, school or family")
        SIBLINGS = "siblings", _("Keeps brothers and sisters together")
        PREFERENCE = "preference", _("Child's or family's preference")
        AVAILABLE = "available", _("Available when needed")
        ONLY_OFFER = "only_offer", _("Only offer that meets need")
        OTHER = "other", _("Other")

    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        WELSH = "cy", _("Welsh")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Its index is `award_by_date`.
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="awards")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="awards")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=20, choices=AWARD.choices, default=AWARD.initial)
    reason_code = models.CharField(max_length=16, choices=Reason.choices)
    reason = models.TextField()
    is_cheapest = models.BooleanField()
    #: The ranking as shown when the choice was made: advice, kept beside the decision.
    ranking: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    #: What losers are told, by offer id.
    losers: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    preferences = models.TextField(blank=True)
    #: Of the agreement, chosen with the offer; a Welsh authority is asked.
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.ENGLISH)
    weekly_total = models.DecimalField(max_digits=9, decimal_places=2)
    estimated_value = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    gates: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    placing_band = models.CharField(max_length=16)
    needs = ArrayField(models.CharField(max_length=16), default=list)
    made_by_id = models.UUIDField(null=True)
    #: Who made the secret of the API client that awarded: no second person either.
    made_secret_by_id = models.UUIDField(null=True)
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["referral"], name="award_live_once", condition=Q(status__in=AWARD_LIVE)),
            models.UniqueConstraint(fields=["authority", "id"], name="award_in_authority"),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(confirmed_at__isnull=False), name="award_confirmed_at"
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "made_at", "id"], name="award_by_date"),
            models.Index(
                fields=["authority", "made_at", "id"], name="award_waiting", condition=Q(status="awaiting_approval")
            ),
        ]

    def is_made_by(self, actor: Actor) -> bool:
        """Whether the actor may be whoever awarded, and so does not approve it."""
        return actor.is_one_of(self.made_by_id, self.made_secret_by_id)


class Approval(models.Model):
    """One approver's decision about an award, with its reason."""

    class Kind(models.TextChoices):
        MONEY = "money", _("Above the officer's limit")
        OUT_OF_AREA = "out_of_area", _("Out of area (nominated officer)")
        AT_A_DISTANCE = "at_a_distance", _("At a distance (director)")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    award = models.ForeignKey(Award, on_delete=models.CASCADE, related_name="approvals")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    is_approved = models.BooleanField()
    reason = models.TextField(blank=True)
    by_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["award", "kind"], name="approval_once")]
