"""Making a vehicle and its lots, and changing what is said of them; its rules and its access are in `vehicles`.

A vehicle is never deleted: it is closed by its last day, and what was agreed under it goes on.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation, Region, RegionMember
from brokerage.core.vocabulary import Category, Need
from dpv.models import Lot, RuleVersion, Vehicle
from dpv.queries.admissions import vehicle_by_code
from dpv.rule_defaults import DEFAULTS

#: The oldest age a lot may name.
OLDEST = 120
#: Codes stand in addresses, files and e-mails.
_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_LONGEST_CODE = 20


def region_of(actor: Actor) -> Region:
    """The region that the actor's organisation runs, or Http404."""
    region = Region.objects.filter(central_team_id=actor.organisation_id).first()
    if region is None:
        raise Http404("Not a region's central team.")
    return region


@transaction.atomic
def create_vehicle(
    actor: Actor,
    *,
    code: str,
    name: str,
    name_cy: str,
    lead_authority_id: UUID,
    legal_regime: str,
    starts_on: dt.date,
    ends_on: dt.date,
    service: str,
    terms_summary: str,
) -> Vehicle:
    """A vehicle of the actor's region, without lots, with the default rules of a service (`rule_defaults.DEFAULTS`).

    The first rules hold from today or, when the term has begun, from its first day, so that later versions may
    change them before the first referral. Refused when: the code is none (`code_invalid`) or taken by any region's
    vehicle (`code_taken`); there is no name; the lead is not an authority of the region; the regime or the service is
    unknown; the term is turned round or over.
    """
    actor.require("dpv.manage")
    region = region_of(actor)
    code = _read_code(code)
    if Vehicle.objects.filter(code=code).exists():
        raise _code_taken()
    members = RegionMember.objects.filter(region=region, organisation__kind="authority")
    lead = Organisation.objects.filter(pk=lead_authority_id, pk__in=members.values("organisation_id")).first()
    if lead is None:
        raise RuleBroken("not_a_member", _("Choose an authority of your region"), "lead_authority")
    if legal_regime not in Vehicle.LegalRegime.values:
        raise RuleBroken("regime_unknown", _("Choose the legal regime"), "legal_regime")
    if service not in DEFAULTS:
        raise RuleBroken("service_unknown", _("Choose the service whose rules to start from"), "service")
    today = database_today()
    _check_term(starts_on, ends_on, today)
    vehicle = Vehicle(
        region=region,
        lead_authority=lead,
        code=code,
        name=_read_name(name),
        name_cy=name_cy.strip(),
        legal_regime=legal_regime,
        starts_on=starts_on,
        ends_on=ends_on,
        terms_summary=terms_summary.strip(),
    )
    try:
        # Another region's code is not to be seen from here, only met.
        with transaction.atomic():
            vehicle.save(force_insert=True)
    except IntegrityError as clash:
        raise _code_taken() from clash
    RuleVersion(
        region=region,
        vehicle=vehicle,
        valid_from=min(starts_on, today),
        parameters=DEFAULTS[service]().to_json(),
        reason=str(_("First version: the service’s default rules")),
    ).save(force_insert=True)
    record(
        "vehicle.created",
        subject=vehicle,
        actor=actor,
        reference=vehicle.code,
        data={
            "lead_authority": lead.slug,
            "legal_regime": legal_regime,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat(),
            "rules": service,
        },
    )
    return vehicle


