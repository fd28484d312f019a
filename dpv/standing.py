"""Tells the pages of providers which lots their homes are on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.urls import NoReverseMatch

from brokerage.core.tenants.actors import Actor
from brokerage.core.web import address
from dpv.models import Admission
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


def _page_of(actor: Actor, admission: Admission) -> str:
    if not actor.may("dpv.view"):
        return ""
    try:
        return address(actor, "dpv:admission", admission=admission.pk)
    except NoReverseMatch:
        return ""
