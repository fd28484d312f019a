"""Pages of an organisation's administrator: people, invitations, delegations, look, audit."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from brokerage.core.accounts.mobile import members_with_texts
from brokerage.core.accounts.models import unseen
from brokerage.core.audit.models import Entry
from brokerage.core.sms.gateways import texts_are_set_up
from brokerage.core.tenants import actions
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.forms import DelegationForm, InviteForm, MembershipForm, OrganisationForm
from brokerage.core.tenants.models import Delegation, Invitation, Membership, Organisation
from brokerage.core.web import OrganisationRequest, address, attempt


def people(request: OrganisationRequest) -> HttpResponse:
    """Who belongs, and who is invited."""
    request.actor.require("people.manage")
    organisation_id = request.actor.organisation_id
    members = Membership.objects.filter(organisation_id=organisation_id, is_active=True)
    members = members.select_related("user").defer(*unseen("user"))
    invited = Invitation.objects.filter(
        organisation_id=organisation_id, accepted_at__isnull=True, withdrawn_at__isnull=True
    )
    has_texts = texts_are_set_up() and request.actor.kind != "host"
    return render(
        request,
        "tenants/people.html",
        {
            "members": members.order_by("user__name"),
            "invited": invited.order_by("-created_at"),
            "has_texts": has_texts,
            "texted": members_with_texts() if has_texts else set(),
        },
    )


def invite(request: OrganisationRequest) -> HttpResponse:
    """Invite somebody."""
    request.actor.require("people.manage")
    form = InviteForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        sent = attempt(
            form,
            actions.invite_person,
            actor=request.actor,
            email=data["email"],
            name=data["name"],
            roles=data["roles"],
            weekly_limit=data.get("weekly_limit"),
        )
        if sent is not None:
            messages.success(request, _("The invitation is on its way."))
            return redirect(address(request.actor, "tenants:people"))
    return render(request, "tenants/invite.html", {"form": form})


@require_POST
def withdraw_invitation(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """Withdraw an invitation."""
    actions.withdraw_invitation(request.actor, invitation_id=pk)
    messages.success(request, _("The invitation is withdrawn."))
    return redirect(address(request.actor, "tenants:people"))


def membership(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """One person's roles and limit; ending the membership."""
    request.actor.require("people.manage")
    row = (
        Membership.objects.select_related("user")
        .defer(*unseen("user"))
        .filter(pk=pk, is_active=True, organisation_id=request.actor.organisation_id)
        .first()
    )
    if row is None:
        raise Http404
    initial = {"roles": row.roles, "weekly_limit": row.weekly_limit, "job_title": row.job_title}
    form = MembershipForm(request.POST or None, actor=request.actor, initial=initial)
    if request.method == "POST" and "end" in request.POST:
        ended = attempt(form, _end, actor=request.actor, pk=pk)
        if ended:
            messages.success(request, _("The membership has ended."))
            return redirect(address(request.actor, "tenants:people"))
    elif request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            actions.change_membership,
            actor=request.actor,
            membership_id=pk,
            roles=form.cleaned_data["roles"],
            weekly_limit=form.cleaned_data.get("weekly_limit"),
            job_title=form.cleaned_data["job_title"],
        )
        if changed is not None:
            messages.success(request, _("The roles are changed."))
            return redirect(address(request.actor, "tenants:people"))
    return render(request, "tenants/membership.html", {"row": row, "form": form})


def organisation(request: OrganisationRequest) -> HttpResponse:
    """The organisation's colour and contacts."""
    request.actor.require("organisation.manage")
    row = Organisation.objects.get(pk=request.actor.organisation_id)
    form = OrganisationForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        actions.change_organisation(request.actor, **form.cleaned_data)
        messages.success(request, _("Your organisation's details are changed."))
        return redirect(address(request.actor, "tenants:organisation"))
    return render(request, "tenants/organisation.html", {"form": form})


def delegations(request: OrganisationRequest) -> HttpResponse:
    """Who may act for the authority, and since when."""
    request.actor.require("organisation.manage")
    if request.actor.kind != "authority":
        raise Http404
    rows = Delegation.objects.filter(authority_id=request.actor.organisation_id).select_related("central_team")
    form = DelegationForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        given = attempt(
            form,
            actions.give_delegation,
            actor=request.actor,
            central_team_id=data["central_team"].pk,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            weekly_limit=data["weekly_limit"],
            reason=data["reason"],
            categories=data["categories"],
        )
        if given is not None:
            messages.success(request, _("The delegation is given."))
            return redirect(address(request.actor, "tenants:delegations"))
    return render(request, "tenants/delegations.html", {"rows": rows.order_by("-starts_on"), "form": form})


@require_POST
def end_delegation(request: OrganisationRequest, pk: UUID) -> HttpResponse:
    """End a delegation."""
    actions.end_delegation(request.actor, delegation_id=pk)
    messages.success(request, _("The delegation has ended."))
    return redirect(address(request.actor, "tenants:delegations"))


def audit(request: OrganisationRequest) -> HttpResponse:
    """The organisation's own audit trail, newest first."""
    request.actor.require("audit.view")
    rows = Entry.objects.filter(organisation_id=request.actor.organisation_id).select_related("link")
    page = Paginator(rows.order_by("-at", "id"), 50).get_page(request.GET.get("page"))
    return render(request, "tenants/audit.html", {"page": page})


def _end(*, actor: Actor, pk: UUID) -> bool:
    actions.end_membership(actor, membership_id=pk)
    return True
