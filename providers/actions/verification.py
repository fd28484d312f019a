"""What the central team records about a provider: verified or not, credit report, link authority, registration.

Each with its reason, each in the trail, and the provider is told.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import Notice, record
from brokerage.core.clock import database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation
from providers import consequences
from providers.models import Establishment, Occupancy, Provider

#: What the regulator decides and only the central team changes here.
REGISTRATION = (
    "registration_status",
    "rating",
    "inspected_on",
    "capacity",
    "age_min",
    "age_max",
    "sex_accepted",
    "registered_manager",
    "closed_on",
)


@transaction.atomic
def verify_provider(actor: Actor, *, provider_id: UUID, reason: str) -> Provider:
    """Record that the provider's papers were checked today. Refused without saying what was seen."""
    provider = _provider(actor, provider_id)
    _need_reason(reason)
    provider.verified_on = database_today()
    provider.save(update_fields=["verified_on"])
    _record("provider.verified", provider, actor, {"reason": reason.strip()}, "providers.verified")
    _tell_change(actor, provider)
    return provider


@transaction.atomic
def withdraw_verification(actor: Actor, *, provider_id: UUID, reason: str) -> Provider:
    """Take the verification back. Refused without a reason, or when there is none (`NotNow`)."""
    provider = _provider(actor, provider_id)
    _need_reason(reason)
    if provider.verified_on is None:
        raise NotNow("not_verified", _("This provider is not verified"))
    before = provider.verified_on
    provider.verified_on = None
    provider.save(update_fields=["verified_on"])
    data = {"reason": reason.strip(), "verified_on": before.isoformat()}
    _record("provider.verification_withdrawn", provider, actor, data, "providers.verification_withdrawn")
    _tell_change(actor, provider)
    return provider


@transaction.atomic
def record_oversight(
    actor: Actor,
    *,
    provider_id: UUID,
    link_authority_id: UUID | None,
    credit_report_on: dt.date | None,
    credit_report_score: str,
) -> Provider:
    """Record which authority monitors the provider for all, and the latest credit report.

    Refused: an organisation that is no authority, a report from the future or a score without a date.
    """
    provider = _provider(actor, provider_id)
    if (
        link_authority_id is not None
        and not Organisation.objects.filter(pk=link_authority_id, kind=Organisation.Kind.AUTHORITY).exists()
    ):
        raise RuleBroken("not_an_authority", _("Select a local authority"), "link_authority")
    if credit_report_on is not None and credit_report_on > database_today():
        raise RuleBroken("report_in_future", _("The report’s date must be today or earlier"), "credit_report_on")
    if credit_report_score and credit_report_on is None:
        raise RuleBroken("report_date_missing", _("Enter the date of the credit report"), "credit_report_on")
    values = {
        "link_authority_id": link_authority_id,
        "credit_report_on": credit_report_on,
        "credit_report_score": credit_report_score.strip(),
    }
    changed = _set(provider, values)
    if changed:
        provider.save(update_fields=changed)
        record("provider.oversight_recorded", subject=provider, actor=actor, data={"fields": changed})
    return provider


@transaction.atomic
def change_registration(actor: Actor, *, establishment_id: UUID, values: dict[str, Any], reason: str) -> Establishment:
    """Bring what the regulator decides in line with its register, and note that it was checked today.

    Invitations, offers and awards of its provider wait meanwhile. Refused: no reason, ages the wrong way round, no
    places, a closing date that comes before the registration.
    """
    actor.require("providers.verify")
    unknown = set(values) - set(REGISTRATION)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are not of the registration.")
    provider_id = Establishment.objects.filter(pk=establishment_id).values_list("provider_id", flat=True).first()
    if provider_id is None:
        raise Http404
    locks.hold(establishments=[establishment_id], standings_exclusive=[provider_id])
    home = Establishment.objects.select_related("provider__organisation").get(pk=establishment_id)
    _need_reason(reason)
    places_before = home.capacity
    changed = _set(home, values)
    if "capacity" in changed and (home.capacity or 0) > (places_before or 0):
        home.grew_on = database_today()
    if home.age_min > home.age_max:
        raise RuleBroken("ages_crossed", _("The highest age must not be below the lowest age"), "age_max")
    if home.capacity is None and not home.is_fostering:
        raise RuleBroken("capacity_missing", _("Enter the number of registered places"), "capacity")
    if home.closed_on is not None and home.closed_on < home.registered_on:
        raise RuleBroken("closed_before_open", _("It cannot close before it was registered"), "closed_on")
    home.registration_checked_on = database_today()
    # Somebody has looked into it, and says what the regulator says.
    was_missing, home.missing_since = home.missing_since is not None, None
    home.save(update_fields=[*changed, "registration_checked_on", "grew_on", "missing_since"])
    if "capacity" in changed and home.capacity is not None:
        _fit_counter(home, home.capacity)
    told = Notice(
        "providers.registration_changed",
        home.provider_id,
        home.urn,
        f"/o/{home.provider.organisation.slug}/our-homes/{home.pk}/",
        permissions=("profile.manage",),
    )
    record(
        "establishment.registration_changed" if changed else "establishment.registration_checked",
        subject=home,
        actor=actor,
        reference=home.urn,
        data={"fields": changed, "reason": reason.strip(), "status": home.registration_status},
        notify=[told] if changed else [],
    )
    if changed or was_missing:
        consequences.changed(actor, [home.pk])
    return home


def _tell_change(actor: Actor, provider: Provider) -> None:
    homes = Establishment.objects.filter(provider_id=provider.pk)
    consequences.changed(actor, list(homes.values_list("pk", flat=True)))


def _fit_counter(home: Establishment, capacity: int) -> None:
    counter = Occupancy.objects.select_for_update().filter(establishment=home).first()
    if counter is not None:
        counter.places, counter.taken = capacity, min(counter.taken, capacity)
        counter.save(update_fields=["places", "taken"])


def _provider(actor: Actor, provider_id: UUID) -> Provider:
    actor.require("providers.verify")
    provider = Provider.objects.select_related("organisation").filter(pk=provider_id).first()
    if provider is None:
        raise Http404
    return provider


def _need_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Enter the reason"), "reason")


def _set(row: Any, values: dict[str, Any]) -> list[str]:
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _record(kind: str, provider: Provider, actor: Actor, data: dict[str, Any], template: str) -> None:
    slug = provider.organisation.slug
    told = Notice(template, provider.pk, provider.legal_name, f"/o/{slug}/our-homes/", permissions=("profile.manage",))
    record(kind, subject=provider, actor=actor, reference=provider.legal_name, data=data, notify=[told])
