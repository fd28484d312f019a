"""Searching for a person."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PersonSearchForm(forms.Form):
    """A name or a case number; sent by POST, so that it stands in no address and no log."""

    text = forms.CharField(
        label=_("Name or case number"),
        help_text=_("Every search and who it found is recorded."),
        max_length=80,
        error_messages={"required": _("Enter a name or a case number")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
