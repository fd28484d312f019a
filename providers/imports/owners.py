"""The providers a batch names, found by company number, else by legal name; new ones become organisations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.text import slugify

from brokerage.core.tenants.models import Organisation
from providers.imports.writing import Batch, given
from providers.models import Provider

#: Column of the file -> field of the profile.
FIELDS = {
    "provider_name": "legal_name",
    "provider_company_number": "company_number",
    "provider_charity_number": "charity_number",
    "provider_legal_form": "legal_form",
    "profit_status": "profit_status",
}


class AmbiguousName(Exception):
    """Several providers bear the name and the row gives no company number."""


class Owners:
    """The providers of one batch of rows, which give `provider_name` and perhaps `provider_company_number`."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        rows = list(rows)
        numbers = {row.get("provider_company_number") for row in rows} - {None, ""}
        names = {str(row["provider_name"]).casefold() for row in rows if row.get("provider_name")}
        self._by_number: dict[str, Provider] = {}
        self._by_name: dict[str, list[Provider]] = {}
        found = Provider.objects.annotate(name_lower=Lower("legal_name")).filter(
            Q(company_number__in=numbers) | Q(name_lower__in=names)
        )
        for provider in found:
            self._remember(provider)
        self._organisations: list[Organisation] = []
        self._profiles: Batch[Provider] = Batch(Provider)

    def find(self, row: Mapping[str, Any]) -> Provider | None:
        """The provider the row names, or None. Raises `AmbiguousName`."""
        number = row.get("provider_company_number")
        if number and number in self._by_number:
            return self._by_number[number]
        named = self._by_name.get(str(row.get("provider_name") or "").casefold(), [])
        if number:
            # A company known by name only gets its number now; another number is another company.
            named = [provider for provider in named if not provider.company_number]
        if len(named) > 1:
            raise AmbiguousName
        return named[0] if named else None

    def bring_in(self, row: Mapping[str, Any]) -> tuple[Provider, list[str]]:
        """The provider the row names, new if nobody knows it, and which fields of a known one change."""
        provider = self.find(row)
        values = {FIELDS[name]: value for name, value in given(row, FIELDS).items()}
        if provider is not None:
            return provider, self._profiles.change(provider, values)
        organisation = Organisation(
            id=uuid.uuid4(), kind=Organisation.Kind.PROVIDER, name=str(row["provider_name"])[:200], slug=""
        )
        self._organisations.append(organisation)
        provider = self._profiles.add(Provider(organisation=organisation, **values))
        self._remember(provider)
        return provider, []

    def write(self) -> None:
        """Store what `bring_in` made and changed."""
        _name_slugs(self._organisations)
        Organisation.objects.bulk_create(self._organisations)
        self._profiles.write()

    def _remember(self, provider: Provider) -> None:
        if provider.company_number:
            self._by_number[provider.company_number] = provider
        self._by_name.setdefault(provider.legal_name.casefold(), []).append(provider)


def _name_slugs(organisations: list[Organisation]) -> None:
    """Give each new organisation an address nobody has: its name, then its name with a number."""
    waiting = {
        organisation.pk: (slugify(organisation.name)[:72].strip("-") or "provider") for organisation in organisations
    }
    used: set[str] = set()
    attempt = 1
    while waiting:
        wanted = {pk: base if attempt == 1 else f"{base}-{attempt}" for pk, base in waiting.items()}
        taken = set(Organisation.objects.filter(slug__in=wanted.values()).values_list("slug", flat=True)) | used
        for organisation in organisations:
            slug = wanted.get(organisation.pk)
            if slug is not None and slug not in taken:
                organisation.slug = slug
                taken.add(slug)
                used.add(slug)
                del waiting[organisation.pk]
        attempt += 1
