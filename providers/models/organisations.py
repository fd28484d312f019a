"""Who provides: the organisation's profile and the evidence it keeps up to date."""

from __future__ import annotations

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import LegalForm, ProfitStatus


class Provider(models.Model):
    """A provider's profile; its key is the organisation's, so `provider_id` is the tenancy key everywhere."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="provider"
    )
    legal_name = models.CharField(max_length=200)
    legal_form = models.CharField(max_length=32, choices=LegalForm.choices, blank=True)
    company_number = models.CharField(max_length=8, blank=True)
    charity_number = models.CharField(max_length=10, blank=True)
    profit_status = models.CharField(max_length=16, choices=ProfitStatus.choices, blank=True)
    registered_address = models.TextField(blank=True)
    verified_on = models.DateField(null=True, blank=True)
    credit_report_on = models.DateField(null=True, blank=True)
    credit_report_score = models.CharField(max_length=20, blank=True)
    link_authority = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["company_number"],
                name="provider_company_number_once",
                condition=~models.Q(company_number=""),
            )
        ]

    def __str__(self) -> str:
        return self.legal_name


class Insurance(models.Model):
    """One policy of a provider; `expires_on` is the last day of cover."""

    class Kind(models.TextChoices):
        EMPLOYERS = "employers_liability", _("Employers' liability")
        PUBLIC = "public_liability", _("Public liability")
        PROFESSIONAL = "professional_indemnity", _("Professional indemnity")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="insurance")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    insurer = models.CharField(max_length=120, blank=True)
    policy_number = models.CharField(max_length=60, blank=True)
    cover_amount = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    starts_on = models.DateField()
    expires_on = models.DateField()
    #: The insurer's certificate as a file: its own name, and its random name in the file store.
    certificate_name = models.CharField(max_length=120, blank=True)
    certificate_type = models.CharField(max_length=80, blank=True)
    certificate_size = models.PositiveIntegerField(default=0)
    certificate_sha256 = models.CharField(max_length=64, blank=True)
    certificate_stored = models.CharField(max_length=80, blank=True)
    certificate_added_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "kind", "starts_on"], name="insurance_once"),
            models.CheckConstraint(condition=models.Q(expires_on__gte=models.F("starts_on")), name="insurance_dates"),
        ]
