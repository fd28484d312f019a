"""Concerns below the threshold of an alert, suggestions that their patterns make, complaints between two parties."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation, Region
from brokerage.core.vocabulary import Rating
from brokerage.safeguarding.concerns.states import COMPLAINT, COMPLAINT_LIVE, CONCERN, SUGGESTION, SUGGESTION_LIVE
from contracts.models import Agreement
from providers.models import CarerHousehold, Establishment, Provider


def concern_reference() -> str:
    return new_reference("K")


def suggestion_reference() -> str:
    return new_reference("G")


def complaint_reference() -> str:
    return new_reference("D")


class ConcernKind(models.TextChoices):
    """What worries somebody about a home."""

    CARE = "care", _("Quality of care")
    STAFFING = "staffing", _("Staffing or leadership")
    PREMISES = "premises", _("Premises")
    BEHAVIOUR = "behaviour", _("How behaviour is managed")
    COMMUNICATION = "communication", _("Communication with us")
    RECORDS = "records", _("Records and reports")
    OTHER = "other", _("Something else")


class Pattern(models.TextChoices):
    """What small things add up to; see `patterns` for how often and within which time."""

    CONCERNS = "concerns", _("Several concerns")
    RATING_FALL = "rating_fall", _("The regulator’s rating fell")
    UNPLANNED_ENDS = "unplanned_ends", _("Placements ended unplanned")
    NOTICES = "notices", _("The provider or its carers gave notice")


class ComplaintKind(models.TextChoices):
    """What a complaint or dispute is about."""

    CARE = "care", _("Quality of care")
    INVOICE = "invoice", _("Invoice or price")
    NOTICE = "notice", _("Notice")
    CONDUCT = "conduct", _("Conduct")
    BREACH = "breach", _("Breach of the agreement")
    OTHER = "other", _("Something else")


class Side(models.TextChoices):
    """The two parties of a complaint."""

    AUTHORITY = "authority", _("Authority")
    PROVIDER = "provider", _("Provider")


class Concern(models.Model):
    """A quick note. Read by whoever wrote it and, with a region, by that region's central team; by no other authority:
    the note may let one guess who lives there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    #: Whose central team reads it too; null: nobody else.
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=concern_reference)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: The subject in words, as it was called that day.
    about = models.CharField(max_length=240)
    kind = models.CharField(max_length=16, choices=ConcernKind.choices)
    what = models.TextField()
    seen_on = models.DateField()
    status = models.CharField(max_length=12, choices=CONCERN.choices, default=CONCERN.initial)
    written_by_user_id = models.UUIDField(null=True)
    written_by_name = models.CharField(max_length=120)
    written_at = models.DateTimeField(default=timezone.now)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_by_organisation = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-written_at"]
        indexes = [
            models.Index(fields=["organisation", "-written_at"], name="concern_by_writer"),
            models.Index(fields=["region", "-written_at"], name="concern_by_region"),
            models.Index(fields=["provider", "seen_on"], name="concern_by_provider"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | Q(decided_at__isnull=False), name="concern_decided_has_time"
            )
        ]

    def __str__(self) -> str:
        return self.reference


