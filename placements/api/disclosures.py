"""The disclosure check: what in the texts may tell who somebody is, and settling what is harmless."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Shape
from brokerage.core.api.operations import Call, operation
from placements.actions import disclosures as acts
from placements.actions.disclosures import REASONS
from placements.models import Referral
from placements.queries.disclosures import disclosures
from placements.queries.referrals import referral_of
from placements.questions import ALL_SECTIONS
from placements.redaction import KINDS


class DisclosureRow(Shape):
    """A find where it stands."""

    digest = s.CharField(help_text="Names the find when it is confirmed.")
    kind = s.ChoiceField(choices=list(KINDS))
    section = s.ChoiceField(choices=[section.code for section in ALL_SECTIONS])
    field = s.CharField()
    before = s.CharField(allow_blank=True, help_text="The words before the find.")
    text = s.CharField(help_text="The find itself.")
    after = s.CharField(allow_blank=True, help_text="The words after it.")
    is_confirmed = s.BooleanField(help_text="Confirmed as harmless.")
    example = {
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "kind": "name",
        "section": "matters",
        "field": "voice",
        "before": "I want to stay near ",
        "text": "Oswin",
        "after": " and play football.",
        "is_confirmed": False,
    }


class Confirmation(Input):
    """That a find is harmless, and why."""

    digest = s.RegexField(r"^[0-9a-f]{64}$", max_length=64)
    reason = s.ChoiceField(choices=REASONS)
    example = {"digest": DisclosureRow.example["digest"], "reason": "ordinary_word"}


class Confirmations(Input):
    """Finds to confirm as harmless."""

    confirmations = Confirmation(many=True, min_length=1, max_length=200)
    example = {"confirmations": [Confirmation.example]}


class DisclosureList(Shape):
    """Every find, in the order of the form."""

    items = DisclosureRow(many=True)
    example = {"items": [{**DisclosureRow.example, "is_confirmed": True}]}


@operation(scope="referrals:write", answer=DisclosureList)
def get_referral_disclosures(call: Call, reference: str) -> dict[str, Any]:
    """Run the disclosure check

    Finds in the texts that everyone invited will read. While one is neither corrected nor confirmed, nothing is
    published. They may tell who the person is: whoever writes referrals reads them.
    """
    call.actor.require("referral.draft", "referral.amend")
    return {"items": _rows(referral_of(call.actor, reference))}


@operation(
    scope="referrals:write", body=Confirmations, answer=DisclosureList, codes=("referral_not_now", "reason_missing")
)
def confirm_disclosures(call: Call, reference: str) -> dict[str, Any]:
    """Confirm finds as harmless

    Finds that are no longer there are passed over. A find that does tell who somebody is must be corrected in its
    section.
    """
    reasons = {each["digest"]: each["reason"] for each in call.body["confirmations"]}
    return {"items": _rows(acts.confirm_disclosures(call.actor, reference=reference, reasons=reasons))}


def _rows(referral: Referral) -> list[dict[str, Any]]:
    return [
        {
            "digest": each.digest,
            "kind": each.finding.kind,
            "section": each.section,
            "field": each.field,
            "before": each.before,
            "text": each.finding.text,
            "after": each.after,
            "is_confirmed": each.is_confirmed,
        }
        for each in disclosures(referral)
    ]
