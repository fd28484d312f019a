"""People of an organisation, its look, and delegations: what its administrator does."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.core import signing
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.accounts.models import unseen
from brokerage.core.audit.record import enqueue, record
from brokerage.core.clock import database_now, database_today
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Delegation, Invitation, Membership, Organisation
from brokerage.core.tenants.permissions import ROLES_BY_KIND, Role, permissions_of
from brokerage.core.vocabulary import Category

#: How long an invitation may be accepted.
INVITATION_LIFE = dt.timedelta(days=14)
_SIGNER_SALT = "brokerage.invitation"


def token_of(invitation_id: UUID) -> str:
    """The secret part of an invitation's link: only its e-mail carries it, no table does."""
    return signing.Signer(salt=_SIGNER_SALT).sign(str(invitation_id))


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def invite_person(
    actor: Actor, *, email: str, name: str, roles: list[str], weekly_limit: Decimal | None = None
) -> Invitation:
    """Invite somebody to the actor's organisation. The e-mail goes out after the commit.

    Refused when: a role is not one of this kind of organisation's, no role is given, or the person belongs already.
    """
    actor.require("people.manage")
    _check_roles(actor, roles)
    email = email.strip().lower()
    members = Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True)
    # Somebody whose account was closed for want of use may be invited again: that opens it.
    if members.filter(user__email=email, user__is_active=True).exists():
        raise RuleBroken("already_member", _("This person belongs to your organisation already"), "email")
    now = database_now()
    Invitation.objects.filter(
        organisation_id=actor.organisation_id, email=email, accepted_at__isnull=True, withdrawn_at__isnull=True
    ).update(withdrawn_at=now)
    invitation = Invitation(
        organisation_id=actor.organisation_id,
        email=email,
        name=name.strip(),
        roles=roles,
        weekly_limit=weekly_limit,
        invited_by_id=actor.user_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    invitation.token_hash = hash_of(token_of(invitation.pk))
    invitation.save(force_insert=True)
    record("invitation.sent", subject=invitation, actor=actor, data={"roles": roles})
    enqueue("invite", queue="default", actor=actor, payload={"invitation": str(invitation.pk)})
    return invitation


@transaction.atomic
def withdraw_invitation(actor: Actor, *, invitation_id: UUID) -> None:
    """Withdraw an invitation that nobody has accepted."""
    actor.require("people.manage")
    invitation = Invitation.objects.filter(pk=invitation_id).first()
    if invitation is None:
        raise Http404
    if invitation.accepted_at or invitation.withdrawn_at:
        raise NotNow("invitation_over", _("This invitation has been accepted or withdrawn"))
    invitation.withdrawn_at = database_now()
    invitation.save(update_fields=["withdrawn_at"])
    record("invitation.withdrawn", subject=invitation, actor=actor)


@transaction.atomic
def change_membership(
    actor: Actor, *, membership_id: UUID, roles: list[str], weekly_limit: Decimal | None, job_title: str = ""
) -> Membership:
    """Change somebody's roles and money limit. Nobody changes their own: another administrator does."""
    actor.require("people.manage")
    membership = _membership(membership_id)
    _check_roles(actor, roles)
    if membership.user_id == actor.user_id:
        raise RuleBroken("own_membership", _("Ask another administrator to change your own roles"), "roles")
    before = {"roles": membership.roles, "weekly_limit": str(membership.weekly_limit)}
    membership.roles = roles
    membership.weekly_limit = weekly_limit
    membership.job_title = job_title.strip()
    membership.save(update_fields=["roles", "weekly_limit", "job_title"])
    _require_an_administrator(actor)
    record(
        "membership.changed",
        subject=membership,
        actor=actor,
        data={"before": before, "after": {"roles": roles, "weekly_limit": str(weekly_limit)}},
    )
    return membership


@transaction.atomic
def end_membership(actor: Actor, *, membership_id: UUID) -> None:
    """End somebody's membership at once; their sessions see nothing of the organisation from the commit on."""
    actor.require("people.manage")
    membership = _membership(membership_id)
    if membership.user_id == actor.user_id:
        raise RuleBroken("own_membership", _("Ask another administrator to end your own membership"), None)
    membership.is_active = False
    membership.save(update_fields=["is_active"])
    _require_an_administrator(actor)
    record("membership.ended", subject=membership, actor=actor)


@transaction.atomic
def give_delegation(
    actor: Actor,
    *,
    central_team_id: UUID,
    starts_on: dt.date,
    ends_on: dt.date | None,
    weekly_limit: Decimal | None,
    reason: str,
    categories: Sequence[str] = (),
) -> Delegation:
    """Let the region's hub brokers run the authority's referrals, from a day on, up to a weekly price, of some kinds of
    home or (none named) of all.

    Refused when: the team is not of a region of theirs (`not_our_region`); the days are turned round (`dates`); there
    is no reason; a kind is unknown (`categories`); another delegation to that team covers one of the days and kinds
    (`delegation_overlaps`).
    """
    actor.require("organisation.manage")
    if actor.kind != "authority":
        raise Http404
    ours = Organisation.objects.filter(runs_region__members__organisation_id=actor.organisation_id)
    if not ours.filter(pk=central_team_id).exists():
        raise RuleBroken("not_our_region", _("Choose the central team of one of your regions"), "central_team")
    if ends_on is not None and ends_on < starts_on:
        raise RuleBroken("dates", _("The last day must not be before the first"), "ends_on")
    if not reason.strip():
        raise RuleBroken("reason_missing", _("Say why you delegate"), "reason")
    if not set(categories) <= set(Category.values):
        raise RuleBroken("categories", _("Choose kinds of home from the list"), "categories")
    hold_name(f"delegations:{actor.organisation_id}")
    same = Delegation.objects.filter(central_team_id=central_team_id, ended_at__isnull=True)
    same = same.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
    if ends_on is not None:
        same = same.filter(starts_on__lte=ends_on)
    # Two at once would leave open which of two limits holds. No kind named means all kinds.
    if any(not categories or not other or set(categories) & set(other) for other in _categories_of(same)):
        raise RuleBroken(
            "delegation_overlaps",
            _("You have delegated these homes to this team on some of these days: end that delegation first"),
            "starts_on",
        )
    delegation = Delegation.objects.create(
        authority_id=actor.organisation_id,
        central_team_id=central_team_id,
        starts_on=starts_on,
        ends_on=ends_on,
        weekly_limit=weekly_limit,
        reason=reason.strip(),
        categories=list(categories),
    )
    data = {"weekly_limit": str(weekly_limit), "categories": list(categories)}
    record("delegation.given", subject=delegation, actor=actor, data=data)
    return delegation


def _categories_of(delegations: QuerySet[Delegation]) -> list[list[str]]:
    return list(delegations.values_list("categories", flat=True))


@transaction.atomic
def end_delegation(actor: Actor, *, delegation_id: UUID) -> None:
    """End a delegation from this moment on."""
    actor.require("organisation.manage")
    if actor.kind != "authority":
        raise Http404
    delegation = Delegation.objects.filter(pk=delegation_id).first()
    if delegation is None:
        raise Http404
    if delegation.ended_at is not None:
        raise NotNow("delegation_over", _("This delegation has ended already"))
    delegation.ended_at = database_now()
    delegation.ends_on = max(delegation.starts_on, database_today())
    delegation.save(update_fields=["ended_at", "ends_on"])
    record("delegation.ended", subject=delegation, actor=actor)


@transaction.atomic
def change_organisation(
    actor: Actor,
    *,
    name_cy: str,
    colour: str,
    contact_email: str,
    contact_phone: str,
    out_of_hours_phone: str,
    address: str,
    machine_signing: bool | None = None,
) -> None:
    """Change what people see of the organisation (colour, contacts, Welsh name) and, for the two kinds that sign
    agreements, whether their API clients may sign (None leaves that as it is)."""
    actor.require("organisation.manage")
    changes: dict[str, str | bool] = {
        "name_cy": name_cy.strip(),
        "colour": colour,
        "contact_email": contact_email.strip(),
        "contact_phone": contact_phone.strip(),
        "out_of_hours_phone": out_of_hours_phone.strip(),
        "address": address.strip(),
    }
    if machine_signing is not None:
        if not may_sign_by_machine(actor.kind):
            raise Http404
        changes["machine_signing"] = machine_signing
    organisation = Organisation.objects.get(pk=actor.organisation_id)
    changed = [name for name, value in changes.items() if getattr(organisation, name) != value]
    Organisation.objects.filter(pk=actor.organisation_id).update(**changes)
    record("organisation.changed", subject=organisation, actor=actor, data={"fields": changed})
    if "machine_signing" in changed:
        record(
            "organisation.machine_signing_changed", subject=organisation, actor=actor, data={"is_on": machine_signing}
        )


def may_sign_by_machine(kind: str) -> bool:
    """Whether this kind of organisation signs agreements, so that the setting concerns it."""
    return kind in (Organisation.Kind.AUTHORITY, Organisation.Kind.PROVIDER)


def accept_invitation(token: str, user_id: UUID) -> str | None:
    """Join the organisation; returns its slug, or None when the link is over or is another person's.

    Runs as the login role, before any membership exists; the definer function checks everything again.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT accept_invitation(%s, %s)", [hash_of(token), user_id])
        slug: str | None = cursor.fetchone()[0]
    return slug


def open_invitation(token: str) -> dict[str, str] | None:
    """What the invitation's page may say (organisation, name, e-mail), or None when the link is over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation, name, email FROM open_invitation(%s)", [hash_of(token)])
        row = cursor.fetchone()
    return None if row is None else {"organisation": row[0], "name": row[1], "email": row[2]}


def _membership(membership_id: UUID) -> Membership:
    rows = Membership.objects.select_related("user").defer(*unseen("user"))
    membership = rows.filter(pk=membership_id, is_active=True).first()
    if membership is None:
        raise Http404
    return membership


def _check_roles(actor: Actor, roles: list[str]) -> None:
    allowed = {role.value for role in ROLES_BY_KIND.get(actor.kind, ())}
    if not roles:
        raise RuleBroken("roles_missing", _("Choose at least one role"), "roles")
    if not set(roles) <= allowed:
        raise RuleBroken("roles_unknown", _("Choose roles of your kind of organisation"), "roles")


def _require_an_administrator(actor: Actor) -> None:
    members = Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True)
    if not any("people.manage" in permissions_of(roles) for roles in members.values_list("roles", flat=True)):
        raise RuleBroken("last_administrator", _("At least one administrator must remain"), "roles")


def role_choices(actor: Actor) -> list[tuple[str, str]]:
    """The roles this kind of organisation has, for a form."""
    return [(role.value, str(Role(role).label)) for role in ROLES_BY_KIND.get(actor.kind, ())]
