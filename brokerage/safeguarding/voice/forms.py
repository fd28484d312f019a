"""Forms of leads: filtering, answering, noting, passing on, closing; codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_TOLD
from brokerage.safeguarding.voice.models import Writer
from brokerage.safeguarding.voice.states import MESSAGE


class MessageFilter(forms.Form):
    """Of the list of messages. Homes' names and references: no personal data."""

    q = forms.CharField(label=_("Reference or home"), required=False, max_length=60, widget=govuk.Text())
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All")), *MESSAGE.choices])
    who = forms.ChoiceField(label=_("Written by"), required=False, choices=[("", _("All")), *Writer.choices])


class AnswerForm(forms.Form):
    """Words that the writer reads."""

    text = govuk.LongTextField(
        label=_("Your answer"),
        help_text=_(
            "The writer reads this with their secret code. Somebody else may look over their shoulder: name nobody, and"
            " repeat nothing that was said. Use short, plain words."
        ),
        max_length=LONGEST_TOLD,
        rows=6,
        error_messages={"required": _("Write something")},
    )


class NoteForm(forms.Form):
    """Words that the writer does not read."""

    text = govuk.LongTextField(
        label=_("Your note"),
        help_text=_("Whoever reads the message reads this too. The writer does not."),
        max_length=LONGEST_TOLD,
        rows=4,
        error_messages={"required": _("Write something")},
    )


class CloseForm(forms.Form):
    """What was done."""

    outcome = govuk.LongTextField(
        label=_("What was done?"),
        help_text=_("The writer does not read this. If they should know, answer them first."),
        max_length=LONGEST_TOLD,
        rows=4,
        error_messages={"required": _("Say what was done")},
    )
    became = forms.CharField(
        label=_("Reference of the alert or concern that it became"),
        required=False,
        max_length=24,
        widget=govuk.Text(width=20),
    )


class PassOnForm(forms.Form):
    """One council more, and why."""

    council = forms.ChoiceField(
        label=_("Council"),
        help_text=_("Such as the council that placed the young person there, if the writer says which."),
        widget=govuk.AutocompleteSelect(),
        error_messages={"required": _("Choose a council")},
    )
    reason = govuk.LongTextField(
        label=_("Why must they read it?"),
        max_length=LONGEST_TOLD,
        rows=3,
        error_messages={"required": _("Say why they must read it")},
    )

    def __init__(self, data: Any = None, *, councils: list[tuple[str, Any]]) -> None:
        super().__init__(data)
        field = self.fields["council"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Choose")), *councils]


class HomeForm(forms.Form):
    """Part of a home's name. Not a person's."""

    q = forms.CharField(
        label=_("Home"),
        help_text=_("Part of the name or of the town, or the registration number."),
        required=False,
        max_length=100,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
    )


class ReplaceForm(forms.Form):
    """Why a code is replaced."""

    reason = govuk.LongTextField(
        label=_("Why is it replaced?"),
        help_text=_("Such as: it was published, or nonsense comes with it."),
        max_length=LONGEST_TOLD,
        rows=3,
        error_messages={"required": _("Say why it is replaced")},
    )
