"""What a provider's system reads of referrals sent to it, and how it asks. Answering them is in `invitations` and
`offers`. All of it comes from the provider's own releases: what the pages show at each stage, and nothing of rivals.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404

from brokerage.core.api.operations import Call, Created, Page, Stream, operation
from brokerage.core.clock import database_now
from placements.actions.clarifications import ask_clarification
from placements.actions.documents import open_stored
from placements.actions.readings import link_to_released, read_released, record_opening
from placements.api.invitations import place_out
from placements.api.opportunity_shapes import (
    NewOpportunityQuestion,
    OpportunityDocument,
    OpportunityOut,
    OpportunityQuery,
    OpportunityQuestion,
    OpportunityRow,
)
from placements.models import Clarification, Release
from placements.queries.inbox import Opportunity, documents_of, opportunity_of
from placements.queries.offer_terms import age_in, needs_in, siblings_in
from placements.queries.opportunities import find_opportunities, invitations_of_release


@operation(scope="opportunities:read", query=OpportunityQuery, answer=OpportunityRow, paged=True)
def list_opportunities(call: Call) -> Page:
    """List the referrals that you are invited to.

    `inbox` narrows to what awaits your answer, is `answered`, is being decided (`deciding`) or is `closed`. Least time
    left first; with `inbox=closed` the latest closing time first.
    """
    call.actor.require("inbox.view")
    wanted = call.query.get("inbox", "")
    filters = {**call.query, "establishment": call.query.get("establishment_id")}
    return call.page(
        find_opportunities(database_now(), tab=wanted, filters=filters),
        by=("-closes_at", "-id") if wanted == "closed" else ("closes_at", "id"),
        fields={
            "reference": "reference",
            "authority_name": "authority_name",
            "category": "category",
            "urgency": "urgency",
            "status": "state",
            "inbox": "tab",
            "stage": "stage",
            "version": "version",
            "is_sealed": "is_sealed",
            "closes_at": "closes_at",
            "published_at": "published_at",
            "updated_at": "updated_at",
            "age": "content__age",
            "outward": "content__outward",
            "needs": "content__needs",
            "invitations": invitations_of_release(),
        },
    )


@operation(scope="opportunities:read", answer=OpportunityOut)
def get_opportunity(call: Call, reference: str) -> dict[str, Any]:
    """Read a referral as released to you.

    At stage 2 it says who the person is: every such reading is recorded, with your name, for the council. Once it has
    closed for you only the reason and your own invitations are left.
    """
    call.actor.require("inbox.view")
    found = _opportunity(reference)
    record_opening(call.actor, release=found.release)
    return _out(found)


@operation(scope="opportunities:read", answer=OpportunityDocument, paged=True)
def list_opportunity_documents(call: Call, reference: str) -> Page:
    """List the documents that your stage opens.

    Names of files may tell who the person is: at stage 2 this is recorded as a reading of the full papers.
    """
    call.actor.require("inbox.view")
    release = _release(reference)
    record_opening(call.actor, release=release)
    return call.rows([_document(paper) for paper in documents_of(release)])


@operation(scope="opportunities:read", stream="application/octet-stream")
def download_opportunity_document(call: Call, reference: str, document: UUID) -> Stream:
    """Download a document. Its list tells the type. Each opening is recorded for the council."""
    signature = link_to_released(call.actor, reference=reference, document_id=document)
    stored = read_released(call.actor, reference=reference, document_id=document, signature=signature)
    return Stream(open_stored(stored), "application/octet-stream", stored.name)


@operation(scope="opportunities:read", answer=OpportunityQuestion, paged=True)
def list_opportunity_clarifications(call: Call, reference: str) -> Page:
    """List the questions that are answered, oldest answer first, and then yours that wait."""
    call.actor.require("inbox.view")
    return call.rows(_questions(_opportunity(reference)))


@operation(
    scope="offers:write",
    body=NewOpportunityQuestion,
    answer=OpportunityQuestion,
    status=201,
    codes=("closed", "text_missing", "text_too_long", "too_many_questions"),
)
def ask_for_clarification(call: Call, reference: str) -> Created:
    """Ask the council a question, until the closing time.

    The answer goes to everyone invited and never says who asked. The same question twice is one.
    """
    asked = ask_clarification(call.actor, release=_release(reference), question=call.body["question"])
    return Created(_question(asked), f"/opportunities/{reference}/clarifications")


def _release(reference: str) -> Release:
    release = Release.objects.filter(reference=reference).first()
    if release is None:
        raise Http404
    return release


def _opportunity(reference: str) -> Opportunity:
    try:
        return opportunity_of(reference, database_now())
    except Release.DoesNotExist as error:
        raise Http404 from error


def _out(found: Opportunity) -> dict[str, Any]:
    release = found.release
    content = release.content if found.is_readable else {}
    return {
        "reference": release.reference,
        "authority_name": release.authority_name,
        "category": release.category,
        "urgency": release.urgency,
        "status": release.state,
        "is_open": found.is_open,
        "stage": release.stage,
        "version": release.version,
        "is_sealed": release.is_sealed,
        "closes_at": release.closes_at,
        "published_at": release.published_at,
        "updated_at": release.updated_at,
        "amendment_note": release.amendment_note if found.is_readable else "",
        "outcome_reason": "" if found.is_readable else release.outcome_reason,
        "facts": _facts(release) if found.is_readable else None,
        "sections": [_section(section) for section in content.get("sections") or ()],
        "papers": [_section(section) for section in content.get("papers") or ()] if release.stage == 2 else [],
        "documents": [_document(paper) for paper in found.documents],
        "clarifications": _questions(found),
        "invitations": [place_out(place) for place in found.places],
    }


def _facts(release: Release) -> dict[str, Any]:
    content = release.content
    return {
        "age": age_in(release),
        "sex": content.get("sex"),
        "needs": list(needs_in(release)),
        "outward": content.get("outward"),
        "max_miles": content.get("max_miles"),
        "needed_on": content.get("needed_on"),
        "expected_weeks": content.get("expected_weeks"),
        "planned_months": content.get("planned_months"),
        "children_together": siblings_in(release),
        "needs_solo": bool(content.get("needs_solo")),
        "single_sex_home": bool(content.get("single_sex_home")),
    }


def _section(section: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": section.get("code", ""),
        "title": section["title"],
        "rows": [
            {"field": row.get("field", ""), "label": row["label"], "value": row["value"]} for row in section["rows"]
        ],
    }


def _document(paper: dict[str, Any]) -> dict[str, Any]:
    return {name: paper.get(name) for name in ("id", "kind", "name", "content_type", "size")}


def _questions(found: Opportunity) -> list[dict[str, Any]]:
    answered = [
        {
            "id": None,
            "question": item["question"],
            "answer": item["answer"],
            "asked_at": None,
            "answered_at": item["answered_at"],
        }
        for item in found.answered
    ]
    return [*answered, *(_question(own) for own in found.waiting)]


def _question(own: Clarification) -> dict[str, Any]:
    return {
        "id": own.pk,
        "question": own.question,
        "answer": own.answer or None,
        "asked_at": own.asked_at,
        "answered_at": own.answered_at,
    }