@transaction.atomic
def change_vehicle(
    actor: Actor, *, code: str, name: str, name_cy: str, terms_summary: str, ends_on: dt.date, reason: str
) -> Vehicle:
    """Change the vehicle's names, terms or last day. After its last day no referral can be sent to it.

    Refused when: nothing changes (`vehicle_unchanged`); there is no name or no reason; a new last day is past or before
    the first.
    """
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    region_of(actor)
    locks.hold(admissions_exclusive=[vehicle.pk])
    vehicle.refresh_from_db(fields=["name", "name_cy", "terms_summary", "ends_on"])
    after = {
        "name": _read_name(name),
        "name_cy": name_cy.strip(),
        "terms_summary": terms_summary.strip(),
        "ends_on": ends_on,
    }
    before = {field: getattr(vehicle, field) for field in after}
    changed = [field for field, value in after.items() if before[field] != value]
    if not changed:
        raise RuleBroken("vehicle_unchanged", _("Change at least one answer"))
    if "ends_on" in changed:
        _check_term(vehicle.starts_on, ends_on, database_today())
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the vehicle changes"), "reason")
    for field in changed:
        setattr(vehicle, field, after[field])
    vehicle.save(update_fields=changed)
    record(
        "vehicle.changed",
        subject=vehicle,
        actor=actor,
        reference=vehicle.code,
        data={
            "changes": {
                # The terms are long: that they changed is enough.
                field: [str(before[field]), str(after[field])] if field != "terms_summary" else []
                for field in changed
            },
            "reason": reason.strip(),
        },
    )
    return vehicle


@transaction.atomic
def add_lot(
    actor: Actor,
    *,
    vehicle_code: str,
    code: str,
    name: str,
    category: str,
    age_min: int,
    age_max: int,
    needs: Iterable[str],
    is_solo: bool,
) -> Lot:
    """A lot of the vehicle, for ages `age_min` to `age_max` in years. It cannot be changed: prices hang on it.

    Refused when: the vehicle is over (NotNow); the code is none (`code_invalid`) or another lot's (`code_taken`);
    there is no name; the kind of home or a need is unknown; the ages are turned round or above 120.
    """
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(vehicle_code)
    region_of(actor)
    locks.hold(admissions_exclusive=[vehicle.pk])
    vehicle.refresh_from_db(fields=["ends_on"])
    require_not_over(vehicle)
    code = _read_code(code)
    if Lot.objects.filter(vehicle=vehicle, code=code).exists():
        raise RuleBroken("code_taken", _("Another lot of this vehicle has this code"), "code")
    if category not in Category.values:
        raise RuleBroken("category_unknown", _("Choose the kind of home"), "category")
    wanted = set(needs)
    if not wanted <= set(Need.values):
        raise RuleBroken("need_unknown", _("Choose needs from the list"), "needs")
    if not 0 <= age_min <= OLDEST:
        raise RuleBroken("ages", _("The youngest age must be from 0 to 120"), "age_min")
    if not age_min <= age_max <= OLDEST:
        raise RuleBroken("ages", _("The oldest age must be the youngest or more, and 120 at most"), "age_max")
    lot = Lot(
        region_id=vehicle.region_id,
        vehicle=vehicle,
        code=code,
        name=_read_name(name),
        category=category,
        age_min=age_min,
        age_max=age_max,
        needs=[need for need in Need.values if need in wanted],
        is_solo=is_solo,
    )
    lot.save(force_insert=True)
    record(
        "lot.created",
        subject=lot,
        actor=actor,
        reference=f"{vehicle.code} {lot.code}",
        data={"category": category, "ages": [age_min, age_max], "needs": lot.needs, "is_solo": is_solo},
    )
    return lot


def require_not_over(vehicle: Vehicle) -> None:
    """Raise NotNow (`vehicle_over`) after the vehicle's last day."""
    if vehicle.ends_on < database_today():
        raise NotNow("vehicle_over", _("This vehicle is over. Change its last day first."))


def _check_term(starts_on: dt.date, ends_on: dt.date, today: dt.date) -> None:
    if ends_on < starts_on:
        raise RuleBroken(
            "ends_before_start",
            _("The last day must be on or after the first, %(day)s") % {"day": date_format(starts_on, "j F Y")},
            "ends_on",
        )
    if ends_on < today:
        raise RuleBroken("vehicle_end_in_past", _("The last day must be today or later"), "ends_on")


def _read_code(text: str) -> str:
    code = text.strip().upper()
    if len(code) > _LONGEST_CODE or not _CODE.fullmatch(code):
        raise RuleBroken(
            "code_invalid", _("Enter a code of at most 20 letters, digits and hyphens, like WL-FOST"), "code"
        )
    return code


def _read_name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise RuleBroken("name_missing", _("Enter a name"), "name")
    return name


def _code_taken() -> RuleBroken:
    return RuleBroken("code_taken", _("Another vehicle has this code"), "code")
