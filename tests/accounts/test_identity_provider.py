"""Signing in through a council's own identity provider: the real dance, against a second allauth instance."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core import mail
from django.test import Client

from brokerage.core.accounts import provider_actions
from brokerage.core.accounts.models import User
from brokerage.core.accounts.proof import latest_proof
from brokerage.core.audit.models import Entry
from brokerage.core.errors import NotPermitted, RuleBroken
from brokerage.core.tenants import actions
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.models import Membership
from tests.accounts.people import join
from tests.cast import actor_of, email_of, user_of
from tests.idp.directory import SECRET, Walker, running
from tests.signing_in import prove

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]

PEOPLE = [
    {"name": "olive", "email": email_of("olive")},
    {"name": "oscar", "email": email_of("oscar"), "sort": "Mfa"},
    {"name": "tessa", "email": email_of("tessa"), "verified": False},
    {"name": "edith", "email": email_of("edith")},
    {"name": "stranger", "email": "stranger@example.org"},
    {"name": "outside", "email": "outside@elsewhere.example"},
    {"name": "nora", "email": email_of("nora"), "sort": "Stale"},
    {"name": "dora", "email": email_of("dora"), "sort": "Mute"},
    {"name": "hugh", "email": email_of("hugh")},
]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("idp"), PEOPLE) as address:
        yield address


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.OIDC_ALLOW_LOOPBACK = True


@pytest.fixture
def walker(provider: str, client: Client) -> Iterator[Walker]:
    walking = Walker(client, provider)
    yield walking
    walking.close()


def set_up(address: str, *, who: str = "adam", second_factor: bool = False, domain: str = "example.org") -> None:
    with acting(actor_of(who)) as actor:
        provider_actions.set_provider(
            actor,
            name=actor.organisation_name,
            server_url=address,
            client_id=f"{actor.slug}-client",
            client_secret=SECRET,
            domains=[domain],
            counts_as_second_factor=second_factor,
        )


def signed_in_as(client: Client) -> str:
    """The e-mail address of whoever the session belongs to."""
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(pk=user_id).email if user_id else ""


def test_a_member_signs_in_and_is_linked_once(walker: Walker, provider: str) -> None:
    set_up(provider)
    page = walker.ours.post("/accounts/organisation/", {"email": "Olive@Example.org", "next": "/o/harrow/"})
    assert "Sign in with Harrow" in page.text
    assert f"form-action 'self' {provider}" in page["Content-Security-Policy"]
    done = walker.sign_in("olive", next="/o/harrow/", email=email_of("olive"))
    assert (done.status_code, done["Location"]) == (302, "/o/harrow/")
    assert walker.asked_for["login_hint"] == email_of("olive")
    assert walker.asked_for["code_challenge_method"] == "S256"
    assert signed_in_as(walker.ours) == email_of("olive")
    assert walker.ours.get("/o/harrow/").status_code == 200
    assert [row.user_id for row in SocialAccount.objects.all()] == [user_of("olive").pk]
    assert mail.outbox[-1].to == [email_of("olive")] and "your organisation" in mail.outbox[-1].body
    walker.ours.post("/accounts/logout/")
    assert walker.sign_in("olive").status_code == 302
    assert signed_in_as(walker.ours) == email_of("olive")
    assert SocialAccount.objects.count() == 1


@pytest.mark.parametrize("name", ["stranger", "tessa", "edith", "outside"])
def test_nobody_else_gets_in_and_all_hear_the_same(walker: Walker, provider: str, name: str) -> None:
    """Unknown; address unchecked; another authority's member; another domain."""
    set_up(provider)
    people = User.objects.count()
    refused = walker.sign_in(name)
    assert refused.status_code == 403
    assert "You cannot sign in with this account" in refused.text
    assert signed_in_as(walker.ours) == ""
    assert SocialAccount.objects.count() == 0 and User.objects.count() == people


def test_an_ended_membership_or_a_closed_account_ends_it(walker: Walker, provider: str) -> None:
    set_up(provider)
    assert walker.sign_in("olive").status_code == 302
    with acting(actor_of("adam")) as adam:
        actions.end_membership(adam, membership_id=Membership.objects.get(user_id=user_of("olive").pk).pk)
    walker.ours.post("/accounts/logout/")
    assert walker.sign_in("olive").status_code == 403
    assert signed_in_as(walker.ours) == ""


@pytest.mark.parametrize("tampering", ["state", "code", "no state", "another browser", "another authority"])
def test_a_tampered_answer_opens_nothing(walker: Walker, provider: str, tampering: str) -> None:
    set_up(provider)
    answer = walker.at_provider(walker.start(), "olive")
    if tampering == "state":
        answer = re.sub(r"state=\w+", "state=abcdefghijklmnop", answer)
    elif tampering == "code":
        answer = re.sub(r"code=\w+", "code=abcdefghijklmnop", answer)
    elif tampering == "no state":
        answer = re.sub(r"&?state=\w+", "", answer)
    elif tampering == "another browser":
        walker.ours = Client()
    else:
        answer = answer.replace("/oidc/harrow/", "/oidc/ealing/")
    refused = walker.back(answer)
    assert refused.status_code in (200, 401, 403, 404)
    assert signed_in_as(walker.ours) == ""
    assert SocialAccount.objects.count() == 0


