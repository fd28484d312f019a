"""Whether a session has proved enough for an organisation's pages.

Two questions. Has the person a second factor, their own or their identity provider's? And, for who signed in through
an identity provider alone: does it vouch for this organisation? One council's directory opens no other's doors.
"""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest

from brokerage.core.accounts.sessions import STRONG, Seen
from brokerage.core.tenants.directory import Door, doors_of
from brokerage.core.tenants.permissions import IMPERSONAL_ROLES

#: Session keys: the organisation whose identity provider asked for a second factor; where to go once one is set up.
PROVIDER_KEY = "second_factor_of_provider"
NEXT_KEY = "second_factor_next"
#: What a person proves with their own means.
OWN_METHODS = {"password", "code", "mfa"}
#: Pages that change how a person signs in. An identity provider's word alone does not open them: else whoever runs one
#: could make a member's account, and what it may do elsewhere, their own.
OWN_MEANS_ONLY = {
    "account_email",
    "account_change_password",
    "account_set_password",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
}


def has_second_factor(user: Any) -> bool:
    """An authenticator app or a passkey; recovery codes alone do not count."""
    return bool(is_mfa_enabled(user, STRONG))


def _has_second_factor_here(request: HttpRequest) -> bool:
    """The same of who asks: read with the session, where it is noted whose it is."""
    seen: Seen | None = getattr(request.session, "seen", None)
    if seen is not None and seen.person.pk == request.user.pk:
        return seen.has_second_factor
    return has_second_factor(request.user)


def remember_identity_provider(request: HttpRequest, slug: str, asked_for_second_factor: bool) -> None:
    """Called when somebody signs in through the organisation's provider."""
    request.session[PROVIDER_KEY] = slug if asked_for_second_factor else ""


def door_to(user: Any, slug: str) -> Door | None:
    """The person's way into the organisation."""
    return next((door for door in doors_of(user) if door.slug == slug), None)


def proved_themselves(request: HttpRequest) -> bool:
    """Whether the person used means of their own in this session; False for an identity provider's word alone."""
    records = get_authentication_records(request, request.user)
    return not records or any(record.get("method") in OWN_METHODS for record in records)


def vouched_for(request: HttpRequest, slug: str) -> bool:
    """False when the session knows the person only through an identity provider of another organisation."""
    if proved_themselves(request):
        return True
    records = get_authentication_records(request, request.user)
    through = {str(record.get("provider", "")) for record in records if record.get("method") == "socialaccount"}
    return slug in through or not through.isdisjoint(_behind(request.user, slug))


def is_satisfied(request: HttpRequest, slug: str) -> bool:
    """Whether the second factor suffices here: the person's own, their provider's, or none for impersonal roles."""
    if _has_second_factor_here(request):
        return True
    of_provider = request.session.get(PROVIDER_KEY)
    if of_provider and (of_provider == slug or of_provider in _behind(request.user, slug)):
        return True
    door = door_to(request.user, slug)
    # Who may not enter at all is answered by the door itself.
    return door is None or (bool(door.roles) and set(door.roles) <= IMPERSONAL_ROLES)


def _behind(user: Any, slug: str) -> set[str]:
    """The central team through which a hub broker acts for the organisation."""
    doors = doors_of(user)
    teams = {door.on_behalf_of_id for door in doors if door.slug == slug and door.on_behalf_of_id is not None}
    return {door.slug for door in doors if door.organisation_id in teams}
