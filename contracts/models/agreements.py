"""The individual placement agreement (IPA): its terms as data, its signatures, its sealed document."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from contracts.states import AGREEMENT, AGREEMENT_LIVE
from placements.models import Award, Placement, Referral
from providers.models import Provider


def agreement_reference() -> str:
    return new_reference("A")


class Agreement(models.Model):
    """One version of an IPA. `terms` (contracts.terms) is everything the document prints; it never changes once
    drawn up: a variation is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Their indexes are those of `Meta`.
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+", db_index=False)
    #: Ids only for the provider's role, which cannot read these rows.
    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="agreements")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="agreements")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="agreements")
    reference = models.CharField(max_length=20, default=agreement_reference)
    referral_reference = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    language = models.CharField(max_length=2, default="en")
    status = models.CharField(max_length=20, choices=AGREEMENT.choices, default=AGREEMENT.initial)
    terms: Any = models.JSONField(encoder=DjangoJSONEncoder)
    terms_hash = models.CharField(max_length=64)
    weekly_total = models.DecimalField(max_digits=9, decimal_places=2)
    starts_on = models.DateField()
    #: The day planned since it was signed, where that is another.
    moved_start_on = models.DateField(null=True, blank=True)
    unsealed_file = models.CharField(max_length=120, blank=True)
    unsealed_sha256 = models.CharField(max_length=64, blank=True)
    sealed_file = models.CharField(max_length=120, blank=True)
    sealed_sha256 = models.CharField(max_length=64, blank=True)
    seal_certificate = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    rendered_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["award", "version"], name="agreement_version_once"),
            models.UniqueConstraint(
                fields=["award"], name="agreement_live_once", condition=Q(status__in=AGREEMENT_LIVE)
            ),
            models.UniqueConstraint(fields=["reference", "version"], name="agreement_reference_once"),
            models.CheckConstraint(
                condition=~Q(status="sealed") | (Q(sealed_at__isnull=False) & ~Q(sealed_sha256="")),
                name="agreement_sealed_has_seal",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "status"], name="agreement_by_authority"),
            models.Index(fields=["provider", "status"], name="agreement_by_provider"),
            models.Index(fields=["authority", "created_at", "id"], name="agreement_of_authority"),
            models.Index(fields=["provider", "created_at", "id"], name="agreement_of_provider"),
            models.Index(fields=["sealed_sha256"], name="agreement_by_seal"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} v{self.version}"


class Signature(models.Model):
    """A side's signature: who, when, how they proved who they are, and the hash of the terms they signed.

    Where an API client signed, `client_id` and `client_name` say which, and the person is the client's owner.
    """

    class Side(models.TextChoices):
        AUTHORITY = "authority", _("Authority")
        PROVIDER = "provider", _("Provider")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    user_id = models.UUIDField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=160)
    client_id = models.UUIDField(null=True, blank=True)
    client_name = models.CharField(max_length=120, blank=True)
    method = models.CharField(max_length=40)
    proved_at = models.DateTimeField()
    terms_hash = models.CharField(max_length=64)
    document_sha256 = models.CharField(max_length=64)
    evidence_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["agreement", "side"], name="signature_side_once")]
