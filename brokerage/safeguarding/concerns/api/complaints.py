"""Operations on complaints and disputes between authorities and providers."""

from __future__ import annotations

from typing import Any

from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.clock import database_today
from brokerage.core.notifications.reading import mark_read_about
from brokerage.safeguarding.concerns.actions import complaints as acts
from brokerage.safeguarding.concerns.api.shapes import ComplaintOut, ComplaintQuery, ComplaintRow, NewComplaint, Said
from brokerage.safeguarding.concerns.models import Complaint
from brokerage.safeguarding.concerns.queries.lists import NAMES, complaint_of, overdue

_TEXT = ("complaint_not_now", "text_missing", "text_too_long", "names_a_person")


@operation(scope="complaints:read", query=ComplaintQuery, answer=ComplaintRow, paged=True)
def list_complaints(call: Call) -> Page:
    """List complaints and disputes.

    Those that your organisation is a party of, newest first; for a central team those it is asked to mediate.
    """
    call.actor.require("complaint.view")
    rows = Complaint.objects.all()
    for name, column in (("state", "status"), ("kind", "kind")):
        if name in call.query:
            rows = rows.filter(**{column: call.query[name]})
    if "overdue" in call.query:
        late = overdue(database_today())
        rows = rows.filter(late) if call.query["overdue"] else rows.exclude(late)
    names = ("reference", "kind", "made_by", "made_at", "acknowledge_by", "acknowledged_at", "was_late", "closed_at")
    return call.page(
        rows,
        by=("-made_at", "-id"),
        fields={
            **{name: name for name in names},
            "state": "status",
            "authority": NAMES["authority"],
            "provider": NAMES["provider"],
        },
    )


@operation(scope="complaints:read", answer=ComplaintOut)
def get_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Read a complaint.

    With everything that was said since.
    """
    call.actor.require("complaint.view")
    complaint = complaint_of(reference)
    mark_read_about(call.actor, reference=complaint.reference)
    return _out(complaint)


@operation(
    scope="complaints:write",
    body=NewComplaint,
    answer=ComplaintRow,
    status=201,
    codes=(
        *("kind_missing", "what_missing", "wanted_missing", "text_too_long", "names_a_person"),
        "agreement_unknown",
    ),
)
def create_complaint(call: Call) -> Created:
    """Make a complaint.

    An authority against a provider, or a provider against an authority. The other side has 30 days to acknowledge it
    and is reminded. The same complaint made again within ten minutes is one.
    """
    made = acts.make_complaint(call.actor, facts=acts.ComplaintFacts(**call.body))
    return Created(_row(complaint_of(made.reference)), f"/complaints/{made.reference}")


@operation(scope="complaints:write", answer=ComplaintRow, codes=("complaint_not_now",))
def acknowledge_received_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Acknowledge a complaint.

    As the side that it is against. Later than the last day, it is recorded as late.
    """
    return _after(acts.acknowledge_complaint(call.actor, reference=complaint_of(reference).reference))


@operation(scope="complaints:write", body=Said, answer=ComplaintRow, codes=_TEXT)
def answer_received_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Answer a complaint.

    As the side that it is against, once it is acknowledged.
    """
    return _after(acts.answer_complaint(call.actor, reference=complaint_of(reference).reference, **call.body))


@operation(scope="complaints:write", body=Said, answer=ComplaintRow, codes=_TEXT)
def send_complaint_message(call: Call, reference: str) -> dict[str, Any]:
    """Write a message about a complaint.

    To everybody who reads it, while it is not closed.
    """
    row = complaint_of(reference)
    acts.send_message(call.actor, reference=row.reference, **call.body)
    return _after(row)


@operation(
    scope="complaints:write",
    body=Said,
    answer=ComplaintRow,
    codes=(*_TEXT, "mediation_early", "no_mediator"),
)
def ask_complaint_mediation(call: Call, reference: str) -> dict[str, Any]:
    """Ask for mediation.

    As either side; the central team of the authority's region then reads the complaint. Before it is acknowledged only
    once that is overdue.
    """
    return _after(acts.ask_mediation(call.actor, reference=complaint_of(reference).reference, **call.body))


@operation(scope="complaints:write", body=Said, answer=ComplaintRow, codes=_TEXT)
def mediate_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Write the outcome of mediation.

    As the mediator.
    """
    return _after(acts.mediate(call.actor, reference=complaint_of(reference).reference, **call.body))


@operation(scope="complaints:write", body=Said, answer=ComplaintRow, codes=_TEXT)
def settle_own_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Settle a complaint.

    As the side that complained.
    """
    return _after(acts.settle_complaint(call.actor, reference=complaint_of(reference).reference, **call.body))


@operation(scope="complaints:write", body=Said, answer=ComplaintRow, codes=_TEXT)
def close_own_complaint(call: Call, reference: str) -> dict[str, Any]:
    """Close a complaint as unresolved.

    As the side that complained, after mediation.
    """
    return _after(acts.give_up_complaint(call.actor, reference=complaint_of(reference).reference, **call.body))


def _after(complaint: Complaint) -> dict[str, Any]:
    """What an act answers: kept for a repeated request, so it repeats no text."""
    return _row(complaint_of(complaint.reference))


def _row(row: Complaint) -> dict[str, Any]:
    return {
        "reference": row.reference,
        "state": row.status,
        "kind": row.kind,
        "made_by": row.made_by,
        "authority": row.authority.name,
        "provider": row.provider.legal_name,
        "made_at": row.made_at,
        "acknowledge_by": row.acknowledge_by,
        "acknowledged_at": row.acknowledged_at,
        "was_late": row.was_late,
        "closed_at": row.closed_at,
    }


def _out(row: Complaint) -> dict[str, Any]:
    return {
        **_row(row),
        "authority_id": row.authority_id,
        "provider_id": row.provider_id,
        "agreement": row.agreement_reference,
        "what": row.what,
        "wanted": row.wanted,
        "made_by_person": row.made_by_name,
        "acknowledged_by": row.acknowledged_by_name,
        "mediator": row.mediator.name if row.mediator else None,
        "mediation_asked_at": row.mediation_asked_at,
        "mediated_at": row.mediated_at,
        "entries": [
            {
                "kind": entry.kind,
                "organisation": entry.organisation.name,
                "by": entry.by_name,
                "at": entry.at,
                "text": entry.text,
            }
            for entry in row.entries.select_related("organisation").order_by("at", "pk")
        ],
    }
