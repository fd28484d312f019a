"""Forms of a placement: filter, start, another day, end, cancel, host authority told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.vocabulary import Category, PlacementSource
from placements.models import Placement
from placements.ssda903 import (
    END_REASONS,
    PLACEMENT_PROVIDERS,
    PLACEMENT_TYPES,
    end_reasons_of,
    usual_codes,
)
from placements.states import PLACEMENT


class PlacementFilter(forms.Form):
    """What the list is narrowed to."""

    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All")), *[(s, PLACEMENT.label(s)) for s in PLACEMENT.states]],
    )
    category = forms.ChoiceField(label=_("Kind of home"), required=False, choices=[("", _("All")), *Category.choices])
    source = forms.ChoiceField(
        label=_("How it was bought"), required=False, choices=[("", _("All")), *PlacementSource.choices]
    )
    q = forms.CharField(
        label=_("Home, provider or reference"), required=False, max_length=80, widget=govuk.Text(width=20)
    )


class StartForm(forms.Form):
    """The person has moved in. For a child the two codes of the SSDA903 return, suggested."""

    started_on = govuk.GovukDateField(
        label=_("When did they move in?"), error_messages={"required": _("Enter the day they moved in")}
    )
    placement_type = forms.ChoiceField(
        label=_("Placement type (SSDA903)"), choices=[("", _("Select")), *PLACEMENT_TYPES.items()]
    )
    placement_provider = forms.ChoiceField(
        label=_("Who provides it (SSDA903)"), choices=[("", _("Select")), *PLACEMENT_PROVIDERS.items()]
    )

    def __init__(self, data: Any = None, *, placement: Placement) -> None:
        suggested = {"started_on": placement.planned_start_on, **usual_codes(placement)}
        super().__init__(data, initial=suggested)
        if placement.category == Category.ADULT_RESIDENTIAL:
            del self.fields["placement_type"], self.fields["placement_provider"]


class RescheduleForm(forms.Form):
    """Another day for the start."""

    planned_start_on = govuk.GovukDateField(
        label=_("New start date"), error_messages={"required": _("Enter the new start date")}
    )


class EndForm(forms.Form):
    """The person has left."""

    ended_on = govuk.GovukDateField(
        label=_("When did they leave?"), error_messages={"required": _("Enter the day they left")}
    )
    end_reason = forms.ChoiceField(
        label=_("Why did the placement end?"),
        widget=govuk.Radios(small=True),
        error_messages={"required": _("Select why the placement ended")},
    )

    def __init__(self, *args: Any, placement: Placement, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = self.fields["end_reason"]
        assert isinstance(reasons, forms.ChoiceField)
        reasons.choices = [(code, END_REASONS[code]) for code in end_reasons_of(placement.category)]


class CancelForm(forms.Form):
    """The placement comes to nothing."""

    reason = govuk.LongTextField(
        label=_("Why is the placement cancelled?"),
        rows=4,
        max_length=1000,
        error_messages={"required": _("Say why the placement is cancelled")},
    )


class HostNotifiedForm(forms.Form):
    """The host authority has been told."""

    notified_on = govuk.GovukDateField(
        label=_("When was the host authority told?"), error_messages={"required": _("Enter the day it was told")}
    )
