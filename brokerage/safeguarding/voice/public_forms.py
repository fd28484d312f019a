"""Forms of people who do not sign in: short, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_TOLD
from brokerage.safeguarding.voice import codes
from brokerage.safeguarding.voice.models import Writer


class WordsField(govuk.LongTextField):
    """A text without the one character that nothing stores."""

    def to_python(self, value: Any) -> str | None:
        return super().to_python(value.replace("\x00", "") if isinstance(value, str) else value)


class LineField(forms.CharField):
    """The same, on one line."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value.replace("\x00", "") if isinstance(value, str) else value))


class CodeForm(forms.Form):
    """The code of a poster. Whether it is one is arithmetic: no list of codes is asked."""

    code = LineField(
        label=_("Code on the poster"),
        help_text=_("8 letters and numbers, like 7K3M-9QX2"),
        max_length=40,
        widget=govuk.Text(width=10, attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type the code on the poster")},
    )

    def clean_code(self) -> str:
        code = codes.tidy(self.cleaned_data["code"])
        if not codes.is_well_formed(code):
            raise ValidationError(_("Look at the code again: a letter or number is not right"))
        return code


class SayForm(forms.Form):
    """What somebody says."""

    who = forms.ChoiceField(
        label=_("Who are you?"),
        choices=Writer.choices,
        widget=govuk.Radios(),
        error_messages={"required": _("Choose who you are")},
    )
    where = LineField(
        label=_("Which home is it?"),
        help_text=_("Its name, its street or its town: whatever you know."),
        max_length=200,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say which home it is, as well as you can")},
    )
    text = WordsField(
        label=_("What do you want to say?"),
        help_text=_("Use your own words. You do not have to say your name."),
        max_length=LONGEST_TOLD,
        rows=8,
        error_messages={"required": _("Write what you want to say")},
    )
    is_in_danger = govuk.YesNoField(
        label=_("Is somebody being hurt or in danger now?"),
        error_messages={"required": _("Choose yes or no")},
    )
    contact = LineField(
        label=_("How can we reach you? (you can leave this empty)"),
        help_text=_("A phone number, an email, or when to find you. Only if it is safe for you."),
        required=False,
        max_length=200,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
    )
    once = LineField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, has_code: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if has_code:
            del self.fields["where"]


class ReceiptForm(forms.Form):
    """The receipt: it goes in the body of a request, never into an address."""

    receipt = LineField(
        label=_("Your secret code"),
        help_text=_("12 letters and numbers. You got it when you wrote to us."),
        max_length=40,
        widget=govuk.Text(width=20, attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Type your secret code")},
    )

    def clean_receipt(self) -> str:
        receipt = codes.tidy(self.cleaned_data["receipt"])
        if not codes.is_well_formed(receipt, codes.RECEIPT):
            raise ValidationError(_("Look at the code again: a letter or number is not right"))
        return receipt


class MoreForm(forms.Form):
    """More words for the same conversation."""

    more = WordsField(
        label=_("Do you want to say more?"),
        max_length=LONGEST_TOLD,
        rows=5,
        error_messages={"required": _("Write what you want to say")},
    )
