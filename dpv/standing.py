"""Tells the pages of providers which lots their homes are on, and which measures hold on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from dpv.models import Admission
from dpv.queries.measures import standing_about
from providers.standing import Standing, tells_standing


@tells_standing
def lots_of(actor: Actor, establishment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Standing]]:
    """The admissions of the homes that the actor may see (row security), ended ones left out."""
    found: dict[UUID, list[Standing]] = {}
    admissions = (
        Admission.objects.filter(establishment__in=establishment_ids)
        .exclude(status="ended")
        .select_related("lot", "vehicle")
        .order_by("vehicle__name", "lot__code")
    )
    for one in admissions:
        text = f"{one.vehicle.name}: {one.lot.name}"
        line = Standing(text, one.status, one.get_status_display(), _page_of(actor, one))
        found.setdefault(one.establishment_id, []).append(line)
    return found


#: What tags call each kind of measure that holds.
_STATES = {"restrict": "restricted", "suspend": "suspended", "bar": "barred"}


@tells_standing
def measures_on(actor: Actor, establishment_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Standing]]:
    """The measures that hold on the homes, as far as the actor may see them (row security)."""
    may_open = actor.may("measure.view") and actor.kind != "associate"
    return {
        pk: [
            Standing(
                _("Measure: %(about)s") % {"about": each.about},
                _STATES[each.kind],
                each.get_kind_display(),
                address(actor, "dpv:measure", reference=each.reference) if may_open else "",
            )
            for each in measures
        ]
        for pk, measures in standing_about(establishment_ids).items()
    }


def _page_of(actor: Actor, admission: Admission) -> str:
    if not actor.may("dpv.view"):
        return ""
    try:
        return address(actor, "dpv:admission", admission=admission.pk)
    except NoReverseMatch:
        return ""
