"""The API of an agency's carer households: codes, outward postcodes and facts, never a name or an address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers as s

from brokerage.core import locks
from brokerage.core.api.inputs import Input, Shape
from brokerage.core.api.operations import Call, Created, Page, operation
from brokerage.core.vocabulary import Need, SexAccepted
from providers.actions.households import HouseholdFacts, add_household, change_household, hold_household
from providers.api.shapes import counter_of
from providers.forms.own import FAITHS, PETS
from providers.models import CarerHousehold
from providers.queries.register import home_of

SMOKING = [("no", "No"), ("outside_only", "Outside only")]
_FACTS = {
    "outward": "HA3",
    "places": 2,
    "age_min": 5,
    "age_max": 12,
    "sex_accepted": "any",
    "needs": ["uasc", "sibling_group"],
    "adults": 2,
    "children_ages": [9, 14],
    "pets": ["dog"],
    "smoking": "no",
    "languages": ["en", "pa"],
    "faiths": ["sikh"],
    "approved_on": "2024-05-20",
}
_CODES = (
    "ages_crossed",
    "approved_in_future",
    "needs_missing",
    "postcode_missing",
    "outward_code_invalid",
    "outward_unknown",
)


class HouseholdFactsInput(Input):
    """What an agency says of a household."""

    outward = s.CharField(max_length=8, help_text="The first half of the postcode; the full one is never kept.")
    places = s.IntegerField(min_value=1, max_value=6, help_text="Children approved for.")
    age_min = s.IntegerField(min_value=0, max_value=17)
    age_max = s.IntegerField(min_value=0, max_value=25)
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices)
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices), max_length=len(Need.choices))
    adults = s.IntegerField(min_value=1, max_value=10)
    children_ages = s.ListField(
        child=s.IntegerField(min_value=0, max_value=40), max_length=12, help_text="All children who live there now."
    )
    pets = s.ListField(child=s.ChoiceField(choices=PETS), max_length=len(PETS))
    smoking = s.ChoiceField(choices=SMOKING)
    languages = s.ListField(
        child=s.RegexField(r"^[a-z]{2,3}\Z"), min_length=1, max_length=20, help_text="Language codes, such as `en`."
    )
    faiths = s.ListField(child=s.ChoiceField(choices=FAITHS), max_length=len(FAITHS))
    approved_on = s.DateField(help_text="The day of panel approval.")
    example = _FACTS


class NewHousehold(HouseholdFactsInput):
    """A household to add to an agency."""

    code = s.CharField(max_length=24, help_text="Your own code for the household, unique among all; no names.")
    example = {"code": "ALD-9"} | _FACTS


class HouseholdOut(Shape):
    """A fostering household of yours."""

    id = s.UUIDField()
    establishment_id = s.UUIDField(help_text="The agency it belongs to.")
    code = s.CharField()
    outward = s.CharField()
    gss_code = s.CharField(help_text="The authority it lives in.")
    age_min = s.IntegerField()
    age_max = s.IntegerField()
    sex_accepted = s.ChoiceField(choices=SexAccepted.choices)
    needs = s.ListField(child=s.ChoiceField(choices=Need.choices))
    adults = s.IntegerField()
    children_ages = s.ListField(child=s.IntegerField())
    pets = s.ListField(child=s.ChoiceField(choices=PETS))
    smoking = s.ChoiceField(choices=SMOKING)
    languages = s.ListField(child=s.CharField())
    faiths = s.ListField(child=s.ChoiceField(choices=FAITHS))
    approved_on = s.DateField()
    is_on_hold = s.BooleanField(help_text="On hold, it takes nobody new.")
    retired_on = s.DateField(allow_null=True, help_text="It fosters no more from this day on.")
    places = s.IntegerField(allow_null=True)
    vacancies = s.IntegerField(allow_null=True)
    vacancies_said_at = s.DateTimeField(allow_null=True)
    example = {
        "id": "c56a4180-65aa-42ec-a945-5fd21dec0538",
        "establishment_id": "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f",
        "code": "ALD-9",
        "gss_code": "E09000015",
        "is_on_hold": False,
        "retired_on": None,
        "vacancies": 2,
        "vacancies_said_at": "2026-11-22T08:15:00Z",
    } | _FACTS


class HouseholdHold(Input):
    """Whether the household is on hold."""

    is_on_hold = s.BooleanField()
    example = {"is_on_hold": True}


@operation(scope="homes:read", answer=HouseholdOut, paged=True)
def list_households(call: Call, home: UUID) -> Page:
    """List an agency's households.

    In the order of their codes. A home that is no fostering agency has none.
    """
    rows = CarerHousehold.objects.filter(agency=home_of(home)).select_related("occupancy")
    return call.page(rows, by=("code",), shape=household_out)


@operation(scope="homes:read", answer=HouseholdOut)
def get_household(call: Call, household: UUID) -> dict[str, Any]:
    """Read a household."""
    return household_out(_household(call, household))


@operation(scope="homes:write", body=NewHousehold, answer=HouseholdOut, status=201, codes=("code_taken", *_CODES))
def create_household(call: Call, home: UUID) -> Created:
    """Add a household to an agency.

    With every place free. Fostering is matched on households.
    """
    facts = dict(call.body)
    code = facts.pop("code")
    added = add_household(call.actor, agency_id=home, code=code, facts=HouseholdFacts(**facts))
    return Created(household_out(_household(call, added.pk)), location=f"/households/{added.pk}")


def _hold(call: Call, household: UUID) -> None:
    locks.hold(establishments=[household])


@operation(
    scope="homes:write",
    body=HouseholdFactsInput,
    answer=HouseholdOut,
    partial=True,
    codes=("places_below_taken", *_CODES),
    current=get_household,
    lock=_hold,
)
def update_household(call: Call, household: UUID) -> dict[str, Any]:
    """Change a household.

    What is left out stays. Awards of its places wait meanwhile.
    """
    call.actor.require("profile.manage")
    _hold(call, household)
    before = _household(call, household)
    counter = counter_of(before)
    kept = HouseholdFacts(
        **{name: getattr(before, name) for name in HouseholdFactsInput().fields if name != "places"},
        places=counter.places if counter else 1,
    )
    change_household(call.actor, household_id=household, facts=replace(kept, **call.body))
    return household_out(_household(call, household))


@operation(
    scope="homes:write",
    body=HouseholdHold,
    answer=HouseholdOut,
    codes=("hold_unchanged", "household_retired"),
    current=get_household,
    lock=_hold,
)
def set_household_hold(call: Call, household: UUID) -> dict[str, Any]:
    """Put a household on hold, or take it off.

    On hold it takes nobody new: it is not matched, and no offer of it is submitted or chosen. An agreement drawn up
    before is still signed. Refused with `hold_unchanged` when it is so already, and with `household_retired` when it
    fosters no more.
    """
    hold_household(call.actor, household_id=household, is_on_hold=call.body["is_on_hold"])
    return household_out(_household(call, household))


def household_out(household: CarerHousehold) -> dict[str, Any]:
    """A household with its `occupancy` at hand, as `HouseholdOut`."""
    counter = counter_of(household)
    plain = {name: getattr(household, name) for name in _PLAIN}
    return (
        {"establishment_id": household.agency_id}
        | plain
        | {
            "places": counter.places if counter else None,
            "vacancies": counter.vacancies if counter else None,
            "vacancies_said_at": counter.updated_at if counter else None,
        }
    )


_PLAIN = tuple(
    name
    for name in HouseholdOut().fields
    if name not in ("establishment_id", "places", "vacancies", "vacancies_said_at")
)


def _household(call: Call, household_id: UUID) -> CarerHousehold:
    rows = CarerHousehold.objects.select_related("occupancy").filter(provider_id=call.actor.organisation_id)
    found = rows.filter(pk=household_id).first()
    if found is None:
        raise Http404("No such household.")
    return found
