"""Forms of a provider's own side: profile, homes, households, vacancies, insurance."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.vocabulary import Need, SexAccepted
from providers.actions.households import HouseholdFacts
from providers.models import CarerHousehold, Establishment, Insurance

PETS = (
    ("dog", _("Dog")),
    ("cat", _("Cat")),
    ("rabbit", _("Rabbit")),
    ("fish", _("Fish")),
    ("bird", _("Bird")),
    ("horse", _("Horse")),
    ("other", _("Other")),
)
FAITHS = (
    ("christian", _("Christian")),
    ("muslim", _("Muslim")),
    ("hindu", _("Hindu")),
    ("sikh", _("Sikh")),
    ("jewish", _("Jewish")),
    ("buddhist", _("Buddhist")),
    ("none", _("None")),
    ("other", _("Other")),
)
_NUMBER = {"inputmode": "numeric"}


class ProfileForm(forms.Form):
    """How to reach the provider."""

    contact_email = forms.EmailField(label=_("E-mail for authorities"), required=False)
    contact_phone = forms.CharField(label=_("Telephone"), required=False, max_length=40, widget=govuk.Text(width=20))
    out_of_hours_phone = forms.CharField(
        label=_("Telephone out of hours"), required=False, max_length=40, widget=govuk.Text(width=20)
    )
    registered_address = govuk.LongTextField(label=_("Registered address"), required=False, max_length=500, rows=4)


class EstablishmentForm(forms.Form):
    """What a provider itself says about a home."""

    description = govuk.LongTextField(
        label=_("About this home"),
        help_text=_("What daily life is like, the team, the house and what is near. Name no child."),
        required=False,
        max_length=3000,
        rows=8,
    )
    needs = forms.MultipleChoiceField(
        label=_("Needs you can meet here"),
        choices=Need.choices,
        widget=govuk.Checkboxes(small=True),
        error_messages={"required": _("Select at least one need that can be met")},
    )
    telephone = forms.CharField(label=_("Telephone"), required=False, max_length=40, widget=govuk.Text(width=20))
    email = forms.EmailField(label=_("E-mail"), required=False)

    def __init__(self, *args: Any, home: Establishment, **kwargs: Any) -> None:
        names = ("description", "needs", "telephone", "email")
        kwargs.setdefault("initial", {name: getattr(home, name) for name in names})
        super().__init__(*args, **kwargs)


class VacancyForm(forms.Form):
    """Places free today."""

    vacancies = forms.IntegerField(
        label=_("Vacancies today"),
        widget=govuk.Text(width=3, attrs=_NUMBER),
        error_messages={
            "required": _("Enter how many places are free"),
            "invalid": _("Enter a whole number, such as 2"),
        },
    )


class _NumbersField(forms.CharField):
    """Whole numbers separated by commas, spaces or semicolons, sorted."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        parts = [part for part in re.split(r"[,;\s]+", value or "") if part]
        if any(not part.isascii() or not part.isdigit() or int(part[:4]) > 40 for part in parts):
            raise ValidationError(_("Enter ages as whole numbers, such as 9, 14"), code="invalid")
        return sorted(int(part) for part in parts)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(part) for part in value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or []) != (data or ""))


