"""The matching page: lots, map, who can be invited, and who cannot with every reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from brokerage.core.clock import database_now, database_today
from brokerage.core.pages import maps
from brokerage.core.pages.figures import Figure
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import AuthorityProfile, OutwardCode
from brokerage.core.vocabulary import Need
from brokerage.core.web import OrganisationRequest, address
from dpv.models import Lot, Measure
from dpv.queries.access import lots_open_to
from dpv.queries.measures import restrictions_on, standing_on
from placements.actions.publishing import invited_keys
from placements.forms.publishing import InviteForm, LotsForm
from placements.matching import Candidate, explain
from placements.models import Referral
from placements.queries.matching import candidates, lots_looked_on, wanted_of
from placements.queries.progress import progress_of
from placements.queries.referrals import referral_of
from providers.standing import Standing, warnings_about, warnings_of

#: Rows on one page. Whoever is further away is left out with a reason, or the distance is narrowed.
MOST_ELIGIBLE = 400
MOST_EXCLUDED = 300
#: Pins on the map: the nearest.
MOST_PINS = 25


@require_safe
def referral_match(request: OrganisationRequest, reference: str) -> HttpResponse:
    """Who could meet the need. A draft goes on to publishing; of a published referral, who else may be invited."""
    request.actor.require("referral.match")
    referral = referral_of(request.actor, reference)
    if referral.status not in ("draft", "published"):
        return redirect(address(request.actor, "placements:referral", reference=reference))
    is_draft = referral.status == "draft"
    open_lots = list(lots_open_to(referral.authority_id, referral.category, database_today()))
    chosen = chosen_lots(request, referral, open_lots)
    found = candidates([lot.pk for lot in chosen], wanted_of(referral), database_today())
    already = set() if is_draft else invited_keys(referral)
    eligible = [home for home in found if home.is_eligible and home.key not in already]
    excluded = [home for home in found if not home.is_eligible]
    return render(
        request,
        "placements/match.html",
        {
            "referral": referral,
            "is_draft": is_draft,
            "lots_form": LotsForm(initial={"lots": [str(lot.pk) for lot in chosen]}, lots=open_lots),
            "open_lots": open_lots,
            "chosen_lots": chosen,
            "eligible": eligible[:MOST_ELIGIBLE],
            "eligible_count": len(eligible),
            "excluded": excluded[:MOST_EXCLUDED],
            "excluded_count": len(excluded),
            "reasons": reason_counts(excluded),
            "restrictions": restrictions_among(eligible[:MOST_ELIGIBLE]),
            **warnings_among(request.actor, eligible[:MOST_ELIGIBLE]),
            "stops": measures_among(excluded[:MOST_EXCLUDED]),
            "already_invited": len(already),
            "invite_form": InviteForm(),
            "progress": None if is_draft else progress_of(referral, database_now()),
            "map": match_map(referral, eligible, excluded),
            "asks": asks(referral),
        },
    )


def chosen_lots(request: OrganisationRequest, referral: Referral, open_lots: Sequence[Lot]) -> list[Lot]:
    """The lots looked on, as asked for by the page."""
    asked = (request.POST if request.method == "POST" else request.GET).getlist("lots")
    return lots_looked_on(referral, open_lots, asked)


def reason_counts(excluded: Sequence[Candidate]) -> list[tuple[str, int]]:
    """Each reason in words with how many homes it excludes, the commonest first."""
    return [
        (explain(code), count) for code, count in Counter(c for home in excluded for c in home.reasons).most_common()
    ]


def restrictions_among(homes: Sequence[Candidate]) -> list[tuple[Candidate, list[Measure]]]:
    """The restricted homes, each with the restrictions that hold on it and their conditions."""
    restricted = [home for home in homes if home.is_restricted]
    found = restrictions_on({home.admission_id for home in restricted})
    return [(home, found[home.admission_id]) for home in restricted if home.admission_id in found]


def warnings_among(actor: Actor, homes: Sequence[Candidate]) -> dict[str, Any]:
    """What a page says of homes with something to know before one is chosen: each once, and the keys of all of them."""
    found = warnings_of(actor, {home.establishment_id for home in homes})
    rows: dict[tuple[UUID, UUID | None], tuple[str, list[Standing]]] = {}
    warned: set[str] = set()
    for home in homes if found else ():
        if lines := warnings_about(found, home.establishment_id, home.household_id):
            rows.setdefault((home.establishment_id, home.household_id), (home.title, lines))
            warned.add(home.key)
    return {"warnings": list(rows.values()), "warned": warned}


def measures_among(homes: Sequence[Candidate]) -> list[Measure]:
    """The measures that keep homes from being invited, each once."""
    stopped = {home.admission_id for home in homes if {"measure_barred", "measure_suspended"} & set(home.reasons)}
    found = {each.pk: each for measures in standing_on(stopped).values() for each in measures if each.stops}
    return sorted(found.values(), key=lambda measure: measure.about)


def asks(referral: Referral) -> list[dict[str, Any]]:
    """What matching looks for, in words."""
    labels = dict(Need.choices)
    rows: list[tuple[Any, Any]] = [
        (_("Age"), "" if referral.age is None else referral.age),
        (_("Sex"), referral.get_sex_display()),
        (_("Needs and risks"), ", ".join(str(labels.get(need, need)) for need in referral.needs)),
        (_("From"), referral.outward),
        (
            _("Furthest distance"),
            _("%(miles)s miles") % {"miles": referral.max_miles} if referral.max_miles else _("Any"),
        ),
        (_("Areas to avoid"), ", ".join(referral.avoid_outwards)),
        (_("Placed alone"), _("Yes") if referral.needs_solo else ""),
        (_("Single-sex home"), _("Yes") if referral.single_sex_home else ""),
    ]
    return [{"key": key, "value": value} for key, value in rows if value != ""]


def match_map(referral: Referral, eligible: Sequence[Candidate], excluded: Sequence[Candidate]) -> Figure | None:
    """The nearest homes around the middle of the person's postcode area, with rings; None when nothing is placed."""
    middle = OutwardCode.objects.filter(code=referral.outward).first()
    if middle is None:
        return None
    seen: set[str] = set()
    invitable = _once_each(eligible, seen)
    near = _once_each((home for home in excluded if home.miles is not None and "too_far" not in home.reasons), seen)
    own = AuthorityProfile.objects.filter(pk=referral.authority_id).values_list("gss_code", flat=True).first()
    return maps.points(
        title=_("The nearest homes, and how far they are from %(outward)s") % {"outward": referral.outward},
        places=[
            *(_place(home, "eligible") for home in invitable[:MOST_PINS]),
            *(_place(home, "excluded") for home in near[: MOST_PINS - min(len(invitable), MOST_PINS)]),
        ],
        home=maps.Place(referral.outward, middle.easting, middle.northing, kind="home"),
        rings=_rings(referral.max_miles),
        highlight={own} if own else (),
    )


def _once_each(homes: Iterable[Candidate], seen: set[str]) -> list[Candidate]:
    """Each home or household once, however many lots it stands on; `seen` grows by those returned."""
    found = []
    for home in homes:
        place = home.household or home.establishment
        if place not in seen:
            seen.add(place)
            found.append(home)
    return found


def _rings(max_miles: int | None) -> tuple[int, ...]:
    if max_miles is None:
        return (5, 10, 20)
    if max_miles <= 5:
        return (max_miles,)
    return tuple(sorted({max(max_miles // 4, 1), max_miles // 2, max_miles}))


def _place(home: Candidate, kind: str) -> maps.Place:
    note = (
        ""
        if home.miles is None
        else ngettext("%(m)s mile", "%(m)s miles", 1 if home.miles == 1 else 2) % {"m": home.miles}
    )
    return maps.Place(home.title, home.easting, home.northing, note=note, kind=kind)
