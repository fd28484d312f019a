"""Organisations and who belongs to them: the ground every other table points at.

Organisation is an authority, an associate, a provider, a region's central team or the host. What a provider is
and sells stands one storey up, in `providers`.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.permissions import Role, permissions_of
from brokerage.core.vocabulary import Category


class Organisation(models.Model):
    """An authority, provider, central team, associate member or the host. Names and colours are no secret."""

    class Kind(models.TextChoices):
        AUTHORITY = "authority", _("Local authority")
        ASSOCIATE = "associate", _("Associate member")
        PROVIDER = "provider", _("Provider")
        CENTRAL = "central", _("Region's central team")
        HOST = "host", _("Host")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200)
    name_cy = models.CharField(max_length=200, blank=True)
    slug = models.SlugField(max_length=80, unique=True)
    colour = models.CharField(max_length=7, default="#1d70b8")
    contact_email = models.EmailField(blank=True)
    contact_phone = models.CharField(max_length=40, blank=True)
    out_of_hours_phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    #: Whether the organisation's API clients (those with the scope `agreements:sign`) may sign agreements for it.
    machine_signing = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AuthorityProfile(models.Model):
    """What the statistics office knows of an authority. Old codes stay for old records (`successor`)."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="authority"
    )
    gss_code = models.CharField(max_length=9, unique=True)
    nation = models.CharField(max_length=10, choices=[("England", _("England")), ("Wales", _("Wales"))])
    kind = models.CharField(max_length=16)
    ons_region = models.CharField(max_length=60)
    centroid_easting = models.IntegerField()
    centroid_northing = models.IntegerField()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    key_decision_limit = models.DecimalField(
        max_digits=12, decimal_places=2, default=500000, validators=[MinValueValidator(0)]
    )

    def __str__(self) -> str:
        return self.gss_code


class Adjacency(models.Model):
    """Two authorities that adjoin (Care Planning Regulations 2010, reg. 11(5)); each pair once, a < b."""

    a = models.CharField(max_length=9)
    b = models.CharField(max_length=9)
    basis = models.CharField(max_length=8)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["a", "b"], name="adjacency_pair")]


class OutwardCode(models.Model):
    """The middle of an outward postcode (ONS Postcode Directory), National Grid metres."""

    code = models.CharField(max_length=4, primary_key=True)
    easting = models.IntegerField()
    northing = models.IntegerField()
    gss_code = models.CharField(max_length=9)


class Postcode(models.Model):
    """One full postcode; loaded once by `load_postcodes`, kept small in tests."""

    code = models.CharField(max_length=8, primary_key=True)
    easting = models.IntegerField()
    northing = models.IntegerField()
    gss_code = models.CharField(max_length=9)


class Region(models.Model):
    """Authorities that buy together; its central team runs the vehicles."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    central_team = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="runs_region")

    def __str__(self) -> str:
        return self.name


class RegionMember(models.Model):
    """An organisation's membership of a region; an associate holds only the acts granted to it."""

    region = models.ForeignKey(Region, on_delete=models.CASCADE, related_name="members")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="regions")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    granted_acts = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "organisation"], name="region_member_once")]


class Membership(models.Model):
    """A person's place in one organisation: roles and, for officers, the money limit in pounds a week."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=32, choices=Role.choices))
    weekly_limit = models.DecimalField(
        max_digits=9, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    job_title = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="membership_once")]

    @property
    def permissions(self) -> frozenset[str]:
        return permissions_of(self.roles)

    @property
    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles if role in Role.values]


class Invitation(models.Model):
    """An invitation to join an organisation. There is no public sign-up; the token is stored hashed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    name = models.CharField(max_length=120)
    roles = ArrayField(models.CharField(max_length=32, choices=Role.choices))
    weekly_limit = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager()


class Delegation(models.Model):
    """An authority's dated permission to the region's central team to run (some of) its referrals."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="delegations_given")
    central_team = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="delegations_held")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    categories = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    weekly_limit = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("starts_on")),
                name="delegation_dates",
            )
        ]

    @property
    def category_labels(self) -> list[str]:
        """The kinds of home it covers; empty for all of them."""
        return [str(Category(name).label) for name in self.categories if name in Category.values]