class _LanguagesField(forms.CharField):
    """Language codes of two or three letters, separated by commas or spaces."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        parts = [part.lower() for part in re.split(r"[,;\s]+", value or "") if part]
        if any(not re.fullmatch(r"[a-z]{2,3}", part) for part in parts):
            raise ValidationError(_("Enter language codes of two letters, such as en, pa"), code="invalid")
        return list(dict.fromkeys(parts))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class HouseholdForm(forms.Form):
    """A fostering household. `code` is asked for once, when it is added."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Your own code for the household. No names."),
        max_length=24,
        widget=govuk.Text(width=10),
    )
    outward = forms.CharField(
        label=_("First half of the postcode"),
        help_text=_("Such as HA3. The full address is never kept here."),
        max_length=8,
        widget=govuk.Text(width=5),
    )
    places = forms.IntegerField(
        label=_("Children approved for"), min_value=1, max_value=6, widget=govuk.Text(width=2, attrs=_NUMBER)
    )
    age_min = forms.IntegerField(
        label=_("Lowest age"), min_value=0, max_value=17, widget=govuk.Text(width=2, attrs=_NUMBER)
    )
    age_max = forms.IntegerField(
        label=_("Highest age"), min_value=0, max_value=25, widget=govuk.Text(width=2, attrs=_NUMBER)
    )
    sex_accepted = forms.ChoiceField(
        label=_("Accepts"), choices=SexAccepted.choices, widget=govuk.Radios(inline=True), initial="any"
    )
    needs = forms.MultipleChoiceField(
        label=_("Needs they can meet"),
        choices=Need.choices,
        widget=govuk.Checkboxes(small=True),
        error_messages={"required": _("Select at least one need that can be met")},
    )
    adults = forms.IntegerField(
        label=_("Adults in the household"), min_value=1, max_value=10, widget=govuk.Text(width=2, attrs=_NUMBER)
    )
    children_ages = _NumbersField(
        label=_("Ages of the children living there now"),
        help_text=_("All children, their own included. Such as 9, 14. Leave empty if there are none."),
        required=False,
        max_length=60,
        widget=govuk.Text(width=10),
    )
    pets = forms.MultipleChoiceField(label=_("Pets"), choices=PETS, required=False, widget=govuk.Checkboxes(small=True))
    smoking = forms.ChoiceField(
        label=_("Does anybody smoke?"),
        choices=[("no", _("No")), ("outside_only", _("Outside only"))],
        widget=govuk.Radios(inline=True),
        initial="no",
    )
    languages = _LanguagesField(
        label=_("Languages spoken"),
        help_text=_("Codes of two letters, such as en, pa, cy."),
        max_length=60,
        initial=["en"],
        widget=govuk.Text(width=10),
    )
    faiths = forms.MultipleChoiceField(
        label=_("Faiths practised"), choices=FAITHS, required=False, widget=govuk.Checkboxes(small=True)
    )
    approved_on = govuk.GovukDateField(label=_("Date of panel approval"))

    def __init__(self, *args: Any, household: CarerHousehold | None = None, **kwargs: Any) -> None:
        if household is not None:
            values = {name: getattr(household, name) for name in self.base_fields if name not in ("code", "places")}
            counter = getattr(household, "occupancy", None)
            kwargs.setdefault("initial", {**values, "places": counter.places if counter else 1})
        super().__init__(*args, **kwargs)
        if household is not None:
            del self.fields["code"]

    def facts(self) -> HouseholdFacts:
        """The valid form as the action takes it."""
        return HouseholdFacts(**{name: value for name, value in self.cleaned_data.items() if name != "code"})


class PolicyForm(forms.Form):
    """One insurance policy."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Insurance.Kind.choices, widget=govuk.Radios())
    insurer = forms.CharField(label=_("Insurer"), max_length=120)
    policy_number = forms.CharField(label=_("Policy number"), max_length=60, widget=govuk.Text(width=20))
    cover_amount = govuk.MoneyField(label=_("Amount of cover"), width=20)
    starts_on = govuk.GovukDateField(label=_("First day of cover"))
    expires_on = govuk.GovukDateField(label=_("Last day of cover"))
    file = forms.FileField(
        label=_("Certificate"),
        help_text=_("PDF, DOCX, ODT, PNG, JPG or TXT. Councils and central teams can read it."),
        required=False,
        allow_empty_file=True,
        max_length=255,
    )

    def __init__(self, *args: Any, policy: Insurance | None = None, **kwargs: Any) -> None:
        if policy is not None:
            kwargs.setdefault("initial", {name: getattr(policy, name) for name in self.base_fields if name != "file"})
        super().__init__(*args, **kwargs)
