"""API clients in tests: `client_of("olive")` is a system that Olive owns in her organisation, with a good token."""

from __future__ import annotations

import hashlib
import json as jsonlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

from allauth.idp.oidc.models import Token
from django.test import Client as Browser
from django.utils import timezone

from brokerage.core.api.clients import create_client
from brokerage.core.api.scopes import scopes_of
from brokerage.core.tenants.actors import Actor
from brokerage.core.tenants.context import acting
from tests.cast import actor_of

JSON = "application/json"


@dataclass
class Machine:
    """A system with its token. Answers are Django's test responses."""

    token: str
    client_id: UUID
    browser: Browser = field(default_factory=Browser)

    def send(self, method: str, path: str, data: Any = None, content_type: str = JSON, **headers: str) -> Any:
        body = data if isinstance(data, bytes) else b"" if data is None else jsonlib.dumps(data).encode()
        return self.browser.generic(
            method,
            path if path.startswith("/api/") else f"/api/v1{path}",
            body,
            content_type=content_type,
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        address = f"{path}?{urlencode(query, doseq=True)}" if query else path
        return self.send("GET", address, **(headers or {}))

    def post(self, path: str, json: Any = None, key: str | None = None) -> Any:
        return self.send("POST", path, {} if json is None else json, **({"Idempotency-Key": key} if key else {}))

    def patch(self, path: str, json: Any, if_match: str | None = None) -> Any:
        return self.send("PATCH", path, json, **({"If-Match": if_match} if if_match else {}))

    def put(self, path: str, json: Any, if_match: str | None = None) -> Any:
        return self.send("PUT", path, json, **({"If-Match": if_match} if if_match else {}))

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)

    def upload(
        self, path: str, content: bytes, content_type: str = "application/octet-stream", name: str | None = None
    ) -> Any:
        named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"} if name is not None else {}
        return self.send("POST", path, content, content_type=content_type, **named)


def client_of(
    who: str, scopes: Sequence[str] | None = None, weekly_limit: str | None = "9000.00", owner: str | None = None
) -> Machine:
    """A client owned by the person `who` of the cast (such as "olive"), in their organisation, with every scope of its
    kind unless `scopes` are named. It acts for that organisation."""
    return machine_of(actor_of(owner or who), scopes, weekly_limit)


def machine_of(owning: Actor, scopes: Sequence[str] | None = None, weekly_limit: str | None = None) -> Machine:
    """A client that this person owns in the organisation they act for."""
    administrator = replace(owning, permissions=owning.permissions | {"organisation.manage"})
    kind = owning.kind
    with acting(administrator) as actor:
        client, _secret = create_client(
            actor,
            name=f"System {uuid4().hex[:12]}",
            scopes=sorted(scopes_of(kind)) if scopes is None else list(scopes),
            owner_id=owning.user_id,
            weekly_limit=Decimal(weekly_limit) if weekly_limit else None,
        )
        granted = client.oauth.scopes
    return Machine(token_for(client.oauth_id, granted), client.pk)


def token_for(oauth_id: str, scopes: str, *, minutes: int = 60) -> str:
    """An access token as the token endpoint gives, without its slow hash of the secret."""
    value = secrets.token_urlsafe(32)
    Token.objects.create(
        type=Token.Type.ACCESS_TOKEN,
        hash=hashlib.sha256(value.encode()).hexdigest(),
        client_id=oauth_id,
        scopes=scopes,
        expires_at=timezone.now() + timedelta(minutes=minutes),
    )
    return value
