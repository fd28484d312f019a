"""Passkeys in a real browser under the strict policy, with Chromium's virtual authenticator."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings

from tests.cast import email_of, user_of
from tests.journeys.conftest import WalkIn
from tests.journeys.visitors import PASSWORD, Visitor, give_password

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def _required() -> Any:
    with override_settings(SECOND_FACTOR_REQUIRED=True):
        yield


def with_authenticator(visitor: Visitor) -> Visitor:
    """A computer that knows its user's finger."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})
    return visitor


def test_a_passkey_is_set_up_on_the_way_in_and_signs_in_alone(walk_in: WalkIn) -> None:
    give_password("olive")
    olive = with_authenticator(walk_in())
    olive.go("/o/harrow/")
    olive.page.get_by_label("Email").first.fill(email_of("olive"))
    olive.page.get_by_label("Password").first.fill(PASSWORD)
    olive.press("Sign in")
    assert olive.path.startswith("/accounts/second-step/"), olive.path
    olive.press("Add a passkey")
    # Signing in is no fresh proof for changing how one signs in.
    olive.page.get_by_label("Password").first.fill(PASSWORD)
    olive.page.locator("main button[type=submit]").first.click()
    olive.page.wait_for_url("**/webauthn/add/**")
    olive.page.get_by_label("Name of this passkey").fill("Laptop")
    assert olive.page.get_by_label("Sign in with it without a password").is_checked()
    olive.page.get_by_role("button", name="Add the passkey").click()
    olive.page.wait_for_url("**/recovery-codes/**")
    olive.press("Go on to where you were going")
    assert olive.path == "/o/harrow/"
    assert Authenticator.objects.filter(user=user_of("olive"), type="webauthn").count() == 1
    olive.go("/accounts/logout/")
    olive.press("Sign out")
    olive.go("/accounts/login/?next=/o/harrow/")
    olive.page.get_by_role("button", name="Sign in with a passkey").click()
    olive.page.wait_for_url(f"{olive.base}/o/harrow/")
    # As the second step, too.
    olive.go("/accounts/logout/")
    olive.press("Sign out")
    olive.go("/accounts/login/?next=/o/harrow/")
    olive.page.get_by_label("Email").first.fill(email_of("olive"))
    olive.page.get_by_label("Password").first.fill(PASSWORD)
    olive.press("Sign in")
    assert olive.heading == "Second step"
    olive.page.get_by_role("button", name="Use a passkey").click()
    olive.page.wait_for_url(f"{olive.base}/o/harrow/")
