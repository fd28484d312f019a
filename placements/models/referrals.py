"""An authority's request for a placement, its lots, its documents, and who was matched, invited or left out."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category, Need, Sex, Urgency
from dpv.models import Admission, Lot
from placements.models.people import Person, SiblingGroup
from placements.states import REFERRAL
from providers.models import CarerHousehold, Establishment


def referral_reference() -> str:
    return new_reference("R")


class Referral(models.Model):
    """A referral for one person. What matching reads are columns; the rest of the form is in `answers`, by
    section and field (`placements.forms.referral_sections` names them). `revision` counts saves, so that two
    officers editing at once are told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=referral_reference)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="referrals")
    sibling_group = models.ForeignKey(
        SiblingGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="referrals"
    )
    category = models.CharField(max_length=32, choices=Category.choices)
    status = models.CharField(max_length=20, choices=REFERRAL.choices, default=REFERRAL.initial)
    revision = models.PositiveIntegerField(default=1)

    # What matching reads.
    age = models.PositiveSmallIntegerField(null=True, blank=True)
    sex = models.CharField(max_length=8, choices=Sex.choices, blank=True)
    needs = ArrayField(models.CharField(max_length=32, choices=Need.choices), default=list, blank=True)
    outward = models.CharField(max_length=4, blank=True)
    max_miles = models.PositiveSmallIntegerField(null=True, blank=True)
    avoid_outwards = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    needs_solo = models.BooleanField(default=False)
    #: Only homes that take this sex alone ("male-only home within 20 miles").
    single_sex_home = models.BooleanField(default=False)

    # When.
    urgency = models.CharField(max_length=16, choices=Urgency.choices, blank=True)
    needed_on = models.DateField(null=True, blank=True)
    expected_weeks = models.PositiveSmallIntegerField(null=True, blank=True)
    planned_months = models.PositiveSmallIntegerField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    is_sealed = models.BooleanField(default=False)

    answers: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    sections_done = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    #: Finds of the disclosure check that the officer confirmed as harmless, by digest of kind and text.
    disclosures_confirmed = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    invite_reason = models.TextField(blank=True)
    #: What changed with the last amendment, as told to everyone invited.
    amendment_note = models.TextField(blank=True)

    officer_id = models.UUIDField(null=True)
    officer_name = models.CharField(max_length=120, blank=True)
    social_worker_id = models.UUIDField(null=True, blank=True)
    social_worker_name = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True, blank=True)
    awarded_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["authority", "id"], name="referral_in_authority"),
            models.CheckConstraint(
                condition=Q(status="draft")
                | Q(status="withdrawn")
                | Q(status="placed")
                # A draft whose spot placement was cancelled was never published.
                | Q(status="not_placed")
                | Q(published_at__isnull=False, closes_at__isnull=False),
                name="referral_published_has_times",
            ),
        ]
        indexes = [
            models.Index(fields=["authority", "status", "-created_at"], name="referral_by_status"),
            models.Index(fields=["authority", "-created_at"], name="referral_by_date"),
        ]

    def __str__(self) -> str:
        return self.reference

    def is_open_for_offers(self, now: Any) -> bool:
        """Whether the database's moment `now` is before closing."""
        return self.status == "published" and self.closes_at is not None and now < self.closes_at


class ReferralLot(models.Model):
    """A lot the referral is sent to; each invitation stands under its own vehicle's terms."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="referral_lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["referral", "lot"], name="referral_lot_once")]


class ReferralDocument(models.Model):
    """An uploaded paper. Stage one goes to everyone invited, stage two to shortlisted providers only."""

    class Kind(models.TextChoices):
        CARE_PLAN = "care_plan", _("Care plan")
        RISK_ASSESSMENT = "risk_assessment", _("Risk assessment")
        EHCP = "ehcp", _("Education, health and care plan")
        PEP = "pep", _("Personal education plan")
        CHRONOLOGY = "chronology", _("Chronology")
        DELEGATED_AUTHORITY = "delegated_authority", _("Delegated authority")
        MEDICAL_CONSENT = "medical_consent", _("Medical consent")
        PROFILE = "profile", _("Anonymised profile")
        OTHER = "other", _("Other")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=24, choices=Kind.choices)
    name = models.CharField(max_length=160)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_name = models.CharField(max_length=120, unique=True)
    is_for_all_invited = models.BooleanField(default=False)
    uploaded_by_name = models.CharField(max_length=120)
    uploaded_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["uploaded_at"]


class Match(models.Model):
    """What matching said of one establishment (or household) on one lot when invitations went out, and what the
    officer did: the record of equal treatment."""

    class Outcome(models.TextChoices):
        INVITED = "invited", _("Invited")
        LEFT_OUT = "left_out", _("Eligible, left out")
        EXCLUDED = "excluded", _("Not eligible")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="matches")
    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reasons = ArrayField(models.CharField(max_length=32), default=list)
    miles = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    matched_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["referral", "outcome"], name="match_by_referral")]
