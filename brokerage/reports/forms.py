"""Filters of reports."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from brokerage.core.vocabulary import Category
from brokerage.reports.periods import PERIODS


class CategoryFilter(forms.Form):
    """One kind of home, or all."""

    category = forms.ChoiceField(label=_("Kind of home"), required=False, choices=[("", _("All")), *Category.choices])


class SpendFilter(CategoryFilter):
    """Period and kind of home."""

    period = forms.ChoiceField(label=_("Period"), required=False, choices=PERIODS)
    field_order = ("period", "category")
