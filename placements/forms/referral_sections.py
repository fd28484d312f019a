"""A section of the referral as a form, made from the table of questions.

Saved "for later" it refuses nothing: what can be read is an answer, what cannot is kept as typed and flagged. Finished,
it asks for what is missing. What an answer is, `placements.questions.checking` decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from brokerage.core import forms as govuk
from brokerage.core.errors import RuleBroken
from placements.completeness import AS_TYPED, half_outcome_message, is_empty, is_required, missing_in
from placements.questions import NEVER, STAGE_TWO, Kind, Question, Section
from placements.questions.checking import checked
from placements.questions.days import day_problems

NOTES = {STAGE_TWO: _("Shortlisted providers only."), NEVER: _("Not shown to providers.")}

#: Letters of unreadable input that are kept for its author.
TYPED_AT_MOST = 20_000


@dataclass
class Group:
    """A question with those that its answers raise: `followers` maps an answer to the questions shown with it."""

    lead: BoundField
    heading: Any = ""
    followers: dict[str, list[BoundField]] = field(default_factory=dict)


class SectionForm(forms.Form):
    """The questions of one section for one category. After `is_valid()`, `values` and `unread` are what to save."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    window = forms.CharField(widget=forms.HiddenInput, required=False, max_length=32)

    def __init__(
        self,
        section: Section,
        category: str,
        data: Any = None,
        *,
        answers: Mapping[str, Any],
        today: dt.date,
        revision: int,
        window: str,
        complete: bool = False,
    ) -> None:
        self.section, self.category, self.today, self.complete = section, category, today, complete
        self.asked = {question.name: question for question in section.questions_for(category)}
        self.values: dict[str, Any] = {}
        self.unread: dict[str, Any] = {}
        given = answers.get(section.code) or {}
        typed = (answers.get(AS_TYPED) or {}).get(section.code) or {}
        if data is None and typed:
            # Show what could not be read last time as it was typed, with its error.
            data = _as_data(self.asked, given, typed, revision, window)
        super().__init__(data, initial={"revision": revision, "window": window, **given})
        for question in self.asked.values():
            self.fields[question.name] = _field(question)
            if question.kind is Kind.OUTWARDS and given.get(question.name):
                self.initial[question.name] = ", ".join(given[question.name])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, question in self.asked.items():
            if name in self.errors:
                continue
            try:
                self.values[name] = checked(question, cleaned.get(name))
            except RuleBroken as refused:
                self.add_error(name, ValidationError(str(refused.message), code=refused.code))
        self.unread = {name: self._typed(name) for name in self.errors if name in self.asked}
        if self.complete:
            self._ask_for_missing()
            self._check_days()
        return cleaned

    def _ask_for_missing(self) -> None:
        for name, question in self.asked.items():
            if name not in self.errors and is_required(question, self.values) and is_empty(self.values.get(name)):
                self.add_error(name, self._required(question))
        for lacking in missing_in(self.section, self.category, {self.section.code: self.values}):
            if lacking.field in self.asked and lacking.field not in self.errors:
                self.add_error(lacking.field, str(half_outcome_message(lacking.field)))

    def _required(self, question: Question) -> ValidationError:
        """The renderer's sentence made of the label; away from its place it also says what the question is about."""
        if question.context:
            bound = self[question.name]
            told = getattr(bound, "required_text", str(question.label))
            return ValidationError(f"{question.context}: {told}", code="unanswered")
        return ValidationError(forms.Field.default_error_messages["required"], code="required")

    def _check_days(self) -> None:
        for problem in day_problems(self.section, self.category, self.values, self.today):
            if problem.field not in self.errors:
                self.add_error(problem.field, str(problem.message))

    def _typed(self, name: str) -> Any:
        raw = self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        if isinstance(raw, (govuk.DateParts, tuple, list)):
            return [_kept(part) for part in raw]
        return _kept(raw)

    def groups(self) -> list[Group]:
        """The questions to draw: each with the ones that its answers raise under it."""
        groups: dict[str, Group] = {}
        for name, question in self.asked.items():
            if question.when is not None and question.when[0] in groups:
                lead, values = question.when
                for value in values:
                    groups[lead].followers.setdefault(value, []).append(self[name])
            else:
                groups[name] = Group(self[name], question.heading)
        return list(groups.values())


def _field(question: Question) -> forms.Field:
    """The field that asks the question; never required, and never stricter than "can it be read"."""
    note = NOTES.get(question.stage, "")
    hint = format_lazy("{} {}", question.hint, note) if question.hint and note else question.hint or note
    common: dict[str, Any] = {"label": question.label, "help_text": hint, "required": False}
    text = {"inputmode": "numeric"} if question.kind is Kind.WHOLE else {}
    widgets: dict[Kind, forms.Widget] = {
        Kind.LINE: govuk.Text(width="two-thirds"),
        Kind.WHOLE: govuk.Text(text, suffix=str(question.suffix), width=4),
        Kind.DECIMAL: govuk.Text({"inputmode": "decimal"}, suffix=str(question.suffix), width=5),
        Kind.MONEY: govuk.Text({"inputmode": "decimal"}, prefix="£", suffix=str(question.suffix), width=10),
        Kind.OUTWARD: govuk.Text({"autocomplete": "off"}, width=5),
        Kind.OUTWARDS: govuk.Text({"autocomplete": "off"}, width="two-thirds"),
    }
    if question.kind is Kind.LONG:
        long = govuk.LongTextField(rows=question.rows, **common)
        long.max_length = question.max_length
        return long
    if question.kind is Kind.CHOICE:
        inline = len(question.options) == 2
        return forms.ChoiceField(
            choices=question.options, widget=govuk.Radios(inline=inline, small=len(question.options) > 2), **common
        )
    if question.kind is Kind.SELECT:
        return forms.ChoiceField(choices=[("", _("Select an answer")), *question.options], **common)
    if question.kind is Kind.CHOICES:
        return forms.MultipleChoiceField(
            choices=question.options, widget=govuk.Checkboxes(small=True, exclusive=question.exclusive), **common
        )
    if question.kind is Kind.YES_NO:
        return govuk.YesNoField(**common)
    if question.kind is Kind.DATE:
        return govuk.GovukDateField(**common)
    return forms.CharField(widget=widgets[question.kind], **common)


def _kept(raw: Any) -> str:
    """Raw input as the database can keep it."""
    return str(raw if raw is not None else "").replace("\x00", "")[:TYPED_AT_MOST]


def _as_data(
    asked: Mapping[str, Question], given: Mapping[str, Any], typed: Mapping[str, Any], revision: int, window: str
) -> MultiValueDict[str, Any]:
    """Stored answers and raw input as a browser would post them."""
    data: MultiValueDict[str, Any] = MultiValueDict({"revision": [str(revision)], "window": [window]})
    for name, question in asked.items():
        value = typed.get(name, given.get(name))
        if question.kind is Kind.DATE:
            parts = value if isinstance(value, list) else list(govuk.DateBoxes().boxes(value))
            for part, text in zip(("day", "month", "year"), parts, strict=False):
                data[f"{name}_{part}"] = text
        elif isinstance(value, bool):
            data[name] = "yes" if value else "no"
        elif isinstance(value, list):
            data.setlist(name, value if question.kind is Kind.CHOICES else [", ".join(value)])
        elif value is not None:
            data[name] = str(value)
    return data
