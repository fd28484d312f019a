"""Forms of concerns, suggestions and complaints: noting, deciding, complaining, answering, filtering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.forms.checked import CheckedForm
from brokerage.core.tenants.actors import Actor
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.concerns.actions.concerns import LONGEST_NOTE
from brokerage.safeguarding.concerns.models import ComplaintKind, ConcernKind, Pattern
from brokerage.safeguarding.concerns.states import COMPLAINT, CONCERN, SUGGESTION

_ANY = ("", _("All"))


class ConcernForm(CheckedForm):
    """A quick note."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[("", _("Choose")), *ConcernKind.choices],
        error_messages={"required": _("Choose what the concern is about")},
    )
    what = govuk.LongTextField(
        label=_("What worries you?"),
        help_text=_("What was seen or heard. Name nobody, not even by initials."),
        max_length=LONGEST_NOTE,
        rows=4,
        error_messages={"required": _("Say what worries you")},
    )
    seen_on = govuk.GovukDateField(label=_("When was it?"), error_messages={"required": _("Enter the day")})
    is_shared = forms.BooleanField(
        label=_("The region’s central team may read it"),
        help_text=_("No other authority and no provider reads it. Several notes about one home show a pattern."),
        required=False,
    )

    def __init__(self, data: Any = None, *, actor: Actor, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        if actor.is_central:
            del self.fields["is_shared"]


class DecisionForm(CheckedForm):
    """What is done about a concern or a suggestion, and why."""

    decision = forms.ChoiceField(
        label=_("What is done?"), widget=govuk.Radios(), error_messages={"required": _("Choose what is done")}
    )
    reason = govuk.LongTextField(
        label=_("Why?"),
        help_text=_("Name nobody."),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say why")},
    )

    def __init__(self, data: Any = None, *, choices: Iterable[tuple[str, Any]]) -> None:
        super().__init__(data)
        decision = self.fields["decision"]
        assert isinstance(decision, forms.ChoiceField)
        decision.choices = list(choices)


class PartyForm(forms.Form):
    """Whom a complaint is against: a part of the name."""

    q = forms.CharField(
        label=_("Whom is it against?"),
        help_text=_("Part of the name of the provider or council."),
        required=False,
        max_length=100,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
    )


class ComplaintForm(CheckedForm):
    """A complaint or dispute; the other side reads all of it."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=[("", _("Choose")), *ComplaintKind.choices],
        error_messages={"required": _("Choose what the complaint is about")},
    )
    agreement_reference = forms.CharField(
        label=_("Reference of the agreement (optional)"),
        help_text=_("One between the two of you, such as A-7K3M-9QX2."),
        required=False,
        max_length=20,
        widget=govuk.Text(attrs={"autocomplete": "off"}),
    )
    what = govuk.LongTextField(
        label=_("What is wrong?"),
        help_text=_("The other side reads this. Name nobody."),
        max_length=LONGEST,
        rows=5,
        error_messages={"required": _("Say what the complaint is about")},
    )
    wanted = govuk.LongTextField(
        label=_("What should happen?"),
        max_length=LONGEST,
        rows=3,
        error_messages={"required": _("Say what should happen")},
    )


class TextForm(CheckedForm):
    """What somebody says about a complaint."""

    text = govuk.LongTextField(
        label=_("Text"),
        help_text=_("Everybody who reads the complaint reads this. Name nobody."),
        max_length=LONGEST,
        rows=5,
        error_messages={"required": _("Write what you want to say")},
    )

    def __init__(self, data: Any = None, *, label: Any) -> None:
        super().__init__(data)
        self.fields["text"].label = label


class AcknowledgeForm(forms.Form):
    """Nothing to say: the button says it."""


class ConcernFilter(forms.Form):
    """What the list of concerns is narrowed to."""

    state = forms.ChoiceField(label=_("Status"), required=False, choices=[_ANY, *CONCERN.choices])
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[_ANY, *ConcernKind.choices])
    q = forms.CharField(label=_("Home, provider or reference"), required=False, max_length=100)


class SuggestionFilter(forms.Form):
    """What the list of suggestions is narrowed to."""

    state = forms.ChoiceField(label=_("Status"), required=False, choices=[_ANY, *SUGGESTION.choices])
    pattern = forms.ChoiceField(label=_("Pattern"), required=False, choices=[_ANY, *Pattern.choices])


class ComplaintFilter(forms.Form):
    """What the list of complaints is narrowed to."""

    state = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[_ANY, ("overdue", _("Not acknowledged in time")), *COMPLAINT.choices],
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[_ANY, *ComplaintKind.choices])
    q = forms.CharField(label=_("Other side or reference"), required=False, max_length=100)
