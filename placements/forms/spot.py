"""The form of a spot placement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from placements.forms.publishing import put_choices


class RegisterSearchForm(forms.Form):
    """Which homes of the register to show."""

    q = forms.CharField(
        label=_("Find the home in the register"),
        help_text=_("Part of its name or its provider’s, or the first half of its postcode"),
        required=False,
        max_length=80,
        widget=govuk.Text(width="two-thirds", attrs={"autocomplete": "off"}),
    )


class SpotForm(forms.Form):
    """Where, from when, for how much, and why no vehicle could be used."""

    reason = govuk.LongTextField(label=_("Why could no home on a vehicle be used?"), max_length=1000, rows=3)
    establishment = forms.ChoiceField(
        label=_("Home in the register"),
        required=False,
        widget=govuk.Radios(small=True),
    )
    provider_name = forms.CharField(
        label=_("Provider, if the home is not in the register"),
        required=False,
        max_length=200,
        widget=govuk.Text(width="two-thirds"),
    )
    outward = forms.CharField(
        label=_("First half of the home’s postcode, if it is not in the register"),
        help_text=_("For example, HA1"),
        required=False,
        max_length=4,
        widget=govuk.Text(width=5, attrs={"autocomplete": "off"}),
    )
    weekly_core = govuk.MoneyField(label=_("Weekly price without extras"), per=str(_("per week")))
    weekly_extras = govuk.MoneyField(label=_("Extras"), per=str(_("per week")), required=False)
    starts_on = govuk.GovukDateField(label=_("When does it start?"))
    expected_end_on = govuk.GovukDateField(label=_("When is it expected to end?"), required=False)
    before_closing = forms.BooleanField(
        label=_("This cannot wait until closing time"),
        help_text=_(
            "Providers may still offer until then. Everyone invited will be told that the referral has closed."
        ),
        required=False,
    )

    def __init__(self, *args: Any, homes: Iterable[tuple[str, str]], is_open_for_offers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = list(homes)
        if found:
            put_choices(self, "establishment", [*found, ("", str(_("None of these")))])
        else:
            del self.fields["establishment"]
        if not is_open_for_offers:
            del self.fields["before_closing"]
