"""Signing in and proving oneself in tests, as allauth records it in the session."""

from __future__ import annotations

import time

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client

from tests.cast import user_of


def prove(client: Client, who: str, *, seconds_ago: float = 0, method: str = "password") -> None:
    """The person has proved who they are, so long ago."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": method, "at": time.time() - seconds_ago}]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user_of(who))
    session.save()
