"""What a contract manager fills in about admissions: shapes of input, no rules."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.forms.checked import CheckedForm
from brokerage.core.texts import LONGEST_REASON
from dpv.actions.ceilings import NewCeiling
from dpv.ceilings import AGE_BANDS
from dpv.models import Admission, Lot, MenuItem
from dpv.states import ADMISSION

#: The oldest age a band without an end stands for.
OLDEST = 120


def bands_of(lot: Lot) -> list[tuple[str, Any, tuple[int, int]]]:
    """(code, label, ages) of the bands a ceiling may be set for on the lot: all its ages, or one tendered band."""
    bands: list[tuple[str, Any, tuple[int, int]]] = [
        (
            "all",
            _("All ages on this lot (%(low)s to %(high)s)") % {"low": lot.age_min, "high": lot.age_max},
            (lot.age_min, lot.age_max),
        )
    ]
    for band in AGE_BANDS:
        high = OLDEST if band.to_age is None else band.to_age
        if band.from_age <= lot.age_max and high >= lot.age_min:
            bands.append((band.code, band.label, (band.from_age, high)))
    return bands


class LotFilter(forms.Form):
    """Narrows a lot's admissions."""

    text = forms.CharField(label=_("Establishment, provider or URN"), required=False, max_length=80)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *ADMISSION.choices])
    tier = forms.ChoiceField(label=_("Tier"), required=False, choices=[("", _("All")), *Admission.Tier.choices])


class FindEstablishmentForm(forms.Form):
    """Words of an establishment to admit."""

    q = forms.CharField(label=_("Name of the establishment or provider, or URN"), max_length=80)


def _score_field() -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Quality score"),
        help_text=_("From 0 to 100, as evaluated. Leave empty if quality is not scored."),
        required=False,
        max_digits=5,
        decimal_places=2,
        widget=govuk.Text(width=5, attrs={"inputmode": "decimal"}),
    )


def _tier_field() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Tier"), choices=Admission.Tier.choices, widget=govuk.Radios(inline=True))


def _reason_field(label: Any, help_text: Any = "") -> govuk.LongTextField:
    return govuk.LongTextField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REASON,
        rows=4,
        error_messages={"required": _("Enter the reason")},
    )


class AdmitForm(CheckedForm):
    """Score, tier, ceilings by age band and the reason."""

    quality_score = _score_field()
    tier = _tier_field()
    reason = _reason_field(_("Why it is admitted"), _("For example: the evaluation and its date."))

    def __init__(self, data: Any = None, *, lot: Lot) -> None:
        super().__init__(data, initial={"tier": Admission.Tier.PREFERRED})
        self.bands = bands_of(lot)
        reason = self.fields.pop("reason")
        for code, label, _ages in self.bands:
            self.fields[f"weekly_{code}"] = govuk.MoneyField(
                label=_("Ceiling price: %(band)s") % {"band": label}, per=_("per week"), required=False
            )
        self.fields["weekly_all"].help_text = _("One price for all ages, or prices by age below.")
        self.fields["reason"] = reason

    def ceilings(self) -> list[NewCeiling]:
        """The ceilings that were entered."""
        return [
            NewCeiling(*ages, self.cleaned_data[f"weekly_{code}"])
            for code, _label, ages in self.bands
            if self.cleaned_data.get(f"weekly_{code}") is not None
        ]


class CeilingForm(CheckedForm):
    """A ceiling for an age band from a day on."""

    band = forms.ChoiceField(label=_("Ages"), widget=govuk.Radios(small=True))
    weekly = govuk.MoneyField(label=_("Ceiling price"), per=_("per week"))
    valid_from = govuk.GovukDateField(label=_("In force from"))
    reason = _reason_field(_("Why it is set"), _("For example: price round 2026, or an earlier change and why."))

    def __init__(self, data: Any = None, *, lot: Lot, today: dt.date) -> None:
        super().__init__(data, initial={"band": "all", "valid_from": today})
        self.ages = {code: ages for code, _label, ages in bands_of(lot)}
        field = self.fields["band"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, label) for code, label, _ages in bands_of(lot)]

    def ceiling(self) -> NewCeiling:
        """What was entered."""
        weekly: Decimal = self.cleaned_data["weekly"]
        return NewCeiling(*self.ages[self.cleaned_data["band"]], weekly)


class ScoreForm(CheckedForm):
    """A new quality score and tier."""

    quality_score = _score_field()
    tier = _tier_field()
    reason = _reason_field(_("Why they change"))


class SuspendForm(CheckedForm):
    """Reason, day of review, and whether the establishment's other lots are suspended too."""

    reason = _reason_field(
        _("Reason"), _("Authorities of the region can read it. The provider is not sent it. Name no child or adult.")
    )
    review_on = govuk.GovukDateField(label=_("Review on"), help_text=_("It stays suspended until somebody lifts it."))
    others = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, others: list[Admission]) -> None:
        super().__init__(data)
        if others:
            names = ", ".join(f"{row.vehicle.code} {row.lot.code}" for row in others)
            self.fields["others"].label = _("Suspend it on its other lots too: %(lots)s") % {"lots": names}
        else:
            del self.fields["others"]


class ReasonForm(CheckedForm):
    """A reason: for lifting, barring or ending."""

    reason = _reason_field(_("Reason"))


class ReviewForm(CheckedForm):
    """What a review found, and when the next one is."""

    reason = _reason_field(_("What the review found"))
    review_on = govuk.GovukDateField(label=_("Next review on"))


class MenuItemForm(forms.Form):
    """The unit price of an extra from a day on."""

    service = forms.ChoiceField(label=_("Service"), choices=MenuItem.Service.choices)
    unit_price = govuk.MoneyField(label=_("Unit price"), per=_("a unit"))
    valid_from = govuk.GovukDateField(label=_("In force from"))


class LastDayForm(forms.Form):
    """The last day of a price."""

    last_on = govuk.GovukDateField(label=_("Last day"))
