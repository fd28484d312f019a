"""The API's extract of an organisation's own audit trail, in the order of its chain.

Numbers are given at COMMIT under the chain's lock, so reading on from a cursor never skips an entry.
"""

from __future__ import annotations

from django.urls import path
from rest_framework import serializers as s

from brokerage.core.api.inputs import MomentField, Query, Shape
from brokerage.core.api.operations import Call, Page, operation, resource
from brokerage.core.audit.models import Link


class AuditRow(Shape):
    """One act: who, for whom, what, to which subject. It holds names of changed fields, never a fact about a person."""

    number = s.IntegerField(help_text="Its place in the organisation's chain, without gaps from 1.")
    id = s.UUIDField()
    kind = s.CharField(help_text="The act, such as `referral.published`.")
    at = s.DateTimeField()
    subject_type = s.CharField()
    subject_id = s.CharField()
    subject_reference = s.CharField(allow_blank=True)
    actor_user_id = s.UUIDField(allow_null=True, help_text="The person; null for the system itself.")
    actor_name = s.CharField(help_text="For a client of this API: its name and its owner's.")
    on_behalf_of_id = s.UUIDField(allow_null=True, help_text="The central team that acted under a delegation.")
    data = s.JSONField(help_text="Codes, amounts and states of the act.")
    scheme = s.IntegerField(help_text="Which way of making the hash; what was made in an earlier way stays as it is.")
    previous_hash = s.CharField()
    hash = s.CharField(help_text="SHA-256 over the entry and the hash before it: keep the last one as an anchor.")
    example = {
        "number": 184,
        "id": "0d0f2c8a-7f59-4c1f-9f0e-6b7a3d1d4a55",
        "kind": "offer.awarded",
        "at": "2026-11-22T09:30:00.125000Z",
        "subject_type": "placements.award",
        "subject_id": "b2f3e5a0-96a5-4f0e-a1d6-0c6a5a1b7e21",
        "subject_reference": "HAR-7K3M-9QX2",
        "actor_user_id": "77b1a6c4-6b0c-4b57-8a6a-0e9c6b1f2d33",
        "actor_name": "Olive Officer",
        "on_behalf_of_id": None,
        "data": {"weekly": "3950.00"},
        "scheme": 2,
        "previous_hash": "3f0c9a1be2d44c58a7b9c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f40516",
        "hash": "9c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f405163f0c9a1be2d44c58a7b",
    }


class AuditQuery(Query):
    """Which entries."""

    kind = s.CharField(required=False, max_length=60, help_text="This act only, such as `referral.published`.")
    since = MomentField(required=False, help_text="From this moment on.")
    subject_reference = s.CharField(required=False, max_length=60, help_text="The subject's reference, exactly.")
    subject_id = s.UUIDField(required=False, help_text="The subject's id.")


@operation(scope="audit:read", query=AuditQuery, answer=AuditRow, paged=True)
def list_entries(call: Call) -> Page:
    """Read your own audit trail.

    In the order of the chain, the oldest first: keep the last cursor and go on from it. Narrow with `kind`, `since`,
    `subject_reference` and `subject_id`.
    """
    call.actor.require("audit.view")
    rows = Link.objects.filter(organisation_id=call.actor.organisation_id)
    for name, column in _FILTERS.items():
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    return call.page(rows, by=("number",), fields=_FIELDS, by_keys=True)


_FILTERS = {
    "kind": "entry__kind",
    "since": "entry__at__gte",
    "subject_reference": "entry__subject_reference",
    "subject_id": "entry__subject_id",
}
_FIELDS = {
    "number": "number",
    "id": "entry_id",
    "kind": "entry__kind",
    "at": "entry__at",
    "subject_type": "entry__subject_type",
    "subject_id": "entry__subject_id",
    "subject_reference": "entry__subject_reference",
    "actor_user_id": "entry__actor_user_id",
    "actor_name": "entry__actor_name",
    "on_behalf_of_id": "entry__on_behalf_of_id",
    "data": "entry__data",
    "scheme": "scheme",
    "previous_hash": "previous_hash",
    "hash": "hash",
}

urlpatterns = [
    path("audit", resource(get=list_entries), name="audit"),
]
