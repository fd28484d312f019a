"""What the provider says of a person: when it asked them (`auth_time`) and how (`amr`), as Entra ID does."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter


class Adapter(DefaultOIDCAdapter):
    """A person whose first name is "Mfa" used a second factor; "Stale" was asked an hour ago, "Mute" gives no time."""

    def get_claims(self, purpose: Any, user: Any, client: Any, scopes: Any, **kwargs: Any) -> dict[str, Any]:
        claims = super().get_claims(purpose, user, client, scopes, **kwargs)
        if purpose == "id_token":
            claims["amr"] = ["pwd", "mfa"] if user.first_name == "Mfa" else ["pwd"]
            if user.first_name != "Mute":
                claims["auth_time"] = int(user.last_login.timestamp()) - (3600 if user.first_name == "Stale" else 0)
        return claims
