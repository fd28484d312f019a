"""Reads for the pages about providers: the list with its filters, a provider's homes, and how its insurance stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from brokerage.core.tenants.models import AuthorityProfile
from brokerage.core.vocabulary import RegistrationStatus
from providers.models import Establishment, Insurance, Provider

#: A policy that ends within so many days is told of.
ENDING_SOON = timedelta(days=30)

STATUSES = (
    ("verified", _("Verified")),
    ("unverified", _("Not verified")),
    ("registration", _("With a home whose registration is not active")),
    ("insurance", _("With insurance lapsed or missing")),
)


def provider_list(
    *, on: dt.date, words: str = "", kind: str = "", area: str = "", status: str = ""
) -> QuerySet[Provider]:
    """The providers that fit, by name, each with `homes` (how many). `area` is the GSS code where a home stands;
    `words` are looked for in names, company numbers and the numbers of homes."""
    rows = Provider.objects.select_related("organisation").annotate(homes=Count("establishments"))
    homes = Establishment.objects.filter(provider=OuterRef("pk"))
    if words:
        rows = rows.filter(
            Q(legal_name__icontains=words)
            | Q(company_number__iexact=words)
            | Exists(homes.filter(Q(name__icontains=words) | Q(urn__iexact=words)))
        )
    if kind:
        rows = rows.filter(Exists(homes.filter(kind=kind)))
    if area:
        rows = rows.filter(Exists(homes.filter(gss_code=area)))
    if status == "verified":
        rows = rows.filter(verified_on__isnull=False)
    elif status == "unverified":
        rows = rows.filter(verified_on__isnull=True)
    elif status == "registration":
        rows = rows.filter(Exists(homes.exclude(registration_status=RegistrationStatus.ACTIVE)))
    elif status == "insurance":
        covered = Insurance.objects.filter(provider=OuterRef("pk"), starts_on__lte=on, expires_on__gte=on)
        missing = Q()
        for needed in Insurance.Kind.values:
            missing |= ~Q(Exists(covered.filter(kind=needed)))
        rows = rows.filter(missing)
    return rows.order_by("legal_name", "pk")


def home_of(pk: UUID) -> Establishment:
    """The home with its provider and counter. Raises Http404."""
    found = Establishment.objects.select_related("provider__organisation", "occupancy").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def provider_of(pk: UUID) -> Provider:
    """The provider with its organisation, link authority and insurance. Raises Http404."""
    rows = Provider.objects.select_related("organisation", "link_authority").prefetch_related("insurance")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def homes_of(provider_id: UUID) -> int:
    """How many homes and agencies the provider has."""
    return Establishment.objects.filter(provider_id=provider_id).count()


def areas() -> list[tuple[str, str]]:
    """The authorities in which at least one home stands: (GSS code, name), by name."""
    codes = Establishment.objects.values_list("gss_code", flat=True).distinct()
    rows = AuthorityProfile.objects.filter(gss_code__in=list(codes)).select_related("organisation")
    return sorted(((row.gss_code, row.organisation.name) for row in rows), key=lambda pair: pair[1])


def area_name(gss_code: str) -> str:
    """The authority's name, or the code when it is not known."""
    row = AuthorityProfile.objects.filter(gss_code=gss_code).select_related("organisation").first()
    return row.organisation.name if row else gss_code


@dataclass(frozen=True)
class Cover:
    """How one kind of insurance stands on a day: the policy that counts, if any."""

    kind: str
    label: str | Promise
    policy: Insurance | None
    state: str
    state_label: str | Promise
    colour: str

    @property
    def is_good(self) -> bool:
        return self.state in ("in_force", "ending")


def cover_on(policies: Iterable[Insurance], on: dt.date) -> list[Cover]:
    """Each kind a provider must hold: in force, ending soon, not begun, lapsed or missing."""
    of_kind: dict[str, list[Insurance]] = {}
    for policy in policies:
        of_kind.setdefault(policy.kind, []).append(policy)
    return [_cover(kind, label, of_kind.get(kind, []), on) for kind, label in Insurance.Kind.choices]


def _cover(kind: str, label: str | Promise, policies: list[Insurance], on: dt.date) -> Cover:
    live = [policy for policy in policies if policy.starts_on <= on <= policy.expires_on]
    if live:
        policy = max(live, key=lambda each: each.expires_on)
        if policy.expires_on <= on + ENDING_SOON and not _renewed(policy, policies):
            return Cover(kind, label, policy, "ending", _("Ends soon"), "orange")
        return Cover(kind, label, policy, "in_force", _("In force"), "green")
    if not policies:
        return Cover(kind, label, None, "missing", _("Missing"), "red")
    policy = max(policies, key=lambda each: each.expires_on)
    if policy.starts_on > on:
        return Cover(kind, label, policy, "not_begun", _("Not begun"), "red")
    return Cover(kind, label, policy, "lapsed", _("Lapsed"), "red")


def _renewed(policy: Insurance, policies: list[Insurance]) -> bool:
    """Whether a later policy takes over without a gap."""
    return any(
        each.starts_on <= policy.expires_on + timedelta(days=1) and each.expires_on > policy.expires_on
        for each in policies
    )
