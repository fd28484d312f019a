"""What an administrator does with the organisation's API clients: create, change, replace the secret, revoke."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from allauth.idp.oidc.models import Client, Token
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.api.models import NO_SECRET, ApiClient
from brokerage.core.api.scopes import scopes_of
from brokerage.core.audit.record import record
from brokerage.core.clock import database_now
from brokerage.core.errors import NotNow, RuleBroken
from brokerage.core.locks import hold_name
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Membership
from brokerage.core.webhooks.actions import NEEDED_SCOPE, silence_client
from brokerage.core.webhooks.noting import begin_feed


@transaction.atomic
def create_client(
    actor: Actor, *, name: str, scopes: Sequence[str], owner_id: UUID, weekly_limit: Decimal | None = None
) -> tuple[ApiClient, str]:
    """Make a client of the actor's organisation. Returns it and its secret, which is shown once and kept as a hash.

    `weekly_limit` is in pounds a week. Refused when: the name is in use, a scope is not one of this kind of
    organisation's, or the owner is not an active member.
    """
    actor.require("organisation.manage")
    _hold(actor)
    _check(actor, name, scopes, owner_id)
    secret = secrets.token_urlsafe(32)
    oauth = Client(
        # The organisation stands in the identifier, so that row security knows whose it is.
        id=f"{actor.organisation_id}.{secrets.token_hex(8)}",
        name=name.strip(),
        grant_types=Client.GrantType.CLIENT_CREDENTIALS.value,
        response_types="",
        scopes="\n".join(scopes),
        default_scopes="\n".join(scopes),
    )
    oauth.set_secret(secret)
    oauth.save(force_insert=True)
    client = ApiClient(
        organisation_id=actor.organisation_id,
        oauth=oauth,
        name=name.strip(),
        owner_id=owner_id,
        weekly_limit=weekly_limit,
        secret_by_id=actor.user_id,
        created_at=database_now(),
    )
    client.save(force_insert=True)
    begin_feed(actor.organisation_id)
    record(
        "api_client.created",
        subject=client,
        actor=actor,
        reference=oauth.id,
        data={"scopes": list(scopes), "owner": str(owner_id), "weekly_limit": str(weekly_limit)},
    )
    return client, secret


@transaction.atomic
def change_client(
    actor: Actor,
    *,
    client_id: UUID,
    name: str,
    scopes: Sequence[str],
    owner_id: UUID,
    weekly_limit: Decimal | None = None,
) -> ApiClient:
    """Change a client's name, scopes, owner and limit. Tokens given out before end, so that no scope outlives this.

    With another owner the secret stops working too: the one before holds it, and would be a pair of hands that nobody
    counts. `has_secret` is False until it is replaced.
    """
    client = _standing(actor, client_id)
    _check(actor, name, scopes, owner_id, client)
    before = {"scopes": client.scopes, "owner": str(client.owner_id), "weekly_limit": str(client.weekly_limit)}
    Client.objects.filter(pk=client.oauth_id).update(
        name=name.strip(), scopes="\n".join(scopes), default_scopes="\n".join(scopes)
    )
    _end_tokens(client)
    if owner_id != client.owner_id:
        Client.objects.filter(pk=client.oauth_id).update(secret=NO_SECRET)
        client.secret_by_id = None
    client.name, client.owner_id, client.weekly_limit = name.strip(), owner_id, weekly_limit
    client.save(update_fields=["name", "owner", "weekly_limit", "secret_by_id"])
    client.oauth.refresh_from_db()
    if NEEDED_SCOPE not in scopes:
        silence_client(actor, client_id=client.pk)
    after = {"scopes": list(scopes), "owner": str(owner_id), "weekly_limit": str(weekly_limit)}
    record(
        "api_client.changed",
        subject=client,
        actor=actor,
        reference=client.oauth_id,
        data={"before": before, "after": after},
    )
    return client


@transaction.atomic
def rotate_secret(actor: Actor, *, client_id: UUID) -> tuple[ApiClient, str]:
    """Replace the secret; the old one and every token end at once. Returns the new secret, shown once."""
    client = _standing(actor, client_id)
    secret = secrets.token_urlsafe(32)
    client.oauth.set_secret(secret)
    Client.objects.filter(pk=client.oauth_id).update(secret=client.oauth.secret)
    _end_tokens(client)
    client.rotated_at, client.secret_by_id = database_now(), actor.user_id
    client.save(update_fields=["rotated_at", "secret_by_id"])
    record("api_client.rotated", subject=client, actor=actor, reference=client.oauth_id)
    return client, secret


@transaction.atomic
def revoke_client(actor: Actor, *, client_id: UUID) -> ApiClient:
    """End a client for good, with every token it holds."""
    client = _standing(actor, client_id)
    Client.objects.filter(pk=client.oauth_id).update(secret=NO_SECRET, grant_types="", scopes="", default_scopes="")
    _end_tokens(client)
    client.revoked_at = database_now()
    client.save(update_fields=["revoked_at"])
    record("api_client.revoked", subject=client, actor=actor, reference=client.oauth_id)
    return client


def _hold(actor: Actor) -> None:
    hold_name(f"api clients:{actor.organisation_id}")


def _standing(actor: Actor, client_id: UUID) -> ApiClient:
    actor.require("organisation.manage")
    _hold(actor)
    client = ApiClient.objects.select_related("oauth").filter(pk=client_id).first()
    if client is None:
        raise Http404
    if client.revoked_at:
        raise NotNow("client_revoked", _("This client has been revoked"))
    return client


def _end_tokens(client: ApiClient) -> None:
    Token.objects.filter(client_id=client.oauth_id).delete()


def _check(actor: Actor, name: str, scopes: Sequence[str], owner_id: UUID, client: ApiClient | None = None) -> None:
    if not name.strip():
        raise RuleBroken("required", _("Enter what the client is called"), "name")
    others = ApiClient.objects.filter(
        organisation_id=actor.organisation_id, name__iexact=name.strip(), revoked_at__isnull=True
    )
    if (others.exclude(pk=client.pk) if client else others).exists():
        raise RuleBroken("name_taken", _("Another client has this name"), "name")
    if not scopes:
        raise RuleBroken("required", _("Choose what the client may do"), "scopes")
    if set(scopes) - scopes_of(actor.kind).keys():
        raise RuleBroken("unknown_scope", _("Choose scopes from the list"), "scopes")
    members = Membership.objects.filter(organisation_id=actor.organisation_id, is_active=True, user__is_active=True)
    if not members.filter(user_id=owner_id).exists():
        raise RuleBroken("not_a_member", _("Choose a person of your organisation"), "owner")
