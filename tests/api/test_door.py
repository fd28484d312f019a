"""The door of the API: tokens, scopes, limits, and what a refusal looks like."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from brokerage.core.api import clients
from brokerage.core.api.models import ApiClient
from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotNow, NotPermitted, RuleBroken
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from tests.api.clients import client_of
from tests.cast import actor_of, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def made(**changes: Any) -> tuple[ApiClient, str]:
    """A client made by Harrow's administrator."""
    values = {"name": "Case system", "scopes": ["reference:read"], "owner_id": user_of("olive").pk, **changes}
    with acting(actor_of("adam")) as actor:
        client, secret = clients.create_client(actor, **values)
        assert client.oauth
    return client, secret


def ask_token(client_id: str, secret: str, **more: str) -> Any:
    said = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Browser().post(
        "/api/oauth/token",
        {"grant_type": "client_credentials", **more},
        headers={"Authorization": f"Basic {said}"},
    )


def call(token: str, path: str = "/api/v1/authorities") -> Any:
    return Browser().get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_client_gets_a_token_and_enters_its_organisation() -> None:
    client, secret = made()
    answer = ask_token(client.oauth_id, secret)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["token_type"] == "Bearer" and told["expires_in"] == 3600 and told["scope"] == "reference:read"
    listed = call(told["access_token"])
    assert listed.status_code == 200, listed.content
    assert listed["RateLimit"].startswith('"client";r=599;t=') and listed["RateLimit-Policy"] == '"client";q=600;w=60'
    assert listed["Cache-Control"] == "private, no-store"
    with acting(actor_of("adam")):
        assert ApiClient.objects.get(pk=client.pk).last_used_at is not None


def test_fewer_scopes_may_be_asked_for_and_never_more() -> None:
    client, secret = made(scopes=["referrals:read", "offers:read"])
    assert ask_token(client.oauth_id, secret, scope="offers:read").json()["scope"] == "offers:read"
    refused = ask_token(client.oauth_id, secret, scope="referrals:write")
    assert refused.status_code == 400 and refused.json()["error"] == "invalid_scope"


def test_a_wrong_secret_and_other_grants_get_nothing() -> None:
    client, secret = made()
    assert ask_token(client.oauth_id, secret + "x").status_code == 401
    for grant in ("password", "authorization_code", "refresh_token", ""):
        assert ask_token(client.oauth_id, secret, grant_type=grant).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer wrong-token-wrong-token", "Basic abc", "bearer a b"])
def test_no_token_no_answer(said: str) -> None:
    answer = Browser().get("/api/v1/authorities", headers={"Authorization": said} if said else {})
    assert answer.status_code == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated" and answer.json()["field"] is None


def test_a_session_is_no_token(sign_in: Any) -> None:
    assert sign_in("olive").get("/api/v1/authorities").status_code == 401


def test_an_expired_token_is_refused() -> None:
    machine = client_of("olive")
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert machine.get("/authorities").status_code == 401


def test_revoking_ends_tokens_at_once_and_for_good() -> None:
    client, secret = made()
    token = ask_token(client.oauth_id, secret).json()["access_token"]
    assert call(token).status_code == 200
    with acting(actor_of("adam")) as actor:
        clients.revoke_client(actor, client_id=client.pk)
        with pytest.raises(NotNow, match="revoked"):
            clients.rotate_secret(actor, client_id=client.pk)
    assert call(token).status_code == 401
    assert ask_token(client.oauth_id, secret).status_code in (400, 401)


def test_replacing_the_secret_ends_the_old_one_and_its_tokens() -> None:
    client, secret = made()
    token = ask_token(client.oauth_id, secret).json()["access_token"]
    with acting(actor_of("adam")) as actor:
        _same, fresh = clients.rotate_secret(actor, client_id=client.pk)
    assert call(token).status_code == 401
    assert ask_token(client.oauth_id, secret).status_code == 401
    assert ask_token(client.oauth_id, fresh).status_code == 200


def test_a_token_can_be_given_back() -> None:
    client, secret = made()
    token = ask_token(client.oauth_id, secret).json()["access_token"]
    said = base64.b64encode(f"{client.oauth_id}:{secret}".encode()).decode()
    gone = Browser().post("/api/oauth/revoke", {"token": token}, headers={"Authorization": f"Basic {said}"})
    assert gone.status_code == 200
    assert call(token).status_code == 401


def test_a_client_stops_when_its_owner_leaves() -> None:
    machine = client_of("olive")
    assert machine.get("/authorities").status_code == 200
    with acting(actor_of("adam")):
        Membership.objects.filter(user_id=user_of("olive").pk).update(is_active=False)
    assert machine.get("/authorities").status_code == 401


def test_a_scope_too_few_is_named() -> None:
    answer = client_of("olive", scopes=["messages:read"]).get("/authorities")
    assert answer.status_code == 403 and answer.json()["code"] == "missing_scope"
    assert 'scope="reference:read"' in answer["WWW-Authenticate"]


@pytest.mark.usefixtures("time_stands")
def test_too_many_requests_wait(settings: Any) -> None:
    settings.API_RATE = 2
    machine = client_of("olive")
    assert [machine.get("/authorities").status_code for _again in range(3)] == [200, 200, 429]
    refused = machine.get("/authorities")
    assert refused.json()["code"] == "too_many" and int(refused["Retry-After"]) <= 60
    assert client_of("nora").get("/authorities").status_code == 200


def test_unknown_addresses_methods_and_fields() -> None:
    machine = client_of("olive")
    assert machine.get("/nowhere").json()["code"] == "not_found"
    wrong = machine.delete("/authorities")
    assert wrong.status_code == 405 and "GET" in wrong["Allow"] and wrong.json()["code"] == "method_not_allowed"
    unknown = machine.get("/authorities", colour="red")
    assert unknown.status_code == 422
    assert (unknown.json()["code"], unknown.json()["field"]) == ("unknown_field", "colour")
    assert machine.get("/authorities", cursor="nonsense").json()["code"] == "invalid_cursor"
    assert machine.get("/authorities", limit="0").json()["field"] == "limit"


def test_only_an_administrator_keeps_clients_and_every_act_is_recorded() -> None:
    with acting(actor_of("olive")) as actor, pytest.raises(NotPermitted):
        clients.create_client(actor, name="Mine", scopes=["referrals:read"], owner_id=actor.user_id)
    client, _secret = made()
    with acting(actor_of("adam")) as actor:
        clients.change_client(
            actor, client_id=client.pk, name="Finance", scopes=["spend:read"], owner_id=user_of("adam").pk
        )
        kinds = list(Entry.objects.filter(subject_id=str(client.pk)).order_by("at").values_list("kind", flat=True))
        assert kinds == ["api_client.created", "api_client.changed"]
        assert ApiClient.objects.get(pk=client.pk).scopes == ["spend:read"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " "}, "required", "name"),
        ({"name": "case SYSTEM"}, "name_taken", "name"),
        ({"name": "B", "scopes": []}, "required", "scopes"),
        ({"name": "B", "scopes": ["offers:write"]}, "unknown_scope", "scopes"),
        ({"name": "B", "owner_id": "alice"}, "not_a_member", "owner"),
    ],
)
def test_clients_that_cannot_be(changes: dict[str, Any], code: str, field: str) -> None:
    made()
    if "owner_id" in changes:
        changes = {**changes, "owner_id": user_of(changes["owner_id"]).pk}
    with pytest.raises(RuleBroken) as refused:
        made(**changes)
    assert (refused.value.code, refused.value.field) == (code, field)
