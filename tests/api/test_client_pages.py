"""Pages about API clients: who may, what is shown once, what ends, and what survives a stale proof."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.test import Client as Browser

from brokerage.core.api.clients import create_client
from brokerage.core.api.models import ApiClient
from brokerage.core.audit.models import Entry
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from tests.cast import actor_of, user_of
from tests.signing_in import prove

pytestmark = pytest.mark.django_db

PAGES = "/o/harrow/api-clients/"


@pytest.fixture
def adam(sign_in: Any) -> Browser:
    """Harrow's administrator, who has just proved who they are."""
    browser: Browser = sign_in("adam")
    prove(browser, "adam")
    return browser


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Case system",
        "owner": str(user_of("olive").pk),
        "scopes": ["referrals:read", "offers:read"],
        "weekly_limit": "900",
        **changes,
    }


def secret_in(page: str) -> str:
    found = re.search(r'id="client-secret">([^<]+)<', page)
    assert found, page
    return found[1]


def standing() -> ApiClient:
    with acting(actor_of("adam")):
        return ApiClient.objects.select_related("oauth").get(name="Case system")


def gets_a_token(client: ApiClient, secret: str) -> bool:
    said = base64.b64encode(f"{client.oauth_id}:{secret}".encode()).decode()
    answer = Browser().post(
        "/api/oauth/token", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {said}"}
    )
    return bool(answer.status_code == 200)


def test_a_client_is_made_and_its_secret_shown_once(adam: Browser) -> None:
    made = adam.post(f"{PAGES}new/", typed())
    assert made.status_code == 200 and made["Cache-Control"] == "private, no-store"
    secret, client = secret_in(made.text), standing()
    assert (client.owner_id, str(client.weekly_limit), client.scopes) == (
        user_of("olive").pk,
        "900.00",
        ["referrals:read", "offers:read"],
    )
    assert gets_a_token(client, secret)
    for path in (PAGES, f"{PAGES}{client.pk}/", f"{PAGES}{client.pk}/change/", f"{PAGES}{client.pk}/secret/"):
        page = adam.get(path)
        assert page.status_code == 200 and secret not in page.text, path
    assert secret not in str(dict(adam.session.items()))
    with acting(actor_of("adam")):
        assert not [entry for entry in Entry.objects.all() if secret in str(entry.data)]
    listed = adam.get(PAGES).text
    assert "Case system" in listed and "Olive" in listed and "Active" in listed and "Never" in listed


