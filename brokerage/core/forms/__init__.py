"""Forms: the GOV.UK renderer (`FORM_RENDERER`), and the fields and widgets Django has not.

`from brokerage.core import forms as govuk`. Any plain Django form is drawn through the renderer.
"""

from brokerage.core.forms.dates import (
    DateBoxes,
    DateParts,
    DateTimeBoxes,
    GovukDateField,
    GovukDateTimeField,
    read_date,
    read_time,
)
from brokerage.core.forms.fields import LongTextField, MoneyField, MultipleFileField, YesNoField
from brokerage.core.forms.rendering import GovukBoundField, GovukRenderer, add_refusal, revealed_names
from brokerage.core.forms.widgets import AutocompleteSelect, Checkboxes, MultipleFileInput, Radios, Text

__all__ = [
    "AutocompleteSelect",
    "Checkboxes",
    "DateBoxes",
    "DateParts",
    "DateTimeBoxes",
    "GovukBoundField",
    "GovukDateField",
    "GovukDateTimeField",
    "GovukRenderer",
    "LongTextField",
    "MoneyField",
    "MultipleFileField",
    "MultipleFileInput",
    "Radios",
    "Text",
    "YesNoField",
    "add_refusal",
    "read_date",
    "read_time",
    "revealed_names",
]
