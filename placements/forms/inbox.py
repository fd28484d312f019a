"""Forms of the inbox: filters, a question, a decline. Shapes of input; the rules are in the actions."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST_REASON
from brokerage.core.vocabulary import Category, DeclineReason, Urgency
from placements.actions.declines import LONGEST_NOTE
from providers.models import Establishment


def _own_establishments() -> list[tuple[str, Any]]:
    # Row security shows a provider its own. Which of them were ever invited is in years of invitations.
    own = Establishment.objects.order_by("name", "pk").values_list("pk", "name")
    return [("", _("All")), *((str(pk), name) for pk, name in own)]


class InboxFilter(forms.Form):
    """Which referrals to list; what does not make sense narrows nothing."""

    category = forms.ChoiceField(label=_("Kind of home"), required=False, choices=[("", _("All")), *Category.choices])
    urgency = forms.ChoiceField(label=_("Needed"), required=False, choices=[("", _("All")), *Urgency.choices])
    establishment = forms.ChoiceField(label=_("Your establishment"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked at most once, where they are checked or shown: the list that is asked for every 20 seconds does neither.
        cast("forms.ChoiceField", self.fields["establishment"]).choices = cache(_own_establishments)

    def values(self) -> dict[str, str]:
        """The filters that are valid."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class QuestionForm(forms.Form):
    question = govuk.LongTextField(
        label=_("Your question"),
        help_text=_("Everyone invited sees the question and its answer. Do not say who you are."),
        max_length=LONGEST_REASON,
        rows=4,
    )


class DeclineForm(forms.Form):
    reason = forms.ChoiceField(label=_("Why do you decline?"), choices=DeclineReason.choices, widget=govuk.Radios())
    note = govuk.LongTextField(
        label=_("More about this (optional)"),
        help_text=_("What would have made it possible? Name nobody."),
        max_length=LONGEST_NOTE,
        rows=4,
        required=False,
    )