def test_sent_twice_the_form_makes_one_client(adam: Browser) -> None:
    adam.post(f"{PAGES}new/", typed())
    again = adam.post(f"{PAGES}new/", typed())
    assert "Another client has this name" in again.text and "client-secret" not in again.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Enter what the client is called"),
        ({"owner": ""}, "Choose a person of your organisation"),
        ({"scopes": []}, "Choose what the client may do"),
        ({"scopes": ["offers:write"]}, "Select a valid choice"),
        ({"weekly_limit": "lots"}, "Enter an amount"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(adam: Browser, changes: dict[str, Any], words: str) -> None:
    page = adam.post(f"{PAGES}new/", typed(**changes))
    assert page.status_code == 200 and words in page.text and "govuk-error-summary" in page.text
    with acting(actor_of("adam")):
        assert not ApiClient.objects.exists()


def test_the_owner_is_one_of_the_organisation_s_people(adam: Browser) -> None:
    page = adam.get(f"{PAGES}new/").text
    assert str(user_of("olive").pk) in page and str(user_of("edith").pk) not in page
    assert "client-secret" not in adam.post(f"{PAGES}new/", typed(owner=str(user_of("edith").pk))).text


def test_a_provider_s_client_has_a_provider_s_scopes_and_no_limit(sign_in: Any) -> None:
    with acting(actor_of("bob")) as bob:
        assert bob.may("organisation.manage")
    browser = sign_in("bob")
    prove(browser, "bob")
    page = browser.get("/o/birch/api-clients/new/").text
    assert "offers:write" in page and "referrals:write" not in page and "weekly_limit" not in page


def test_a_stale_proof_is_asked_for_and_nothing_typed_is_lost(adam: Browser) -> None:
    prove(adam, "adam", seconds_ago=4000)
    sent = adam.post(f"{PAGES}new/", typed(name="Finance", scopes=["spend:read"]))
    assert sent.status_code == 302 and sent["Location"].startswith("/accounts/prove/?next=")
    with acting(actor_of("adam")):
        assert not ApiClient.objects.exists()
    prove(adam, "adam")
    page = adam.get(f"{PAGES}new/").text
    assert 'value="Finance"' in page and re.search(r'value="spend:read"[^>]*checked', page)
    assert 'value="Finance"' not in adam.get(f"{PAGES}new/").text


@pytest.mark.parametrize("page", ["new/", "{pk}/change/", "{pk}/secret/"])
def test_what_makes_or_widens_access_asks_for_a_proof(adam: Browser, page: str) -> None:
    with acting(actor_of("adam")) as actor:
        client, _secret = create_client(actor, name="Case system", scopes=["spend:read"], owner_id=actor.user_id)
    prove(adam, "adam", seconds_ago=4000)
    for answer in (adam.get(PAGES + page.format(pk=client.pk)), adam.post(PAGES + page.format(pk=client.pk), typed())):
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/prove/")


def test_replacing_the_secret_ends_the_old_one_and_works_once_per_page(adam: Browser) -> None:
    first = secret_in(adam.post(f"{PAGES}new/", typed()).text)
    client = standing()
    path = f"{PAGES}{client.pk}/secret/"
    asked = re.search(r'name="edition" value="([^"]*)"', adam.get(path).text)
    assert asked
    second = secret_in(adam.post(path, {"edition": asked[1]}).text)
    assert gets_a_token(client, second) and not gets_a_token(client, first)
    again = adam.post(path, {"edition": asked[1]})
    assert again.status_code == 409 and gets_a_token(client, second)


def test_changing_a_client_changes_what_it_may_do(adam: Browser) -> None:
    adam.post(f"{PAGES}new/", typed())
    client = standing()
    sent = adam.post(f"{PAGES}{client.pk}/change/", typed(scopes=["spend:read"], weekly_limit=""), follow=True)
    assert "The client is changed" in sent.text
    assert standing().scopes == ["spend:read"] and standing().weekly_limit is None


def test_another_owner_needs_another_secret_and_the_pages_say_so(adam: Browser) -> None:
    first = secret_in(adam.post(f"{PAGES}new/", typed()).text)
    client = standing()
    path = f"{PAGES}{client.pk}/"
    assert "its secret no longer works" not in adam.get(path).text
    sent = adam.post(f"{path}change/", typed(owner=str(user_of("adam").pk)), follow=True).text
    assert "It needs a new secret before it works again" in sent and "its secret no longer works" in sent
    assert "Stopped: it needs a new secret" in adam.get(PAGES).text
    assert not gets_a_token(client, first)
    second = secret_in(adam.post(f"{path}secret/", {"edition": ""}).text)
    assert gets_a_token(client, second) and "its secret no longer works" not in adam.get(path).text


def test_revoking_asks_once_more_and_is_final(adam: Browser) -> None:
    secret = secret_in(adam.post(f"{PAGES}new/", typed()).text)
    client = standing()
    assert "Revoke this client for good?" in adam.get(f"{PAGES}{client.pk}/revoke/").text
    assert gets_a_token(client, secret)
    sent = adam.post(f"{PAGES}{client.pk}/revoke/", follow=True)
    assert "Revoked" in sent.text and "Replace the secret" not in sent.text
    assert not gets_a_token(client, secret)
    for page in ("change/", "secret/", "revoke/"):
        assert adam.get(f"{PAGES}{client.pk}/{page}").status_code == 409


def test_a_client_whose_owner_left_says_so(adam: Browser) -> None:
    adam.post(f"{PAGES}new/", typed())
    with acting(actor_of("adam")):
        Membership.objects.filter(user_id=user_of("olive").pk).update(is_active=False)
    assert "Stopped: its owner has left" in adam.get(PAGES).text
    assert "Choose another owner" in adam.get(f"{PAGES}{standing().pk}/").text


def test_only_administrators_find_the_pages(sign_in: Any, adam: Browser) -> None:
    assert sign_in("olive").get(PAGES).status_code == 403
    assert PAGES in adam.get("/o/harrow/people/").text


def test_a_list_of_many_asks_no_more_queries(adam: Browser) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert adam.get(PAGES).status_code == 200
        return len(found)

    adam.post(f"{PAGES}new/", typed())
    one = asked()
    for number in range(3):
        adam.post(f"{PAGES}new/", typed(name=f"System {number}"))
    assert asked() == one
