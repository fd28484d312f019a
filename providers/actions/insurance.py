"""A provider's insurance policies. Without cover on the day it is neither invited nor awarded (`dpv.eligibility`)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from brokerage.core import locks
from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.money import money_text
from brokerage.core.tenants.actors import Actor
from providers.actions.certificates import put_certificate
from providers.models import Insurance


@transaction.atomic
def put_policy(
    actor: Actor,
    *,
    kind: str,
    insurer: str,
    policy_number: str,
    cover_amount: Decimal,
    starts_on: dt.date,
    expires_on: dt.date,
    policy_id: UUID | None = None,
    file: UploadedFile | None = None,
) -> Insurance:
    """Add a policy, or correct one (`policy_id`); `file` is its certificate and takes the place of an earlier one.

    Refused: no cover, an end before the start, a second policy of the same kind from the same day, or a file that is
    not what it says (`uploads.check_upload`).
    """
    actor.require("profile.manage")
    # Who is being invited, offers or is awarded now has the cover that was looked at.
    locks.hold(standings_exclusive=[actor.organisation_id])
    policy = Insurance(provider_id=actor.organisation_id)
    if policy_id is not None:
        found = Insurance.objects.filter(pk=policy_id, provider_id=actor.organisation_id).first()
        if found is None:
            raise Http404
        policy = found
    if kind not in Insurance.Kind.values:
        raise RuleBroken("kind_unknown", _("Select the kind of insurance"), "kind")
    if cover_amount <= 0:
        raise RuleBroken("cover_missing", _("Enter the amount of cover"), "cover_amount")
    if expires_on < starts_on:
        raise RuleBroken("ends_before_start", _("The last day of cover must not be before the first"), "expires_on")
    policy.kind, policy.insurer, policy.policy_number = kind, insurer.strip(), policy_number.strip()
    policy.cover_amount, policy.starts_on, policy.expires_on = cover_amount, starts_on, expires_on
    stored = put_certificate(policy, file) if file is not None else ""
    try:
        _save(actor, policy, is_new=policy_id is None, has_certificate=bool(stored))
    except Exception:
        if stored:
            default_storage.delete(stored)
        raise
    return policy


def _save(actor: Actor, policy: Insurance, *, is_new: bool, has_certificate: bool) -> None:
    try:
        with transaction.atomic():
            policy.save(force_insert=is_new)
    except IntegrityError:
        message = _("You have a policy of this kind from this day already: change that one")
        raise RuleBroken("policy_twice", message, "starts_on") from None
    record(
        "insurance.added" if is_new else "insurance.changed",
        subject=policy,
        actor=actor,
        data={
            "kind": policy.kind,
            "cover_amount": money_text(policy.cover_amount),
            "starts_on": policy.starts_on.isoformat(),
            "expires_on": policy.expires_on.isoformat(),
            **({"certificate": policy.certificate_sha256} if has_certificate else {}),
        },
    )
