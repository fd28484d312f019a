"""Forms of the firewall: narrowing the list, answering a finding."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.texts import LONGEST
from brokerage.safeguarding.firewall.queries.problems import CODES, TEXTS
from brokerage.safeguarding.firewall.states import FINDING

_ANY = ("", _("All"))


class FindingFilter(forms.Form):
    """What the list is narrowed to."""

    state = forms.ChoiceField(label=_("Status"), required=False, choices=[_ANY, *FINDING.choices])
    code = forms.ChoiceField(
        label=_("What is wrong"), required=False, choices=[_ANY, *((code, TEXTS[code]) for code in CODES)]
    )
    q = forms.CharField(label=_("Home or reference"), required=False, max_length=100)


class PlanForm(forms.Form):
    """What will be done."""

    plan = govuk.LongTextField(
        label=_("What will you do for the person there?"),
        help_text=_("For example who visits and when, whether they stay while it is put right, or move."),
        max_length=LONGEST,
        rows=5,
        error_messages={"required": _("Say what will be done")},
    )
