"""What an alert, a closure, a concern or a measure can be about: providers, homes and fostering households of the
register, found by name.

Names of homes are no personal data: the search goes by GET.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Q
from django.http import Http404

from providers.models import CarerHousehold, Establishment, Provider

T = TypeVar("T")
#: Found at most of each kind.
AT_MOST = 10


@dataclass(frozen=True)
class Subject:
    """One of them; `query` is its part of the address of the page where one is begun."""

    name: str
    where: str
    query: str
    provider_id: UUID
    provider_name: str
    establishment_id: UUID | None = None
    household_id: UUID | None = None


def find_subjects(text: str, *, with_households: bool = True) -> list[Subject]:
    """Providers whose name or company number, homes whose name or number, households whose code has the text, at most
    ten of each. Three queries."""
    words = " ".join(text.replace("\x00", "").split())
    if len(words) < 2:
        return []
    providers = Provider.objects.filter(Q(legal_name__icontains=words) | Q(company_number__iexact=words))
    homes = Establishment.objects.select_related("provider").filter(
        Q(name__icontains=words) | Q(urn__iexact=words) | Q(provider__legal_name__icontains=words)
    )
    households = CarerHousehold.objects.select_related("provider", "agency").filter(code__icontains=words)
    if not with_households:
        households = households.none()
    return [
        *(_of_home(home) for home in homes.order_by("name", "pk")[:AT_MOST]),
        *(_of_household(household) for household in households.order_by("code", "pk")[:AT_MOST]),
        *(_of_provider(provider) for provider in providers.order_by("legal_name", "pk")[:AT_MOST]),
    ]


def subject_of(asked: Mapping[str, str]) -> Subject | None:
    """What the address names (`household`, `establishment` or `provider` is its id); None when it names nothing.
    Raises Http404 for what there is not."""
    if wanted := asked.get("household"):
        household = CarerHousehold.objects.select_related("provider", "agency").filter(pk=_id(wanted)).first()
        return _of_household(_known(household))
    if wanted := asked.get("establishment"):
        home = Establishment.objects.select_related("provider").filter(pk=_id(wanted)).first()
        return _of_home(_known(home))
    if wanted := asked.get("provider"):
        return _of_provider(_known(Provider.objects.filter(pk=_id(wanted)).first()))
    return None


def _of_provider(provider: Provider) -> Subject:
    return Subject(provider.legal_name, "", f"provider={provider.pk}", provider.pk, provider.legal_name)


def _of_home(home: Establishment) -> Subject:
    where = ", ".join((home.provider.legal_name, home.outward))
    provider = home.provider
    return Subject(home.name, where, f"establishment={home.pk}", provider.pk, provider.legal_name, home.pk)


def _of_household(household: CarerHousehold) -> Subject:
    where = ", ".join((household.agency.name, household.provider.legal_name))
    return Subject(
        household.code,
        where,
        f"household={household.pk}",
        household.provider_id,
        household.provider.legal_name,
        household.agency_id,
        household.pk,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _known(found: T | None) -> T:
    if found is None:
        raise Http404
    return found
