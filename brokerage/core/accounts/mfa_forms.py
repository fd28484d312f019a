"""Codes of an authenticator app, each good once: as long as it would be accepted, even with the cache away.

Allauth remembers a used code in the cache for 30 seconds and does not count the code that set the app up. Here the
authenticator's own row keeps the number of the last period used, and only later ones are taken.
"""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.http import HttpRequest

#: The last period whose code was used, in the authenticator's data.
LAST_KEY = "last_period"


def period_of(secret: str, code: str) -> int | None:
    """The number of the 30-second period that a code belongs to, among those accepted now."""
    digits = code.replace(" ", "").strip()
    for period in yield_hotp_counters_from_time():
        if format_hotp_value(hotp_value(secret, period)) == digits:
            return int(period)
    return None


@transaction.atomic
def use_up(authenticator: Authenticator, code: str) -> bool:
    """Mark the code as used; False when it, or a later one, was used before."""
    locked = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    period = period_of(decrypt(locked.data["secret"]), code)
    if period is None or period <= locked.data.get(LAST_KEY, 0):
        return False
    locked.data[LAST_KEY] = period
    locked.save(update_fields=["data"])
    return True


def _accepted_once(authenticator: Authenticator, code: str) -> str:
    """The code, which allauth accepted; refused (as allauth refuses a wrong one) when it was used already."""
    if authenticator.type == Authenticator.Type.TOTP and not use_up(authenticator, code):
        raise get_adapter().validation_error("incorrect_code")
    return code


class SignInCodeForm(AuthenticateForm):
    """The second step of signing in."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        return _accepted_once(self.authenticator, code)


class ProveCodeForm(ReauthenticateForm):
    """A fresh proof."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        return _accepted_once(self.authenticator, code)


def use_up_first_code(request: HttpRequest, authenticator: Authenticator, **kwargs: object) -> None:
    """Setting an app up uses its first code (allauth's signal `authenticator_added`)."""
    if authenticator.type == Authenticator.Type.TOTP:
        use_up(authenticator, request.POST.get("code", ""))
