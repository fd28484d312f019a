"""The tick with which somebody says that a text names nobody, on pages and in the API's bodies.

A page asks for it only once the search for names has stopped at something (a rule broken as `names_a_person`).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers as s


class CheckedForm(forms.Form):
    """A form whose texts are searched for names; the tick is drawn last, and only once something was found."""

    is_checked = forms.BooleanField(
        label=_("I have checked: this names nobody"),
        help_text=_(
            "The search stopped at words that may tell who somebody is. Take them out, or tick this if they are not"
            " about a person, such as the name of an office. Names of your own people there never go through."
        ),
        required=False,
    )

    @property
    def asks_for_check(self) -> bool:
        """Whether the search has stopped at something, now or when the tick was set."""
        found = any(error.code == "names_a_person" for errors in self.errors.as_data().values() for error in errors)
        return self.is_bound and (found or bool(self["is_checked"].data))

    def get_context(self) -> dict[str, Any]:
        context = super().get_context()
        fields = context["fields"]
        tick = [each for each in fields if each[0].name == "is_checked" and self.asks_for_check]
        context["fields"] = [*(each for each in fields if each[0].name != "is_checked"), *tick]
        return context


def checked_field() -> s.BooleanField:
    """The tick in an operation's body."""
    return s.BooleanField(
        default=False,
        help_text="Send true once somebody has checked that what the search for names stopped at is not about a"
        " person. Names of your own people there never go through.",
    )
