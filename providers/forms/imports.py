"""Choosing a file to import and what it holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.tenants.actors import Actor
from providers.imports.kinds import kinds_for


class ImportForm(forms.Form):
    """One CSV file of one kind."""

    kind = forms.ChoiceField(
        label=_("What does the file hold?"), error_messages={"required": _("Select what the file holds")}
    )
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("In UTF-8, with commas, smaller than 20 MB. In Excel choose Save As, then “CSV UTF-8”."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": _("Select a CSV file"), "empty": _("The file is empty")},
    )

    is_whole_list = forms.BooleanField(
        label=_("This is the whole list"),
        help_text=_(
            "For a register only: the file names every home of its regulator and kind, not only changes. Homes that it"
            " does not name are then told to the councils concerned. Nothing is closed by that."
        ),
        required=False,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = kinds_for(actor)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.widget = govuk.Radios(hints={kind.code: kind.hint for kind in kinds})
        field.choices = [(kind.code, kind.label) for kind in kinds]
        if not any(kind.whole_list for kind in kinds):
            del self.fields["is_whole_list"]
        if len(kinds) == 1:
            field.initial = kinds[0].code
