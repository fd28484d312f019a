"""The API's reference data: authorities with what adjoins them, regions, and the organisation that a client acts for.

Names, regions and adjacency are no secret: every client that asks for `reference:read` may read them.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q
from django.http import Http404
from django.urls import path
from rest_framework import serializers as s

from brokerage.core.api.inputs import MoneyField, Query, Shape
from brokerage.core.api.operations import Call, Page, operation, resource
from brokerage.core.clock import database_today
from brokerage.core.tenants.geography_queries import adjoining
from brokerage.core.tenants.models import AuthorityProfile, Organisation, Region, RegionMember
from brokerage.core.tenants.regions import running_today

NATIONS = [("England", "England"), ("Wales", "Wales")]
_AUTHORITY: dict[str, Any] = {
    "gss_code": "E09000015",
    "name": "Harrow",
    "name_cy": "",
    "slug": "harrow",
    "nation": "England",
    "kind": "london_borough",
    "ons_region": "London",
    "valid_from": "2009-01-01",
    "valid_to": None,
    "successor": None,
    "regions": ["west-london"],
}
_REGION: dict[str, Any] = {
    "slug": "west-london",
    "name": "West London",
    "central_team": "west-london-central",
    "central_team_name": "West London Central Team",
    "member_count": 3,
}


class AuthorityRow(Shape):
    """A local authority of England or Wales, with its code of the statistics office."""

    gss_code = s.CharField(help_text="The statistics office's code; it changes when the authority is replaced.")
    name = s.CharField()
    name_cy = s.CharField(allow_blank=True, help_text="Its Welsh name, if it has one.")
    slug = s.CharField(help_text="The short name in addresses and in this API.")
    nation = s.ChoiceField(choices=NATIONS)
    kind = s.CharField(help_text="Its kind, such as `london_borough` or `unitary`.")
    ons_region = s.CharField(help_text="The statistics office's region.")
    valid_from = s.DateField(allow_null=True)
    valid_to = s.DateField(allow_null=True, help_text="The last day of an authority that is no more.")
    successor = s.CharField(allow_null=True, help_text="The GSS code of the authority that came after it.")
    regions = s.ListField(child=s.CharField(), help_text="The slugs of the buying regions it belongs to today.")
    example = _AUTHORITY


class AdjoiningAuthority(Shape):
    """An authority that adjoins another."""

    gss_code = s.CharField()
    name = s.CharField()
    example = {"gss_code": "E09000009", "name": "Ealing"}


class AuthorityOut(AuthorityRow):
    """One authority with those that adjoin it."""

    adjoins = AdjoiningAuthority(
        many=True, help_text="Authorities that touch it: a placement there is out of area, not far."
    )
    example = _AUTHORITY | {"adjoins": [AdjoiningAuthority.example]}


class AuthorityQuery(Query):
    """Which authorities."""

    nation = s.ChoiceField(choices=NATIONS, required=False)
    region = s.SlugField(required=False, help_text="Members today of the buying region with this slug.")
    current = s.BooleanField(required=False, help_text="Only those that exist today.")


class RegionRow(Shape):
    """Authorities that buy together, and the central team that runs their vehicles."""

    slug = s.CharField()
    name = s.CharField()
    central_team = s.CharField(help_text="The central team's slug.")
    central_team_name = s.CharField()
    member_count = s.IntegerField(help_text="Organisations in it today.")
    example = _REGION


class RegionMemberOut(Shape):
    """An organisation of a region."""

    slug = s.CharField()
    name = s.CharField()
    kind = s.ChoiceField(choices=Organisation.Kind.choices)
    gss_code = s.CharField(allow_null=True)
    starts_on = s.DateField()
    ends_on = s.DateField(allow_null=True)
    example = {
        "slug": "harrow",
        "name": "Harrow",
        "kind": "authority",
        "gss_code": "E09000015",
        "starts_on": "2025-10-18",
        "ends_on": None,
    }


class RegionOut(RegionRow):
    """One region with its members."""

    members = RegionMemberOut(many=True)
    example = _REGION | {"members": [RegionMemberOut.example]}


class OwnClient(Shape):
    """The client that asks."""

    id = s.UUIDField(allow_null=True)
    name = s.CharField(allow_blank=True)
    weekly_limit = MoneyField(
        allow_null=True, help_text="The most it may award alone or approve, in pounds a week; null: nothing."
    )
    example = {"id": "5b2f0c9e-6d7b-4a0e-9f4d-0f6f5a6c7d10", "name": "Case system", "weekly_limit": "2000.00"}


class OrganisationOut(Shape):
    """The organisation a client acts for."""

    id = s.UUIDField()
    slug = s.CharField()
    name = s.CharField()
    name_cy = s.CharField(allow_blank=True)
    kind = s.ChoiceField(choices=Organisation.Kind.choices)
    gss_code = s.CharField(allow_null=True, help_text="Authorities only.")
    nation = s.ChoiceField(choices=NATIONS, allow_null=True, help_text="Authorities only.")
    contact_email = s.CharField(allow_blank=True)
    contact_phone = s.CharField(allow_blank=True)
    out_of_hours_phone = s.CharField(allow_blank=True)
    address = s.CharField(allow_blank=True)
    regions = s.ListField(child=s.CharField(), help_text="The slugs of the buying regions it belongs to today.")
    client = OwnClient()
    example = {
        "id": "1f3a5f0e-31a0-4f5f-8a51-2f9b6d1c7e11",
        "slug": "harrow",
        "name": "Harrow",
        "name_cy": "",
        "kind": "authority",
        "gss_code": "E09000015",
        "nation": "England",
        "contact_email": "placements@harrow.example",
        "contact_phone": "020 7946 0000",
        "out_of_hours_phone": "",
        "address": "",
        "regions": ["west-london"],
        "client": OwnClient.example,
    }


def _regions_of(organisation: str) -> ArraySubquery:
    rows = RegionMember.objects.filter(running_today(), organisation=OuterRef(organisation)).order_by("region__slug")
    return ArraySubquery(rows.values("region__slug"))


@operation(scope="reference:read", query=AuthorityQuery, answer=AuthorityRow, paged=True)
def list_authorities(call: Call) -> Page:
    """List authorities.

    Every local authority of England and Wales, in the order of its GSS code; those that were replaced stay in the list
    with their last day. Narrow with `nation`, `region` and `current`.
    """
    rows = AuthorityProfile.objects.all()
    if nation := call.query.get("nation"):
        rows = rows.filter(nation=nation)
    if region := call.query.get("region"):
        members = RegionMember.objects.filter(running_today(), region__slug=region)
        rows = rows.filter(organisation_id__in=members.values("organisation_id"))
    if call.query.get("current"):
        today = database_today()
        rows = rows.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=today))
        rows = rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    return call.page(
        rows,
        by=("gss_code",),
        fields={
            "gss_code": "gss_code",
            "name": "organisation__name",
            "name_cy": "organisation__name_cy",
            "slug": "organisation__slug",
            "nation": "nation",
            "kind": "kind",
            "ons_region": "ons_region",
            "valid_from": "valid_from",
            "valid_to": "valid_to",
            "successor": "successor__gss_code",
            "regions": _regions_of("organisation_id"),
        },
    )


@operation(scope="reference:read", answer=AuthorityOut)
def get_authority(call: Call, gss_code: str) -> dict[str, Any]:
    """Read an authority.

    With the authorities that adjoin it: a placement there is out of area, anywhere else beyond it is at a distance.
    """
    rows = AuthorityProfile.objects.select_related("organisation", "successor").filter(gss_code=gss_code)
    found = rows.annotate(in_regions=_regions_of("organisation_id")).first()
    if found is None:
        raise Http404("No such authority.")
    neighbours = AuthorityProfile.objects.filter(gss_code__in=adjoining(found.gss_code)).order_by("gss_code")
    return {
        "gss_code": found.gss_code,
        "name": found.organisation.name,
        "name_cy": found.organisation.name_cy,
        "slug": found.organisation.slug,
        "nation": found.nation,
        "kind": found.kind,
        "ons_region": found.ons_region,
        "valid_from": found.valid_from,
        "valid_to": found.valid_to,
        "successor": found.successor.gss_code if found.successor else None,
        "regions": found.in_regions,
        "adjoins": [
            {"gss_code": code, "name": name} for code, name in neighbours.values_list("gss_code", "organisation__name")
        ],
    }


@operation(scope="reference:read", answer=RegionRow, paged=True)
def list_regions(call: Call) -> Page:
    """List regions.

    The groups of authorities that buy together, in the order of their slugs.
    """
    rows = Region.objects.annotate(counted=_members())
    return call.page(rows, by=("slug",), fields=_REGION_FIELDS)


@operation(scope="reference:read", answer=RegionOut)
def get_region(call: Call, slug: str) -> dict[str, Any]:
    """Read a region.

    With the organisations that belong to it today: authorities, associate members and its central team.
    """
    found = Region.objects.select_related("central_team").filter(slug=slug).first()
    if found is None:
        raise Http404("No such region.")
    members = RegionMember.objects.filter(running_today(), region=found).select_related("organisation__authority")
    organisations = [
        {
            "slug": member.organisation.slug,
            "name": member.organisation.name,
            "kind": member.organisation.kind,
            "gss_code": profile.gss_code if (profile := getattr(member.organisation, "authority", None)) else None,
            "starts_on": member.starts_on,
            "ends_on": member.ends_on,
        }
        for member in members.order_by("organisation__name")
    ]
    return {
        "slug": found.slug,
        "name": found.name,
        "central_team": found.central_team.slug,
        "central_team_name": found.central_team.name,
        "member_count": len(organisations),
        "members": organisations,
    }


_REGION_FIELDS: dict[str, Any] = {
    "slug": "slug",
    "name": "name",
    "central_team": "central_team__slug",
    "central_team_name": "central_team__name",
    "member_count": "counted",
}


def _members() -> Count:
    today = database_today()
    running = Q(members__starts_on__lte=today)
    running &= Q(members__ends_on__isnull=True) | Q(members__ends_on__gte=today)
    return Count("members", filter=running)


@operation(scope="reference:read", answer=OrganisationOut)
def get_organisation(call: Call) -> dict[str, Any]:
    """Read your own organisation.

    The organisation that the token belongs to, and the client that asks: the quickest check that a token works.
    """
    rows = Organisation.objects.select_related("authority").filter(pk=call.actor.organisation_id)
    found = rows.annotate(in_regions=_regions_of("pk")).get()
    profile: AuthorityProfile | None = getattr(found, "authority", None)
    return {
        "id": found.pk,
        "slug": found.slug,
        "name": found.name,
        "name_cy": found.name_cy,
        "kind": found.kind,
        "gss_code": profile.gss_code if profile else None,
        "nation": profile.nation if profile else None,
        "contact_email": found.contact_email,
        "contact_phone": found.contact_phone,
        "out_of_hours_phone": found.out_of_hours_phone,
        "address": found.address,
        "regions": found.in_regions,
        "client": {
            "id": call.actor.client_id,
            "name": call.actor.client_name,
            "weekly_limit": call.actor.weekly_limit or None,
        },
    }


urlpatterns = [
    path("organisation", resource(get=get_organisation), name="organisation"),
    path("authorities", resource(get=list_authorities), name="authorities"),
    path("authorities/<str:gss_code>", resource(get=get_authority), name="authority"),
    path("regions", resource(get=list_regions), name="regions"),
    path("regions/<slug:slug>", resource(get=get_region), name="region"),
]