class RatingChange(models.Model):
    """A regulator's rating that changed here, by an import or by hand: written by a trigger on the register."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    establishment = models.ForeignKey(Establishment, on_delete=models.CASCADE, related_name="+")
    before = models.CharField(max_length=32, choices=Rating.choices)
    after = models.CharField(max_length=32, choices=Rating.choices)
    is_fall = models.BooleanField()
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["-changed_at"]
        indexes = [models.Index(fields=["establishment", "-changed_at"], name="rating_by_home")]


class Suggestion(models.Model):
    """A pattern that a person should look at, for one organisation: counts, never what was counted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=suggestion_reference)
    pattern = models.CharField(max_length=16, choices=Pattern.choices)
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    #: The day of the latest thing counted.
    latest_on = models.DateField()
    #: What was counted, as digests: something new is what none of them stands for.
    known: models.Field[list[str], list[str]] = ArrayField(models.CharField(max_length=32))
    status = models.CharField(max_length=12, choices=SUGGESTION.choices, default=SUGGESTION.initial)
    raised_at = models.DateTimeField(default=timezone.now)
    decided_by_name = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-raised_at"]
        indexes = [models.Index(fields=["organisation", "-raised_at"], name="suggestion_by_organisation")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "pattern", "provider", "establishment"],
                name="suggestion_live_once",
                condition=Q(status__in=SUGGESTION_LIVE),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def about(self) -> str:
        """The home and its provider, as they are called now."""
        home = f"{self.establishment.name}, " if self.establishment else ""
        return f"{home}{self.provider.legal_name}"


class Complaint(models.Model):
    """A complaint or dispute between an authority and a provider. The mediator, a region's central team, reads it from
    the moment in which one of them asked for mediation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    made_by = models.CharField(max_length=10, choices=Side.choices)
    reference = models.CharField(max_length=20, unique=True, default=complaint_reference)
    kind = models.CharField(max_length=10, choices=ComplaintKind.choices)
    agreement = models.ForeignKey(Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    agreement_reference = models.CharField(max_length=20, blank=True)
    what = models.TextField()
    wanted = models.TextField()
    status = models.CharField(max_length=16, choices=COMPLAINT.choices, default=COMPLAINT.initial)
    made_by_name = models.CharField(max_length=120)
    made_at = models.DateTimeField(default=timezone.now)
    #: The last day on which it is acknowledged in time.
    acknowledge_by = models.DateField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=120, blank=True)
    was_late = models.BooleanField(default=False)
    answered_at = models.DateTimeField(null=True, blank=True)
    mediator = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    mediation_asked_at = models.DateTimeField(null=True, blank=True)
    mediated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["authority", "-made_at"], name="complaint_by_authority"),
            models.Index(fields=["provider", "-made_at"], name="complaint_by_provider"),
            models.Index(fields=["mediator", "-made_at"], name="complaint_by_mediator"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status__in=["acknowledged", "answered"]) | Q(acknowledged_at__isnull=False),
                name="complaint_acknowledged_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["mediation_asked", "mediated"]) | Q(mediator__isnull=False),
                name="complaint_in_mediation_has_mediator",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["settled", "unresolved"]) | Q(closed_at__isnull=False),
                name="complaint_closed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def complainant_id(self) -> uuid.UUID:
        return self.authority_id if self.made_by == Side.AUTHORITY else self.provider_id

    @property
    def respondent_id(self) -> uuid.UUID:
        return self.provider_id if self.made_by == Side.AUTHORITY else self.authority_id

    @property
    def complainant_name(self) -> str:
        return self.authority.name if self.made_by == Side.AUTHORITY else self.provider.legal_name

    @property
    def respondent_name(self) -> str:
        return self.provider.legal_name if self.made_by == Side.AUTHORITY else self.authority.name

    def is_overdue(self, on: dt.date) -> bool:
        """Whether it should have been acknowledged before `on`, and was not."""
        return self.acknowledged_at is None and self.status in COMPLAINT_LIVE and on > self.acknowledge_by


class EntryKind(models.TextChoices):
    """What somebody did about a complaint."""

    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    ANSWER = "answer", _("Answer")
    MESSAGE = "message", _("Message")
    MEDIATION_ASKED = "mediation_asked", _("Mediation asked for")
    MEDIATION = "mediation", _("What the mediator found")
    SETTLED = "settled", _("Settled")
    UNRESOLVED = "unresolved", _("Closed, unresolved")


class ComplaintEntry(models.Model):
    """What one of them said or did about a complaint: never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="entries")
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=EntryKind.choices)
    text = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["complaint", "at"], name="entry_by_complaint")]
