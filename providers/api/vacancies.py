"""The API of vacancies: how many places of a home or household are free today, one at a time or many at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import Http404
from rest_framework import serializers as s
from rest_framework.exceptions import ErrorDetail

from brokerage.core import locks
from brokerage.core.api.bulk import BulkAnswer, bulk_input, each
from brokerage.core.api.inputs import Input, Shape
from brokerage.core.api.operations import Call, Page, operation
from providers.actions.establishments import set_vacancies
from providers.models import Occupancy

_HOME = "0f9e8d7c-6b5a-4c3d-8e1f-2a3b4c5d6e7f"
_CODES = ("vacancies_out_of_range",)


class VacancyOut(Shape):
    """Places of one home or household, and how many are free."""

    establishment_id = s.UUIDField(allow_null=True, help_text="The home; null for a household.")
    household_id = s.UUIDField(allow_null=True, help_text="The household; null for a home.")
    name = s.CharField(help_text="The home's name or the household's code.")
    places = s.IntegerField()
    vacancies = s.IntegerField()
    vacancies_said_at = s.DateTimeField(help_text="When this was last said, or changed by an award.")
    example = {
        "establishment_id": _HOME,
        "household_id": None,
        "name": "Birch House",
        "places": 4,
        "vacancies": 1,
        "vacancies_said_at": "2026-11-22T08:15:00Z",
    }


class VacancyInput(Input):
    """Places free today."""

    vacancies = s.IntegerField(min_value=0, max_value=200)
    example = {"vacancies": 1}


class VacancyItem(VacancyInput):
    """Places free today of one place: name its home or its household."""

    establishment_id = s.UUIDField(required=False)
    household_id = s.UUIDField(required=False)
    example = {"establishment_id": _HOME, "vacancies": 1}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two."""
        if len({"establishment_id", "household_id"} & attrs.keys()) != 1:
            raise s.ValidationError(
                {"establishment_id": ErrorDetail("Name the home or the household: one of them.", code="required")}
            )
        return attrs


VacancyItems = bulk_input(VacancyItem)
_FIELDS: dict[str, Any] = {
    "establishment_id": "establishment_id",
    "household_id": "household_id",
    "name": Coalesce("establishment__name", "household__code"),
    "places": "places",
    "vacancies": F("places") - F("taken"),
    "vacancies_said_at": "updated_at",
}


@operation(scope="homes:read", answer=VacancyOut, paged=True)
def list_vacancies(call: Call) -> Page:
    """List your vacancies.

    Of every home and household for which they were said, the latest said first.
    """
    rows = Occupancy.objects.filter(provider_id=call.actor.organisation_id)
    return call.page(rows, by=("-updated_at", "-id"), fields=_FIELDS)


@operation(scope="homes:read", answer=VacancyOut)
def get_home_vacancies(call: Call, home: UUID) -> dict[str, Any]:
    """Read a home's vacancies."""
    return _counted(call, establishment_id=home)


@operation(scope="homes:read", answer=VacancyOut)
def get_household_vacancies(call: Call, household: UUID) -> dict[str, Any]:
    """Read a household's vacancies."""
    return _counted(call, household_id=household)


def _hold_home(call: Call, home: UUID) -> None:
    locks.hold(establishments=[home])


def _hold_household(call: Call, household: UUID) -> None:
    locks.hold(establishments=[household])


@operation(
    scope="homes:write",
    body=VacancyInput,
    answer=VacancyOut,
    codes=(*_CODES, "no_places"),
    current=get_home_vacancies,
    lock=_hold_home,
)
def put_home_vacancies(call: Call, home: UUID) -> dict[str, Any]:
    """Say a home's vacancies.

    Saying the same number again renews its date. An agency's vacancies are those of its households (`no_places`).
    """
    set_vacancies(call.actor, establishment_id=home, vacancies=call.body["vacancies"])
    return _counted(call, establishment_id=home)


@operation(
    scope="homes:write",
    body=VacancyInput,
    answer=VacancyOut,
    codes=_CODES,
    current=get_household_vacancies,
    lock=_hold_household,
)
def put_household_vacancies(call: Call, household: UUID) -> dict[str, Any]:
    """Say a household's vacancies.

    Saying the same number again renews its date.
    """
    set_vacancies(call.actor, household_id=household, vacancies=call.body["vacancies"])
    return _counted(call, household_id=household)


@operation(scope="homes:write", body=VacancyItems, answer=BulkAnswer, codes=(*_CODES, "no_places"))
def put_vacancies(call: Call) -> dict[str, Any]:
    """Say the vacancies of many places.

    Up to 100 homes and households, each with a result of its own: a refused row leaves the others alone.
    `reference` is the place's id.
    """
    items = call.body["items"]
    # All of them at once, in their order: two such requests never wait for each other.
    locks.hold(establishments=[_place_of(item) for item in items])

    def say(item: Any) -> str:
        set_vacancies(call.actor, **item)
        return str(_place_of(item))

    return each(items, say, status=200)


def _place_of(item: Any) -> UUID:
    place: UUID = item.get("household_id") or item["establishment_id"]
    return place


def _counted(call: Call, **place: UUID) -> dict[str, Any]:
    rows = Occupancy.objects.filter(provider_id=call.actor.organisation_id, **place)
    found = rows.values_list(*_FIELDS.values()).first()
    if found is None:
        raise Http404("Nothing was said of this place yet.")
    return dict(zip(_FIELDS, found, strict=True))
