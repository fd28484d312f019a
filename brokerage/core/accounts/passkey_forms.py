"""Adding a passkey, in plain words: it signs in without a password unless the person says otherwise."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.utils.translation import gettext_lazy as _

from brokerage.core.forms import Text


class AddPasskeyForm(AddWebAuthnForm):
    """A name for it, and whether it needs no password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, passwordless = self.fields["name"], self.fields["passwordless"]
        name.label, name.widget = _("Name of this passkey"), Text(width=20)
        name.help_text = _("To tell it from others, for example Laptop.")
        passwordless.label = _("Sign in with it without a password")
        passwordless.help_text = _("Leave this out only for an old security key that cannot do it.")
        passwordless.initial = True
