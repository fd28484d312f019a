"""What a contract manager fills in about who may use a vehicle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk


class AccessForm(forms.Form):
    """Which authority may use the vehicle, from when to when, and what it pays."""

    authority = forms.TypedChoiceField(label=_("Authority"), coerce=UUID, widget=govuk.AutocompleteSelect())
    starts_on = govuk.GovukDateField(label=_("First day"))
    ends_on = govuk.GovukDateField(label=_("Last day, if known"), required=False)
    annual_fee = govuk.MoneyField(label=_("Access fee"), per=_("a year"), initial=Decimal("0.00"))
    joining_discount = govuk.MoneyField(label=_("Joining discount"), per=_("a year"), initial=Decimal("0.00"))
    notice_months = forms.IntegerField(
        label=_("Months of notice"), min_value=0, max_value=60, initial=6, widget=govuk.Text(width=3)
    )

    def __init__(self, data: Any = None, *, authorities: list[tuple[UUID, str]]) -> None:
        super().__init__(data)
        field = self.fields["authority"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose an authority")), *authorities]


class EndAccessForm(forms.Form):
    """The last day of an authority's access."""

    last_on = govuk.GovukDateField(label=_("Last day"), help_text=_("Placements already agreed go on."))
    both_agree = forms.BooleanField(
        label=_("Both sides agree to end before the notice has run"),
        required=False,
    )
