"""What a provider reports of its own residents to the authority that placed them: missing episodes, notifiable events.

Both parties of the placement's agreement read them, nobody else: what stands here is about a person.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.lifecycle import Lifecycle
from brokerage.core.references import new_reference
from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.safeguarding.incidents.states import CHOICES, EPISODE, EVENT, lifecycle_of
from contracts.models import Agreement
from placements.models import Placement
from providers.models import CarerHousehold, Establishment, Provider

#: The authority acknowledges a report within this time; that somebody is missing, sooner.
ACKNOWLEDGED_WITHIN = dt.timedelta(hours=24)
MISSING_ACKNOWLEDGED_WITHIN = dt.timedelta(hours=1)
#: A return interview is offered within this time of the return.
INTERVIEW_WITHIN = dt.timedelta(hours=72)


def incident_reference() -> str:
    return new_reference("E")


class Kind(models.TextChoices):
    """The first two are episodes; the others are notified (Children's Homes (England) Regulations 2015, reg. 40;
    Fostering Services (England) Regulations 2011, sch. 7)."""

    MISSING = "missing", _("Missing")
    AWAY = "away", _("Away without authorisation")
    DEATH = "death", _("Death")
    SERIOUS_INJURY = "serious_injury", _("Serious injury")
    SERIOUS_ILLNESS = "serious_illness", _("Serious illness")
    ALLEGATION = "allegation", _("Allegation against staff or a carer")
    POLICE_CALLED = "police_called", _("Police called to the home")
    RESTRAINT = "restraint", _("Restraint")
    EXPLOITATION = "exploitation", _("Sexual or criminal exploitation suspected")
    PROTECTION_ENQUIRY = "protection_enquiry", _("Child protection enquiry begun or ended")
    ABSCONDING = "absconding", _("Absconding")
    INFECTION = "infection", _("Infectious disease")
    OTHER = "other", _("Something else that is serious")


EPISODES = (Kind.MISSING.value, Kind.AWAY.value)


class Risk(models.TextChoices):
    """How much the person is at risk, in the eyes of whoever reports."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class InterviewOutcome(models.TextChoices):
    """What came of the offered return interview."""

    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")


class Side(models.TextChoices):
    """Who wrote an entry."""

    AUTHORITY = "authority", _("Authority")
    PROVIDER = "provider", _("Provider")


