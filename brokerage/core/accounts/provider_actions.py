"""Setting an organisation's identity provider: what its administrator does.

The table belongs to the login role, so writing goes through definer functions (`row_security`), which take the
organisation from the context and ask again whether the person is its administrator. The client secret goes in and
never comes out.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import connection, transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from brokerage.core.accounts.identity_providers import origin_of
from brokerage.core.accounts.sealed_text import seal
from brokerage.core.audit.record import record
from brokerage.core.errors import RuleBroken
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.models import Organisation

WELL_KNOWN = "/.well-known/openid-configuration"
#: Kinds of organisation whose people an identity provider may vouch for.
KINDS = ("authority", "associate", "central")
#: Seconds to wait for the provider's own description.
TIMEOUT = 5
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
#: Directories of Entra ID that let in anybody's directory, not the organisation's.
_SHARED_DIRECTORIES = {"common", "organizations", "consumers"}


@dataclass(frozen=True)
class ProviderSettings:
    """What the page shows: everything but the secret. `people` have signed in with it."""

    name: str
    client_id: str
    server_url: str
    domains: tuple[str, ...]
    counts_as_second_factor: bool
    people: int


def current_provider(actor: Actor) -> ProviderSettings | None:
    """The organisation's provider, or None."""
    _require(actor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, client_id, settings::text, people FROM own_identity_provider()")
        row = cursor.fetchone()
    if row is None:
        return None
    stored: dict[str, Any] = json.loads(row[2])
    return ProviderSettings(
        name=row[0],
        client_id=row[1],
        server_url=stored["server_url"],
        domains=tuple(stored["domains"]),
        counts_as_second_factor=bool(stored["counts_as_second_factor"]),
        people=row[3],
    )


@transaction.atomic
def set_provider(
    actor: Actor,
    *,
    name: str,
    server_url: str,
    client_id: str,
    client_secret: str,
    domains: list[str],
    counts_as_second_factor: bool,
) -> None:
    """Set or change the organisation's provider. An empty secret keeps the one that is stored.

    Refused when: the address is not https, names this machine or a shared directory, or does not answer as OpenID
    Connect says; a domain is no domain or is another organisation's; the secret is missing the first time. Another
    server address unlinks everybody who signed in through the old one.
    """
    before = current_provider(actor)
    if before is None and not client_secret:
        raise RuleBroken("secret_missing", _("Enter the client secret"), "client_secret")
    wanted = sorted({domain.strip().lower().lstrip("@") for domain in domains if domain.strip()})
    if not wanted:
        raise RuleBroken("domains_missing", _("Enter at least one domain"), "domains")
    for domain in wanted:
        if not _DOMAIN.fullmatch(domain):
            raise RuleBroken("domain_invalid", _("Enter domains like harrow.gov.uk, one a line"), "domains")
    server_url = checked_server_url(server_url)
    description = read_description(server_url)
    stored: dict[str, Any] = {
        "server_url": server_url,
        "domains": wanted,
        "counts_as_second_factor": counts_as_second_factor,
        "origins": sorted({origin_of(server_url), origin_of(description["authorization_endpoint"])}),
        "oauth_pkce_enabled": True,
    }
    if client_secret:
        stored["sealed_secret"] = seal(client_secret)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_own_identity_provider(%s, %s, %s::jsonb)", [name.strip(), client_id.strip(), json.dumps(stored)]
        )
        answer: str = cursor.fetchone()[0]
    if answer == "domain_taken":
        raise RuleBroken("domain_taken", _("Another organisation signs in with one of these domains"), "domains")
    after = {
        "name": name.strip(),
        "client_id": client_id.strip(),
        "server_url": server_url,
        "domains": tuple(wanted),
        "counts_as_second_factor": counts_as_second_factor,
    }
    changed = [field for field, value in after.items() if before is None or getattr(before, field) != value]
    record(
        "identity_provider.set",
        subject=_organisation(actor),
        actor=actor,
        data={
            "changed": [*changed, *(["client_secret"] if client_secret else [])],
            "server_url": server_url,
            "domains": wanted,
            "counts_as_second_factor": counts_as_second_factor,
        },
    )


@transaction.atomic
def remove_provider(actor: Actor) -> None:
    """Remove the provider and every link to it: people sign in with a password, code or passkey from now on."""
    if current_provider(actor) is None:
        raise Http404
    with connection.cursor() as cursor:
        cursor.execute("SELECT remove_own_identity_provider()")
    record("identity_provider.removed", subject=_organisation(actor), actor=actor)


def checked_server_url(url: str) -> str:
    """The address without its well-known ending. Refused unless it is https at a public name."""
    url = url.strip().rstrip("/").removesuffix(WELL_KNOWN)
    parts = urlsplit(url)
    refused = RuleBroken("server_url", _("Enter an address that starts with https://"), "server_url")
    if not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
        raise refused
    if settings.OIDC_ALLOW_LOOPBACK:
        return url
    try:
        ipaddress.ip_address(parts.hostname)
        raise refused
    except ValueError:
        pass
    if parts.scheme != "https" or "." not in parts.hostname or parts.hostname.endswith((".local", ".internal")):
        raise refused
    if parts.hostname.startswith("login.microsoftonline.") and set(parts.path.split("/")) & _SHARED_DIRECTORIES:
        raise RuleBroken(
            "shared_directory",
            _("Use the address of your own directory, not the one shared by all organisations"),
            "server_url",
        )
    return url


def read_description(server_url: str) -> dict[str, str]:
    """What the provider says of itself; refused when it does not answer or says too little."""
    refused = RuleBroken(
        "server_silent",
        _("No identity provider answered at this address. Check it, and try again."),
        "server_url",
    )
    try:
        answer = requests.get(f"{server_url}{WELL_KNOWN}", timeout=TIMEOUT, allow_redirects=False)
        description = answer.json() if answer.status_code == 200 else None
    except (requests.RequestException, ValueError) as error:
        raise refused from error
    needed = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    if not isinstance(description, dict) or not all(isinstance(description.get(name), str) for name in needed):
        raise refused
    return description


def _require(actor: Actor) -> None:
    actor.require("organisation.manage")
    if actor.kind not in KINDS or actor.on_behalf_of_id is not None:
        raise Http404


def _organisation(actor: Actor) -> Organisation:
    return Organisation.objects.get(pk=actor.organisation_id)
