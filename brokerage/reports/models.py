"""What is over, added up by month: so that a report costs the same after many years. Written by triggers alone."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation


class Tally(models.Model):
    """An addition to (or, negative, a subtraction from) the figures of an authority's month. Only sums of rows mean
    something: rows of the same figure may be folded into one at any moment. Nothing in it is about one person.

    A row counts once `counts_from` has passed, and is seen by nobody before: how many offered on a sealed referral.
    """

    class Kind(models.TextChoices):
        #: Pounds of a stay that has ended, in each month of it.
        STAY = "stay", _("Stays that ended")
        #: A referral that is over, in the month of its publication; `key` its urgency, `number` the time to its award.
        PUBLISHED = "published", _("Referrals published")
        #: A call-off that began, in the month of its referral's publication; `number` the days to moving in.
        MOVED = "moved", _("People who moved in")
        #: Of referrals that are over and closed, in the month of their publication.
        CLOSED = "closed", _("Referrals that closed")
        INVITED = "invited", _("Invitations")
        OFFERED = "offered", _("Offers")
        UNANSWERED = "unanswered", _("Referrals without any offer")
        #: A decline that stands, in its month; `key` is the reason.
        DECLINED = "declined", _("Declines")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    #: Its first day.
    month = models.DateField()
    category = models.CharField(max_length=32)
    key = models.CharField(max_length=24, blank=True)
    number = models.IntegerField(null=True)
    times = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    counts_from = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        indexes = [models.Index(fields=["authority", "kind", "month"], name="tally_by_month")]

    def __str__(self) -> str:
        return f"{self.kind} {self.month}"
