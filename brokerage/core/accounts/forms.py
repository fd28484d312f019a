"""Forms of signing in, of one's own account, and of an organisation's identity provider."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from brokerage.core.accounts.models import User
from brokerage.core.forms import LongTextField, Radios, Text


class AcceptForm(forms.Form):
    """A new person's name and password."""

    name = forms.CharField(
        label=_("Your full name"), max_length=120, widget=Text(width=20, attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least 12 characters. Three or four unrelated words make a good one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        strip=False,
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=_("Code from the e-mail"),
        max_length=12,
        widget=Text(width=10, attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the code from the e-mail")},
    )


class OrganisationEmailForm(forms.Form):
    """The address by which the organisation is found."""

    email = forms.EmailField(
        label=_("Your work e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"invalid": _("Enter an e-mail address like name@example.org")},
    )


class OwnDetailsForm(forms.Form):
    """A person's name and language."""

    name = forms.CharField(
        label=_("Your full name"),
        help_text=_("As it stands on agreements that you sign."),
        max_length=120,
        widget=Text(width=20, attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language of pages and e-mails"), choices=[("en", "English"), ("cy", "Cymraeg")], widget=Radios()
    )


class MobileForm(forms.Form):
    """A mobile number, as somebody writes it."""

    number = forms.CharField(
        label=_("UK mobile number"),
        help_text=_("For example 07700 900123. We text a code to it."),
        max_length=30,
        widget=Text(width=20, attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"required": _("Enter a UK mobile number, like 07700 900123")},
    )


class MobileCodeForm(forms.Form):
    """The code that was texted."""

    code = forms.CharField(
        label=_("Code from the text message"),
        help_text=_("Six figures."),
        max_length=12,
        widget=Text(width=10, attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Enter the code from the text message")},
    )


class IdentityProviderForm(forms.Form):
    """How the organisation's people sign in with the account they have at work."""

    name = forms.CharField(
        label=_("Name on the sign-in button"),
        help_text=_("For example your council's name."),
        max_length=40,
        widget=Text(width=20),
    )
    server_url = forms.URLField(
        label=_("Address of the provider"),
        help_text=_("For Entra ID: https://login.microsoftonline.com/ followed by your directory's number and /v2.0"),
        max_length=300,
        assume_scheme="https",
        widget=Text(attrs={"spellcheck": "false", "inputmode": "url"}),
    )
    client_id = forms.CharField(
        label=_("Client identifier"), max_length=191, widget=Text(attrs={"spellcheck": "false"})
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=500,
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    domains = LongTextField(
        label=_("E-mail domains of your people"),
        help_text=_("One a line, for example harrow.gov.uk. Only addresses in them can sign in this way."),
        max_length=2000,
        rows=3,
    )
    counts_as_second_factor = forms.BooleanField(
        label=_("Our provider's second step counts here"),
        help_text=_("Only where the provider says, in each answer (amr or acr), that it asked for one."),
        required=False,
    )

    def __init__(self, *args: Any, has_secret: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_secret:
            self.fields["client_secret"].help_text = _("A secret is stored and never shown. Leave empty to keep it.")

    def clean_domains(self) -> list[str]:
        return str(self.cleaned_data["domains"]).replace(",", " ").split()