class Incident(models.Model):
    """One event of one resident. What it says of its placement follows from the agreement; the database holds that."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True, default=incident_reference)
    #: None for a stay without one in this service: bought on the spot, or older than it.
    agreement = models.ForeignKey(Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    #: Of the agreement; without one, letters that stand for the stay and say nothing of it.
    agreement_reference = models.CharField(max_length=20)
    #: Ids only for the provider's role, which cannot read the placement.
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="+")
    establishment = models.ForeignKey(Establishment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    household = models.ForeignKey(CarerHousehold, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(max_length=20, choices=CHOICES)
    risk = models.CharField(max_length=8, choices=Risk.choices)
    #: Of an episode: since when.
    happened_at = models.DateTimeField()
    known_at = models.DateTimeField()
    what_happened = models.TextField()
    action_taken = models.TextField()
    last_seen = models.TextField(blank=True)
    police_told_at = models.DateTimeField(null=True, blank=True)
    police_reference = models.CharField(max_length=60, blank=True)
    regulator_told_at = models.DateTimeField(null=True, blank=True)
    regulator_reference = models.CharField(max_length=60, blank=True)
    lado_told_at = models.DateTimeField(null=True, blank=True)
    lado_reference = models.CharField(max_length=60, blank=True)
    others_told = models.TextField(blank=True)
    needs_interview = models.BooleanField(default=False)
    reported_by_user_id = models.UUIDField(null=True)
    reported_by_name = models.CharField(max_length=120)
    reported_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by_name = models.CharField(max_length=120, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_how = models.TextField(blank=True)
    was_harmed = models.BooleanField(null=True, blank=True)
    harm = models.TextField(blank=True)
    interview_due_at = models.DateTimeField(null=True, blank=True)
    interview_offered_at = models.DateTimeField(null=True, blank=True)
    interview_by = models.CharField(max_length=120, blank=True)
    interview_outcome = models.CharField(max_length=8, choices=InterviewOutcome.choices, blank=True)
    interview_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=120, blank=True)
    outcome = models.TextField(blank=True)
    reminded = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["-reported_at"]
        indexes = [
            models.Index(fields=["authority", "-reported_at"], name="incident_by_authority"),
            models.Index(fields=["provider", "-reported_at"], name="incident_by_provider"),
            models.Index(fields=["placement", "-happened_at"], name="incident_by_placement"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "authority", "provider"], name="incident_parties"),
            models.UniqueConstraint(
                fields=["placement"], name="incident_one_episode_open", condition=Q(status=EPISODE.initial)
            ),
            models.CheckConstraint(
                condition=Q(kind__in=EPISODES, status__in=EPISODE.states)
                | ~Q(kind__in=EPISODES) & Q(status__in=EVENT.states),
                name="incident_state_of_its_kind",
            ),
            models.CheckConstraint(condition=Q(happened_at__lte=F("known_at")), name="incident_known_after"),
            models.CheckConstraint(
                condition=~Q(status__in=["returned", "interview_offered", "interview_settled"])
                | Q(returned_at__isnull=False, was_harmed__isnull=False),
                name="incident_returned_has_time",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True) | Q(returned_at__gte=F("happened_at")),
                name="incident_returned_after",
            ),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True)
                | Q(needs_interview=True, interview_due_at__isnull=False)
                | Q(needs_interview=False, interview_due_at__isnull=True),
                name="incident_interview_due",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["interview_offered", "interview_settled"])
                | Q(interview_offered_at__isnull=False) & ~Q(interview_by=""),
                name="incident_interview_has_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="interview_settled") | ~Q(interview_outcome="") & Q(interview_on__isnull=False),
                name="incident_interview_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed", needs_interview=True) | ~Q(interview_outcome=""),
                name="incident_closed_after_interview",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["acknowledged", "follow_up"]) | Q(acknowledged_at__isnull=False),
                name="incident_acknowledged_has_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "withdrawn"], closed_at__isnull=False)
                | ~Q(status__in=["closed", "withdrawn"]) & Q(closed_at__isnull=True),
                name="incident_closed_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def lifecycle(self) -> Lifecycle:
        return lifecycle_of(self.kind)

    @property
    def is_episode(self) -> bool:
        return self.kind in EPISODES

    @property
    def acknowledge_by(self) -> dt.datetime:
        """By when the authority acknowledges it."""
        return self.reported_at + (MISSING_ACKNOWLEDGED_WITHIN if self.kind == Kind.MISSING else ACKNOWLEDGED_WITHIN)

    @property
    def is_waiting_for_acknowledgement(self) -> bool:
        return self.acknowledged_at is None and self.status == self.lifecycle.initial

    def is_acknowledgement_overdue(self, now: dt.datetime) -> bool:
        return self.is_waiting_for_acknowledgement and self.acknowledge_by < now

    def is_interview_overdue(self, now: dt.datetime) -> bool:
        """The interview was not offered in time, or offered and not settled since."""
        is_waiting = self.status in ("returned", "interview_offered")
        return is_waiting and self.interview_due_at is not None and self.interview_due_at < now


class IncidentEntry(models.Model):
    """What either side added: never changed. An internal one is read by the authority alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=Side.choices)
    #: The move that it belongs to; empty: an addition.
    move = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    is_internal = models.BooleanField(default=False)
    by_name = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["incident", "at"], name="incident_entry_in_order")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_internal=False) | Q(side="authority"), name="incident_internal_is_authoritys"
            )
        ]
