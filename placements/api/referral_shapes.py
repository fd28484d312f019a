"""How a referral looks to a case system: in lists and as a whole, without who the person is; and what starts one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Query, Shape
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import Category, Need, Sex, Urgency
from placements.api.question_fields import STATES, MissingAnswer, inputs_for
from placements.models import Referral, ReferralLot
from placements.queries.referrals import siblings_of
from placements.questions import ALL_SECTIONS
from placements.states import REFERRAL

ROW_EXAMPLE: dict[str, Any] = {
    "reference": "R-7K3M-9QX2",
    "category": "residential",
    "status": "published",
    "urgency": "within_5_days",
    "age": 14,
    "sex": "male",
    "needs": ["emotional_behavioural", "self_harm"],
    "outward": "HA1",
    "needed_on": "2026-12-01",
    "closes_at": "2026-11-23T17:00:00Z",
    "is_sealed": False,
    "officer_name": "Olive Officer",
    "social_worker_name": "Sandra Social",
    "created_at": "2026-11-20T09:12:44Z",
    "updated_at": "2026-11-20T10:01:12Z",
    "published_at": "2026-11-20T10:01:12Z",
}
#: What the list reads; names and columns are the same.
ROW_FIELDS = {name: name for name in ROW_EXAMPLE}


class ReferralRow(Shape):
    """A referral as lists show it: nothing names the person."""

    reference = s.CharField(help_text="Read out on the telephone, such as `R-7K3M-9QX2`.")
    category = s.ChoiceField(choices=Category.choices, help_text="What kind of home is needed.")
    status = s.ChoiceField(choices=REFERRAL.choices)
    urgency = s.ChoiceField(choices=[*Urgency.choices, ("", "")], allow_blank=True)
    age = s.IntegerField(allow_null=True, help_text="Completed years, as of the last save.")
    sex = s.ChoiceField(choices=[*Sex.choices, ("", "")], allow_blank=True)
    needs = s.ListField(
        child=s.ChoiceField(choices=Need.choices), help_text="Needs and risks that homes are matched on."
    )
    outward = s.CharField(allow_blank=True, help_text="First half of the family’s postcode.")
    needed_on = s.DateField(allow_null=True)
    closes_at = s.DateTimeField(allow_null=True, help_text="Nobody can offer after this moment.")
    is_sealed = s.BooleanField(help_text="Offers stay unseen until `closes_at`.")
    officer_name = s.CharField(allow_blank=True)
    social_worker_name = s.CharField(allow_blank=True)
    created_at = s.DateTimeField()
    updated_at = s.DateTimeField()
    published_at = s.DateTimeField(allow_null=True)
    example = ROW_EXAMPLE


class ReferralOut(ReferralRow):
    """A referral. Its answers stand under `/sections`, the person under `/people/{person_id}`."""

    revision = s.IntegerField(help_text="Counts saves.")
    person_id = s.UUIDField(allow_null=True)
    max_miles = s.IntegerField(allow_null=True)
    avoid_outwards = s.ListField(child=s.CharField())
    needs_solo = s.BooleanField()
    single_sex_home = s.BooleanField()
    expected_weeks = s.IntegerField(allow_null=True)
    planned_months = s.IntegerField(allow_null=True)
    sections_done = s.ListField(child=s.ChoiceField(choices=[section.code for section in ALL_SECTIONS]))
    lot_ids = s.ListField(child=s.UUIDField(), help_text="The lots it was sent to.")
    siblings = s.ListField(child=s.CharField(), help_text="References of brothers’ and sisters’ referrals.")
    left_out_reason = s.CharField(allow_blank=True, help_text="Why eligible homes were not invited.")
    amendment_note = s.CharField(allow_blank=True, help_text="What everyone invited was last told of a change.")
    awarded_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    end_reason = s.CharField(allow_blank=True)
    example = {
        **ROW_EXAMPLE,
        "revision": 12,
        "person_id": "5d2f7b1e-0f4c-4d59-9a39-1f0c5a4f7e10",
        "max_miles": 20,
        "avoid_outwards": ["NW10"],
        "needs_solo": False,
        "single_sex_home": False,
        "expected_weeks": 52,
        "planned_months": 12,
        "sections_done": ["person", "needs", "risks", "where", "home", "matters", "outcomes", "practical"],
        "lot_ids": ["0b9d1f0e-6a3f-4d2b-8f6e-2a3c4d5e6f70"],
        "siblings": ["R-2B8F-XW41"],
        "left_out_reason": "",
        "amendment_note": "",
        "awarded_at": None,
        "ended_at": None,
        "end_reason": "",
    }


def referral_out(actor: Actor, referral: Referral) -> dict[str, Any]:
    """A referral as the API answers it: two more queries at most."""
    found = {name: getattr(referral, name) for name in ROW_FIELDS}
    lots = ReferralLot.objects.filter(referral=referral).order_by("lot_id").values_list("lot_id", flat=True)
    return {
        **found,
        "revision": referral.revision,
        "person_id": referral.person_id,
        "max_miles": referral.max_miles,
        "avoid_outwards": referral.avoid_outwards,
        "needs_solo": referral.needs_solo,
        "single_sex_home": referral.single_sex_home,
        "expected_weeks": referral.expected_weeks,
        "planned_months": referral.planned_months,
        "sections_done": referral.sections_done,
        "lot_ids": list(lots),
        "siblings": [sibling.reference for sibling in siblings_of(actor, referral)],
        "left_out_reason": referral.invite_reason,
        "amendment_note": referral.amendment_note,
        "awarded_at": referral.awarded_at,
        "ended_at": referral.ended_at,
        "end_reason": referral.end_reason,
    }


class ReferralQuery(Query):
    """Which referrals."""

    status = s.ChoiceField(choices=REFERRAL.choices, required=False)
    category = s.ChoiceField(choices=Category.choices, required=False)
    mine = s.BooleanField(default=False, help_text="Only those that the client’s owner drafted or is named on.")
    person_id = s.UUIDField(required=False, help_text="Only this person’s.")


class NewPersonIn(Input):
    """A person not yet on record."""

    case_number = s.CharField(max_length=40)
    given_name = s.CharField(max_length=80)
    family_name = s.CharField(max_length=80)
    known_as = s.CharField(max_length=80, allow_blank=True, default="")
    date_of_birth = s.DateField()
    sex = s.ChoiceField(choices=Sex.choices)
    home_postcode = s.CharField(
        max_length=10,
        allow_blank=True,
        default="",
        help_text="The search is measured from its first half. Providers never see the rest.",
    )
    other_names = s.ListField(
        child=s.CharField(max_length=120),
        max_length=40,
        default=list,
        help_text="Family, friends, carers: names that the disclosure check looks for.",
    )
    example = {
        "case_number": "C-20417",
        "given_name": "Zachariah",
        "family_name": "Quillfeather",
        "known_as": "",
        "date_of_birth": "2012-01-01",
        "sex": "male",
        "home_postcode": "HA1 2AA",
        "other_names": ["Oswin Quillfeather"],
    }


SectionsIn = inputs_for(ALL_SECTIONS, shown=("person", "matters"))


class NewReferral(Input):
    """A draft to start: for whom, what kind of home, how soon, and the answers that you have. Name the person by
    `case_number` or as `new_person`."""

    category = s.ChoiceField(choices=Category.choices)
    urgency = s.ChoiceField(choices=Urgency.choices)
    case_number = s.CharField(max_length=40, required=False, help_text="Of a person on record.")
    new_person = NewPersonIn(required=False)
    social_worker_id = s.UUIDField(
        required=False,
        allow_null=True,
        help_text="User id of one of the authority’s social workers: they may then help to write.",
    )
    sections = SectionsIn(required=False, help_text="Answers by section: all that you have, whole sections or parts.")
    example = {
        "category": "residential",
        "urgency": "planned",
        "new_person": NewPersonIn.example,
        "sections": SectionsIn.example,
    }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "case_number" in attrs and "new_person" in attrs:
            raise s.ValidationError({"case_number": "Send `case_number` or `new_person`, not both."}, code="invalid")
        return attrs


class ReferralCopyIn(Input):
    """For whom the copy is: without `case_number`, the same person."""

    case_number = s.CharField(max_length=40, required=False, help_text="Of another person on record.")
    category = s.ChoiceField(choices=Category.choices, required=False, help_text="As it was, without this.")
    as_sibling = s.BooleanField(default=False, help_text="Another person’s copy is linked as a brother’s or sister’s.")
    example = {"case_number": "C-20418", "category": "residential", "as_sibling": True}


class ReferralSiblingIn(Input):
    """Another referral to tie this one to."""

    referral = s.CharField(max_length=20, help_text="Its reference.")
    example = {"referral": "R-2B8F-XW41"}


class ReferralWithdrawIn(Input):
    """Why a referral is given up."""

    reason = s.CharField(max_length=1000, help_text="Providers that were invited read it. Leave out who the person is.")
    example = {"reason": "The family will look after him."}


class SectionState(Shape):
    """How far a section is."""

    section = s.ChoiceField(choices=[section.code for section in ALL_SECTIONS])
    title = s.CharField()
    status = s.ChoiceField(choices=STATES)
    example = {"section": "needs", "title": "Needs", "status": "in_progress"}


class ReferralCompleteness(Shape):
    """What a referral still lacks before it can go to providers."""

    is_ready = s.BooleanField(help_text="Nothing is missing and no find of the disclosure check is open.")
    missing = MissingAnswer(many=True)
    open_disclosure_count = s.IntegerField(help_text="Finds to correct or confirm: see `/disclosures`.")
    sections = SectionState(many=True)
    example = {
        "is_ready": False,
        "missing": [MissingAnswer.example],
        "open_disclosure_count": 0,
        "sections": [SectionState.example],
    }
