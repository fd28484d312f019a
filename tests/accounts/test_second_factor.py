"""The second step: asked of everybody who may see persons, each code good once, and back to where one was going."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client

from brokerage.core.accounts.sealed_text import CannotUnseal, seal, unseal
from brokerage.core.audit import outbox
from brokerage.core.tenants import actions
from brokerage.core.tenants.context import acting
from brokerage.core.tenants.permissions import IMPERSONAL_ROLES, PERMISSIONS
from tests.cast import PEOPLE, actor_of, email_of, user_of

SignIn = Callable[[str], Client]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "amber grove islet 77"


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def code_now(secret: str = SECRET, *, periods: int = 0) -> str:
    """The code an authenticator app shows, so many periods of 30 seconds from now."""
    middle = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, middle + periods))


def with_password(who: str) -> Any:
    user = user_of(who)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    from allauth.account.models import EmailAddress

    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
    return user


def with_app(who: str) -> Any:
    user = with_password(who)
    TOTP.activate(user, SECRET)
    return user


def first_step(who: str) -> Client:
    client = Client()
    answer = client.post("/accounts/login/", {"login": email_of(who), "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_every_job_of_the_cast_needs_one(sign_in: SignIn, who: str) -> None:
    answer = sign_in(who).get(f"/o/{PEOPLE[who][1]}/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/second-step/?next=")


def test_no_role_that_sees_a_person_is_exempt() -> None:
    for role in IMPERSONAL_ROLES:
        assert not {
            name for name in PERMISSIONS[role] if name.split(".")[0] in ("referral", "person", "offer", "award")
        }


@pytest.mark.django_db
def test_recovery_codes_alone_do_not_count(sign_in: SignIn) -> None:
    RecoveryCodes.activate(user_of("olive"))
    assert sign_in("olive").get("/o/harrow/").status_code == 302


@pytest.mark.django_db
def test_what_is_read_with_the_session_is_of_whoever_uses_it_and_of_now(sign_in: SignIn) -> None:
    with_app("olive")
    browser = sign_in("olive")
    for _page in range(2):
        assert browser.get("/o/harrow/").status_code == 200
    Authenticator.objects.filter(user=user_of("olive")).delete()
    assert browser.get("/o/harrow/").status_code == 302
    # The session is noted as somebody's who has one.
    with_app("connie")
    UserSession.objects.filter(session_key=browser.session.session_key).update(user=user_of("connie"))
    assert browser.get("/o/harrow/").status_code == 302


@pytest.mark.django_db
def test_demonstrations_relax_it_and_say_so(sign_in: SignIn, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED, settings.DEMO = False, True
    page = sign_in("olive").get("/o/harrow/")
    assert page.status_code == 200 and "Demonstration." in page.text


@pytest.mark.django_db
def test_a_code_is_good_once_even_with_the_cache_gone() -> None:
    with_app("olive")
    code = code_now()
    client = first_step("olive")
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/o/harrow/").status_code == 200
    for _again in range(2):
        cache.clear()
        again = first_step("olive")
        refused = again.post("/accounts/2fa/authenticate/", {"code": code})
        assert refused.status_code == 200 and "Incorrect code" in refused.text
        assert again.get("/o/harrow/")["Location"].startswith("/accounts/login/")
    # Neither is an earlier one; a later one is.
    cache.clear()
    earlier = first_step("olive").post("/accounts/2fa/authenticate/", {"code": code_now(periods=-1)})
    assert earlier.status_code == 200
    later = first_step("olive").post("/accounts/2fa/authenticate/", {"code": code_now(periods=1)})
    assert later.status_code == 302


@pytest.mark.django_db
def test_a_used_code_proves_nothing_afresh() -> None:
    with_app("olive")
    client = first_step("olive")
    code = code_now()
    client.post("/accounts/2fa/authenticate/", {"code": code})
    cache.clear()
    refused = client.post("/accounts/2fa/reauthenticate/", {"code": code})
    assert refused.status_code == 200 and "Incorrect code" in refused.text


@pytest.mark.django_db
def test_a_recovery_code_signs_in_once() -> None:
    user = with_app("olive")
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    assert first_step("olive").post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    cache.clear()
    assert first_step("olive").post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200


@pytest.mark.django_db
def test_secrets_are_sealed_at_rest(settings: Any) -> None:
    with_app("olive")
    stored = Authenticator.objects.get(user=user_of("olive")).data["secret"]
    assert SECRET not in stored and unseal(stored) == SECRET
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-" + "0" * 50
    with pytest.raises(CannotUnseal):
        unseal(stored)
    settings.SECRET_KEY_FALLBACKS = [before]
    assert unseal(stored) == SECRET and unseal(seal("Ŵ")) == "Ŵ"


def test_an_invited_person_sets_one_up_and_goes_on(committed: str, client: Client) -> None:
    with acting(actor_of("adam")) as adam:
        actions.invite_person(adam, email="new@example.org", name="New", roles=["placement_officer"])
    outbox.drain("default")
    found = re.search(r"/accounts/invitation/\S+", str(mail.outbox[-1].body))
    assert found is not None
    joined = client.post(found[0], {"name": "New Person", "password": PASSWORD}, follow=True)
    assert joined.redirect_chain[-1][0].startswith("/accounts/second-step/?next=")
    assert "Set up a second step" in joined.text
    # The password was typed a moment ago: it is not asked for again.
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    code = code_now(secret)
    done = client.post("/accounts/2fa/totp/activate/", {"code": code}, follow=True)
    assert "Recovery" in done.text and "Go on to where you were going" in done.text
    went_on = client.get("/accounts/second-step/")
    assert went_on["Location"] == "/o/harrow/"
    assert client.get("/o/harrow/").status_code == 200
    # The code that set the app up is used up.
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "new@example.org", "password": PASSWORD})
    cache.clear()
    refused = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert refused.status_code == 200 and "Incorrect code" in refused.text
    assert any("authenticator app was set up" in str(message.body) for message in mail.outbox)


@pytest.mark.django_db
def test_the_way_on_is_never_to_another_site(sign_in: SignIn) -> None:
    client = sign_in("olive")
    client.get("/accounts/second-step/?next=https://evil.example/")
    TOTP.activate(user_of("olive"), SECRET)
    assert client.get("/accounts/second-step/")["Location"] == "/"
