"""What providers see of a referral: a redacted row of its own for each provider, invitations, questions, declines.

Provider pages, API and actions read these, never the referral.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import Category, DeclineReason, Urgency
from dpv.models import Admission, Lot, Vehicle
from placements.models.referrals import Referral
from placements.states import INVITATION
from providers.models import CarerHousehold, Establishment, Provider


class Release(models.Model):
    """One redacted projection per referral and provider, rewritten under the referral's lock by the actions that
    publish, amend, shortlist and close. `content` is emptied when the referral closes without the provider."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        #: An award waits for approval: nobody offers meanwhile. That closing time is past is told by `closes_at`.
        WAITING = "waiting", _("Being decided")
        WON = "won", _("Won")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="releases")
    reference = models.CharField(max_length=20)
    authority_name = models.CharField(max_length=200)
    category = models.CharField(max_length=32, choices=Category.choices)
    urgency = models.CharField(max_length=16, choices=Urgency.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    #: 1: redacted; 2: full papers, for shortlisted providers.
    stage = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    closes_at = models.DateTimeField()
    is_sealed = models.BooleanField(default=False)
    content: Any = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    documents: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    #: Answered questions, without who asked: [{"question", "answer", "answered_at"}].
    clarifications: Any = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    amendment_note = models.TextField(blank=True)
    outcome_reason = models.TextField(blank=True)
    published_at = models.DateTimeField()
    updated_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["closes_at"]
        constraints = [
            models.UniqueConstraint(fields=["referral", "provider"], name="release_once"),
            models.UniqueConstraint(fields=["authority", "referral", "provider"], name="release_parties"),
        ]
        indexes = [
            models.Index(fields=["provider", "state", "closes_at"], name="release_inbox"),
            models.Index(fields=["provider", "reference"], name="release_by_reference"),
            models.Index(fields=["provider", "closes_at", "id"], name="release_by_closing"),
            models.Index(
                fields=["provider", "-closed_at", "-updated_at", "id"],
                name="release_over",
                condition=models.Q(state__in=["won", "closed"]),
            ),
        ]

    def is_open_for_offers(self, now: Any) -> bool:
        return self.state == self.State.OPEN and now < self.closes_at


class Reading(models.Model):
    """A provider's person read a release's full papers or a document: logged for the authority."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="readings")
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=120)
    what = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()


class Invitation(models.Model):
    """The referral shown to one establishment (for fostering: its agency, with the household that matched)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, db_index=False, related_name="invitations")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="invitations")
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=INVITATION.choices, default=INVITATION.initial)
    miles = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    invited_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["referral", "admission"], name="invitation_once"),
        ]
        indexes = [
            # With the authority, which row security asks for: else all that it ever invited may be read besides.
            models.Index(fields=["referral", "authority"], name="invitation_by_referral"),
            models.Index(fields=["provider", "status"], name="invitation_by_provider"),
            models.Index(fields=["provider", "invited_at", "id"], name="invitation_by_date"),
        ]


class InvitedHousehold(models.Model):
    """A carer household of an invited agency that matched; an offer names one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="households")
    household = models.ForeignKey(CarerHousehold, on_delete=models.PROTECT, related_name="+")
    miles = models.DecimalField(max_digits=6, decimal_places=1, null=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "household"], name="invited_household_once")]


class Clarification(models.Model):
    """A provider's question. The answer goes to everyone invited through their releases and never says who asked."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="clarifications")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    question = models.TextField()
    asked_by_name = models.CharField(max_length=120)
    asked_at = models.DateTimeField(default=timezone.now)
    #: The question as shown to all: the officer may take out what would tell who asked.
    published_question = models.TextField(blank=True)
    answer = models.TextField(blank=True)
    answered_by_name = models.CharField(max_length=120, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["asked_at"]


class Decline(models.Model):
    """A provider's coded reason for not bidding: the record of unmet need."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, related_name="declines")
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="declines")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=24, choices=DeclineReason.choices)
    note = models.TextField(blank=True)
    declined_by_name = models.CharField(max_length=120)
    declined_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitation"], name="decline_live_once", condition=models.Q(withdrawn_at__isnull=True)
            )
        ]
