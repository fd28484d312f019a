"""The filters of the search for homes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.errors import RuleBroken
from brokerage.core.geography import outward_code
from brokerage.core.vocabulary import Category, Need
from placements.actions.running import MOST_MILES


class HomeSearchForm(forms.Form):
    """What kind of home, for whom, and how near."""

    category = forms.ChoiceField(
        label=_("Kind of home"), required=False, choices=[("", _("Any")), *Category.choices], widget=forms.Select()
    )
    sex = forms.ChoiceField(
        label=_("Who lives there"),
        required=False,
        choices=[
            ("", _("Anyone")),
            ("takes_female", _("Takes girls or women")),
            ("takes_male", _("Takes boys or men")),
            ("only_female", _("Female only")),
            ("only_male", _("Male only")),
        ],
        widget=forms.Select(),
    )
    age = forms.IntegerField(
        label=_("Age"), required=False, min_value=0, max_value=130, widget=govuk.Text({"inputmode": "numeric"}, width=3)
    )
    need = forms.ChoiceField(
        label=_("Can meet"), required=False, choices=[("", _("Any need")), *Need.choices], widget=forms.Select()
    )
    near = forms.CharField(
        label=_("Near"),
        help_text=_("First half of a postcode, such as HA1"),
        required=False,
        max_length=10,
        widget=govuk.Text({"autocomplete": "off"}, width=5),
    )
    miles = forms.IntegerField(
        label=_("Within"),
        required=False,
        min_value=1,
        max_value=MOST_MILES,
        widget=govuk.Text({"inputmode": "numeric"}, suffix=str(_("miles")), width=4),
    )

    def clean_near(self) -> str:
        typed = self.cleaned_data.get("near") or ""
        if not typed:
            return ""
        try:
            return outward_code(typed, field="near")
        except RuleBroken as refusal:
            raise forms.ValidationError(str(refusal.message), code=refusal.code) from refusal

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("miles") and not cleaned.get("near") and "near" not in self.errors:
            self.add_error("near", _("Enter the first half of a postcode to measure from"))
        return cleaned