def test_an_answer_can_be_used_once(walker: Walker, provider: str) -> None:
    set_up(provider)
    answer = walker.at_provider(walker.start(), "olive")
    assert walker.back(answer).status_code == 302
    walker.ours.post("/accounts/logout/")
    assert "did not work" in walker.back(answer).text
    assert signed_in_as(walker.ours) == ""


def test_a_fresh_proof_asks_again_and_counts_from_when_it_was_asked(walker: Walker, provider: str) -> None:
    set_up(provider)
    walker.sign_in("olive")
    request: Any = type("Asked", (), {})()
    request.user, request.session = user_of("olive"), walker.ours.session
    assert latest_proof(request) is None
    page = walker.ours.get("/accounts/prove/?next=/o/harrow/")
    assert "Sign in again with Harrow" in page.text and provider in page["Content-Security-Policy"]
    done = walker.sign_in("olive", prove="1", next="/o/harrow/")
    assert (walker.asked_for["prompt"], walker.asked_for["max_age"]) == ("login", "0")
    assert (done.status_code, done["Location"]) == (302, "/o/harrow/")
    request.session = walker.ours.session
    proof = latest_proof(request)
    assert proof is not None and proof.method == "socialaccount"
    assert time.time() - 30 < proof.at.timestamp() <= time.time()
    assert signed_in_as(walker.ours) == email_of("olive")


@pytest.mark.parametrize("name", ["nora", "dora"])
def test_a_provider_that_did_not_ask_again_proves_nothing(walker: Walker, provider: str, name: str) -> None:
    """An hour ago, or no word of when."""
    set_up(provider)
    walker.sign_in(name)
    assert walker.sign_in(name, prove="1").status_code == 403
    request: Any = type("Asked", (), {})()
    request.user, request.session = user_of(name), walker.ours.session
    assert latest_proof(request) is None


def test_nobody_proves_to_be_somebody_else(walker: Walker, provider: str, sign_in: SignIn) -> None:
    set_up(provider)
    walker.ours = sign_in("olive")
    assert walker.sign_in("oscar", prove="1").status_code == 403
    assert signed_in_as(walker.ours) == email_of("olive")
    assert SocialAccount.objects.count() == 0


