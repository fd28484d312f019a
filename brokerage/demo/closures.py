"""The demo's closures, announced and followed through the real actions: one running, with people at every stage, one
complete, and one that came to nothing."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from brokerage.core.clock import database_today
from brokerage.core.tenants.context import acting, loader
from brokerage.core.tenants.directory import actor_for
from brokerage.core.tenants.models import Membership
from brokerage.demo.alerts import _actor
from brokerage.safeguarding.closures.actions.announcing import (
    ClosureFacts,
    announce_closure,
    close_home,
    withdraw_closure,
)
from brokerage.safeguarding.closures.actions.residents import record_next_home
from brokerage.safeguarding.closures.models import Closure, ClosureResident
from placements.actions.placements import end_placement
from placements.models import Placement
from placements.ssda903 import end_reasons_of
from providers.models import Establishment

CENTRAL = "ruth@westlondon.example"
#: How far each person is, one after the other.
STAGES = ("looking", "not_started", "went_home", "found", "other")


def load_closures() -> str:
    """Announce those that are not there."""
    with loader():
        if Closure.objects.exists():
            return "there already"
    busy, lately, empty = _homes()
    with transaction.atomic():
        _follow(_announce(busy, "money", "The provider cannot renew the lease.", days=45), STAGES)
    with transaction.atomic():
        done = _announce(lately, "provider", "The provider gives the home up.", days=-1)
        _follow(done, ("went_home", "other"))
        actor = _actor(CENTRAL)
        with acting(actor):
            close_home(actor, reference=done.reference, closed_on=database_today() - dt.timedelta(days=1))
    with transaction.atomic():
        back = _announce(empty, "staffing", "No manager was found.", days=60)
        actor = _actor(CENTRAL)
        with acting(actor):
            withdraw_closure(actor, reference=back.reference, change_note="A new manager starts next week.")
    return "3 announced"


def _homes() -> tuple[UUID, UUID, UUID]:
    """The children's home with most people, one with one person, and one with nobody."""
    with loader():
        living: dict[UUID, int] = {}
        rows = Placement.objects.filter(status="active", establishment__kind="childrens_home")
        for home in rows.values_list("establishment_id", flat=True):
            if home is not None:
                living[home] = living.get(home, 0) + 1
        homes = Establishment.objects.filter(kind="childrens_home", closed_on__isnull=True).exclude(pk__in=living)
        empty = homes.exclude(admissions__isnull=False).order_by("urn").values_list("pk", flat=True).first()
        empty = empty or homes.order_by("urn").values_list("pk", flat=True)[0]
    ordered = sorted(living, key=lambda home: (-living[home], str(home)))
    return ordered[0], ordered[-1], empty


def _announce(home_id: UUID, why: str, explanation: str, *, days: int) -> Closure:
    today = database_today()
    actor = _actor(CENTRAL)
    with acting(actor):
        home = Establishment.objects.get(pk=home_id)
        return announce_closure(
            actor,
            facts=ClosureFacts(
                provider_id=home.provider_id,
                establishment_id=home.pk,
                why=why,
                explanation=explanation,
                closes_on=today + dt.timedelta(days=days),
                notice_on=today - dt.timedelta(days=28),
                is_checked=True,
            ),
        )


def _follow(closure: Closure, stages: tuple[str, ...]) -> None:
    """Each authority's people there at one stage after the other."""
    with loader():
        rows = list(
            ClosureResident.objects.filter(closure=closure)
            .order_by("authority_id", "placement_reference")
            .values_list("pk", "authority__slug", "authority_id", "placement_id")
        )
    today = database_today()
    for number, (row, slug, authority, placement) in enumerate(rows):
        stage = stages[number % len(stages)]
        with loader():
            officer = (
                Membership.objects.select_related("user")
                .filter(organisation_id=authority, is_active=True, roles__overlap=["placement_officer"])
                .order_by("user__email")
                .first()
            )
            person = Placement.objects.values_list("person_id", flat=True).get(pk=placement)
            others = Placement.objects.filter(person_id=person, authority_id=authority).exclude(pk=placement)
            other = others.exclude(status="cancelled").values_list("reference", flat=True).first()
        actor = actor_for(officer.user, slug) if officer is not None else None
        if actor is None or stage == "not_started" or stage == "found" and not other:
            continue
        with acting(actor):
            record_next_home(
                actor,
                resident_id=row,
                status=stage,
                placement=other or "" if stage == "found" else "",
                ended_on=today if stage in ("went_home", "other") else None,
                note="Moved on to a home of their own." if stage == "other" else "",
            )
            if stage in ("went_home", "other"):
                lived = Placement.objects.get(pk=placement)
                if lived.status == "active":
                    reason = end_reasons_of(lived.category)
                    end_placement(actor, placement_id=placement, ended_on=today, end_reason=next(iter(reason)))
