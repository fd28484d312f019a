"""The person a referral is for. The narrowest table: identity stands here and nowhere else."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import LegalStatus, NeedCode, Sex


class SiblingGroup(models.Model):
    """Brothers and sisters with a referral each; offers may cover one, some or all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()


class Person(models.Model):
    """A child or adult known to one authority. Every reading of a name is logged."""

    class ClientGroup(models.TextChoices):
        CHILD = "child", _("Child")
        ADULT = "adult", _("Adult")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    case_number = models.CharField(max_length=40)
    client_group = models.CharField(max_length=8, choices=ClientGroup.choices, default=ClientGroup.CHILD)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    known_as = models.CharField(max_length=80, blank=True)
    #: Names that must not slip into released texts: family, friends, schools, professionals.
    other_names = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    date_of_birth = models.DateField()
    sex = models.CharField(max_length=8, choices=Sex.choices)
    gender_identity = models.CharField(max_length=60, blank=True)
    ethnicity = models.CharField(max_length=60, blank=True)
    religion = models.CharField(max_length=60, blank=True)
    first_language = models.CharField(max_length=60, blank=True)
    home_postcode = models.CharField(max_length=8, blank=True)
    school_name = models.CharField(max_length=120, blank=True)
    legal_status = models.CharField(max_length=2, choices=LegalStatus.choices, blank=True)
    need_code = models.CharField(max_length=2, choices=NeedCode.choices, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "case_number"], name="person_case_number_once"),
            models.UniqueConstraint(fields=["authority", "id"], name="person_in_authority"),
        ]
        indexes = [
            # Whatever a search by name compares, in the order of its answers: no other part of a person is read for it.
            models.Index(
                fields=["authority", "family_name", "given_name", "id"],
                include=["known_as", "case_number"],
                name="person_by_name",
            )
        ]

    def __str__(self) -> str:
        return self.case_number

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()
