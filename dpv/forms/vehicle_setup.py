"""What a contract manager fills in to make a vehicle or a lot: shapes of input, no rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_REASON
from brokerage.core.vocabulary import Category, Need
from dpv.models import Vehicle
from dpv.rule_defaults import DEFAULTS

#: The services that have default rules, as people call them.
SERVICES = {
    "fostering": _("Fostering"),
    "residential": _("Children’s residential"),
    "supported_accommodation": _("Supported accommodation (16 and 17)"),
    "sen": _("Special schools"),
    "adult": _("Adult residential and nursing"),
}


def _code(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Code"),
        help_text=help_text,
        max_length=20,
        widget=govuk.Text(width=10, attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _welsh_name() -> forms.CharField:
    return forms.CharField(
        label=_("Name in Welsh"), required=False, max_length=160, widget=govuk.Text(attrs={"lang": "cy"})
    )


def _terms() -> govuk.LongTextField:
    return govuk.LongTextField(
        label=_("Summary of the terms"),
        help_text=_("Authorities and providers of the region read it. Name no child or adult."),
        required=False,
        max_length=4000,
        rows=6,
    )


class VehicleForm(forms.Form):
    """A new vehicle."""

    code = _code(_("Letters, digits and hyphens, like WL-FOST. It stands in references and cannot be changed."))
    name = forms.CharField(label=_("Name"), max_length=160)
    name_cy = _welsh_name()
    lead_authority = forms.TypedChoiceField(label=_("Lead authority"), coerce=UUID, widget=govuk.AutocompleteSelect())
    legal_regime = forms.ChoiceField(
        label=_("Legal regime"), choices=Vehicle.LegalRegime.choices, widget=govuk.Radios(small=True)
    )
    starts_on = govuk.GovukDateField(label=_("First day"))
    ends_on = govuk.GovukDateField(label=_("Last day"))
    service = forms.ChoiceField(
        label=_("Start from the default rules for"),
        help_text=_("You can change any rule from a later day, on the vehicle’s page."),
        choices=[(service, SERVICES[service]) for service in DEFAULTS],
        widget=govuk.Radios(small=True),
    )
    terms_summary = _terms()

    def __init__(self, data: Any = None, *, authorities: list[tuple[UUID, str]]) -> None:
        super().__init__(data)
        field = self.fields["lead_authority"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("Choose an authority")), *authorities]


class VehicleChangeForm(forms.Form):
    """What may be changed of a vehicle, and why."""

    name = forms.CharField(label=_("Name"), max_length=160)
    name_cy = _welsh_name()
    terms_summary = _terms()
    ends_on = govuk.GovukDateField(
        label=_("Last day"),
        help_text=_("To close the vehicle, enter its last day. Placements already agreed go on."),
    )
    reason = govuk.LongTextField(
        label=_("Why it changes"),
        help_text=_("Kept in the audit trail. Name no child or adult."),
        max_length=LONGEST_REASON,
        rows=3,
        error_messages={"required": _("Enter the reason")},
    )


class LotForm(forms.Form):
    """A new lot."""

    code = _code(_("Short, and once in this vehicle, like STD. It cannot be changed."))
    name = forms.CharField(label=_("Name"), max_length=120)
    category = forms.ChoiceField(label=_("Kind of home"), choices=Category.choices, widget=govuk.Radios(small=True))
    age_min = forms.IntegerField(label=_("Youngest age"), min_value=0, max_value=120, widget=govuk.Text(width=3))
    age_max = forms.IntegerField(label=_("Oldest age"), min_value=0, max_value=120, widget=govuk.Text(width=3))
    needs = forms.MultipleChoiceField(
        label=_("Needs that homes on this lot meet"),
        required=False,
        choices=Need.choices,
        widget=govuk.Checkboxes(small=True),
    )
    is_solo = forms.BooleanField(label=_("For one person living alone with staff"), required=False)
