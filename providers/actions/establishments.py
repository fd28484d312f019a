"""What a provider says about its own homes: description, needs, contact, and vacancies today."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.vocabulary import Need
from providers.models import CarerHousehold, Establishment, Occupancy


@transaction.atomic
def describe_establishment(
    actor: Actor,
    *,
    establishment_id: UUID,
    description: str,
    needs: Sequence[str],
    telephone: str,
    email: str,
) -> Establishment:
    """Change what the provider itself answers for. What the regulator decides is the central team's to change.

    Refused: an unknown need, or none at all.
    """
    actor.require("profile.manage")
    home = Establishment.objects.filter(pk=establishment_id, provider_id=actor.organisation_id).first()
    if home is None:
        raise Http404
    values = {
        "description": description.strip(),
        "needs": needs_in_order(needs),
        "telephone": telephone.strip(),
        "email": email.strip(),
    }
    changed = sorted(name for name, value in values.items() if getattr(home, name) != value)
    if changed:
        for name in changed:
            setattr(home, name, values[name])
        home.save(update_fields=changed)
        record("establishment.described", subject=home, actor=actor, reference=home.urn, data={"fields": changed})
    return home


@transaction.atomic
def set_vacancies(
    actor: Actor, *, vacancies: int, establishment_id: UUID | None = None, household_id: UUID | None = None
) -> Occupancy:
    """Say how many places of a home or household are free today; saying the same again renews its date.

    Awards of that place wait meanwhile. Refused: fewer than none, or more than there are places.
    """
    actor.require("vacancy.manage", "profile.manage")
    place_id = household_id or establishment_id
    if place_id is None:
        raise ValueError("name a home or a household")
    locks.hold(establishments=[place_id])
    counter = _counter(actor, place_id, is_household=household_id is not None)
    if not 0 <= vacancies <= counter.places:
        message = _("Enter a number from 0 to %(places)s, the registered places")
        raise RuleBroken("vacancies_out_of_range", message % {"places": counter.places}, "vacancies")
    before = counter.vacancies
    counter.taken = counter.places - vacancies
    counter.updated_at = database_now()
    counter.save(update_fields=["taken", "updated_at"])
    record("vacancies.set", subject=counter, actor=actor, data={"before": before, "vacancies": vacancies})
    return counter


def needs_in_order(needs: Sequence[str]) -> list[str]:
    """The needs, each once, in the order of the vocabulary. Raises RuleBroken for unknown needs or none."""
    unknown = set(needs) - set(Need.values)
    if unknown:
        raise RuleBroken("need_unknown", _("Select needs from the list"), "needs")
    if not needs:
        raise RuleBroken("needs_missing", _("Select at least one need that can be met"), "needs")
    return [need for need in Need.values if need in set(needs)]


def _counter(actor: Actor, place_id: UUID, *, is_household: bool) -> Occupancy:
    if is_household:
        household = CarerHousehold.objects.filter(pk=place_id, provider_id=actor.organisation_id).first()
        counter = Occupancy.objects.select_for_update().filter(household=household).first() if household else None
        if counter is None:
            raise Http404
        return counter
    home = Establishment.objects.filter(pk=place_id, provider_id=actor.organisation_id).first()
    if home is None:
        raise Http404
    if home.capacity is None:
        raise NotNow("no_places", _("Vacancies of a fostering agency are those of its households"))
    counter = Occupancy.objects.select_for_update().filter(establishment=home).first()
    if counter is None:
        counter = Occupancy.objects.create(provider_id=home.provider_id, establishment=home, places=home.capacity)
    return counter