@pytest.mark.parametrize(
    ("counts", "name", "status"), [(True, "oscar", 200), (True, "olive", 302), (False, "oscar", 302)]
)
def test_the_providers_second_step_counts_where_it_is_said_to(
    walker: Walker, provider: str, settings: Any, counts: bool, name: str, status: int
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    set_up(provider, second_factor=counts)
    walker.sign_in(name)
    response = walker.ours.get("/o/harrow/")
    assert response.status_code == status
    assert status == 200 or "/accounts/second-step/" in response["Location"]


def test_one_councils_provider_opens_no_other_councils_door(walker: Walker, provider: str) -> None:
    """Olive belongs to Ealing, too; Harrow's word is not enough there, her own proof is."""
    set_up(provider)
    join("olive", "ealing")
    walker.sign_in("olive")
    assert walker.ours.get("/o/harrow/").status_code == 200
    elsewhere = walker.ours.get("/o/ealing/")
    assert elsewhere.status_code == 302 and elsewhere["Location"].startswith("/accounts/prove/")
    prove(walker.ours, "olive")
    assert walker.ours.get("/o/ealing/").status_code == 200


@pytest.mark.parametrize("path", ["email/", "password/set/", "2fa/totp/activate/", "2fa/webauthn/add/"])
def test_a_providers_word_alone_changes_no_way_to_sign_in(walker: Walker, provider: str, path: str) -> None:
    """Else whoever runs Harrow's directory could take over what Olive may do at Ealing."""
    set_up(provider)
    walker.sign_in("olive")
    refused = walker.ours.get(f"/accounts/{path}")
    assert refused.status_code == 302 and refused["Location"].startswith("/accounts/prove/")
    assert "Sign in again with" not in walker.ours.get(refused["Location"]).text
    walker.sign_in("olive", prove="1", next=f"/accounts/{path}")
    assert walker.ours.post(f"/accounts/{path}", {"email": "evil@example.org"})["Location"].startswith(
        "/accounts/prove/"
    )
    walker.ours.post("/accounts/prove/send/", {"next": "/"})
    code = re.search(r"\d{8}", str(mail.outbox[-1].body))
    assert code is not None and mail.outbox[-1].to == [email_of("olive")]
    walker.ours.post("/accounts/prove/code/", {"code": code[0]})
    assert walker.ours.get(f"/accounts/{path}").status_code == 200


def test_a_hub_broker_acts_under_the_central_teams_provider(walker: Walker, provider: str, settings: Any) -> None:
    set_up(provider, who="carol")
    walker.sign_in("hugh", slug="west-london-central")
    assert walker.ours.get("/o/ealing/").status_code == 200


def test_the_provider_does_not_answer(client: Client, provider: str) -> None:
    set_up(provider)
    app = SocialApp.objects.get()
    app.settings["server_url"] = "http://127.0.0.1:9"
    app.save()
    silent = client.post("/accounts/oidc/harrow/login/")
    assert silent.status_code == 503 and "does not answer" in silent.text


def test_callers_choose_neither_purpose_nor_parameters(walker: Walker, provider: str) -> None:
    set_up(provider)
    walker.ours.get("/accounts/oidc/harrow/login/?process=connect&auth_params=prompt%3Dnone")
    walker.start(process="connect", scope="offline_access", auth_params="prompt=none")
    assert "prompt" not in walker.asked_for and set(walker.asked_for["scope"].split()) == {"openid", "profile", "email"}
    assert walker.ours.get("/accounts/oidc/nowhere/login/").status_code == 302
    assert walker.ours.post("/accounts/oidc/nowhere/login/").status_code == 404


def test_the_secret_is_sealed_and_never_shown(provider: str, sign_in: SignIn) -> None:
    set_up(provider)
    app = SocialApp.objects.get()
    assert app.secret == "" and SECRET not in str(app.settings)
    page = sign_in("adam").get("/o/harrow/organisation/sign-in/")
    assert "never shown" in page.text and SECRET not in page.text and app.settings["sealed_secret"] not in page.text
    with acting(actor_of("adam")):
        entry = Entry.objects.get(kind="identity_provider.set")
    assert SECRET not in str(entry.data) and "client_secret" in entry.data["changed"]


def test_the_page_sets_changes_and_removes(provider: str, sign_in: SignIn) -> None:
    adam, path = sign_in("adam"), "/o/harrow/organisation/sign-in/"
    fields = {"name": "Harrow", "server_url": provider, "client_id": "harrow-client", "domains": "example.org"}
    assert "Enter the client secret" in adam.post(path, fields).text
    assert adam.post(path, {**fields, "client_secret": SECRET}).status_code == 302
    assert adam.post(path, {**fields, "name": "Harrow Council"}).status_code == 302
    app = SocialApp.objects.get()
    assert app.name == "Harrow Council" and app.settings["sealed_secret"]
    assert adam.post(path, {"remove": "1"}).status_code == 302
    assert not SocialApp.objects.exists()
    assert adam.post(path, {"remove": "1"}).status_code == 404


def test_another_server_unlinks_everybody(walker: Walker, provider: str) -> None:
    set_up(provider)
    walker.sign_in("olive")
    assert SocialAccount.objects.count() == 1
    set_up(provider + "/")
    assert SocialAccount.objects.count() == 1
    app = SocialApp.objects.get()
    app.settings["server_url"] = "https://before.example"
    app.save()
    set_up(provider)
    assert SocialAccount.objects.count() == 0


def test_only_administrators_of_councils_and_central_teams(provider: str, sign_in: SignIn) -> None:
    with acting(actor_of("olive")) as olive, pytest.raises(NotPermitted):
        provider_actions.current_provider(olive)
    assert sign_in("alice").get("/o/alder/organisation/sign-in/").status_code == 404
    assert sign_in("carol").get("/o/west-london-central/organisation/sign-in/").status_code == 200


def test_two_organisations_cannot_claim_one_domain(provider: str) -> None:
    set_up(provider)
    with pytest.raises(RuleBroken) as refused:
        set_up(provider, who="carol")
    assert refused.value.field == "domains"


@pytest.mark.parametrize(
    "address",
    [
        "http://login.example.org",
        "https://127.0.0.1",
        "https://10.0.0.1/x",
        "https://localhost",
        "https://user:word@login.example.org",
        "https://login.microsoftonline.com/common/v2.0",
        "https://metadata.google.internal",
    ],
)
def test_addresses_that_are_refused(settings: Any, address: str) -> None:
    settings.OIDC_ALLOW_LOOPBACK = False
    with pytest.raises(RuleBroken) as refused:
        provider_actions.checked_server_url(address)
    assert refused.value.field == "server_url"


def test_disconnecting_shows_only_ones_own(walker: Walker, provider: str) -> None:
    set_up(provider)
    walker.sign_in("olive")
    page = walker.ours.get("/accounts/3rdparty/")
    assert page.status_code == 200 and "Disconnect" in page.text and "process=connect" not in page.text
