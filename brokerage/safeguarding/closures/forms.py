"""Forms of closures: announcing, another day, not closing, closed, and where one person goes next."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.forms.checked import CheckedForm
from brokerage.core.pages.templatetags.pages import day
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.closures.models import ClosureResident, Why
from brokerage.safeguarding.closures.queries import Options
from brokerage.safeguarding.closures.states import CLOSURE, RESIDENT, RESIDENT_MOVE


class AnnounceForm(CheckedForm):
    """When and why it closes."""

    closes_on = govuk.GovukDateField(
        label=_("When does it close?"), error_messages={"required": _("Enter the day on which it closes")}
    )
    notice_on = govuk.GovukDateField(
        label=_("When was notice given?"),
        help_text=_("The day on which the provider, or whoever decided it, said so."),
        error_messages={"required": _("Enter the day on which notice was given")},
    )
    why = forms.ChoiceField(
        label=_("Why does it close?"),
        choices=Why.choices,
        widget=govuk.Radios(),
        error_messages={"required": _("Choose why it closes")},
    )
    explanation = govuk.LongTextField(
        label=_("What else should others know?"),
        help_text=_("Everybody who is told reads this, and the provider does. Name nobody."),
        required=False,
        max_length=LONGEST,
        rows=4,
    )


class RescheduleForm(CheckedForm):
    """Another day."""

    closes_on = govuk.GovukDateField(
        label=_("When does it close now?"), error_messages={"required": _("Enter the day on which it closes")}
    )
    change_note = govuk.LongTextField(
        label=_("Why has the day changed?"),
        help_text=_("Everybody who was told reads this. Name nobody."),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say why the day has changed")},
    )


class WithdrawForm(CheckedForm):
    """It does not close."""

    change_note = govuk.LongTextField(
        label=_("Why is it not closing?"),
        help_text=_("Everybody who was told reads this. Name nobody."),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say why it is not closing")},
    )


class CloseHomeForm(forms.Form):
    """The day on which it closed."""

    closed_on = govuk.GovukDateField(
        label=_("When did it close?"), error_messages={"required": _("Enter the day on which it closed")}
    )


class ResidentForm(forms.Form):
    """How far the search for one person's next home is."""

    status = forms.ChoiceField(
        label=_("How far is it?"),
        choices=[(state, RESIDENT.label(state)) for state in RESIDENT_MOVE],
        widget=govuk.Radios(),
        error_messages={"required": _("Choose how far it is")},
    )
    referral = forms.ChoiceField(label=_("Referral that looks for their next home"), required=False)
    placement = forms.ChoiceField(
        label=_("Placement that was found"),
        help_text=_("Needed once a home is found."),
        required=False,
    )
    ended_on = govuk.GovukDateField(
        label=_("When did they leave?"), help_text=_("Needed once they have left."), required=False
    )
    note = govuk.LongTextField(
        label=_("Note"),
        help_text=_("Only your organisation reads this. Say how it ended if it ended another way."),
        required=False,
        max_length=LONGEST,
        rows=3,
    )

    def __init__(self, data: Any, *, resident: ClosureResident, options: Options) -> None:
        initial = {
            "status": resident.status if resident.status in RESIDENT_MOVE else None,
            "referral": resident.referral_reference,
            "placement": resident.new_placement_reference,
            "note": resident.note,
        }
        super().__init__(data, initial=initial)
        referral, placement = self.fields["referral"], self.fields["placement"]
        assert isinstance(referral, forms.ChoiceField) and isinstance(placement, forms.ChoiceField)
        none = ("", _now("None yet"))
        referral.choices = [
            none,
            *((row.reference, f"{row.reference}, {row.get_status_display()}") for row in options.referrals),
        ]
        placement.choices = [
            none,
            *(
                (row.reference, f"{row.reference}, {row.get_status_display()}, {day(row.planned_start_on)}")
                for row in options.placements
            ),
        ]


class ClosureFilter(forms.Form):
    """What the list is narrowed to."""

    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *CLOSURE.choices])
    q = forms.CharField(label=_("Home, provider or reference"), required=False, max_length=100)
