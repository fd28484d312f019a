"""Referrals of an authority: list, read, start (one or many), copy, link, withdraw, and what they still lack.

Answers stand in `sections`, what goes to providers in `publishing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from brokerage.core.api.bulk import BulkAnswer, bulk_input, each
from brokerage.core.api.operations import Call, Created, Page, operation
from placements.actions import referrals, siblings
from placements.actions.people import known_person
from placements.api.referral_shapes import (
    ROW_FIELDS,
    NewReferral,
    ReferralCompleteness,
    ReferralCopyIn,
    ReferralOut,
    ReferralQuery,
    ReferralRow,
    ReferralSiblingIn,
    ReferralWithdrawIn,
    referral_out,
)
from placements.api.sections import ANSWER_CODES, hold_referral
from placements.completeness import missing, section_state
from placements.disclosure_fields import needs_answered
from placements.models import Referral
from placements.queries.disclosures import unresolved_disclosures
from placements.queries.referrals import listed, referral_of
from placements.questions import sections_for

NEW_PERSON_CODES = (
    "case_number_missing",
    "given_name_missing",
    "family_name_missing",
    "sex_missing",
    "date_of_birth_missing",
    "date_of_birth_ahead",
    "date_of_birth_invalid",
    "postcode_missing",
    "postcode_invalid",
    "too_long",
    "case_number_taken",
)
START_CODES = (
    "person_missing",
    "person_unknown",
    "category_missing",
    "not_delegated",
    "urgency_missing",
    "age_not_for_category",
    "social_worker_unknown",
    *NEW_PERSON_CODES,
    *(code for code in ANSWER_CODES if code not in NEW_PERSON_CODES),
)


@operation(scope="referrals:read", query=ReferralQuery, answer=ReferralRow, paged=True)
def list_referrals(call: Call) -> Page:
    """List referrals

    Newest first. Filters narrow together. Names and dates of birth are never in a list.
    """
    columns = {"status": "status", "category": "category", "mine": "mine", "person_id": "person"}
    asked = {columns[name]: value for name, value in call.query.items() if name in columns}
    return call.page(listed(call.actor, **asked), by=("-created_at", "-id"), fields=ROW_FIELDS)


@operation(scope="referrals:read", answer=ReferralOut)
def get_referral(call: Call, reference: str) -> dict[str, Any]:
    """Read a referral

    Everything but its answers and who the person is.
    """
    return referral_out(call.actor, referral_of(call.actor, reference))


@operation(scope="referrals:write", body=NewReferral, answer=ReferralOut, status=201, codes=START_CODES)
def create_referral(call: Call) -> Created:
    """Start a draft

    For a person on record (`case_number`) or a new one (`new_person`). Send an `Idempotency-Key`, so that a repeated
    request starts no second draft. With `sections` the draft begins with those answers, in one act: a refused answer
    starts nothing, and every one of them is named. Otherwise fill the sections afterwards.
    """
    return _created(call, _start(call, call.body))


@operation(scope="referrals:write", body=bulk_input(NewReferral), answer=BulkAnswer, codes=START_CODES)
def create_referrals(call: Call) -> dict[str, Any]:
    """Start many drafts

    Up to 100, each with its own result: a refused row leaves the others alone. A row may bring its `sections` along.
    """
    return each(call.body["items"], lambda item: _start(call, item).reference)


def _start(call: Call, asked: Mapping[str, Any]) -> Referral:
    new = asked.get("new_person")
    known = None
    if new is None and asked.get("case_number"):
        known = known_person(call.actor, case_number=asked["case_number"])
    names = {name: f"new_person.{name}" for name in new or ()}
    with call.renaming({**names, "person": "case_number", "social_worker": "social_worker_id"}):
        return referrals.create_referral(
            call.actor,
            category=asked["category"],
            urgency=asked["urgency"],
            token=uuid4().hex,
            person_id=known.pk if known else None,
            new_person=referrals.NewPerson(**{**new, "other_names": tuple(new["other_names"])}) if new else None,
            social_worker=asked.get("social_worker_id"),
            sections=asked.get("sections"),
        )


def _created(call: Call, referral: Referral) -> Created:
    return Created(referral_out(call.actor, referral), location=f"/referrals/{referral.reference}")


@operation(
    scope="referrals:write",
    body=ReferralCopyIn,
    answer=ReferralOut,
    status=201,
    codes=(
        "person_missing",
        "person_unknown",
        "category_missing",
        "age_not_for_category",
        "siblings_too_few",
        "sibling_is_over",
    ),
)
def copy_referral(call: Call, reference: str) -> Created:
    """Copy a referral into a new draft

    For the same person all answers but dates are copied; for another person only what belongs to the household.
    """
    asked = call.body
    referral_of(call.actor, reference)  # what is not there comes before whom it would be for
    person = known_person(call.actor, case_number=asked["case_number"]) if asked.get("case_number") else None
    copy = referrals.copy_referral(
        call.actor,
        reference=reference,
        token=uuid4().hex,
        category=asked.get("category", ""),
        person_id=person.pk if person else None,
        as_sibling=asked["as_sibling"],
    )
    return _created(call, copy)


@operation(
    scope="referrals:write", body=ReferralSiblingIn, answer=ReferralOut, codes=("siblings_too_few", "sibling_is_over")
)
def link_siblings(call: Call, reference: str) -> dict[str, Any]:
    """Link brothers and sisters

    Offers may then cover one, some or all of them. Groups that are already there become one. 404 when either referral
    is not yours.
    """
    with call.renaming({"reference": "referral"}):
        siblings.link_siblings(call.actor, references=[reference, call.body["referral"]])
    return referral_out(call.actor, referral_of(call.actor, reference))


@operation(
    scope="referrals:write",
    body=ReferralWithdrawIn,
    answer=ReferralOut,
    codes=("referral_not_now", "reason_missing", "discloses"),
    current=get_referral,
    lock=hold_referral,
)
def withdraw_referral(call: Call, reference: str) -> dict[str, Any]:
    """Withdraw a referral

    Every provider’s view is closed and all are told why. An award that waits for approval is taken back first.
    """
    referral = referrals.withdraw_referral(call.actor, reference=reference, reason=call.body["reason"])
    return referral_out(call.actor, referral)


@operation(scope="referrals:read", answer=ReferralCompleteness)
def get_referral_completeness(call: Call, reference: str) -> dict[str, Any]:
    """Read what a referral lacks

    The same list that refuses publishing: unanswered questions, and finds of the disclosure check.
    """
    referral = referral_of(call.actor, reference)
    lacking = missing(referral)
    finds = len(unresolved_disclosures(referral))
    return {
        "is_ready": not lacking and not finds,
        "missing": [{"section": each.section, "field": each.field, "message": str(each.message)} for each in lacking],
        "open_disclosure_count": finds,
        "sections": [
            {
                "section": section.code,
                "title": str(section.title),
                "status": section_state(section, referral.category, referral.answers, referral.sections_done),
            }
            for section in sections_for(referral.category, needs_answered(referral.answers))
        ],
    }
