"""An agency's carer households: added, changed, put on hold and taken off it. No name, no full postcode is kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.geography import outward_code
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import OutwardCode
from providers import consequences
from providers.actions.establishments import needs_in_order
from providers.models import CarerHousehold, Establishment, Occupancy

#: What people who live there are held against.
APPROVAL = frozenset({"age_min", "age_max"})


@dataclass(frozen=True)
class HouseholdFacts:
    """What an agency says of a household. `places` is the approved number of children."""

    outward: str
    age_min: int
    age_max: int
    sex_accepted: str
    needs: list[str]
    adults: int
    children_ages: list[int]
    pets: list[str]
    smoking: str
    languages: list[str]
    faiths: list[str]
    approved_on: dt.date
    places: int


@transaction.atomic
def add_household(actor: Actor, *, agency_id: UUID, code: str, facts: HouseholdFacts) -> CarerHousehold:
    """Add a household with every place free. Refused: a code that is taken (anywhere), or as `change_household`."""
    actor.require("profile.manage")
    agency = Establishment.objects.filter(pk=agency_id, provider_id=actor.organisation_id).first()
    if agency is None or not agency.is_fostering:
        raise Http404
    code = code.strip().upper()
    if not code:
        raise RuleBroken("code_missing", _("Enter the household’s code"), "code")
    values = _checked(facts)
    household = CarerHousehold(agency=agency, provider_id=agency.provider_id, code=code, **values)
    # Other agencies' codes are not ours to read: the unique index answers for all of them.
    try:
        with transaction.atomic():
            household.save(force_insert=True)
    except IntegrityError:
        raise RuleBroken("code_taken", _("This code is taken: choose another"), "code") from None
    Occupancy.objects.create(provider_id=agency.provider_id, household=household, places=facts.places)
    record("household.added", subject=household, actor=actor, reference=code, data={"places": facts.places})
    return household


@transaction.atomic
def change_household(actor: Actor, *, household_id: UUID, facts: HouseholdFacts) -> CarerHousehold:
    """Change a household. Offers and awards of its places wait meanwhile; whose ages change, the people who live there
    are looked at at once.

    Refused: an unknown outward postcode, ages the wrong way round, unknown needs, fewer places than are taken, an
    approval in the future.
    """
    household = _own(actor, household_id)
    values = _checked(facts)
    changed = sorted(name for name, value in values.items() if getattr(household, name) != value)
    for name in changed:
        setattr(household, name, values[name])
    if changed:
        household.save(update_fields=changed)
    if APPROVAL.intersection(changed):
        consequences.changed(actor, [household.agency_id])
    counter = Occupancy.objects.select_for_update().filter(household=household).first()
    if counter is not None and counter.places != facts.places:
        if facts.places < counter.taken:
            message = _("%(taken)s places are taken: the number cannot be lower")
            raise RuleBroken("places_below_taken", message % {"taken": counter.taken}, "places")
        counter.places, counter.updated_at = facts.places, database_now()
        counter.save(update_fields=["places", "updated_at"])
        changed.append("places")
    if changed:
        data = {"fields": changed}
        record("household.changed", subject=household, actor=actor, reference=household.code, data=data)
    return household


@transaction.atomic
def hold_household(actor: Actor, *, household_id: UUID, is_on_hold: bool) -> CarerHousehold:
    """Put a household on hold, so that it takes nobody new: it is not matched, offered or awarded; whoever was awarded
    to it still comes. Or take it off. Refused when it is so already, or fosters no more (`household_retired`)."""
    household = _own(actor, household_id)
    if household.retired_on is not None:
        raise NotNow("household_retired", _("The central team has recorded that this household fosters no more"))
    if household.is_on_hold == is_on_hold:
        raise NotNow("hold_unchanged", _("This household was changed meanwhile: look again"))
    household.is_on_hold = is_on_hold
    household.save(update_fields=["is_on_hold"])
    kind = "household.held" if is_on_hold else "household.released"
    record(kind, subject=household, actor=actor, reference=household.code)
    return household


@transaction.atomic
def retire_household(actor: Actor, *, household_id: UUID, on: dt.date) -> CarerHousehold:
    """The central team's side of a household that fosters no more from that day on: it takes nobody new, and whoever
    lives there is looked at at once. Told twice, the first day stands. Raises Http404."""
    actor.require("providers.verify")
    household = _held(CarerHousehold.objects.filter(pk=household_id))
    if household.retired_on is None:
        household.is_on_hold, household.retired_on = True, on
        household.save(update_fields=["is_on_hold", "retired_on"])
        data = {"on": on.isoformat()}
        record("household.retired", subject=household, actor=actor, reference=household.code, data=data)
        consequences.changed(actor, [household.agency_id])
    return household


def _own(actor: Actor, household_id: UUID) -> CarerHousehold:
    actor.require("profile.manage")
    return _held(CarerHousehold.objects.filter(pk=household_id, provider_id=actor.organisation_id))


def _held(rows: QuerySet[CarerHousehold]) -> CarerHousehold:
    """The one household, as it stands while nobody offers, is awarded or signs for a place of its provider. Raises
    Http404."""
    seen = rows.values_list("pk", "provider_id").first()
    if seen is None:
        raise Http404
    locks.hold(establishments=[seen[0]], standings_exclusive=[seen[1]])
    return rows.get()


def _checked(facts: HouseholdFacts) -> dict[str, Any]:
    values = asdict(facts)
    del values["places"]
    if facts.age_min > facts.age_max:
        raise RuleBroken("ages_crossed", _("The highest age must not be below the lowest age"), "age_max")
    if facts.approved_on > database_today():
        raise RuleBroken("approved_in_future", _("The approval must be today or earlier"), "approved_on")
    values["needs"] = needs_in_order(facts.needs)
    values["outward"] = outward_code(facts.outward, field="outward")
    spot = OutwardCode.objects.filter(pk=values["outward"]).first()
    if spot is None:
        raise RuleBroken("outward_unknown", _("Nobody knows this outward postcode: check it"), "outward")
    return values | {"easting": spot.easting, "northing": spot.northing, "gss_code": spot.gss_code}
