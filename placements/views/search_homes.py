"""A free search for homes: "male-only home within 20 miles of Harrow" is one query."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from brokerage.core.clock import database_today
from brokerage.core.pages import maps
from brokerage.core.pages.figures import Figure
from brokerage.core.tenants.models import AuthorityProfile, OutwardCode
from brokerage.core.web import OrganisationRequest
from dpv.queries.access import lots_open_to
from placements.forms.search_homes import HomeSearchForm
from placements.matching import Candidate, Wanted
from placements.queries.matching import candidates
from placements.views.matching import MOST_PINS, warnings_among

PER_PAGE = 50


@require_safe
def home_search(request: OrganisationRequest) -> HttpResponse:
    """Homes and households that could take somebody today, on every lot open to the authority, nearest first."""
    actor = request.actor
    actor.require("referral.match")
    form = HomeSearchForm(request.GET or None)
    found: list[Candidate] | None = None
    near = ""
    miles = None
    if form.is_bound and form.is_valid():
        answers = form.cleaned_data
        near, miles = answers["near"], answers["miles"]
        today = database_today()
        lots = [lot.pk for lot in lots_open_to(actor.organisation_id, answers["category"] or None, today)]
        only, _dash, sex = answers["sex"].partition("_")
        wanted = Wanted(
            age=answers["age"],
            sex=sex,
            needs=(answers["need"],) if answers["need"] else (),
            outward=near,
            max_miles=miles,
            single_sex_home=only == "only",
            solo_is_known=False,
        )
        found = _once(candidates(lots, wanted, today, eligible_only=True))
    page = Paginator(found or [], PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "placements/match_search.html",
        {
            "form": form,
            "homes": None if found is None else page,
            "page": page,
            "count": len(found or []),
            "no_miles": not near,
            **warnings_among(actor, list(page)),
            "map": _map(actor.organisation_id, list(page), near, miles) if found else None,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _once(found: list[Candidate]) -> list[Candidate]:
    """Each home once, whatever the number of lots it is on."""
    seen: dict[object, Candidate] = {}
    for home in found:
        seen.setdefault(home.household_id or home.establishment_id, home)
    return list(seen.values())


def _map(authority_id: UUID, found: list[Candidate], near: str, miles: int | None) -> Figure | None:
    middle = OutwardCode.objects.filter(code=near).first() if near else None
    own = AuthorityProfile.objects.filter(pk=authority_id).values_list("gss_code", flat=True).first()
    return maps.points(
        title=_("Homes found"),
        places=[
            maps.Place(
                home.title,
                home.easting,
                home.northing,
                note="" if home.miles is None else _("%(miles)s miles") % {"miles": home.miles},
                kind="eligible",
            )
            for home in found[:MOST_PINS]
        ],
        home=maps.Place(near, middle.easting, middle.northing, kind="home") if middle else None,
        rings=((miles,) if miles else (5, 10, 20)) if middle else (),
        highlight={own} if own else (),
        kinds={"home": _("Where the search starts"), "eligible": _("Home or carer household")},
    )
