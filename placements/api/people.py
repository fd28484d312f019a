"""Who a person is. Every reading is in the audit trail; a case number is never part of an address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core.api.inputs import Input, Shape
from brokerage.core.api.operations import Call, operation
from brokerage.core.vocabulary import LegalStatus, NeedCode, Sex
from placements.actions.people import CHANGEABLE, find_person, read_person, update_person
from placements.api.referrals import NEW_PERSON_CODES
from placements.models import Person
from placements.questions.person import ETHNICITIES


class PersonOut(Shape):
    """A person on record with the authority."""

    id = s.UUIDField()
    client_group = s.ChoiceField(choices=Person.ClientGroup.choices)
    case_number = s.CharField()
    given_name = s.CharField()
    family_name = s.CharField()
    known_as = s.CharField(allow_blank=True)
    other_names = s.ListField(child=s.CharField(), help_text="Names that the disclosure check looks for.")
    date_of_birth = s.DateField()
    sex = s.ChoiceField(choices=Sex.choices)
    gender_identity = s.CharField(allow_blank=True)
    ethnicity = s.CharField(allow_blank=True, help_text="SSDA903 code, such as `WBRI`.")
    religion = s.CharField(allow_blank=True)
    first_language = s.CharField(allow_blank=True)
    home_postcode = s.CharField(allow_blank=True)
    school_name = s.CharField(allow_blank=True)
    legal_status = s.ChoiceField(choices=[*LegalStatus.choices, ("", "")], allow_blank=True, help_text="SSDA903 code.")
    need_code = s.ChoiceField(choices=[*NeedCode.choices, ("", "")], allow_blank=True, help_text="SSDA903 code.")
    example = {
        "id": "5d2f7b1e-0f4c-4d59-9a39-1f0c5a4f7e10",
        "client_group": "child",
        "case_number": "C-20417",
        "given_name": "Zachariah",
        "family_name": "Quillfeather",
        "known_as": "Zach",
        "other_names": ["Oswin Quillfeather"],
        "date_of_birth": "2012-01-01",
        "sex": "male",
        "gender_identity": "",
        "ethnicity": "WBRI",
        "religion": "",
        "first_language": "English",
        "home_postcode": "HA1 2AA",
        "school_name": "",
        "legal_status": "C2",
        "need_code": "N1",
    }


class PersonSearch(Input):
    """Whom to look for."""

    case_number = s.CharField(max_length=40)
    example = {"case_number": "C-20417"}


class PersonChange(Input):
    """What to correct; what is left out stays."""

    case_number = s.CharField(max_length=40, required=False)
    given_name = s.CharField(max_length=80, required=False)
    family_name = s.CharField(max_length=80, required=False)
    known_as = s.CharField(max_length=80, required=False, allow_blank=True)
    other_names = s.ListField(child=s.CharField(max_length=120), max_length=40, required=False)
    date_of_birth = s.DateField(required=False)
    sex = s.ChoiceField(choices=Sex.choices, required=False)
    gender_identity = s.CharField(max_length=60, required=False, allow_blank=True)
    ethnicity = s.ChoiceField(choices=ETHNICITIES, required=False, allow_blank=True)
    religion = s.CharField(max_length=60, required=False, allow_blank=True)
    first_language = s.CharField(max_length=60, required=False, allow_blank=True)
    home_postcode = s.CharField(max_length=10, required=False, allow_blank=True)
    school_name = s.CharField(max_length=120, required=False, allow_blank=True)
    legal_status = s.ChoiceField(choices=LegalStatus.choices, required=False, allow_blank=True)
    need_code = s.ChoiceField(choices=NeedCode.choices, required=False, allow_blank=True)
    example = {"known_as": "Zach", "home_postcode": "HA1 2AA"}


@operation(scope="people:read", body=PersonSearch, answer=PersonOut)
def search_people(call: Call) -> dict[str, Any]:
    """Find a person by case number

    Whatever its case and outer spaces; 404 when there is nobody. A POST, so that the number is in no address. The
    reading is logged.
    """
    found = find_person(call.actor, case_number=call.body["case_number"])
    if found is None:
        raise Http404("No such person.")
    return _out(read_person(call.actor, person_id=found.pk))


@operation(scope="people:read", answer=PersonOut)
def get_person(call: Call, person: UUID) -> dict[str, Any]:
    """Read who a person is

    The reading is logged.
    """
    return _out(read_person(call.actor, person_id=person))


@operation(
    scope="referrals:write",
    body=PersonChange,
    answer=PersonOut,
    partial=True,
    codes=NEW_PERSON_CODES,
    current=get_person,
)
def change_person(call: Call, person: UUID) -> dict[str, Any]:
    """Correct a person’s record

    Needs the scope people:read too. Drafts follow the record; referrals that went out keep the age they went with.
    """
    update_person(call.actor, person_id=person, changes=call.body)
    return _out(read_person(call.actor, person_id=person))


def _out(person: Person) -> dict[str, Any]:
    return {
        "id": person.pk,
        "client_group": person.client_group,
        **{name: getattr(person, name) for name in CHANGEABLE},
    }
