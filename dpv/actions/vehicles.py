"""A vehicle's rules, version by version, and which authorities may use it.

A version is never edited: a price must be replayable to the penny years later. A change is a new version from a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.money import money_text
from brokerage.core.periods import add_months
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation, RegionMember
from dpv.models import AccessAgreement, RuleVersion
from dpv.queries.admissions import vehicle_by_code
from dpv.queries.rules import rules_of
from dpv.rules import PARAMETERS, VehicleRules

#: An authority stays this long before its notice counts (the access agreement's first term).
FIRST_TERM_MONTHS = 12


@transaction.atomic
def add_rule_version(
    actor: Actor, *, code: str, valid_from: dt.date, values: Mapping[str, Any], source: str, reason: str
) -> RuleVersion:
    """A new version of the vehicle's rules: the latest one with `values` (as JSON, by parameter) changed, from a day.

    `source` (clause, regulation or paper) becomes the source of each changed value. Refused when: the day is past or
    not after every version there is (`rules_not_latest`); nothing changes (`rules_unchanged`); a value is not one the
    parameter allows (`rule_invalid`, field = parameter); no source or reason.
    """
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    locks.hold(admissions_exclusive=[vehicle.pk])
    latest = RuleVersion.objects.filter(vehicle=vehicle).order_by("-valid_from").first()
    if latest is None:
        raise Http404("No rules to change.")
    if valid_from < database_today():
        raise RuleBroken("rules_in_past", _("The first day must be today or later"), "valid_from")
    if valid_from <= latest.valid_from:
        raise RuleBroken(
            "rules_not_latest",
            _("The first day must be after %(day)s, when the latest version begins")
            % {"day": date_format(latest.valid_from, "j F Y")},
            "valid_from",
        )
    before = rules_of(latest)
    unknown = set(values) - set(PARAMETERS)
    if unknown:
        raise RuleBroken("rule_unknown", _("There is no such rule"), min(unknown))
    written = before.to_json()
    changed = [name for name, value in values.items() if written[name]["value"] != _as_written(name, value)]
    if not changed:
        raise RuleBroken("rules_unchanged", _("Change at least one rule"))
    if not source.strip():
        raise RuleBroken("source_missing", _("Enter the clause or paper that the changes come from"), "source")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why the rules change"), "reason")
    for name in changed:
        written[name] = {"value": values[name], "source": source.strip()}
    after = VehicleRules.from_json(written)
    version = RuleVersion(
        region_id=vehicle.region_id,
        vehicle=vehicle,
        valid_from=valid_from,
        parameters=after.to_json(),
        reason=reason.strip(),
    )
    version.save(force_insert=True)
    record(
        "rules.changed",
        subject=version,
        actor=actor,
        reference=vehicle.code,
        data={
            "valid_from": valid_from.isoformat(),
            "changes": {
                name: [before.to_json()[name]["value"], after.to_json()[name]["value"]] for name in sorted(changed)
            },
        },
    )
    return version


def _as_written(name: str, value: Any) -> Any:
    """The value in the form a version stores it, so that "5" and "5.00" are the same."""
    kind = PARAMETERS[name]
    try:
        return kind.write(kind.read(value))
    except ValueError:
        return value


@transaction.atomic
def add_access(
    actor: Actor,
    *,
    code: str,
    authority_id: UUID,
    starts_on: dt.date,
    ends_on: dt.date | None,
    annual_fee: Decimal,
    joining_discount: Decimal,
    notice_months: int,
) -> AccessAgreement:
    """Let an authority of the region use the vehicle from a day on. Fees in pounds a year.

    Refused when: the authority is not a member of the region; the dates are turned round; it has access on a day of
    that period already (`access_overlaps`); the discount is more than the fee.
    """
    actor.require("dpv.manage")
    vehicle = vehicle_by_code(code)
    locks.hold(admissions_exclusive=[vehicle.pk])
    members = RegionMember.objects.filter(region_id=vehicle.region_id, organisation__kind="authority")
    authority = Organisation.objects.filter(pk=authority_id, pk__in=members.values("organisation_id")).first()
    if authority is None:
        raise RuleBroken("not_a_member", _("Choose an authority of your region"), "authority")
    if ends_on is not None and ends_on < starts_on:
        raise RuleBroken("ends_before_start", _("The last day must be on or after the first"), "ends_on")
    if joining_discount > annual_fee:
        raise RuleBroken("discount_too_large", _("The discount must not be more than the fee"), "joining_discount")
    for other in AccessAgreement.objects.filter(vehicle=vehicle, authority=authority):
        starts_before_other_ends = other.ends_on is None or starts_on <= other.ends_on
        if starts_before_other_ends and (ends_on is None or other.starts_on <= ends_on):
            raise RuleBroken("access_overlaps", _("This authority has access in that period already"), "starts_on")
    agreement = AccessAgreement(
        region_id=vehicle.region_id,
        vehicle=vehicle,
        authority=authority,
        starts_on=starts_on,
        ends_on=ends_on,
        annual_fee=annual_fee,
        joining_discount=joining_discount,
        notice_months=notice_months,
    )
    agreement.save(force_insert=True)
    record(
        "access.added",
        subject=agreement,
        actor=actor,
        reference=vehicle.code,
        data={
            "authority": authority.slug,
            "starts_on": starts_on.isoformat(),
            "ends_on": ends_on.isoformat() if ends_on else None,
            "annual_fee": money_text(annual_fee),
        },
    )
    return agreement


@transaction.atomic
def end_access(actor: Actor, *, access_id: UUID, last_on: dt.date, both_agree: bool = False) -> AccessAgreement:
    """End an authority's access after a day; running placements go on.

    Refused when: it has ended already (NotNow); the day is past; it is before the first 12 months are over or before
    the agreement's notice has run (`notice_too_short`), unless both sides agree.
    """
    actor.require("dpv.manage")
    agreement = AccessAgreement.objects.select_related("vehicle", "authority").filter(pk=access_id).first()
    if agreement is None:
        raise Http404("No such access agreement.")
    locks.hold(admissions_exclusive=[agreement.vehicle_id])
    agreement.refresh_from_db(fields=["ends_on"])
    today = database_today()
    if agreement.ends_on is not None and agreement.ends_on < today:
        raise NotNow("access_over", _("This access has ended already"))
    if last_on < max(today, agreement.starts_on):
        raise RuleBroken("access_end_in_past", _("The last day must be today or later"), "last_on")
    earliest = max(add_months(agreement.starts_on, FIRST_TERM_MONTHS), add_months(today, agreement.notice_months))
    if last_on < earliest and not both_agree:
        raise RuleBroken(
            "notice_too_short",
            _("With %(months)s months of notice the earliest last day is %(day)s")
            % {"months": agreement.notice_months, "day": date_format(earliest, "j F Y")},
            "last_on",
        )
    agreement.ends_on = last_on
    agreement.save(update_fields=["ends_on"])
    record(
        "access.ended",
        subject=agreement,
        actor=actor,
        reference=agreement.vehicle.code,
        data={"authority": agreement.authority.slug, "last_on": last_on.isoformat(), "both_agree": both_agree},
    )
    return agreement
