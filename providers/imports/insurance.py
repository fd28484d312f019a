"""Insurance policies of providers on the register: known by provider, kind and first day of cover."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from brokerage.core import locks
from brokerage.core.csv_input import Column, Row
from brokerage.core.csv_values import text_up_to
from brokerage.core.tenants.actors import Actor
from providers.imports import cells
from providers.imports.kinds import ImportKind, Outcome, register
from providers.imports.owners import AmbiguousName, Owners
from providers.imports.writing import Batch, given
from providers.models import Establishment, Insurance

COLUMNS = (
    Column("provider_company_number", False, (), cells.company_number),
    Column("provider_name", False, (), text_up_to(200)),
    Column("kind", True, (), cells.choice(Insurance.Kind)),
    Column("insurer", False, (), text_up_to(120)),
    Column("policy_number", False, (), text_up_to(60)),
    Column("cover_amount", True, (), cells.money),
    Column("starts_on", True, (), cells.day),
    Column("expires_on", True, (), cells.day),
)


def import_rows(actor: Actor, rows: Sequence[Row], today: dt.date) -> Outcome:
    """Bring the policies in line with the list; the provider must be on the register already."""
    outcome = Outcome()
    owners = Owners(row.values for row in rows)
    found = {}
    for row in rows:
        try:
            provider = owners.find(row.values)
        except AmbiguousName:
            outcome.refuse(
                row, "provider_company_number", _("Several providers bear this name: give the company number")
            )
            continue
        if provider is None:
            outcome.refuse(row, "provider_company_number", _("No provider has this company number or name"))
        else:
            found[row.line] = provider
    locks.hold(standings_exclusive={provider.pk for provider in found.values()})
    known = {
        (policy.provider_id, policy.kind, policy.starts_on): policy
        for policy in Insurance.objects.filter(provider__in={provider.pk for provider in found.values()})
    }
    policies: Batch[Insurance] = Batch(Insurance)
    insured: set[UUID] = set()
    for row in rows:
        values = row.values
        provider = found.get(row.line)
        if provider is None:
            continue
        if values["expires_on"] < values["starts_on"]:
            outcome.refuse(row, "expires_on", _("The cover ends before it starts"))
            continue
        facts = given(values, ("insurer", "policy_number", "cover_amount", "expires_on"))
        old = known.get((provider.pk, values["kind"], values["starts_on"]))
        if old is None:
            new = Insurance(provider_id=provider.pk, kind=values["kind"], starts_on=values["starts_on"], **facts)
            known[(provider.pk, new.kind, new.starts_on)] = policies.add(new)
            outcome.created += 1
        else:
            key = cells.joined(provider.company_number or provider.pk, values["kind"], values["starts_on"])
            changed = policies.change(old, facts)
            outcome.count(key, changed)
            if not changed:
                continue
        insured.add(provider.pk)
    policies.write()
    if insured:
        homes = Establishment.objects.filter(provider_id__in=insured)
        outcome.touched |= set(homes.values_list("pk", flat=True))
    return outcome


INSURANCE = register(
    ImportKind(
        code="insurance",
        label=gettext_lazy("Insurance policies"),
        hint=gettext_lazy(
            "Employers’ liability, public liability and professional indemnity of providers on the register."
        ),
        permission="import.register",
        organisation_kind="central",
        columns=COLUMNS,
        key=lambda values: (
            values["provider_company_number"] or values["provider_name"],
            values["kind"],
            values["starts_on"],
        ),
        importer=import_rows,
    )
)
