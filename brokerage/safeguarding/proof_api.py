"""What has happened about an alert, through the API: its timeline, and the proof of who was told as CSV and as PDF."""

from __future__ import annotations

from io import BytesIO
from typing import Any, ClassVar

from django.http import Http404
from django.urls import URLPattern, path
from rest_framework import serializers as s

from brokerage.core.api.inputs import Shape
from brokerage.core.api.operations import Call, Page, Stream, operation, resource
from brokerage.core.stored_files import open_stored
from brokerage.safeguarding.event_shapes import AlertEventRow
from brokerage.safeguarding.events import oldest_first
from brokerage.safeguarding.exports import roster_csv
from brokerage.safeguarding.models import AlertProof, AlertRecipient
from brokerage.safeguarding.proof import ask_for_proof, proof_of, read_proof
from brokerage.safeguarding.queries.alerts import raised_alert
from brokerage.safeguarding.queries.timeline import around_alert, timeline_of

PDF = "application/pdf"
CSV = "text/csv"


class ProofOut(Shape):
    """Who was told of an alert, as a PDF that your organisation asked for."""

    asked_at = s.DateTimeField()
    asked_by = s.CharField()
    made_at = s.DateTimeField(allow_null=True, help_text="Null while it is being made.")
    size = s.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = s.CharField(allow_null=True)
    example: ClassVar[dict[str, Any]] = {
        "asked_at": "2026-11-22T10:00:00Z",
        "asked_by": "Case system (API client of Olive Officer)",
        "made_at": "2026-11-22T10:00:04Z",
        "size": 48213,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }


@operation(scope="alerts:read", answer=AlertEventRow, paged=True)
def list_alert_timeline(call: Call, reference: str) -> Page:
    """List what has happened about an alert.

    The oldest first, and each organisation what it may know: its own answer and welfare checks; the numbers of all for
    whoever raised the alert and the central teams; measures and closures about the same home with `measures:read` and
    `closures:read`.
    """
    actor = call.actor
    actor.require("alert.view")
    told = AlertRecipient.objects.filter(reference=reference).first()
    raised = None if actor.is_provider else raised_alert(actor.organisation_id, reference)
    if told is None and raised is None:
        raise Http404
    around = around_alert(actor, told)
    return call.rows(oldest_first(timeline_of(actor, told=told, raised=raised, around=around)))


@operation(scope="alerts:read", stream=CSV)
def download_alert_roster(call: Call, reference: str) -> Stream:
    """Download who was told as CSV.

    For the organisation that raised the alert and its region’s central team: the lines of
    `GET /alerts/{reference}/roster`, as the page gives them.
    """
    content, name = roster_csv(call.actor, reference)
    return Stream(BytesIO(content), CSV, name)


@operation(scope="alerts:write", answer=ProofOut, status=202)
def ask_for_alert_proof(call: Call, reference: str) -> dict[str, Any]:
    """Ask for the proof of who was told.

    For the organisation that raised the alert and its region’s central team. A worker draws the PDF as things stand
    now; while one is being drawn, that one is answered.
    """
    return _out(ask_for_proof(call.actor, reference=reference))


@operation(scope="alerts:read", answer=ProofOut)
def get_alert_proof(call: Call, reference: str) -> dict[str, Any]:
    """Read whether the proof of who was told is made.

    The one that your organisation asked for last; 404 while it has asked for none.
    """
    proof = proof_of(call.actor, reference=reference)
    if proof is None:
        raise Http404
    return _out(proof)


@operation(scope="alerts:read", stream=PDF)
def download_alert_proof(call: Call, reference: str) -> Stream:
    """Download the proof of who was told.

    The PDF that was made last for your organisation; 404 while none has been made. Every download is kept in the audit
    trail.
    """
    stored = read_proof(call.actor, reference=reference)
    if stored is None:
        raise Http404
    return Stream(open_stored(stored), PDF, stored.name)


def _out(proof: AlertProof) -> dict[str, Any]:
    is_made = proof.made_at is not None
    return {
        "asked_at": proof.asked_at,
        "asked_by": proof.asked_by_name,
        "made_at": proof.made_at,
        "size": proof.size if is_made else None,
        "sha256": proof.sha256 if is_made else None,
    }


urlpatterns: list[URLPattern] = [
    path("alerts/<str:reference>/timeline", resource(get=list_alert_timeline), name="alert-timeline"),
    path("alerts/<str:reference>/roster.csv", resource(get=download_alert_roster), name="alert-roster-csv"),
    path("alerts/<str:reference>/proof", resource(get=get_alert_proof, post=ask_for_alert_proof), name="alert-proof"),
    path("alerts/<str:reference>/proof/document", resource(get=download_alert_proof), name="alert-proof-document"),
]
