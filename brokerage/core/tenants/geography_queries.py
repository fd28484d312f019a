"""Questions to the reference tables: who adjoins whom, and where an outward postcode lies."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, QuerySet, When

from brokerage.core.geography import PlacingBand, placing_band
from brokerage.core.tenants.kept_queries import KeptQuery, given
from brokerage.core.tenants.models import Adjacency, AuthorityProfile


def adjoining(gss_code: str) -> frozenset[str]:
    """The GSS codes of the authorities that adjoin this one."""
    pairs = Adjacency.objects.filter(Q(a=gss_code) | Q(b=gss_code)).values_list("a", "b")
    return frozenset(code for pair in pairs for code in pair if code != gss_code)


def placed_among(authority_id: UUID) -> tuple[str, frozenset[str]]:
    """An authority's own GSS code and those of the authorities that adjoin it, in one query."""
    ((gss_code, neighbours),) = _PLACED.tuples(authority=authority_id)
    return gss_code, frozenset(neighbours)


def _placed() -> QuerySet[AuthorityProfile, Any]:
    own = OuterRef("gss_code")
    others = Adjacency.objects.filter(Q(a=own) | Q(b=own)).values_list(Case(When(a=own, then=F("b")), default=F("a")))
    rows = AuthorityProfile.objects.filter(pk=given("authority")).annotate(adjoining=ArraySubquery(others))
    return rows.values_list("gss_code", "adjoining")


_PLACED = KeptQuery(_placed)


def is_welsh(authority_id: UUID) -> bool:
    """Whether it is an authority in Wales, whose agreements may be in Welsh."""
    return AuthorityProfile.objects.filter(pk=authority_id, nation="Wales").exists()


def placing_band_of(authority_id: UUID, host_gss_code: str) -> PlacingBand:
    """In area, out of area (an adjoining authority) or at a distance, for the placing authority."""
    own, neighbours = placed_among(authority_id)
    return placing_band(own, host_gss_code, neighbours)
