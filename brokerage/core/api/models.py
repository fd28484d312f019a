"""API clients of organisations, and the answers kept so that a repeated request has one effect."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import models
from django.utils import timezone

from brokerage.core.tenants.managers import ScopedManager
from brokerage.core.tenants.models import Organisation

#: Stands in place of a secret's hash: nothing said is it.
NO_SECRET = "!"


class ApiClient(models.Model):
    """A system that acts for one organisation. `owner` is the person who answers for what it does; when they leave the
    organisation, it stops. Secret and scopes stand with the identity provider's client (`oauth`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    oauth = models.OneToOneField(Client, on_delete=models.PROTECT, related_name="api_client")
    name = models.CharField(max_length=60)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: The most, in pounds a week, that it may award alone or approve; none means nothing at all.
    weekly_limit = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    #: Who made the secret that holds now and was shown it: a second pair of hands beside the owner's. None where no
    #: secret holds.
    secret_by_id = models.UUIDField(null=True)
    rotated_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        ordering = ["name", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(revoked_at=None), name="api_client_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> list[str]:
        return list(self.oauth.get_scopes())

    @property
    def has_secret(self) -> bool:
        """Whether some secret opens it; the owner of a client that has none cannot act with it."""
        return bool(self.oauth.secret != NO_SECRET)


class KeptAnswer(models.Model):
    """The answer to a request that carried an Idempotency-Key, given again to whoever repeats it; for 24 hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, db_index=False, related_name="+")
    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers: Any = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = ScopedManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="answer_kept_once")]
