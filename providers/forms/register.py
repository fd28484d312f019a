"""Forms of the central team: finding providers, verifying them, recording their oversight and registrations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.tenants.models import Organisation
from brokerage.core.vocabulary import EstablishmentKind, Rating, RegistrationStatus, SexAccepted
from providers.models import Establishment, Provider
from providers.queries.register import STATUSES, areas

_ANY = ("", _("Any"))


class ProviderFilter(forms.Form):
    """What to look for in the list of providers."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=100, help_text=_("Name, company number or registration number")
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[_ANY, *EstablishmentKind.choices])
    area = forms.ChoiceField(label=_("Area"), required=False)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[_ANY, *STATUSES])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["area"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [_ANY, *areas()]


class ReasonForm(forms.Form):
    """Why."""

    reason = govuk.LongTextField(
        label=_("What was checked, and why"),
        max_length=1000,
        rows=4,
        error_messages={"required": _("Enter what was checked, and why")},
    )


class OversightForm(forms.Form):
    """Link authority and credit report."""

    link_authority = forms.ModelChoiceField(
        label=_("Link authority"),
        help_text=_("It makes the monitoring visits and settles fees with this provider for all the others."),
        required=False,
        queryset=Organisation.objects.none(),
        empty_label=_("None yet"),
        widget=govuk.AutocompleteSelect(),
    )
    credit_report_on = govuk.GovukDateField(label=_("Date of the credit report"), required=False)
    credit_report_score = forms.CharField(
        label=_("Credit score or band"), required=False, max_length=20, widget=govuk.Text(width=10)
    )

    def __init__(self, *args: Any, provider: Provider, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {
                "link_authority": provider.link_authority_id,
                "credit_report_on": provider.credit_report_on,
                "credit_report_score": provider.credit_report_score,
            },
        )
        super().__init__(*args, **kwargs)
        field = self.fields["link_authority"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.filter(kind=Organisation.Kind.AUTHORITY).order_by("name")


class RegistrationForm(forms.Form):
    """What the regulator's register says of a home."""

    registration_status = forms.ChoiceField(
        label=_("Registration"), choices=RegistrationStatus.choices, widget=govuk.Radios()
    )
    rating = forms.ChoiceField(label=_("Rating"), choices=Rating.choices)
    inspected_on = govuk.GovukDateField(label=_("Last inspected on"), required=False)
    capacity = forms.IntegerField(
        label=_("Registered places"), required=False, min_value=1, max_value=200, widget=govuk.Text(width=3)
    )
    age_min = forms.IntegerField(label=_("Lowest age"), min_value=0, max_value=120, widget=govuk.Text(width=3))
    age_max = forms.IntegerField(label=_("Highest age"), min_value=0, max_value=120, widget=govuk.Text(width=3))
    sex_accepted = forms.ChoiceField(label=_("Accepts"), choices=SexAccepted.choices, widget=govuk.Radios(inline=True))
    registered_manager = forms.CharField(label=_("Registered manager"), required=False, max_length=120)
    closed_on = govuk.GovukDateField(
        label=_("Closed on"), required=False, help_text=_("Only when the home has closed for good.")
    )
    reason = govuk.LongTextField(
        label=_("Why does it change, and where was it seen?"),
        max_length=1000,
        rows=3,
        error_messages={"required": _("Enter why it changes, and where it was seen")},
    )

    def __init__(self, *args: Any, home: Establishment, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {name: getattr(home, name) for name in self.base_fields if name != "reason"})
        super().__init__(*args, **kwargs)
